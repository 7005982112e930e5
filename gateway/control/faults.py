"""Machines that do not obey: what the pilot remembers of them, and when it tries them again."""

import math
from dataclasses import dataclass

from gateway.control.observation import Machine

TRIAL_S, LONGEST_TRIAL_S = 3600.0, 6 * 3600.0


@dataclass
class Fault:
    """One machine. It counts as broken until it is seen to obey; it is asked again after 1, 2, 4, 6 hours."""

    failed: bool = False
    stuck: bool = False
    until_s: float = -math.inf
    wait_s: float = TRIAL_S

    def see(self, machine: Machine, now_s: float) -> None:
        """What the guard found out now."""
        if machine.failed or machine.stuck:
            if now_s >= self.until_s:
                self.until_s = now_s + self.wait_s
                self.wait_s = min(2 * self.wait_s, LONGEST_TRIAL_S)
            self.failed, self.stuck = machine.failed, machine.stuck
        elif (self.failed and machine.running) or (self.stuck and machine.running is False):
            self.failed = self.stuck = False
            self.wait_s = TRIAL_S

    def on_trial(self, now_s: float) -> bool:
        """It is broken, and time to ask it again: to run where it did not, to rest where it did not."""
        return (self.failed or self.stuck) and now_s >= self.until_s
