# The panel decides, by itself and last, which aerators run.
#
# The gateway's command holds only while its lease is renewed and until it expires; then every aerator runs, or where the
# panel has an oxygen probe of its own, what that says. Order, stagger, power limit and rest: starts.py.

import struct

from firmware.node.bank import Bank, whole
from firmware.node.motors import Motors
from firmware.node.refused import ILLEGAL_VALUE, Refused
from firmware.node.starts import Starts
from hardware.registers import (
    COMMAND,
    GOOD,
    PANEL,
    PANEL_BOOT,
    PANEL_COMMAND_EXPIRED,
    PANEL_LEASE_LOST,
    PANEL_LEASED,
    PANEL_OWN_PROBE,
)

_LONGEST_EXPIRY_S = 600
_STALE_PERIODS = 3


class Panel:
    # `relays` is a Relays; `own_oxygen()` gives (mg/L, quality word, age in seconds) of the panel's own probe, or None.
    def __init__(self, settings, relays, clock, own_oxygen=None) -> None:
        now_ms = clock.uptime_ms()
        self.count = settings.aerators
        self.reason = PANEL_BOOT
        self.lease_losses = 0
        self.siren = False
        self.starts = Starts(settings, relays, now_ms)
        self.motors = Motors(settings, relays, now_ms)
        self._settings = settings
        self._relays = relays
        self._clock = clock
        self._own_oxygen = own_oxygen
        self._enough_oxygen = False
        self._wanted = self.starts.everything
        self._siren_wanted = 0
        self._lease_counter = 0
        self._leased = False  # ever since boot
        self._lost = False
        self._renewed_ms = now_ms
        self._expires_ms = 0

    def serve(self, bank: Bank) -> None:
        bank.add(PANEL, self._show)
        bank.add(COMMAND, None, self._command)
        bank.add_coils(self)

    def step(self) -> None:
        # To be called several times a second, after the relays were refreshed.
        now_ms = self._clock.uptime_ms()
        self._judge_lease(now_ms)
        self._judge_siren(now_ms)
        self.motors.step(self.starts.coils, now_ms)
        target = self._wanted if self.reason == PANEL_LEASED else self._by_itself()
        if self.motors.mains_lost(now_ms):
            target = self._witness(target)
        self.starts.step(target, self.motors.idle, now_ms)

    def read(self) -> int:
        # Coils for function 1.
        return self.starts.coils

    def write(self, mask: int, bits: int) -> None:
        # Functions 5 and 15: changes what the leased command wants. It renews no lease.
        self._wanted = self._wanted & ~mask | bits & mask

    def _judge_lease(self, now_ms: int) -> None:
        lost = now_ms - self._renewed_ms >= self._settings.lease_s * 1000
        if lost and not self._lost and self._leased:
            self.lease_losses += 1
        self._lost = lost
        if lost:
            self.reason = PANEL_LEASE_LOST
        elif not self._leased:
            self.reason = PANEL_BOOT
        elif now_ms >= self._expires_ms:
            self.reason = PANEL_COMMAND_EXPIRED
        else:
            self.reason = PANEL_LEASED

    def _judge_siren(self, now_ms: int) -> None:
        after_s = self._settings.siren_after_s
        alone_ms = now_ms - self._renewed_ms - self._settings.lease_s * 1000
        commanded = self.reason == PANEL_LEASED and self._siren_wanted
        self.siren = bool(commanded or after_s and alone_ms >= after_s * 1000)
        self._relays.sound(self.siren)

    def _by_itself(self) -> int:
        # Every aerator, unless the lease is lost and a reading beyond doubt says that there is oxygen enough.
        reading = self._own_oxygen() if self._own_oxygen and self.reason == PANEL_LEASE_LOST else None
        if reading is None or self._doubtful(*reading):
            self._enough_oxygen = False
            return self.starts.everything
        self.reason = PANEL_OWN_PROBE
        if reading[0] < self._settings.own_probe_on_mg_l:
            self._enough_oxygen = False
        elif reading[0] > self._settings.own_probe_off_mg_l:
            self._enough_oxygen = True
        return 0 if self._enough_oxygen else self.starts.everything

    def _doubtful(self, do_mg_l: float, quality: int, age_s: float) -> bool:
        stale_s = _STALE_PERIODS * self._settings.sample_period_ms / 1000
        return quality >> 8 != GOOD or not do_mg_l >= 0 or not age_s <= stale_s

    def _witness(self, target: int) -> int:
        # While the mains are away the motors count as stopped, to start one after another at their return. One stays
        # allowed: were the phases wrong, its current would say so.
        for choice in (target & ~self.motors.idle, target):
            for aerator in self.starts.order:
                if choice & 1 << aerator:
                    return 1 << aerator
        return 0

    def _command(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, COMMAND.length)
        counter, wanted, expiry_s, siren = words
        if wanted & ~self.starts.everything or not 1 <= expiry_s <= _LONGEST_EXPIRY_S or siren > 1:
            raise Refused(ILLEGAL_VALUE)
        now_ms = self._clock.uptime_ms()
        if not self._leased or counter != self._lease_counter:
            self._leased = True
            self._renewed_ms = now_ms
            self._lease_counter = counter
        self._enough_oxygen = False
        self._wanted = wanted
        self._siren_wanted = siren
        self._expires_ms = now_ms + expiry_s * 1000
        self.step()

    def _show(self, image: bytearray) -> None:
        lease_age_ms = self._clock.uptime_ms() - self._renewed_ms if self._leased else 0xFFFFFFFF
        struct.pack_into(
            ">HHIHHHHHHHHHH",
            image,
            2,
            self.reason,
            self._lease_counter,
            min(lease_age_ms, 0xFFFFFFFF),
            self._wanted,
            self.starts.coils,
            self.motors.currents,
            self._relays.hoa(),
            self.lease_losses & 0xFFFF,
            self.starts.held,
            self._relays.mains(),
            self.siren,
            self.motors.not_running,
            min(self.starts.running_centi_kw(), 0xFFFF),
        )
        at = 2 * PANEL.head_length
        for aerator in range(PANEL.repeat):
            current_a = self._relays.current_a(aerator) if aerator < self.count else float("nan")
            struct.pack_into(">f", image, at + 4 * aerator, current_a)
