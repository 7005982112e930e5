"""Register blocks as Python values."""

import struct

from gateway.bus import blocks
from hardware.registers import COMMAND, PANEL, RING
from tests.gateway.wired import put


def words(image: bytes) -> list[int]:
    return list(struct.unpack(f">{len(image) // 2}H", image))


def test_a_command_leaves_the_siren_alone_unless_asked() -> None:
    assert blocks.command(65537, [True, False, True], 30) == [1, 0b101, 30, 0]
    assert blocks.command(2, [False], 30, siren=True)[blocks.offset(COMMAND, "siren")] == 1


def test_a_panel_tells_what_waits_what_fails_and_which_phases_it_has() -> None:
    image = bytearray(2 * PANEL.length)
    put(PANEL, image, held_off=0b10, mains=0x8000 | 0b101, siren=1, not_running=0b01, running_centi_kw=440)
    state = blocks.panel(words(image), 2)
    assert state.held_off == (False, True)
    assert state.not_running == (True, False)
    assert state.mains == (True, False, True)
    assert state.siren
    assert state.running_kw == 4.4
    put(PANEL, image, mains=0)
    assert blocks.panel(words(image), 2).mains is None


def test_a_window_names_its_own_boot_channels_and_date() -> None:
    image = bytearray(2 * RING.length)
    put(RING, image, boot_id=9, channels=3, records=1, unread=40, booted_wall_s=1800000000)
    struct.pack_into(">3B", image, 2 * blocks.offset(RING, "quantities_0"), 1, 3, 250)
    struct.pack_into(">IIfHfHfH", image, 2 * RING.head_length, 5, 6000, 4.5, 0, 28.0, 0, 1.0, 0x0102)
    window = blocks.ring(words(image))
    assert (window.boot, window.unread, window.booted_wall_s) == (9, 40, 1800000000)
    assert window.quantities == ("do_mg_l", "temperature_c", "quantity_250")
    assert window.records[0].values == ((4.5, 0), (28.0, 0), (1.0, 0x0102))
