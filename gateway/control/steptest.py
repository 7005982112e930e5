"""The aerator step test: all machines on for half an hour, when the probe is doubted or known to be clean.

The slope jumps by transfer x (full - true oxygen) at both ends, whatever the probe shows; the estimator does the reckoning.
"""

import math
from dataclasses import dataclass

TEST_S = 1800.0
REST_S = 40 * 3600.0
LEARN_REST_S = 5400.0
SAFE_ABOVE_MG_L = 0.7


@dataclass
class StepTest:
    """Runs one test at a time, with hours of rest between them."""

    began_s: float = -math.inf

    def running(self, now_s: float) -> bool:
        """A test is going on."""
        return now_s - self.began_s < TEST_S

    def ask(self, now_s: float, *, suspects: bool, learning: bool, spare_mg_l: float, resting: float) -> None:
        """Begin where it tells most for its energy; `resting` is the share of machines that rest, 0 to 1.

        Suspicion: by day, with oxygen to spare and most machines resting. Learning, while the probe is known to be clean:
        in the night, where the air is needed anyhow and some machines rest.
        """
        rested_s = now_s - self.began_s - TEST_S
        doubted = suspects and spare_mg_l > SAFE_ABOVE_MG_L and resting > 0.5 and rested_s > REST_S
        learned = learning and 0.0 < spare_mg_l < SAFE_ABOVE_MG_L and 0.0 < resting < 1.0 and rested_s > LEARN_REST_S
        if doubted or learned:
            self.began_s = now_s

    def left_minutes(self, now_s: float) -> float:
        """How long the test still takes."""
        return max(0.0, TEST_S - (now_s - self.began_s)) / 60
