"""A report as an XLSX workbook: summary, ponds, days."""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from typing import Any, TypeVar

import xlsxwriter

from cloud.reports.columns import (
    Column,
    alarm_title,
    all_day_columns,
    area_columns,
    commune_day_columns,
    day_columns,
    pond_columns,
)
from cloud.reports.lines import Report
from cloud.reports.periods import clock
from cloud.reports.summary import facts
from gateway.text import Text

Line = TypeVar("Line")

OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
TITLE_ROW_PT = 48
NUMBER_WIDTH = 11
MOST_POND_DAYS = 10_000


def workbook(report: Report, words: Text) -> bytes:
    """The file. Names are always text, whatever they begin with. The days of very many ponds are told by commune."""
    file = BytesIO()
    with _Book(file, words) as book:
        names = {line.code: line.name for line in report.communes}
        book.summary(report)
        book.table("ponds", pond_columns(clock, names), report.ponds, frozen=3)
        if sum(len(line.days) for line in report.ponds) <= MOST_POND_DAYS:
            days = (day for line in report.ponds for day in line.days)
            book.table("days", day_columns(clock, names), days, frozen=4)
        else:
            book.table("days", commune_day_columns(), report.commune_days, frozen=2)
    return file.getvalue()


class _Book:
    """A workbook being written, row after row: no row can be gone back to."""

    def __init__(self, file: BytesIO, words: Text) -> None:
        self._words = words
        self._book = xlsxwriter.Workbook(file, OPTIONS)
        self._bold = self._book.add_format({"bold": True})
        self._large = self._book.add_format({"bold": True, "font_size": 14})
        self._head = self._book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#DCE9F1"}
        )
        self._date = self._book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
        self._numbers = [self._book.add_format({"num_format": form}) for form in ("#,##0", "#,##0.0", "#,##0.00")]

    def __enter__(self) -> "_Book":
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def table(self, name: str, columns: Sequence[Column[Line]], lines: Iterable[Line], frozen: int) -> None:
        """A sheet that is one table; the first `frozen` columns and the titles stay in sight."""
        sheet = self._sheet(name)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.text or NUMBER_WIDTH)
        last = self._rows(sheet, 0, columns, lines)
        sheet.freeze_panes(1, frozen)
        sheet.autofilter(0, 0, max(last - 1, 1), len(columns) - 1)
        sheet.repeat_rows(0)

    def summary(self, report: Report) -> None:
        """The first sheet."""
        words, sheet = self._words, self._sheet("summary")
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 30, 12)
        sheet.write_string(0, 0, words("reports.heading"), self._large)
        sheet.freeze_panes(1, 0)
        row = 1
        for name, value in facts(report, words):
            sheet.write_string(row, 0, name, self._bold)
            sheet.write_string(row, 1, value)
            row += 1
        row = self._part(sheet, row + 1, "communes", area_columns(), [*report.communes, report.total])
        row = self._part(sheet, row + 1, "days", all_day_columns(), report.days)
        sheet.write_string(row + 1, 0, words("reports.part.alarms"), self._bold)
        row += 2
        for kind, times in report.total.alarms.items():
            sheet.write_string(row, 0, alarm_title(kind, words))
            sheet.write_number(row, 1, times, self._numbers[0])
            row += 1
        row = self._part(sheet, row + 1, "without_data", pond_columns(clock, {})[1:3], report.without_data)
        sheet.write_string(row + 1, 0, words("reports.how"))

    def _sheet(self, name: str) -> Any:
        sheet = self._book.add_worksheet(self._words(f"reports.sheet.{name}"))
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&P / &N")
        return sheet

    def _part(self, sheet: Any, row: int, name: str, columns: Sequence[Column[Line]], lines: Sequence[Line]) -> int:
        sheet.write_string(row, 0, self._words(f"reports.part.{name}"), self._bold)
        return self._rows(sheet, row + 1, columns, lines)

    def _rows(self, sheet: Any, row: int, columns: Sequence[Column[Line]], lines: Iterable[Line]) -> int:
        """Titles and lines; returns the row after them."""
        sheet.set_row(row, TITLE_ROW_PT)
        for at, column in enumerate(columns):
            sheet.write_string(row, at, column.title(self._words), self._head)
        for line in lines:
            row += 1
            for at, column in enumerate(columns):
                self._cell(sheet, row, at, column, column.value(line))
        return row + 1

    def _cell(self, sheet: Any, row: int, at: int, column: Column[Line], value: object) -> None:
        if isinstance(value, str):
            sheet.write_string(row, at, value)
        elif isinstance(value, date):
            sheet.write_datetime(row, at, value, self._date)
        elif isinstance(value, int | float):
            sheet.write_number(row, at, round(value, column.digits), self._numbers[column.digits])
