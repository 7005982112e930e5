"""Who did what: administrators see all of it, a farmer what was done on the own farms."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from cloud.accounts import audit
from cloud.accounts.access import farms_seen
from cloud.accounts.own import Keeper
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.ids import MOST_ID
from gateway.web.shared import Words

router = APIRouter(prefix="/audit", include_in_schema=False)

ON_A_PAGE = 100
VIETNAM = timezone(timedelta(hours=7))


@router.get("")
def shown(
    request: Request,
    asking: Keeper,
    reading: Reading,
    words: Words,
    now_s: Now,
    before: Annotated[int, Query(ge=0, le=MOST_ID)] = MOST_ID,
) -> Response:
    """A page of it, newest first."""
    mine = None if asking.role == "administrator" else farms_seen(asking, None, now_s)
    found = audit.newest(reading, mine, before, ON_A_PAGE)
    lines = [(line, _clock(line.at), json.loads(line.detail)) for line in found]
    older = found[-1].id if len(found) == ON_A_PAGE else None
    return show(request, "cloud_audit.html", words, title=words("tab.audit"), lines=lines, older=older)


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")
