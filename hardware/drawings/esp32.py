"""What an ESP32-WROOM-32E on a 38-pin DevKitC allows of each pin (data sheet: strapping pins, IO_MUX, converters)."""

INPUT_ONLY = frozenset({34, 35, 36, 39})
SECOND_CONVERTER = frozenset({0, 2, 4, 12, 13, 14, 15, 25, 26, 27})
FIRST_CONVERTER = frozenset({32, 33, 34, 35, 36, 39})
FLASH = frozenset({6, 7, 8, 9, 10, 11})
CONSOLE = frozenset({1, 3})

# What each strapping pin must be as the chip starts from flash; "any" where a start does not depend on it.
STRAPPING = {0: "high", 2: "any", 5: "any", 12: "low", 15: "any"}
PULLED_UP_AT_RESET = frozenset({0, 5, 14, 15})

# Terminals from the aerial down, as printed on the board.
LEFT = (
    "3V3",
    "EN",
    "VP",
    "VN",
    "34",
    "35",
    "32",
    "33",
    "25",
    "26",
    "27",
    "14",
    "12",
    "GND",
    "13",
    "D2",
    "D3",
    "CMD",
    "5V",
)
RIGHT = (
    "GND",
    "23",
    "22",
    "TX",
    "RX",
    "21",
    "GND",
    "19",
    "18",
    "5",
    "17",
    "16",
    "4",
    "0",
    "2",
    "15",
    "D1",
    "D0",
    "CLK",
)
_PRINTED = {36: "VP", 39: "VN", 1: "TX", 3: "RX"}


def printed(gpio: int) -> str:
    """The mark beside this pin on the board."""
    return _PRINTED.get(gpio, str(gpio))


def place(gpio: int) -> str:
    """Where the pin is, counted from the aerial."""
    mark = printed(gpio)
    side, pins = ("left", LEFT) if mark in LEFT else ("right", RIGHT)
    return f"{side} {pins.index(mark) + 1}"


def remark(gpio: int) -> str:
    """What to mind about this pin."""
    words = []
    if gpio in INPUT_ONLY:
        words.append("input only, no pull")
    if gpio in STRAPPING:
        words.append("read at start" if STRAPPING[gpio] == "any" else f"must be {STRAPPING[gpio]} at start")
    if gpio in SECOND_CONVERTER - STRAPPING.keys():
        words.append("second converter: no Wi-Fi while it measures" if gpio in (14, 27) else "second converter")
    return "; ".join(words)
