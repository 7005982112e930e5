"""What happened lately that somebody wants to hear of, and in what words."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cloud.accounts.access import Kind
from cloud.accounts.models import Person
from cloud.alerts.models import FarmAlarm
from cloud.farms.models import Gateway, Pond
from cloud.push import news_repository as repository
from cloud.push.sending import News
from gateway.alarms.kinds import KINDS as ALARMS
from gateway.alarms.wording import message
from gateway.text import text

OLD_S = 3600.0
MOST_APART = 3
OF_FARMS = ("farmer", "worker", "technician")


@dataclass(frozen=True, kw_only=True)
class Happening:
    """`worded` gives title and text in a language. It is for the reporter alone where one is named; else for the farm's
    people where `to_farm`, and for the officers to whom the farm shows `to_officers`.
    """

    subject: str
    farm: str
    worded: Callable[[str], tuple[str, str]]
    path: str
    urgent: bool
    reporter: int | None = None
    to_farm: bool = False
    to_officers: Kind | None = None


def happenings(session: Session, now_s: float) -> list[Happening]:
    """All of the last hour: what is older is no news."""
    since = now_s - OLD_S
    return [
        *_silences(session, since),
        *(_alarm(*row) for row in repository.alarms_since(session, since)),
        *_incidents(session, since),
        *_steps(session, since),
    ]


def due(session: Session, people: list[Person], now_s: float) -> list[tuple[int, News]]:
    """What each of these people was not told yet."""
    found = happenings(session, now_s)
    told = repository.told(session, [happening.subject for happening in found]) if found else set()
    heard = list(_heard_by(session, found, people, now_s))
    return [
        (person.id, news)
        for person in people
        for news in _apart_or_as_one(
            [one for one, ids in heard if person.id in ids and (person.id, one.subject) not in told], person
        )
    ]


def _apart_or_as_one(found: list[Happening], person: Person) -> list[News]:
    """Many silent farms at once, as when a commune's power fails, are one message to an officer."""
    silent = [one for one in found if one.to_officers == "alarms"] if person.role == "officer" else []
    if len(silent) <= MOST_APART:
        return [_news(one, person.language) for one in found]
    words = text(person.language)
    as_one = News(
        subject=silent[0].subject,
        besides=tuple(one.subject for one in silent[1:]),
        tag="silent farms",
        title=words("push.silent_title", n=len(silent)),
        text=words("push.silent"),
        language=person.language,
        path="/worklist",
        urgent=True,
    )
    return [as_one, *(_news(one, person.language) for one in found if one not in silent)]


def _heard_by(
    session: Session, found: list[Happening], people: list[Person], now_s: float
) -> Iterator[tuple[Happening, set[int]]]:
    farms = {happening.farm for happening in found}
    farmers = repository.of_farms(session, [person for person in people if person.role in OF_FARMS], farms)
    officers = [person for person in people if person.role == "officer"]
    kinds = {happening.to_officers for happening in found if happening.to_officers is not None}
    scopes = {
        (officer.id, kind): repository.in_scope(session, officer, kind, farms, now_s)
        for officer in officers
        for kind in kinds
    }
    for happening in found:
        ids = set(farmers.get(happening.farm, ())) if happening.to_farm or happening.reporter is not None else set()
        if happening.reporter is not None:
            ids &= {happening.reporter}
        if happening.to_officers is not None:
            kind = happening.to_officers
            ids |= {officer.id for officer in officers if happening.farm in scopes[officer.id, kind]}
        yield happening, ids


def _news(happening: Happening, language: str) -> News:
    title, body = happening.worded(language)
    return News(
        subject=happening.subject,
        title=title,
        text=body,
        language=language,
        path=happening.path,
        urgent=happening.urgent,
    )


def _silences(session: Session, since: float) -> Iterator[Happening]:
    for alert, farm in repository.silent_since(session, since):

        def worded(language: str, kind: str = alert.kind, name: str = _name(farm)) -> tuple[str, str]:
            words, key = text(language), f"cloud_alert.{kind}.open"
            return words(f"{key}_title", farm=name), words(key, farm=name)

        yield Happening(
            subject=f"alert {alert.id}",
            farm=farm.id,
            worded=worded,
            path="/",
            urgent=True,
            to_farm=True,
            to_officers="alarms",
        )


def _alarm(alarm: FarmAlarm, farm: Gateway, pond: Pond | None) -> Happening:
    place = f"{_name(farm)}, {pond.name}" if pond else _name(farm)

    def worded(language: str) -> tuple[str, str]:
        if alarm.alarm not in ALARMS:
            return f"{place}: {alarm.alarm}", ""
        return message(alarm.alarm, place, json.loads(alarm.detail), language)

    return Happening(
        subject=f"alarm {alarm.gateway_id} {alarm.pond} {alarm.alarm} {alarm.device} {alarm.since}",
        farm=farm.id,
        worded=worded,
        path=f"/ponds/{pond.id}" if pond else "/",
        urgent=alarm.alarm not in ALARMS or ALARMS[alarm.alarm].priority != "low",
        to_farm=True,
    )


def _incidents(session: Session, since: float) -> Iterator[Happening]:
    for incident, farm in repository.incidents_since(session, since):

        def worded(
            language: str,
            name: str = _name(farm),
            kind: str = incident.kind,
            pond: str = incident.pond_name,
            said: str = incident.text,
        ) -> tuple[str, str]:
            return f"{name}: {text(language)(f'incident.kind.{kind}')}", ". ".join(filter(None, (pond, said)))

        yield Happening(
            subject=f"incident {incident.id}",
            farm=farm.id,
            worded=worded,
            path=f"/incidents/{incident.id}",
            urgent=False,
            to_officers="incidents",
        )


def _steps(session: Session, since: float) -> Iterator[Happening]:
    for step, incident in repository.steps_since(session, since):

        def worded(
            language: str,
            who: str = step.person,
            what: str = step.what,
            kind: str = incident.kind,
            said: str = step.text,
        ) -> tuple[str, str]:
            words = text(language)
            about = words(f"incident.kind.{kind}")
            return f"{about}: {words(f'incident.step.{what}')}", ": ".join(filter(None, (who, said)))

        yield Happening(
            subject=f"step {step.id}",
            farm=incident.gateway_id,
            worded=worded,
            path=f"/incidents/{incident.id}",
            urgent=False,
            reporter=incident.reporter_id,
        )


def _name(farm: Gateway) -> str:
    return farm.farm_name or farm.id
