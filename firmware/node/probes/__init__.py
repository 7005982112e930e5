# Makes a probe from its settings entry [driver, address, options]; imports no driver but the one that is named.

DRIVERS = (
    "y504",
    "y532",
    "y520",
    "y510",
    "sen0681",
    "ezo_do",
    "ezo_ph",
    "ezo_ec",
    "ezo_orp",
    "ads1115",
    "ds18b20",
    "pzem004t",
    "modbus",
)


def make(entry, buses, water):
    # `buses` as in buses.py, `water` as in water.py. Raises ValueError that names what is wrong with the entry.
    if not isinstance(entry, (list, tuple)) or not 2 <= len(entry) <= 3:
        raise ValueError("probe: %r is not [driver, address, options]" % (entry,))
    driver = entry[0]
    options = entry[2] if len(entry) == 3 else {}
    if driver not in DRIVERS:
        raise ValueError("probe: no driver %r; there are %s" % (driver, " ".join(DRIVERS)))
    if not isinstance(options, dict):
        raise ValueError("%s: options are %r, not names with values" % (driver, options))
    module = __import__("firmware.node.probes." + driver, None, None, ("Driver",))
    try:
        return module.Driver(getattr(buses, module.Driver.bus), entry[1], options, water)
    except ValueError as error:
        raise ValueError("%s: %s" % (driver, error.args[0]))
