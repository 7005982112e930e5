# What the currents, the switches and the phases say about the motors.

from hardware.registers import HOA_AUTO, HOA_OFF, MAINS_L1, MAINS_L2, MAINS_L3

_ALL_PHASES = MAINS_L1 | MAINS_L2 | MAINS_L3
_DIP_MS = 1000
_SILENT_MS = 10000


class Motors:
    # `currents`: draw current; `idle`: switched off and draw none; `not_running`: may run by every sign, and draw none
    # for 10 s.
    def __init__(self, settings, relays, now_ms: int) -> None:
        self.currents = 0
        self.idle = 0
        self.not_running = 0
        self._settings = settings
        self._relays = relays
        self._count = settings.aerators
        self._wired = settings.phases & _ALL_PHASES
        self._silent = 0
        self._ever = False
        self._lost_ms: "int | None" = None
        self._fine_ms = [now_ms] * settings.aerators

    def step(self, coils: int, now_ms: int) -> None:
        self._read_currents()
        phases = self._relays.mains() & _ALL_PHASES
        if phases & self._wired or not self._wired or self.currents:
            self._lost_ms = None
        elif self._lost_ms is None:
            self._lost_ms = now_ms
        self._judge(coils if phases == _ALL_PHASES else 0, now_ms)

    def mains_lost(self, now_ms: int) -> bool:
        # Phases alone prove nothing: where no current was ever seen, a broken neutral would look the same.
        return self._ever and self._lost_ms is not None and now_ms - self._lost_ms >= _DIP_MS

    def _read_currents(self) -> None:
        self.currents = 0
        self._silent = 0
        running_ma = self._settings.running_a * 1000
        for aerator in range(self._count):
            current_ma = self._relays.current_ma(aerator)
            if current_ma is None:
                continue
            if current_ma >= running_ma:
                self.currents |= 1 << aerator
                self._ever = True
            else:
                self._silent |= 1 << aerator

    def _judge(self, coils: int, now_ms: int) -> None:
        hoa = self._relays.hoa()
        self.idle = 0
        for aerator in range(self._count):
            bit = 1 << aerator
            switch = hoa >> 2 * aerator & 3
            if switch == HOA_OFF and not self.currents & bit:
                self.idle |= bit
            if switch != HOA_AUTO or not coils & self._silent & bit:
                self._fine_ms[aerator] = now_ms
            if now_ms - self._fine_ms[aerator] >= _SILENT_MS:
                self.not_running |= bit
            else:
                self.not_running &= ~bit
