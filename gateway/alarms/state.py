"""One alarm after ISA-18.2: pure, time comes with each step."""

import enum
from dataclasses import dataclass

from gateway.alarms.kinds import Kind


class Signal(enum.Enum):
    """How a condition stands: true, gone, or neither (within the deadband, or not known): then nothing changes."""

    TRUE = "true"
    HOLD = "hold"
    GONE = "gone"


class State(enum.StrEnum):
    """The states of ISA-18.2; the last three hide the others."""

    NORMAL = "normal"
    UNACK = "unack"
    ACKED = "acked"
    RTN_UNACK = "rtn_unack"
    LATCHED = "latched"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


class Change(enum.StrEnum):
    """What a step brought, for the journal."""

    RAISED = "raised"
    CLEARED = "cleared"
    UNSHELVED = "unshelved"


@dataclass
class AlarmState:
    """The states of one alarm. `active`: its condition, after the delays.

    `base` is the state that shelving, suppression and being out of service hide. A condition that lasts is told as soon as
    nothing hides it, and told again when its shelf ends.
    """

    kind: Kind
    speed: float = 1.0
    out_of_service: bool = False
    base: State = State.NORMAL
    active: bool = False
    suppressed: bool = False
    shelved_until_s: float | None = None
    _true_since_s: float | None = None
    _gone_since_s: float | None = None
    _known_since_s: float | None = None

    @property
    def hidden(self) -> bool:
        """Nobody is told of it now."""
        return self.suppressed or self.out_of_service or self.shelved_until_s is not None

    @property
    def ringing(self) -> bool:
        """The condition holds and nobody has said that he knows."""
        return self.base is State.UNACK and not self.hidden

    @property
    def waits_for_someone(self) -> bool:
        """A person has to look at it."""
        return self.base in (State.UNACK, State.RTN_UNACK, State.LATCHED) and not self.hidden

    @property
    def idle(self) -> bool:
        """Nothing of it is left, nor on its way."""
        return self.state is State.NORMAL and self._true_since_s is None

    @property
    def state(self) -> State:
        """As people see it."""
        if self.shelved_until_s is None and not self.active and self.base is State.NORMAL:
            return State.NORMAL
        if self.out_of_service:
            return State.OUT_OF_SERVICE
        if self.suppressed:
            return State.SUPPRESSED
        return self.base if self.shelved_until_s is None else State.SHELVED

    def step(self, signal: Signal, now_s: float, *, suppressed: bool = False) -> list[Change]:
        """One pass; returns what has changed."""
        changes = []
        self.suppressed = suppressed
        self._delay(signal, now_s)
        if self.shelved_until_s is not None and now_s >= self.shelved_until_s:
            self.unshelve()
            changes.append(Change.UNSHELVED)
        told = self.base in (State.UNACK, State.ACKED) and not self._forgotten(now_s)
        if self.active and signal is Signal.TRUE and not told and not self.hidden:
            self.base, self._known_since_s = State.UNACK, None
            changes.append(Change.RAISED)
        elif not self.active and self.base in (State.UNACK, State.ACKED):
            self.base = self._returned()
            changes.append(Change.CLEARED)
        return changes

    def acknowledge(self) -> bool:
        """A person knows; False when there was nothing to know."""
        if self.base is State.UNACK:
            self.base = State.ACKED
        elif self.base in (State.RTN_UNACK, State.LATCHED):
            self.base = State.NORMAL
        else:
            return False
        return True

    def acknowledge_with_cause(self) -> bool:
        """A person knows its cause, which says all of it: it will not ring when the cause is gone."""
        if self.active and self.suppressed and self.base is not State.ACKED:
            self.base = State.ACKED
            return True
        return self.acknowledge()

    def shelve(self, minutes: float, now_s: float) -> str:
        """Put it aside for a while; returns why it is refused, empty when it is done."""
        if self.shelved_until_s is not None:
            return "already_shelved"
        if not 0 < minutes <= self.kind.longest_shelf_minutes:
            return "too_long"
        self.shelved_until_s = now_s + minutes * 60
        return ""

    def unshelve(self) -> bool:
        """Take it back from the shelf: what still holds rings again; False when it was on none."""
        if self.shelved_until_s is None:
            return False
        self.shelved_until_s = None
        if self.active and self.base is State.ACKED:
            self.base, self._known_since_s = State.UNACK, None
        return True

    def _forgotten(self, now_s: float) -> bool:
        """Somebody knows of it for so long that he has to be told again."""
        if self.base is not State.ACKED:
            self._known_since_s = None
            return False
        if self._known_since_s is None:
            self._known_since_s = now_s
        again_s = self.kind.again_after_s
        return again_s is not None and now_s - self._known_since_s >= again_s * self._per_s

    @property
    def _per_s(self) -> float:
        """Real seconds in a second of the time that the kind follows."""
        return 1 / self.speed if self.kind.of_water else 1.0

    def _returned(self) -> State:
        if self.kind.latches:
            return State.LATCHED
        return State.RTN_UNACK if self.base is State.UNACK else State.NORMAL

    def _delay(self, signal: Signal, now_s: float) -> None:
        per_s = self._per_s
        if signal is Signal.TRUE:
            self._gone_since_s = None
            self._true_since_s = now_s if self._true_since_s is None else self._true_since_s
            self.active = self.active or now_s - self._true_since_s >= self.kind.on_delay_s * per_s
        elif signal is Signal.HOLD:
            self._gone_since_s = None
        else:
            self._true_since_s = None
            self._gone_since_s = now_s if self._gone_since_s is None else self._gone_since_s
            self.active = self.active and now_s - self._gone_since_s < self.kind.off_delay_s * per_s
