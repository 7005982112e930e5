"""A pond's crops as a page: the farm's people write them down, others read."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from cloud.accounts.access import OfFarm
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.crops import book, repository
from cloud.crops.api import KnownCrop, KnownPond
from cloud.crops.book import CropIn, Refused
from cloud.crops.figures import SPECIES, contradicts, fcr, survival
from cloud.farms.models import Pond
from cloud.reports.periods import local_day
from gateway.text import Text
from gateway.web.shared import Words

router = APIRouter(include_in_schema=False)

OF_THE_FARM = ("farmer", "worker", "technician")
LONGEST = 20


async def fields(request: Request) -> dict[str, str]:
    """The form as it was filled in."""
    form = await request.form()
    return {name: str(form.get(name, ""))[:LONGEST].strip() for name in CropIn.model_fields}


Fields = Annotated[dict[str, str], Depends(fields)]


@router.get("/ponds/{pond_id}/crops")
def crops(request: Request, pond: KnownPond, reading: Reading, words: Words, now_s: Now) -> Response:
    """All crops of a pond, with the form for a new one."""
    return _page(request, reading, pond, words, now_s)


@router.post("/ponds/{pond_id}/crops")
def begin(
    request: Request, asking: OfFarm, pond: KnownPond, given: Fields, writing: Writing, words: Words, now_s: Now
) -> Response:
    """A new crop."""
    return _write(
        request, writing, pond, given, words, now_s,
        lambda wish: book.begin(writing, asking, pond, wish, now_s, local_day(now_s)),
    )  # fmt: skip


@router.post("/crops/{crop_id}")
def change(
    request: Request, asking: OfFarm, crop: KnownCrop, given: Fields, writing: Writing, words: Words, now_s: Now
) -> Response:
    """Other figures for a crop."""
    return _write(
        request, writing, _pond_of(writing, crop), given, words, now_s,
        lambda wish: book.change(writing, asking, crop, wish, now_s, local_day(now_s)),
    )  # fmt: skip


@router.post("/crops/{crop_id}/remove")
def remove(asking: OfFarm, crop: KnownCrop, writing: Writing, now_s: Now) -> Response:
    """A crop that never was."""
    pond = _pond_of(writing, crop)
    book.remove(writing, asking, crop, now_s)
    return RedirectResponse(f"/ponds/{pond.id}/crops", status_code=303)


def _write(
    request: Request,
    session: Session,
    pond: Pond,
    given: dict[str, str],
    words: Text,
    now_s: float,
    write: Callable[[CropIn], Any],
) -> Response:
    try:
        write(CropIn.model_validate({name: value or None for name, value in given.items()}))
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][-1])
        problem = words("crops.refused.field", field=words(f"crops.{field}"))
    except Refused as error:
        problem = words(f"crops.refused.{error.reason}")
    else:
        return RedirectResponse(f"/ponds/{pond.id}/crops", status_code=303)
    return _page(request, session, pond, words, now_s, problem=problem, given=given)


def _pond_of(session: Session, crop: Any) -> Pond:
    pond = repository.pond_of(session, crop)
    if pond is None:
        raise HTTPException(404, "the farm has this pond no more")
    return pond


def _page(
    request: Request,
    session: Session,
    pond: Pond,
    words: Text,
    now_s: float,
    problem: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    found = repository.of_pond(session, pond.gateway_id, pond.key)
    rows = [(crop, fcr(crop), survival(crop), contradicts(crop)) for crop in found]
    return show(
        request,
        "crops.html",
        words,
        title=words("crops.title", pond=pond.name),
        status=422 if problem else 200,
        pond=pond,
        crops=rows,
        species=SPECIES,
        writes=request.state.asking.role in OF_THE_FARM,
        problem=problem,
        given=given or dict.fromkeys(CropIn.model_fields, ""),
        today=local_day(now_s).isoformat(),
    )
