"""The staged ladder: one machine more while oxygen is low, one fewer while it is high, a dwell between two steps."""

from dataclasses import dataclass

from gateway.control.observation import Decision, Observation, Reason


@dataclass(frozen=True, kw_only=True)
class LadderSettings:
    """Oxygen in mg/L; the dwell in seconds of pond time."""

    setpoint_mg_l: float = 4.5
    band_mg_l: float = 0.6
    all_on_mg_l: float = 3.9
    dwell_s: float = 300.0
    mixing: int = 0


class Ladder:
    """Keeps oxygen between setpoint and setpoint + band with as few machines as it finds; pure, implements Controller."""

    def __init__(self, settings: LadderSettings) -> None:
        self._settings = settings
        self._wanted: int | None = None
        self._stepped_s = float("-inf")

    def step(self, observation: Observation) -> Decision:
        """How many machines shall run now; without a good reading, all of them."""
        count = len(observation.machines)
        if not observation.oxygen.good:
            self._wanted = count
            return self._all(count, Reason("no_reading"))
        value = observation.oxygen.value_mg_l or 0.0
        if value < self._settings.all_on_mg_l:
            self._set(count, observation.now_s)
            return self._all(count, Reason("all_on", {"do": value, "limit": self._settings.all_on_mg_l}))
        if self._wanted is None:
            self._wanted = sum(machine.allowed is not False for machine in observation.machines)
        self._wanted = max(self._wanted, min(self._settings.mixing, count))
        self._climb(value, count, observation.now_s)
        return self._decision(value, observation)

    def _climb(self, value: float, count: int, now_s: float) -> None:
        assert self._wanted is not None
        if now_s - self._stepped_s < self._settings.dwell_s:
            return
        if value < self._settings.setpoint_mg_l and self._wanted < count:
            self._set(self._wanted + 1, now_s)
        elif value > self._settings.setpoint_mg_l + self._settings.band_mg_l and self._wanted > self._settings.mixing:
            self._set(self._wanted - 1, now_s)

    def _set(self, wanted: int, now_s: float) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self._stepped_s = now_s

    def _decision(self, value: float, observation: Observation) -> Decision:
        """Machines that run already go on, so that a step moves one machine only."""
        assert self._wanted is not None
        order = sorted(
            range(len(observation.machines)), key=lambda at: (observation.machines[at].allowed is not True, at)
        )
        chosen = set(order[: self._wanted])
        low = self._settings.setpoint_mg_l
        high = low + self._settings.band_mg_l
        run = Reason("hold", {"do": value, "low": low, "high": high})
        rest = Reason("rest" if value >= low else "next_step", {"do": value, "low": low, "high": high})
        return Decision(
            run=tuple(at in chosen for at in range(len(observation.machines))),
            reasons=tuple(run if at in chosen else rest for at in range(len(observation.machines))),
        )

    def _all(self, count: int, reason: Reason) -> Decision:
        return Decision(run=(True,) * count, reasons=(reason,) * count)
