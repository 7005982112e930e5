"""Layout of the files shared by supervisor, twin and firmware (numbers are little endian).

pins.bin, 320 bytes:
    0    48 x u8   level of GPIO 0..47
    48   48 x u8   flags of GPIO 0..47: 1 output, 2 hold
    96   48 x u32  microvolts at GPIO 0..47
    288  u32       watchdog timeout in ms, 0 while not armed
    292  u32       watchdog feed counter
    296  u32       cut the power in the N-th flash operation (program, erase, NVS commit) from now, 0 never
    300  u32       flash operations so far
    304  u8        power cut mode: see CutMode
    305  u8        reset cause: see ResetCause
    306  u8        request of the firmware: see Request
    307  u8        1 once the boot code has mounted the flash
    308  6 x u8    unique id
    314  3 x u8    1 while UART 0..2 waits for its pty
    317  3 x u8    reserved

i2c.bin, 128 + 128 x 256 bytes: one byte per address with the width of its registers in bytes
(0 = no device, 255 = played by the supervisor through bus.ask and bus.answer), then 256 bytes of
registers per address. Address 0 stands for the 1-Wire bus: 255 where it is played.

bus.ask and bus.answer, FIFOs: a question is operation (see BusOperation), address, bytes wanted, bytes sent, the bytes sent;
an answer is 0 and the bytes wanted, or an errno alone.

rtc.bin, 2 + 2048 bytes: u16 length, then the memory.

nvs.bin: the values of the esp32 module's NVS as JSON; a missing file is an empty one. frozen/: the modules that the board's
interpreter image carries within itself.
"""

from enum import IntEnum

PIN_COUNT = 48
LEVELS = 0
FLAGS = 48
ADC = 96
WDT_TIMEOUT = 288
WDT_FEEDS = 292
CUT_COUNTDOWN = 296
FLASH_OPERATIONS = 300
CUT_MODE = 304
RESET_CAUSE = 305
REQUEST = 306
READY = 307
UNIQUE_ID = 308
UART_WAITING = 314
STATE_SIZE = 320

FLAG_OUTPUT = 1
FLAG_HOLD = 2

I2C_DEVICES = 128
I2C_REGISTERS = 256
I2C_SIZE = I2C_DEVICES * (1 + I2C_REGISTERS)
PLAYED = 255

RTC_SIZE = 2 + 2048
FLASH_SIZE = 2 * 1024 * 1024


class CutMode(IntEnum):
    """What a power cut leaves of the operation it hits."""

    HALF = 0
    ERASE_ONLY = 1


class ResetCause(IntEnum):
    """Values of machine.reset_cause() on an ESP32."""

    PWRON_RESET = 1
    HARD_RESET = 2
    WDT_RESET = 3
    DEEPSLEEP_RESET = 4
    SOFT_RESET = 5


class BusOperation(IntEnum):
    """What the firmware asks of a played device; those from RESET on concern the 1-Wire bus."""

    TRANSFER = 1
    RESET = 2
    WRITE = 3
    READ = 4
    COUNT = 5
    SCAN = 6


class Request(IntEnum):
    """What the parked firmware asks its supervisor to do."""

    NONE = 0
    RESET = 1
    POWER_CUT = 2
