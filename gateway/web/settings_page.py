"""Settings a farmer may want to change: a form, what would change in plain words, save, and back again."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from gateway.farm import COMFORT_MG_L, Farm, FarmError
from gateway.numbers import number_typed
from gateway.settings_file import Document, Overtaken, table_of
from gateway.tariff import names as tariff_names
from gateway.text import Text
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import Technician

router = APIRouter()

Short = Annotated[str, Form(max_length=60)]


@dataclass(frozen=True)
class Field:
    """One setting of a pond; `kind` is "number", "choice", "yes" or "text"."""

    name: str
    kind: str = "number"
    unit: str = ""
    choices: tuple[str, ...] = ()


POND_FIELDS = (
    Field("name", "text"),
    Field("setpoint", unit="mg/L"),
    Field("alarm_low", unit="mg/L"),
    Field("guard_low", unit="mg/L"),
    Field("danger_low", unit="mg/L"),
    Field("mixing"),
    Field("comfort", "choice", choices=tuple(COMFORT_MG_L)),
    Field("dense", "yes"),
    Field("weak_grid", "yes"),
    Field("area_m2", unit="m²"),
    Field("depth_m", unit="m"),
)
WHOLE = ("mixing",)


@dataclass(frozen=True)
class Difference:
    """One line of what would change."""

    pond: str
    name: str
    before: str
    after: str


@router.get("/settings")
async def settings(request: Request, _: Technician, desk: AtDesk, words: Words) -> Response:
    """The form."""
    return _form(request, desk, words, typed={}, problem="")


@router.post("/settings/check")
async def check(request: Request, _who: Technician, desk: AtDesk, words: Words) -> Response:
    """What would change, in plain words, and the button that does it."""
    form = await request.form()
    typed = {name: str(value)[:200] for name, value in form.items()}
    values, wrong = read_form(typed, desk.farm, words)
    if wrong:
        return _form(request, desk, words, typed, words("settings.not_a_number", what=wrong), 422)
    try:
        _, farm = desk.settings.tried(lambda document: put(document, values, desk.farm))
    except FarmError as error:
        return _form(request, desk, words, typed, words("settings.refused", why=str(error)), 422)
    changes = differences(desk.farm, farm, words)
    title = words("settings.check")
    return desk.show(
        request, "settings_check.html", words, title=title, changes=changes, typed=typed, mark=typed.get("mark", "")
    )


@router.post("/settings")
async def save(request: Request, person: Technician, desk: AtDesk, words: Words) -> Response:
    """Save it."""
    form = await request.form()
    typed = {name: str(value)[:200] for name, value in form.items()}
    values, wrong = read_form(typed, desk.farm, words)
    if wrong:
        return _form(request, desk, words, typed, words("settings.not_a_number", what=wrong), 422)
    before = desk.farm
    try:
        _, farm = desk.settings.tried(lambda document: put(document, values, before))
        changes = [f"{one.pond}: {one.name} {one.before} → {one.after}" for one in differences(before, farm, words)]
        desk.change(
            lambda document: put(document, values, before),
            person.id,
            typed.get("mark", ""),
            changes="; ".join(changes),
        )
    except FarmError as error:
        return _form(request, desk, words, typed, words("settings.refused", why=str(error)), 422)
    except Overtaken:
        return _form(request, desk, words, {}, words("settings.overtaken"), 409)
    return RedirectResponse("/settings", status_code=303)


@router.post("/settings/undo")
def undo(request: Request, person: Technician, desk: AtDesk, words: Words) -> Response:
    """Back to what was before the last change."""
    try:
        desk.undo(person.id)
    except (FarmError, Overtaken, OSError) as error:
        return _form(request, desk, words, {}, words("settings.refused", why=str(error)), 409)
    return RedirectResponse("/settings", status_code=303)


def read_form(typed: dict[str, str], farm: Farm, words: Text) -> tuple[dict[tuple[str, str], Any], str]:
    """The values by (pond, field), and the name of the first that makes no sense."""
    values: dict[tuple[str, str], Any] = {}
    for pond in farm.pond:
        for field in POND_FIELDS:
            key = f"{pond.id}.{field.name}"
            text = typed.get(key, "").strip()
            if field.kind == "yes":
                values[pond.id, field.name] = text == "yes"
            elif field.kind == "number":
                number = number_typed(text, words.language) if text else None
                if text and number is None and text != "0":
                    return {}, f"{pond.name}, {words(f'setting.{field.name}')}"
                if text:
                    values[pond.id, field.name] = int(number or 0) if field.name in WHOLE else float(number or 0)
            elif key in typed:
                values[pond.id, field.name] = text
    if "tariff" in typed:
        values["", "tariff"] = typed["tariff"]
    return values, ""


def put(document: Document, values: dict[tuple[str, str], Any], farm: Farm) -> None:
    """Write what differs from the farm into its farm.toml."""
    ponds = {pond.id: pond for pond in farm.pond}
    for (pond, name), value in values.items():
        if name == "tariff":
            if value and value != (farm.tariff.name or ""):
                document["tariff"] = {"name": value}
        elif value != getattr(ponds[pond], name):
            table_of(document, "pond", pond)[name] = value


def differences(before: Farm, after: Farm, words: Text) -> list[Difference]:
    """What one farm has other than the other."""
    found = []
    olds = {pond.id: pond for pond in before.pond}
    for pond in after.pond:
        for field in POND_FIELDS:
            old, new = getattr(olds[pond.id], field.name), getattr(pond, field.name)
            if old != new:
                shown = (_shown(value, field, words) for value in (old, new))
                found.append(Difference(olds[pond.id].name, words(f"setting.{field.name}"), *shown))
    if before.tariff != after.tariff:
        names = (before.tariff.name or "–", after.tariff.name or "–")
        found.append(Difference(before.name, words("setting.tariff"), *names))
    return found


def _shown(value: Any, field: Field, words: Text) -> str:
    if isinstance(value, bool):
        return words("setting.yes" if value else "setting.no")
    if field.kind == "choice":
        return words(f"setting.choice.{value}")
    if isinstance(value, int | float):
        return f"{words.number(value, 0 if float(value).is_integer() else 1)} {field.unit}".strip()
    return "–" if value is None else str(value)


def _form(
    request: Request, desk: Desk, words: Text, typed: dict[str, str], problem: str, status: int = 200
) -> Response:
    def shown(pond: Any, field: Field) -> str:
        key = f"{pond.id}.{field.name}"
        if key in typed:
            return typed[key]
        value = getattr(pond, field.name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else ""
        if isinstance(value, int | float):
            return words.number(value, 0 if float(value).is_integer() else 2)
        return str(value)

    page = desk.show(
        request,
        "settings.html",
        words,
        title=words("tab.settings"),
        farm=desk.farm,
        fields=POND_FIELDS,
        shown=shown,
        mark=typed.get("mark", "") or desk.settings.mark(),
        problem=problem,
        versions=desk.settings.versions()[:1],
        tariffs=tariff_names(),
    )
    page.status_code = status
    return page
