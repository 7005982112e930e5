"""All queries about browsers that are told, the cloud's key, and what was told."""

from collections.abc import Collection

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cloud.accounts.models import Person
from cloud.accounts.models import Session as Signed
from cloud.accounts.secret import hashed
from cloud.push.models import PushBrowser, PushKey, PushTold
from cloud.telemetry.store import insert
from gateway.messages.vapid import new_pair
from gateway.people.subscriptions import MOST_OF_A_PERSON, Subscription


def pair(session: Session) -> str:
    """The cloud's key pair as PEM, made when it is first asked for; of two processes that make one, one wins."""
    asked = select(PushKey.pem).where(PushKey.id == 1)
    found = session.scalar(asked)
    if found is not None:
        return found
    session.execute(insert(session, PushKey).values(id=1, pem=new_pair().decode()).on_conflict_do_nothing())
    return session.scalars(asked).one()


def add(session: Session, secret: str, browser: Subscription) -> bool:
    """Tell this browser from now on; False where the address is another browser's, or the person has very many."""
    person_id = session.scalar(select(Signed.person_id).where(Signed.hash == hashed(secret)))
    kept = session.get(PushBrowser, browser.endpoint)
    if kept is None:
        mine = select(func.count()).select_from(PushBrowser).join(Signed).where(Signed.person_id == person_id)
        if (session.scalar(mine) or 0) >= MOST_OF_A_PERSON:
            return False
        kept = PushBrowser(endpoint=browser.endpoint, p256dh=browser.p256dh, auth=browser.auth)
        session.add(kept)
    kept.session = hashed(secret)
    return (kept.p256dh, kept.auth) == (browser.p256dh, browser.auth)


def remove(session: Session, endpoint: str, person_id: int | None = None) -> None:
    """Tell this browser no more; of this person only, where one is named."""
    gone = delete(PushBrowser).where(PushBrowser.endpoint == endpoint)
    if person_id is not None:
        gone = gone.where(PushBrowser.session.in_(select(Signed.hash).where(Signed.person_id == person_id)))
    session.execute(gone)


def browsers_of(session: Session, person_id: int) -> list[Subscription]:
    """Those of a person."""
    asked = select(PushBrowser).join(Signed).where(Signed.person_id == person_id).order_by(PushBrowser.endpoint)
    return [Subscription(row.endpoint, row.p256dh, row.auth) for row in session.scalars(asked)]


def listeners(session: Session) -> list[Person]:
    """Everybody with a browser that is told."""
    told = select(Signed.person_id).join(PushBrowser)
    return list(session.scalars(select(Person).where(Person.id.in_(told), Person.closed_at.is_(None))))


def claim(session: Session, person_id: int, subject: str, now_s: float) -> bool:
    """True for the one who is to tell them of this; False where somebody does or did."""
    told = insert(session, PushTold).values(person_id=person_id, subject=subject, at=now_s)
    kept = session.execute(told.on_conflict_do_nothing().returning(PushTold.subject))
    return kept.first() is not None


def claim_besides(session: Session, person_id: int, subjects: Collection[str], now_s: float) -> None:
    """They are told of these by the same message."""
    rows = [{"person_id": person_id, "subject": subject, "at": now_s} for subject in subjects]
    if rows:
        session.connection().execute(insert(session, PushTold).on_conflict_do_nothing(), rows)


def unclaim(session: Session, person_id: int, subjects: Collection[str]) -> None:
    """No push service took it: these may be told again."""
    session.execute(delete(PushTold).where(PushTold.person_id == person_id, PushTold.subject.in_(subjects)))


def forget_before(session: Session, at: float) -> None:
    """What is so old that it is no news to anybody."""
    session.execute(delete(PushTold).where(PushTold.at < at))
