"""What stands at the head of a report."""

from datetime import datetime

from cloud.reports.lines import Report
from cloud.reports.periods import LOCAL
from gateway.text import Text


def facts(report: Report, words: Text) -> list[tuple[str, str]]:
    """Names and values: where, when, made when, how many."""
    total = report.total
    found = [
        (words("reports.area"), report.area),
        (words("reports.province"), report.province),
        (words("reports.kind"), report.period.title(words)),
        (words("reports.made_at"), made(report)),
        (words("reports.column.farms"), words.number(total.farms, 0)),
        (words("reports.column.ponds"), words.number(total.ponds, 0)),
        (words("reports.column.without_data"), words.number(total.without_data, 0)),
        (words("reports.column.low_ponds"), words.number(total.low_ponds, 0)),
    ]
    return [*found, ("", words("reports.withheld", n=report.withheld))] if report.withheld else found


def made(report: Report) -> str:
    """When it was made, local time."""
    return f"{datetime.fromtimestamp(report.made_at, LOCAL):%d/%m/%Y %H:%M}"
