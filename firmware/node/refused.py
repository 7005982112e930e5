# A request that the map does not allow; args[0] is the Modbus exception code.

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3


class Refused(Exception):
    pass
