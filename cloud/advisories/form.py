"""The officer's form: what was typed, as an advice or as the problem that it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData

from cloud.advisories.bodies import AdvisoryIn, kinds_of
from cloud.advisories.local_time import field as time_field
from cloud.advisories.local_time import parsed
from cloud.advisories.models import Advisory
from gateway.text import LANGUAGES, text

LISTS = ("communes", "areas", "pond_kinds")
TEXTS = ("kind", "severity", "certainty", "title_vi", "body_vi", "title_en", "body_en", "phase")
TIMES = ("valid_from", "valid_until")
DAYS_VALID = 3
DRAFTS = {"salinity_front": "salinity_front", "dawn_oxygen": "other", "rain_shock": "heavy_rain"}


@dataclass(frozen=True)
class Filled:
    """The form's fields as typed, and the problem's name where they are no advice."""

    values: Mapping[str, Any]
    wish: AdvisoryIn | None = None
    problem: str = ""


async def form_of(request: Request) -> FormData:
    """The fields that came."""
    return await request.form()


def filled(form: FormData) -> Filled:
    """What was typed."""
    values: dict[str, Any] = {name: [str(one) for one in form.getlist(name)] for name in LISTS}
    values |= {name: str(form.get(name, "")) for name in (*TEXTS, *TIMES)}
    try:
        times = {name: parsed(values[name]) for name in TIMES}
    except ValueError:
        return Filled(values, problem="times")
    try:
        wish = AdvisoryIn.model_validate({**values, **times})
    except ValidationError as error:
        return Filled(values, problem=_problem(error))
    return Filled(values, problem=problem) if (problem := wish.misfit()) else Filled(values, wish)


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "string_pattern_mismatch":
        return "control" if str(first["input"]).strip() else "empty"
    return "empty" if first["type"] == "string_too_short" else "field"


def blank(now_s: float, **known: Any) -> Filled:
    """A new form: from now on, for some days."""
    values: dict[str, Any] = {name: [] for name in LISTS} | dict.fromkeys(TEXTS, "")
    values |= {"kind": "salinity_front", "severity": "moderate", "certainty": "likely"}
    values |= {"valid_from": time_field(now_s), "valid_until": time_field(now_s + DAYS_VALID * 86400)}
    return Filled({**values, **known})


def suggested(draft: str, communes: list[str]) -> dict[str, Any]:
    """The fields that a suggestion of data fills in, in both languages."""
    fields: dict[str, Any] = {"kind": DRAFTS[draft], "communes": communes}
    for language in LANGUAGES:
        words = text(language)
        fields |= {f"{part}_{language}": words(f"advice.draft.{draft}.{part}") for part in ("title", "body")}
    return fields


def of_draft(advisory: Advisory, communes: list[str]) -> Filled:
    """The form of a draft that is changed."""
    values: dict[str, Any] = {name: getattr(advisory, name) for name in TEXTS}
    values |= {name: time_field(getattr(advisory, name)) for name in TIMES}
    return Filled({**values, "communes": communes, "areas": [], "pond_kinds": kinds_of(advisory)})
