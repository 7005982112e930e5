# Checks of a probe's options. Each raises ValueError that names the option, what it is and what it may be.


def known(options, names: str) -> None:
    # `names` are separated by spaces.
    for name in options:
        if name not in names.split():
            raise ValueError("option %s is unknown; there are: %s" % (name, names or "none"))


def number(options, name: str, low: float, high: float, default=None):
    # Required when there is no default.
    value = options.get(name, default)
    if not is_number(value) or not low <= value <= high:
        raise ValueError("option %s is %r, not a number from %s to %s" % (name, value, low, high))
    return value


def whole(options, name: str, low: int, high: int, default=None) -> int:
    value = number(options, name, low, high, default)
    if not isinstance(value, int):
        raise ValueError("option %s is %r, not a whole number" % (name, value))
    return value


def choice(options, name: str, allowed, default=None):
    value = options.get(name, default)
    if isinstance(value, bool) or value not in allowed:
        raise ValueError("option %s is %r, not one of %s" % (name, value, " ".join(str(one) for one in allowed)))
    return value


def bounds(options) -> "tuple[float, float]":
    # `low` and `high`, both required.
    low = number(options, "low", -1e9, 1e9)
    high = number(options, "high", -1e9, 1e9)
    if not low < high:
        raise ValueError("option high is %s, not above low, %s" % (high, low))
    return low, high


def address_in(address, low: int, high: int) -> int:
    if not isinstance(address, int) or isinstance(address, bool) or not low <= address <= high:
        raise ValueError("address is %r, not a whole number from %d to %d" % (address, low, high))
    return address


def is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
