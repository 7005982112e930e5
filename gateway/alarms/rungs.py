"""The ladder's rungs: whom an alarm wakes, how, and after how long; out of the settings, or out of the people's roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.alarms.kinds import RANK, Priority
from gateway.alarms.settings import AlarmSettings, StepSettings
from gateway.people.settings import PersonSettings

FIRST_CALL_S = 175  # a modem takes a few seconds to dial: within 180 s
NEXT_CALL_S = 120
STAFF = ("owner", "worker", "technician")
WOKEN = ("owner", "worker")
CALLED = {"owner": 0, "worker": 0, "technician": 1, "neighbour": 2, "officer": 2}
MOST_CALLED = 50


@dataclass(frozen=True, slots=True)
class Rung:
    """One message to one person, so many seconds after the alarm."""

    after_s: float
    channel: str
    person: str


def rungs_for(
    priority: Priority, settings: AlarmSettings, people: Sequence[PersonSettings], *, modem: bool
) -> list[Rung]:
    """The rungs of alarms of this priority, the earliest first; ways that a person does not have are left out."""
    steps = settings.step or usual_steps(people)
    known = {person.id: person for person in people}
    return [
        Rung(step.after_s, channel, person)
        for step in steps
        if RANK[priority] <= RANK[step.priority]
        for person in step.persons
        for channel in step.channels
        if reaches(channel, known[person], modem=modem)
    ]


def usual_steps(people: Sequence[PersonSettings]) -> list[StepSettings]:
    """Owners and workers are told at once, then called one after another; neighbours and officers last."""
    staff = [person.id for person in people if person.role in WOKEN] or [person.id for person in people]
    called = sorted((person for person in people if person.phone), key=lambda person: CALLED[person.role])
    steps = []
    if staff:
        steps.append(StepSettings(after_s=0, channels=["push", "url"], persons=staff, priority="low"))
        steps.append(StepSettings(after_s=0, channels=["sms"], persons=staff, priority="high"))
    for at, person in enumerate(called[:MOST_CALLED]):
        after_s = FIRST_CALL_S + at * NEXT_CALL_S
        steps.append(StepSettings(after_s=after_s, channels=["call"], persons=[person.id], priority="critical"))
    return steps


def proof_rungs(people: Sequence[PersonSettings], *, modem: bool) -> list[Rung]:
    """Everything to everybody who works here, at once."""
    return [
        Rung(0, channel, person.id)
        for person in people
        if person.role in STAFF
        for channel in ("push", "url", "sms", "call")
        if reaches(channel, person, modem=modem)
    ]


def reaches(channel: str, person: PersonSettings, *, modem: bool) -> bool:
    """This way leads to this person."""
    if channel == "url":
        return bool(person.urls)
    return channel == "push" or (modem and person.phone is not None)
