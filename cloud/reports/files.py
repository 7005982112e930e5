"""A report as a file: its kind, its name, its bytes."""

from typing import Literal

from cloud.reports.book import workbook
from cloud.reports.lines import Report
from cloud.reports.paper import paper
from cloud.reports.periods import Period
from gateway.people.names import slug
from gateway.text import Text

Format = Literal["xlsx", "pdf"]
KINDS: dict[Format, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def file_of(report: Report, form: Format, words: Text) -> bytes:
    """The bytes."""
    return workbook(report, words) if form == "xlsx" else paper(report, words)


def name_of(place: str, period: Period, form: Format) -> str:
    """A name that every system takes: bao-cao-tinh-an-giang-2026-11-01-2026-11-30.pdf."""
    days = f"{period.first}" if period.first == period.last else f"{period.first}-{period.last}"
    return f"bao-cao-{slug(place, 'dia-ban')}-{days}.{form}"
