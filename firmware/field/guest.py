"""What a gateway's guest door says as a Modbus exception, besides what the nodes themselves say.

10 and 11 as in the Modbus application protocol V1.1b3, section 7; 12 is our own.
"""

LINE_DOWN = 10
SILENT = 11
GARBLED = 12
