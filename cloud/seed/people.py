"""One person of each role, the owners of the other farms, and what they let officers see."""

from sqlalchemy.orm import Session

from cloud.accounts import door_repository as doors
from cloud.accounts import repository
from cloud.accounts.access import KINDS, Asking, Role
from cloud.accounts.models import Grant, Person
from cloud.seed.plan import PROVINCE, farm_id

STAFF: dict[Role, tuple[str, str]] = {
    "administrator": ("Quản trị thử", "0900000000"),
    "officer": ("Cán bộ thử", "0900000001"),
    "farmer": ("Chủ trại thử", "0900000002"),
    "worker": ("Công nhân thử", "0900000003"),
    "technician": ("Kỹ thuật viên thử", "0900000004"),
}
FARMS_OF_ONE = 2
"""Farms of each owner, those of the first among STAFF."""
OWN_FARM = farm_id(0)


def make_staff(session: Session, now_s: float) -> dict[Role, Asking]:
    """The people of STAFF; nobody has a password yet."""
    made: dict[Role, Asking] = {}
    for role, (name, phone) in STAFF.items():
        made[role] = asking(repository.add(session, name, role, phone, "vi", now_s - 1), role)
    repository.set_scope(session, made["officer"].id, [("province", PROVINCE)])
    return made


def asking(person: Person, role: Role) -> Asking:
    """The person as who asks."""
    return Asking(person.id, person.name, role, person.phone or "", person.language)


def links(session: Session, public_url: str, now_s: float) -> list[tuple[Role, str, str]]:
    """For each of STAFF the role, the number to sign in with, and a link to choose a password, good once."""
    found = []
    for role, (_, phone) in STAFF.items():
        person = repository.find(session, phone)
        if person is not None:
            found.append((role, phone, f"{public_url}/invitation/{doors.invite(session, person.id, now_s)[0]}"))
    return found


def give_farms(session: Session, numbers: range, now_s: float) -> None:
    """Each farm has an owner, who shows officers everything; the first has a worker and a technician too."""
    for number in numbers:
        owner = _owner(session, number // FARMS_OF_ONE, now_s)
        repository.join(session, owner, farm_id(number))
        session.add_all(_grant(farm_id(number), kind, owner, now_s) for kind in KINDS)
        if farm_id(number) == OWN_FARM:
            for role in ("worker", "technician"):
                person = repository.find(session, STAFF[role][1])
                assert person is not None, role
                repository.join(session, person.id, OWN_FARM)


def _owner(session: Session, number: int, now_s: float) -> int:
    phone = STAFF["farmer"][1] if number == 0 else f"09{10_000_000 + number}"
    known = repository.find(session, phone)
    return (known or repository.add(session, f"Chủ trại thử {number + 1}", "farmer", phone, "vi", now_s - 1)).id


def _grant(gateway_id: str, kind: str, by: int, now_s: float) -> Grant:
    return Grant(gateway_id=gateway_id, kind=kind, granted_by=by, granted_at=now_s, withdrawn_at=None)
