"""All queries about advice; each takes who asks, and shows only what they may see."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, farms_seen
from cloud.accounts.models import Person
from cloud.advisories.audience import people_of, readable, units_to_write_for, writable
from cloud.advisories.bodies import AdvisoryIn
from cloud.advisories.models import Advisory, AdvisoryUnit, Answer, Delivery
from cloud.areas.models import ExtensionArea, ExtensionAreaUnit, Unit
from cloud.farms.models import Gateway, Pond
from cloud.ids import MOST_ID
from cloud.telemetry.models import Node
from cloud.telemetry.store import insert as dialect_insert

NAMED_IN_PLACE = 4


class Beyond(ValueError):
    """An officer wrote for communes outside their scope, or for none that there is."""


class NotADraft(ValueError):
    """What was issued is not changed any more."""


def seen(session: Session, asking: Asking, now_s: float, limit: int, before: int = MOST_ID) -> Sequence[Advisory]:
    """What they may read, newest first, older than the one of number `before`."""
    asked = select(Advisory).where(readable(asking, now_s), Advisory.id < before)
    return session.scalars(asked.order_by(Advisory.id.desc()).limit(limit)).all()


def one(session: Session, asking: Asking, advisory_id: int, now_s: float) -> Advisory | None:
    """One advice; None where there is none that they may read."""
    return session.scalars(select(Advisory).where(Advisory.id == advisory_id, readable(asking, now_s))).first()


def to_write(session: Session, asking: Asking, advisory_id: int, now_s: float) -> Advisory | None:
    """One advice that they may change; None for any other."""
    return session.scalars(select(Advisory).where(Advisory.id == advisory_id, writable(asking, now_s))).first()


def write(
    session: Session, asking: Asking, wish: AdvisoryIn, now_s: float, advisory: Advisory | None = None
) -> Advisory:
    """A new draft, or a draft changed. Beyond for communes outside the writer's scope, NotADraft for an issued one."""
    if advisory is not None and advisory.state != "draft":
        raise NotADraft(f"advice {advisory.id} is {advisory.state}: withdraw it and write a new one")
    units = _units(session, asking, wish, now_s)
    if advisory is None:
        advisory = Advisory(state="draft", author_id=asking.id, author=asking.name, created_at=now_s)
    for name in ("kind", "severity", "certainty", "title_vi", "body_vi", "title_en", "body_en", "phase"):
        setattr(advisory, name, getattr(wish, name))
    advisory.pond_kinds = ",".join(dict.fromkeys(wish.pond_kinds))
    advisory.valid_from, advisory.valid_until = wish.valid_from, wish.valid_until
    advisory.place = _place(session, wish, units)
    session.add(advisory)
    session.flush()
    session.execute(delete(AdvisoryUnit).where(AdvisoryUnit.advisory_id == advisory.id))
    session.execute(insert(AdvisoryUnit), [{"advisory_id": advisory.id, "code": code} for code in units])
    return advisory


def issue(session: Session, advisory: Advisory, channels: Iterable[str], now_s: float) -> None:
    """Make a draft public, on its way to everybody it is for by each channel; NotADraft for any other."""
    if advisory.state != "draft":
        raise NotADraft(f"advice {advisory.id} is {advisory.state} already")
    if advisory.valid_until <= now_s:
        raise NotADraft(f"advice {advisory.id} is over already: give it a later end")
    advisory.state, advisory.issued_at = "issued", now_s
    session.flush()
    for channel in channels:
        address(session, advisory.id, channel)


def withdraw(advisory: Advisory, now_s: float) -> None:
    """Take an issued advice back; NotADraft for any other."""
    if advisory.state != "issued":
        raise NotADraft(f"advice {advisory.id} is {advisory.state}, not issued")
    advisory.state, advisory.withdrawn_at = "withdrawn", now_s


def discard(session: Session, advisory: Advisory) -> None:
    """Remove a draft; NotADraft for any other."""
    if advisory.state != "draft":
        raise NotADraft(f"advice {advisory.id} is {advisory.state}: withdraw it")
    session.execute(delete(AdvisoryUnit).where(AdvisoryUnit.advisory_id == advisory.id))
    session.delete(advisory)


def address(session: Session, advisory_id: int, channel: str, person_id: int | None = None) -> None:
    """Put everybody whom an advice is for, or one of them, on a channel's list, where they are not yet."""
    listed = select(Delivery.person_id).where(Delivery.advisory_id == advisory_id, Delivery.channel == channel)
    people = people_of(advisory_id).where(Person.id.not_in(listed)).add_columns(literal(advisory_id), literal(channel))
    if person_id is not None:
        people = people.where(Person.id == person_id)
    added = dialect_insert(session, Delivery).from_select(["person_id", "advisory_id", "channel"], people)
    session.execute(added.on_conflict_do_nothing())


def communes(session: Session, advisory_ids: Iterable[int]) -> dict[int, list[str]]:
    """The codes of each advice."""
    found: dict[int, list[str]] = {advisory_id: [] for advisory_id in advisory_ids}
    asked = select(AdvisoryUnit).where(AdvisoryUnit.advisory_id.in_(found)).order_by(AdvisoryUnit.code)
    for unit in session.scalars(asked):
        found[unit.advisory_id].append(unit.code)
    return found


def communes_for(session: Session, asking: Asking, now_s: float) -> list[tuple[str, str]]:
    """Code and name of each commune for which they may write, by name."""
    asked = select(Unit.code, Unit.name).where(*units_to_write_for(asking, now_s)).order_by(Unit.name, Unit.code)
    return [(code, name) for code, name in session.execute(asked)]


def areas_for(session: Session, asking: Asking, now_s: float) -> Sequence[ExtensionArea]:
    """Extension areas for which they may write: those that lie wholly in their scope."""
    codes = select(Unit.code).where(*units_to_write_for(asking, now_s))
    outside = select(ExtensionAreaUnit.area_id).where(ExtensionAreaUnit.code.not_in(codes))
    filled = select(ExtensionAreaUnit.area_id)
    asked = select(ExtensionArea).where(ExtensionArea.id.not_in(outside), ExtensionArea.id.in_(filled))
    return session.scalars(asked.order_by(ExtensionArea.name)).all()


def fresh(session: Session, asking: Asking, advisories: Iterable[Advisory], channel: str) -> list[Advisory]:
    """Those of these that have not come to them by a channel yet; drafts come to nobody."""
    issued = {advisory.id: advisory for advisory in advisories if advisory.state != "draft"}
    asked = select(Delivery.advisory_id).where(
        Delivery.advisory_id.in_(issued),
        Delivery.person_id == asking.id,
        Delivery.channel == channel,
        Delivery.delivered_at.is_not(None),
    )
    come = set(session.scalars(asked))
    return [advisory for number, advisory in issued.items() if number not in come]


def delivered(session: Session, asking: Asking, advisories: Iterable[Advisory], channel: str, now_s: float) -> None:
    """These came to them by a channel; the first time counts. Only advice that is for them is counted."""
    ids = {advisory.id for advisory in advisories}
    mine = Delivery.advisory_id.in_(ids), Delivery.person_id == asking.id, Delivery.channel == channel
    for advisory_id in sorted(ids - set(session.scalars(select(Delivery.advisory_id).where(*mine)))):
        address(session, advisory_id, channel, asking.id)
    session.execute(update(Delivery).where(*mine, Delivery.delivered_at.is_(None)).values(delivered_at=now_s))


def read(session: Session, asking: Asking, advisory: Advisory, channel: str, now_s: float) -> None:
    """They opened it; the first time counts."""
    delivered(session, asking, [advisory], channel, now_s)
    mine = Delivery.advisory_id == advisory.id, Delivery.person_id == asking.id, Delivery.channel == channel
    session.execute(update(Delivery).where(*mine, Delivery.read_at.is_(None)).values(read_at=now_s))


def waiting(session: Session, channel: str, now_s: float) -> list[tuple[Delivery, Advisory, Person]]:
    """What a channel has still to tell of advice that is in force or will be, oldest first."""
    asked = (
        select(Delivery, Advisory, Person)
        .join(Advisory, Advisory.id == Delivery.advisory_id)
        .join(Person, Person.id == Delivery.person_id)
        .where(Delivery.channel == channel, Delivery.delivered_at.is_(None))
        .where(Advisory.state == "issued", Advisory.valid_until > now_s)
        .order_by(Delivery.advisory_id, Delivery.person_id)
    )
    return [(delivery, advisory, person) for delivery, advisory, person in session.execute(asked)]


def told(session: Session, advisory_id: int, person_id: int, channel: str, now_s: float) -> None:
    """A channel took it for a person."""
    session.get_one(Delivery, (advisory_id, person_id, channel)).delivered_at = now_s


def unreachable(session: Session, advisory_id: int, person_id: int, channel: str) -> None:
    """A channel knows no way to a person: it has nothing to tell them."""
    session.delete(session.get_one(Delivery, (advisory_id, person_id, channel)))


def deliveries(session: Session, advisory_id: int) -> list[tuple[Delivery, str]]:
    """Everybody on the way to whom an advice is, with their names: those who have not read it first."""
    asked = select(Delivery, Person.name).join(Person, Person.id == Delivery.person_id)
    asked = asked.where(Delivery.advisory_id == advisory_id)
    order = Delivery.read_at.is_not(None), Delivery.delivered_at.is_not(None), Person.name, Delivery.channel
    return [(delivery, name) for delivery, name in session.execute(asked.order_by(*order))]


def reach(session: Session, advisory_ids: Iterable[int], channel: str) -> dict[int, tuple[int, int, int]]:
    """Of each advice: for how many people it is, to how many it came, and how many opened it."""
    asked = select(Delivery.advisory_id, func.count(), func.count(Delivery.delivered_at), func.count(Delivery.read_at))
    asked = asked.where(Delivery.advisory_id.in_(list(advisory_ids)), Delivery.channel == channel)
    return {row[0]: (row[1], row[2], row[3]) for row in session.execute(asked.group_by(Delivery.advisory_id))}


def would_reach(session: Session, advisory_id: int) -> int:
    """For how many people a draft is, as farms are today."""
    return session.scalar(select(func.count()).select_from(people_of(advisory_id).subquery())) or 0


def unread(session: Session, asking: Asking, advisory_ids: Iterable[int], channel: str) -> set[int]:
    """Those of these that they have not opened yet."""
    ids = set(advisory_ids)
    asked = select(Delivery.advisory_id).where(Delivery.advisory_id.in_(ids), Delivery.read_at.is_not(None))
    return ids - set(session.scalars(asked.where(Delivery.person_id == asking.id, Delivery.channel == channel)))


def public(session: Session, now_s: float) -> Sequence[Advisory]:
    """Everything issued, or issued and withdrawn, that is not over, newest word first."""
    word = func.coalesce(Advisory.withdrawn_at, Advisory.issued_at)
    asked = select(Advisory).where(Advisory.state.in_(("issued", "withdrawn")), Advisory.valid_until > now_s)
    return session.scalars(asked.order_by(word.desc(), Advisory.id.desc())).all()


def public_one(session: Session, advisory_id: int) -> Advisory | None:
    """One that is or was issued; None for drafts and for none."""
    asked = select(Advisory).where(Advisory.id == advisory_id, Advisory.state.in_(("issued", "withdrawn")))
    return session.scalars(asked).first()


def watched_nodes(session: Session, asking: Asking, now_s: float) -> list[tuple[str, str, str]]:
    """Gateway, node and commune of each node of farms whose water they may see."""
    asked = select(Node.gateway_id, Node.node, Gateway.commune).join(Gateway, Gateway.id == Node.gateway_id)
    asked = asked.where(Node.gateway_id.in_(farms_seen(asking, "water", now_s)), Gateway.commune.is_not(None))
    return [(gateway, node, commune) for gateway, node, commune in session.execute(asked) if commune]


def pond_names(session: Session, nodes: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Names of the ponds that these nodes (gateway, node) watch; a node without a pond is left out."""
    asked = select(Pond.gateway_id, Pond.node, Pond.name, Gateway.farm_name).join(
        Gateway, Gateway.id == Pond.gateway_id
    )
    asked = asked.where(Pond.gateway_id.in_({gateway for gateway, _ in nodes}))
    return {
        (gateway, node): f"{farm or gateway}, {name}"
        for gateway, node, name, farm in session.execute(asked)
        if node and (gateway, node) in nodes
    }


def answer(session: Session, asking: Asking, advisory_id: int, text: str, now_s: float) -> Answer:
    """Keep what somebody wrote back."""
    made = Answer(advisory_id=advisory_id, person_id=asking.id, text=text, at=now_s)
    session.add(made)
    session.flush()
    return made


def answers(session: Session, asking: Asking, advisory_id: int) -> list[tuple[Answer, str]]:
    """Answers with their writers' names, oldest first: all for officers, only their own for others."""
    asked = select(Answer, Person.name).join(Person, Person.id == Answer.person_id)
    asked = asked.where(Answer.advisory_id == advisory_id).order_by(Answer.id)
    if (asking.sees or asking.role) not in ("officer", "administrator"):
        asked = asked.where(Answer.person_id == asking.id)
    return [(found, name) for found, name in session.execute(asked)]


def _units(session: Session, asking: Asking, wish: AdvisoryIn, now_s: float) -> dict[str, str]:
    """Names of all communes of a wish by code; Beyond where one is not theirs."""
    open_ones = dict(communes_for(session, asking, now_s))
    codes = set(wish.communes)
    areas = {area.id for area in areas_for(session, asking, now_s)}
    if strange := set(wish.areas) - areas:
        raise Beyond(f"extension areas {sorted(strange)} do not lie in your scope: choose others")
    asked = select(ExtensionAreaUnit.code).where(ExtensionAreaUnit.area_id.in_(wish.areas))
    codes |= set(session.scalars(asked))
    if strange_codes := codes - set(open_ones):
        raise Beyond(f"communes {sorted(strange_codes)} do not lie in your scope: choose others")
    return {code: open_ones[code] for code in sorted(codes)}


def _place(session: Session, wish: AdvisoryIn, units: dict[str, str]) -> str:
    """The area in words: its extension areas and communes, the first few by name."""
    asked = select(ExtensionArea.name).where(ExtensionArea.id.in_(wish.areas)).order_by(ExtensionArea.name)
    names = [*session.scalars(asked), *(units[code] for code in dict.fromkeys(wish.communes))]
    more = len(names) - NAMED_IN_PLACE
    return ", ".join(names[:NAMED_IN_PLACE]) + (f" (+{more})" if more > 0 else "")
