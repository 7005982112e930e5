"""A driver's range lies within that of its quantity: what the node calls good, the gateway does too."""

import pytest

from firmware.node.probes import DRIVERS, make
from firmware.node.probes.water import Water
from hardware.quantities import BY_CODE
from tests.firmware.probe_fuzz import Fresh, Wires

BY_DATA = ("ads1115", "modbus")
ADDRESSES = {"ezo_do": 0x61, "ezo_orp": 0x62, "ezo_ph": 0x63, "ezo_ec": 0x64, "ds18b20": 0}


@pytest.mark.parametrize("driver", [name for name in DRIVERS if name not in BY_DATA])
def test_ranges_of_a_driver(driver: str) -> None:
    for channel in make([driver, ADDRESSES.get(driver, 1)], Wires(), Water(Fresh())).channels:
        quantity = BY_CODE[channel.quantity]
        assert quantity.low <= channel.low < channel.high <= quantity.high
