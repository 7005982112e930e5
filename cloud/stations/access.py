"""Whose stations: anybody who is signed in reads them, for they are public; officers keep those of their communes."""

from fastapi import HTTPException
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, communes_seen
from cloud.stations import repository


def keeps(session: Session, asking: Asking, commune: str | None, now_s: float) -> None:
    """Refuse (403) who may not keep stations and boards of this commune; those of none are the administrators'."""
    if asking.role == "administrator":
        return
    if commune is None or not repository.is_in(session, commune, communes_seen(asking, now_s)):
        raise HTTPException(403, f"the commune {commune or '(none)'} is not in your scope")
