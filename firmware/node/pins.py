# Which pin of the ESP32 goes where. Relay pins are low at reset, which with normally closed wiring means running.

LINE_UART = 1
LINE_TX = 17
LINE_RX = 16
PROBES_UART = 2
PROBES_TX = 26
PROBES_RX = 25

RELAYS = (4, 13, 18, 19, 23, 25, 26, 2)
CURRENTS = (34, 35, 36, 39, 32, 33, 27, 14)
I2C_SDA = 21
I2C_SCL = 22
HOA_EXPANDER = 0x20  # MCP23017; pin 2n is the Auto contact of aerator n, pin 2n + 1 its Hand contact
MICROVOLTS_PER_AMPERE = 100000  # current transformer with rectifier, 0 to 30 A
