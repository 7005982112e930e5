# Which pin of the ESP32 goes where: the one agreement between wiring, firmware and drawings.
#
# Copied to the board beside registers.py, so it imports nothing. One map serves both kinds of node. Pins that are high or
# unsettled while the chip starts carry no relay: a relay pin is low at reset, which with normally closed wiring means air.
# GPIO 5 and 15 are pulled up while the chip starts, as an idle serial line is; GPIO 12 must be low then and a lamp to
# ground keeps it so. GPIO 14 and 27 belong to the second converter, which reads nothing while Wi-Fi is on.

LINE_UART = 1
LINE_TX = 17
LINE_RX = 16

PROBES_UART = 2
PROBES_TX = 5
PROBES_RX = 15

I2C_SDA = 21
I2C_SCL = 22
# MCP23017; pin 2n is the Auto contact of aerator n, pin 2n + 1 its Hand contact, high is closed. Its pins 7 and 15 may
# disturb the bus as they change (data sheet revision D), so a position counts once two readings agree.
HOA_EXPANDER = 0x20
SENSE_EXPANDER = 0x21  # MCP23017; pins 0 to 2 are phases L1 to L3 (high is present), pin 8 drives the siren

ONE_WIRE = 27  # DS18B20 of a pond node; a panel has a current transformer there
IDENTIFY_LAMP = 12
HOLD_BUTTON = (
    0  # the board's BOOT, to be pressed after start-up: held through a power-up it starts the chip's own loader
)

RELAYS = (4, 13, 18, 19, 23, 25, 26, 2)
CURRENTS = (34, 35, 36, 39, 32, 33, 27, 14)
MICROVOLTS_PER_AMPERE = 100000  # current transformer with rectifier, 0 to 21 A
MICROVOLTS_AT_ZERO_AMPERE = 300000  # the converter is blind below 150 mV; less than that is a broken wire, not 0 A
