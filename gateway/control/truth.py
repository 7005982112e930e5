"""Is the probe to be believed? Tells a fouled or weak probe from a pond that changes, by the estimator's offset.

The offset is seen in how oxygen answers to machines that start and stop: the slope jumps by transfer x (full - true oxygen),
whatever the probe shows. Where biology jumps about by itself that answer is blurred, and the offset is doubted more.
"""

from dataclasses import dataclass

from gateway.control.estimator import Estimator

FOULED, WEAK = "fouled", "weak"
UNREST = 1.5


@dataclass(frozen=True, kw_only=True)
class TruthSettings:
    """Offsets in mg/L: above `fouled` the probe is called fouled, below -`weak` weak, when it is `sure` doubts away from 0.

    A fouled probe is corrected by its offset and `caution` doubts more, until the offset is back under half the limit;
    before that by what is more than `ease` doubts. From `suspect` on a step test is worth its energy.
    """

    fouled_mg_l: float = 0.45
    weak_mg_l: float = 0.6
    sure: float = 3.0
    caution: float = 1.0
    ease: float = 0.5
    suspect_mg_l: float = 0.3


class ProbeTruth:
    """The verdict of one pond's probe: "", "fouled" (shows too much) or "weak" (shows too little)."""

    def __init__(self, settings: TruthSettings | None = None) -> None:
        self.verdict = ""
        self._settings = settings or TruthSettings()

    def step(self, estimator: Estimator) -> None:
        """Look at the estimator's offset."""
        settings, offset = self._settings, estimator.offset_tomorrow_mg_l
        doubts = abs(offset) / doubt_mg_l(estimator)
        if offset > settings.fouled_mg_l and doubts > settings.sure:
            self.verdict = FOULED
        elif offset < -settings.weak_mg_l and doubts > 2 * settings.sure:
            self.verdict = WEAK
        elif (self.verdict == FOULED and offset < settings.fouled_mg_l / 2) or (
            self.verdict == WEAK and offset > -settings.weak_mg_l / 2
        ):
            self.verdict = ""

    def suspects(self, estimator: Estimator) -> bool:
        """A step test would tell more."""
        quiet = estimator.unrest < UNREST
        return not self.verdict and quiet and abs(estimator.offset_mg_l) > self._settings.suspect_mg_l

    def correction_mg_l(self, estimator: Estimator) -> float:
        """What to take off the reading: never less than nothing, for a probe that shows too little errs on the safe side."""
        offset, doubt = estimator.offset_tomorrow_mg_l, doubt_mg_l(estimator)
        if self.verdict == FOULED:
            return max(0.0, offset + self._settings.caution * doubt)
        return max(0.0, offset - self._settings.ease * doubt)


def doubt_mg_l(estimator: Estimator) -> float:
    """Standard deviation of the offset, less where the biology is steady, more where it moves by itself."""
    return estimator.offset_sd_mg_l * max(estimator.unrest**2, 0.5)
