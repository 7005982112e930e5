"""The handover report as one page of paper, with lines to sign on."""

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from firmware.field.calibrate import day_of
from firmware.field.handover import Handover
from firmware.field.label_image import font_file
from firmware.field.text import Text

BODY = ParagraphStyle("body", fontName="NotoSans", fontSize=9, leading=12)
BOLD = ParagraphStyle("bold", parent=BODY, fontName="NotoSans-Bold")
TITLE = ParagraphStyle("title", parent=BOLD, fontSize=16, leading=22)
HEADING = ParagraphStyle("heading", parent=BOLD, fontSize=11, leading=16, spaceBefore=8)
GRID: list[Any] = [
    ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]


def page(handover: Handover, text: Text, *, farm: str, pond: str, who: str, day: str) -> bytes:
    """The report in the language of `text`."""
    for weight, name in (("Regular", "NotoSans"), ("Bold", "NotoSans-Bold")):
        registerFont(TTFont(name, font_file(weight)))
    story: list[Any] = [Paragraph(text("report.title"), TITLE), _facts(handover, text, farm, pond, who, day)]
    story += _section(text, "report.readings", _READING_COLUMNS, _readings(handover, text))
    story += [Paragraph(text("report.line"), HEADING), Paragraph(_line(handover, text), BODY)]
    if handover.check:
        rows = [[row["name"], _mark(text, bool(row["passed"])), row.get("detail", "")] for row in handover.check]
        story += _section(text, "report.check", ("report.item", "report.result", "report.detail"), rows)
    story += _section(text, "report.calibration", _CALIBRATION_COLUMNS, _calibrations(handover, text))
    story += [Paragraph(text("report.alarm"), HEADING), Paragraph(text(f"report.alarm_{handover.alarm}"), BODY)]
    story.append(KeepTogether([Spacer(0, 6 * mm), _verdict(handover, text), Spacer(0, 14 * mm), _signatures(text)]))
    buffer = io.BytesIO()
    SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=text("report.title"),
        author="Pondkeeper",
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=15 * mm,
        bottomMargin=15 * mm,
    ).build(story)
    return buffer.getvalue()


_READING_COLUMNS = ("report.channel", "report.quantity", "report.value", "report.result")
_CALIBRATION_COLUMNS = (
    "report.channel",
    "calibrate.column.when",
    "calibrate.column.who",
    "calibrate.column.standard",
    "calibrate.column.before",
    "calibrate.column.after",
    "calibrate.column.due",
)


def _facts(handover: Handover, text: Text, farm: str, pond: str, who: str, day: str) -> Table:
    identity = handover.identity
    rows = [
        [text("report.farm"), farm or "–", text("report.day"), day],
        [text("report.pond"), pond or "–", text("report.who"), who],
        [
            text("report.node"),
            f"{handover.name or '–'} · {identity.unit_id}",
            text("report.board"),
            identity.hardware_id,
        ],
        [text("report.firmware"), identity.firmware, text("report.channels"), str(identity.channels)],
    ]
    cells = [[Paragraph(cell, BOLD if at % 2 == 0 else BODY) for at, cell in enumerate(row)] for row in rows]
    return Table(cells, colWidths=(28 * mm, 62 * mm, 28 * mm, 56 * mm), hAlign="LEFT", style=[GRID[0]])


def _section(text: Text, title: str, columns: Sequence[str], rows: list[list[str]]) -> list[Any]:
    heading = Paragraph(text(title), HEADING)
    if not rows:
        return [heading, Paragraph(text("report.none"), BODY)]
    head = [Paragraph(text(column), BOLD) for column in columns]
    body = [[Paragraph(cell, BODY) for cell in row] for row in rows]
    return [heading, Table([head, *body], hAlign="LEFT", style=GRID, repeatRows=1)]


def _readings(handover: Handover, text: Text) -> list[list[str]]:
    rows = []
    for number, channel in enumerate(handover.channels):
        value = "–" if channel.value is None else f"{text.number(channel.value)} {channel.unit}"
        rows.append([str(number), text(f"quantity.{channel.symbol}"), value, _mark(text, channel.good)])
    return rows


def _calibrations(handover: Handover, text: Text) -> list[list[str]]:
    return [
        [
            str(number),
            day_of(int(entry["when"])),
            str(entry["who"]),
            str(entry["standard"]),
            text.number(float(entry["before"])),
            text.number(float(entry["after"])),
            day_of(int(entry["due"])),
        ]
        for number, entry in handover.calibrations
    ]


def _line(handover: Handover, text: Text) -> str:
    return text(
        "report.line_result",
        polls=handover.polls,
        failed=handover.polls_failed,
        percent=round(handover.line_error_percent, 2),
        result=_mark(text, handover.line_error_percent <= 0.1),
    )


def _mark(text: Text, good: bool) -> str:
    return text("frame.pass" if good else "frame.fail")


def _verdict(handover: Handover, text: Text) -> Paragraph:
    return Paragraph(text("report.ready" if handover.ready else "report.not_ready"), BOLD)


def _signatures(text: Text) -> Table:
    line = "." * 46
    heads = [Paragraph(text(f"report.sign_{who}"), BODY) for who in ("technician", "farmer")]
    cells: list[list[Any]] = [heads, [line, line]]
    return Table(cells, colWidths=(87 * mm, 87 * mm), rowHeights=[None, 16 * mm], hAlign="LEFT")
