"""Shares out the power of the whole farm, after each pond's guard has spoken and before the panels are told.

It only takes away: what nobody asked for is never turned on. Where power is short the pond nearest to danger has it.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from gateway.control.feeder import Feeder, FeederPower
from gateway.control.load import Ask, Grant

__all__ = ["Ask", "Feeder", "Grant", "Power"]

_MAINS_THERE: Mapping[str, bool | None] = MappingProxyType({})


class Power:
    """The farm's feeders. Pure: time comes with `step`, and one object lives as long as the gateway."""

    def __init__(self, feeders: Sequence[Feeder]) -> None:
        self._feeders = {feeder.id: FeederPower(feeder) for feeder in feeders}

    def step(
        self,
        now_s: float,
        asks: Sequence[Ask],
        *,
        mains: Mapping[str, bool | None] = _MAINS_THERE,
        quiet: bool = False,
    ) -> dict[str, Grant]:
        """What each pond is granted, by its name.

        `now_s` is pond time in seconds. Every pond on a feeder must ask in every step, `loose` where nobody decides for
        it. `mains` by feeder: False while the mains are seen to be off, None or missing where nobody can say.
        """
        granted: dict[str, Grant] = {}
        for name in {ask.feeder: None for ask in asks}:
            feeder = self._feeders.setdefault(name, FeederPower(Feeder(id=name)))
            there = [ask for ask in asks if ask.feeder == name]
            granted |= feeder.step(now_s, there, mains=mains.get(name), quiet=quiet)
        return granted

    def powered(self, feeder: str) -> bool:
        """False while a power cut is certain: mains off and no machine drawing current. Then motors prove nothing."""
        known = self._feeders.get(feeder)
        return known is None or not known.dead

    def load_kw(self, feeder: str) -> float:
        """Rated power of what runs or may run there, of the last step."""
        known = self._feeders.get(feeder)
        return 0.0 if known is None else known.load_kw
