"""Settings a farmer may want to change: a form, what would change in plain words, save, and back again."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from gateway.farm import FarmError
from gateway.settings_file import Document, Overtaken
from gateway.text import Text
from gateway.web.desk import AtDesk, Desk
from gateway.web.settings_form import (
    FARM_PLACES,
    POND_FIELDS,
    NotUnderstood,
    Place,
    as_typed,
    differences,
    held,
    named_in_words,
    put,
    typed_values,
)
from gateway.web.shared import Words
from gateway.web.signed import Owner

router = APIRouter()

LONGEST_VALUE = 200


@router.get("/settings")
async def settings(request: Request, _: Owner, desk: AtDesk, words: Words) -> Response:
    """The form."""
    return _form(request, desk, words)


@router.post("/settings/check")
async def check(request: Request, _who: Owner, desk: AtDesk, words: Words) -> Response:
    """What would change, in plain words, and the button that does it."""
    typed = await _typed(request)
    try:
        values = typed_values(typed, desk.farm, words)
        _, farm = desk.settings.tried(lambda document: put(document, values, desk.farm))
    except (NotUnderstood, FarmError, OSError) as error:
        return _refused(request, desk, words, error, typed)
    changes, title = differences(desk.farm, farm, words), words("settings.check")
    mark = typed.get("mark", "")
    return desk.show(request, "settings_check.html", words, title=title, changes=changes, typed=typed, mark=mark)


@router.post("/settings")
async def save(request: Request, owner: Owner, desk: AtDesk, words: Words) -> Response:
    """Save it."""
    typed, before = await _typed(request), desk.farm
    try:
        values = typed_values(typed, before, words)

        def change(document: Document) -> None:
            put(document, values, before)

        _, farm = desk.settings.tried(change)
        changes = [f"{one.pond}: {one.name} {one.before} → {one.after}" for one in differences(before, farm, words)]
        desk.change(change, owner.id, typed.get("mark", ""), changes="; ".join(changes))
    except (NotUnderstood, FarmError, Overtaken, OSError) as error:
        return _refused(request, desk, words, error, typed)
    return RedirectResponse("/settings", status_code=303)


@router.post("/settings/undo")
def undo(request: Request, owner: Owner, desk: AtDesk, words: Words) -> Response:
    """Back to what was before the last change."""
    try:
        desk.undo(owner.id)
    except (FarmError, Overtaken, OSError) as error:
        return _refused(request, desk, words, error, {})
    return RedirectResponse("/settings", status_code=303)


async def _typed(request: Request) -> dict[str, str]:
    return {name: str(value)[:LONGEST_VALUE] for name, value in (await request.form()).items()}


def _refused(request: Request, desk: Desk, words: Text, error: Exception, typed: dict[str, str]) -> Response:
    """The form again, with what is wrong in words. Who was overtaken sees what the other one has saved."""
    if isinstance(error, Overtaken):
        return _form(request, desk, words, {}, words("settings.overtaken"), 409)
    if isinstance(error, NotUnderstood):
        return _form(request, desk, words, typed, words("settings.not_a_number", what=str(error)), 422)
    problem = words("settings.refused", why=named_in_words(str(error), words))
    return _form(request, desk, words, typed, problem, 503 if isinstance(error, OSError) else 422)


def _form(
    request: Request,
    desk: Desk,
    words: Text,
    typed: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    typed = typed or {}

    def shown(place: Place) -> str:
        return typed[place.key] if place.key in typed else as_typed(held(desk.farm, place), words)

    ponds = [
        (pond.name, [Place(f"{pond.id}.{field.name}", field, pond=pond.id) for field in POND_FIELDS])
        for pond in desk.farm.pond
    ]
    page = desk.show(
        request,
        "settings.html",
        words,
        title=words("tab.settings"),
        groups=[*ponds, (words("settings.farm"), FARM_PLACES)],
        shown=shown,
        mark=typed.get("mark", "") or desk.settings.mark(),
        problem=problem,
        versions=desk.settings.versions()[:1],
    )
    page.status_code = status
    return page
