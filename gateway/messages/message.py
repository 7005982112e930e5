"""What one person shall be told of one alarm, and on which way."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Message:
    """`priority` is the alarm's, `channel` one of "push", "sms", "call" and "url", `person` an id of farm.toml."""

    id: int
    alarm: int
    kind: str
    pond: str | None
    priority: str
    channel: str
    person: str
    language: str
    title: str
    text: str
