# The panel decides, by itself and last, which aerators run.
#
# The gateway's command holds only while its lease is renewed and until it expires; otherwise every aerator runs. Relays
# are wired normally closed: a relay that is not energised lets its aerator run, so a dead board means air. Stops happen
# at once; starts one at a time, the stagger apart.

import struct

from firmware.node.bank import Bank, whole
from firmware.node.refused import ILLEGAL_VALUE, Refused
from hardware.registers import (
    COMMAND,
    PANEL,
    PANEL_BOOT,
    PANEL_COMMAND_EXPIRED,
    PANEL_LEASE_LOST,
    PANEL_LEASED,
)

_LONGEST_EXPIRY_S = 600


class Panel:
    # `relays` has allow(aerator, bool), allowed() -> mask, current_a(aerator) and hoa() -> two bits an aerator.
    def __init__(self, settings, relays, clock) -> None:
        self.count = settings.aerators
        self.coils = relays.allowed()
        self.reason = PANEL_BOOT
        self.lease_losses = 0
        self._settings = settings
        self._relays = relays
        self._clock = clock
        self._all = (1 << self.count) - 1
        self._wanted = self._all
        self._lease_counter = 0
        self._renewed_ms: "int | None" = None
        self._expires_ms = 0
        self._started_ms = clock.uptime_ms()

    def serve(self, bank: Bank) -> None:
        bank.add(PANEL, self._show)
        bank.add(COMMAND, None, self._command)
        bank.add_coils(self)

    def step(self) -> None:
        # To be called several times a second.
        now_ms = self._clock.uptime_ms()
        self._judge(now_ms)
        target = self._wanted if self.reason == PANEL_LEASED else self._all
        for aerator in range(self.count):
            if self.coils & ~target & 1 << aerator:
                self._relays.allow(aerator, False)
                self.coils &= ~(1 << aerator)
        self._start(target, now_ms)

    def read(self) -> int:
        # Coils for function 1.
        return self.coils

    def write(self, mask: int, bits: int) -> None:
        # Functions 5 and 15: changes what the leased command wants. It renews no lease.
        self._wanted = self._wanted & ~mask | bits & mask

    def _judge(self, now_ms: int) -> None:
        if self._renewed_ms is None:
            return
        if now_ms - self._renewed_ms >= self._settings.lease_s * 1000:
            if self.reason != PANEL_LEASE_LOST:
                self.lease_losses += 1
            self.reason = PANEL_LEASE_LOST
        elif now_ms >= self._expires_ms:
            self.reason = PANEL_COMMAND_EXPIRED
        else:
            self.reason = PANEL_LEASED

    def _start(self, target: int, now_ms: int) -> None:
        for aerator in range(self.count):
            if target & ~self.coils & 1 << aerator and now_ms - self._started_ms >= self._settings.stagger_ms:
                self._relays.allow(aerator, True)
                self.coils |= 1 << aerator
                self._started_ms = now_ms

    def _command(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, COMMAND.length)
        counter, wanted, expiry_s = words
        if wanted & ~self._all or not 1 <= expiry_s <= _LONGEST_EXPIRY_S:
            raise Refused(ILLEGAL_VALUE)
        now_ms = self._clock.uptime_ms()
        if self._renewed_ms is None or counter != self._lease_counter:
            self._renewed_ms = now_ms
            self._lease_counter = counter
        self._wanted = wanted
        self._expires_ms = now_ms + expiry_s * 1000
        self.step()

    def _show(self, image: bytearray) -> None:
        lease_age_ms = 0xFFFFFFFF if self._renewed_ms is None else self._clock.uptime_ms() - self._renewed_ms
        currents = 0
        at = 2 * PANEL.head_length
        for aerator in range(self.count):
            current_a = self._relays.current_a(aerator)
            if current_a >= self._settings.running_a:
                currents |= 1 << aerator
            struct.pack_into(">f", image, at + 4 * aerator, current_a)
        for aerator in range(self.count, PANEL.repeat):
            struct.pack_into(">f", image, at + 4 * aerator, float("nan"))
        struct.pack_into(
            ">HHIHHHHH",
            image,
            2,
            self.reason,
            self._lease_counter,
            min(lease_age_ms, 0xFFFFFFFF),
            self._wanted,
            self.coils,
            currents,
            self._relays.hoa(),
            self.lease_losses & 0xFFFF,
        )
