"""A report as a PDF on A4, set by typst from templates/report.typ with fonts that it brings along."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any, TypeVar

from cloud.reports.columns import DIGITS, SHORT, Column, alarm_title, all_day_columns, area_columns, pond_columns
from cloud.reports.lines import PondLine, Report
from cloud.reports.periods import clock
from cloud.reports.summary import facts, made
from gateway.text import Text
from hardware.quantities import PH, SALINITY, TEMPERATURE

Line = TypeVar("Line")

TEMPLATE = "report.typ"
OF_AREAS = (
    "commune",
    "ponds",
    "without_data",
    "low_ponds",
    "low_days",
    "below_h",
    "do_low",
    "do_mean",
    "complete",
    "alarms",
)
OF_PONDS = ("pond", "farm", "low_days", "below_h", "do_low", "do_mean", "do_high", "lowest_at", "complete")
NARROW = 13
MOST_LINES = 300
OF_CROPS = ("pond", "farm", "first", "last", "low_days", "do_low", "harvest_kg", "fcr", "survival")


def paper(report: Report, words: Text) -> bytes:
    """The file; typst.TypstError when the template is broken."""
    import typst  # a large library that only a PDF needs

    template = resources.files("cloud.reports").joinpath("templates", TEMPLATE).read_bytes()
    compiler = typst.Compiler(
        template, ignore_system_fonts=True, sys_inputs={"data": json.dumps(_data(report, words), ensure_ascii=False)}
    )
    made_at = datetime.fromtimestamp(report.made_at, UTC)
    pdf = compiler.compile(format="pdf", timestamp=made_at)
    assert isinstance(pdf, bytes)
    return pdf


def _data(report: Report, words: Text) -> dict[str, Any]:
    title = f"{report.area}, {report.period.title(words)}"
    return {
        "language": words.language,
        "title": title,
        "heading": words("reports.heading"),
        "subtitle": title,
        "header_left": f"{report.province} · {report.period.title(words)}",
        "header_right": f"{words('reports.made_at')} {made(report)}",
        "page_word": words("reports.page"),
        "facts": [list(fact) for fact in facts(report, words)],
        "parts": [part for part in _parts(report, words) if part["rows"]],
        "how": words("reports.how"),
    }


def _parts(report: Report, words: Text) -> list[dict[str, Any]]:
    names = {line.code: line.name for line in report.communes}
    ponds = pond_columns(clock, names)
    of_ponds = [*_chosen(ponds, OF_PONDS)[:-1], *_ranges(words), *_chosen(ponds, OF_PONDS)[-1:]]
    if report.period.kind == "crop":
        of_ponds = _chosen(ponds, OF_CROPS)
    alarms = [Column[tuple[str, int]]("alarm", lambda item: alarm_title(item[0], words), text=40)]
    alarms.append(Column("times", lambda item: item[1]))
    return [
        _part("communes", _chosen(area_columns(), OF_AREAS), [*report.communes, report.total], words),
        _part("days", all_day_columns(), report.days if report.period.kind != "crop" else [], words),
        _part("alarms", alarms, list(report.total.alarms.items()), words),
        _part("worst", of_ponds, report.worst, words),
        _part("without_data", _chosen(ponds, ("commune", "farm", "pond")), report.without_data, words),
        _part("ponds", of_ponds, [line for line in report.ponds if line.seen_days], words),
    ]


def _chosen(columns: Sequence[Column[Line]], keys: Sequence[str]) -> list[Column[Line]]:
    by_key = {column.key: column for column in columns}
    return [by_key[key] for key in keys]


def _ranges(words: Text) -> list[Column[PondLine]]:
    """From the lowest to the highest in one cell."""

    def shown(quantity: str) -> Callable[[PondLine], str]:
        def value(line: PondLine) -> str:
            span, digits = line.water.get(quantity), DIGITS[quantity]
            return f"{words.number(span.low, digits)}–{words.number(span.high, digits)}" if span else "–"

        return value

    return [Column(SHORT[quantity], shown(quantity)) for quantity in (TEMPERATURE.symbol, SALINITY.symbol, PH.symbol)]


def _part(name: str, columns: Sequence[Column[Line]], lines: Sequence[Line], words: Text) -> dict[str, Any]:
    more = len(lines) - MOST_LINES
    return {
        "title": words(f"reports.part.{name}"),
        "columns": [
            {"title": column.short(words), "text": bool(column.text), "wide": column.text > NARROW}
            for column in columns
        ],
        "rows": [[column.shown(line, words) for column in columns] for line in lines[:MOST_LINES]],
        "more": words("reports.more", n=more) if more > 0 else "",
    }
