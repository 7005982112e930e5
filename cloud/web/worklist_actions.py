"""An officer says that something on the worklist is being seen to, or takes it back."""

from fastapi import HTTPException
from sqlalchemy import Select
from sqlalchemy.orm import Session

from cloud.accounts import audit
from cloud.accounts.access import Asking
from cloud.alerts import marks_repository as marks
from cloud.web import worklist


def see_to(
    writing: Session,
    asking: Asking,
    water: Select[str],
    alarms: Select[str],
    key: marks.Key,
    *,
    seen_to: bool,
    now_s: float,
) -> None:
    """Mark it, or take the mark back; 404 for what is not, or no longer, on their worklist."""
    item = worklist.one(writing, water, alarms, key, now_s)
    if item is None:
        raise HTTPException(404, f"there is no {key[2]!r} of {key[1] or 'the farm'!r} of {key[0]!r}: look at the list")
    if seen_to:
        marks.mark(writing, asking, key, item.began, now_s)
    else:
        marks.unmark(writing, key)
    what = "worklist_marked" if seen_to else "worklist_unmarked"
    audit.note(writing, asking.who, what, key[0], {"pond": key[1], "cause": key[2]}, now_s)
