"""What is to be sent to whom, and what became of it."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gateway.messages.message import Message
from gateway.people.settings import PersonSettings

Result = Literal["delivered", "failed", "answered", "no_answer", "acknowledged"]

URGENCY = {"critical": 0, "high": 1, "low": 2}


@dataclass(frozen=True, kw_only=True)
class Sending(Message):
    """One entry of the snapshot's `sendings`; `age_s` is how long it was due when it was first seen here."""

    age_s: float

    @property
    def urgency(self) -> int:
        """0 for what wakes people, higher for what may wait."""
        return URGENCY.get(self.priority, len(URGENCY))

    @property
    def key(self) -> tuple[object, ...]:
        """Tells it from another one with the same number, of a control process that began to count anew."""
        return self.id, self.alarm, self.channel, self.person, self.title


@dataclass(frozen=True)
class Outcome:
    """What became of a sending; `detail` in English, for the audit log."""

    result: Result
    detail: str = ""


class NotDelivered(Exception):
    """A try has failed, the text says why; `final` when another try cannot help."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Channel(Protocol):
    """A way to a person."""

    async def deliver(self, sending: Sending, person: PersonSettings) -> Outcome:
        """Bring it to the person; raises NotDelivered."""
        ...


def sending_of(entry: dict[str, Any]) -> Sending:
    """Out of the snapshot; KeyError, TypeError or ValueError when it is not one."""
    return Sending(
        id=int(entry["id"]),
        alarm=int(entry["alarm"]),
        kind=str(entry["kind"]),
        pond=None if entry.get("pond") is None else str(entry["pond"]),
        priority=str(entry["priority"]),
        channel=str(entry["channel"]),
        person=str(entry["person"]),
        language=str(entry["language"]),
        title=str(entry["title"]),
        text=str(entry["text"]),
        age_s=float(entry["age_s"]),
    )
