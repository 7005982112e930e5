"""What an operator does at the console: the first administrator, and keys for machines."""

from cloud.accounts import audit, repository
from cloud.accounts import door_repository as doors
from cloud.accounts.access import Role
from cloud.database import Database

CONSOLE = "console"


class NotDone(ValueError):
    """What was asked for cannot be; the text says why and what to do."""


def invite_administrator(database: Database, name: str, address: str, public_url: str, now_s: float) -> str:
    """The link with which a new or known administrator sets a password; raises NotDone."""
    with database.write() as session:
        found = repository.find(session, address)
        if found is not None and found.role != "administrator":
            raise NotDone(f"{address} is a {found.role} already: give another phone number or e-mail address")
        try:
            found = found or repository.add(session, name, "administrator", address, "vi", now_s)
        except ValueError as error:
            raise NotDone(f"{address!r}: {error}") from error
        found.closed_at = None
        secret, _ = doors.invite(session, found.id, now_s)
        audit.note(session, CONSOLE, "invited", None, {"person": found.id}, now_s)
    return f"{public_url}/invitation/{secret}"


def make_token(database: Database, name: str, address: str, role: str, farm: str, now_s: float) -> str:
    """A machine's secret that sees what the person of this address sees; raises NotDone."""
    with database.write() as session:
        found = repository.find(session, address)
        if found is None or found.closed_at is not None:
            raise NotDone(f"nobody with an open account has {address}")
        allowed: tuple[Role, ...] = doors.TOKEN_ROLES[found.role]
        chosen = next((one for one in allowed if one == (role or allowed[0])), None) if allowed else None
        if chosen is None:
            raise NotDone(f"a {found.role}'s machine may be: {', '.join(allowed) or 'nothing'}")
        bound = found.role != "administrator" and (farm or found.role == "farmer")
        if bound and not repository.belongs(session, found.id, farm):
            raise NotDone(f"the farm {farm!r} is not {address}'s: name one with --farm")
        made, secret = doors.make_token(session, found.id, name, chosen, farm or None, now_s)
        audit.note(session, CONSOLE, "token_made", farm or None, {"token": made.id, "role": chosen}, now_s)
    return secret
