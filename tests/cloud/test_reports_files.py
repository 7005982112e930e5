"""The files of a report, read back as an officer's programs read them."""

import subprocess
import unicodedata
import zipfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cloud.reports import book
from cloud.reports.book import workbook
from cloud.reports.figures import pond_line, report
from cloud.reports.lines import Report
from cloud.reports.paper import paper
from cloud.reports.periods import midnight_s, period_of
from gateway.text import text
from tests.cloud.report_rows import on, pond, row

VI = text("vi")
WICKED = "Ao #emph[x] $a$ *b* @q =1+1 \\ <l> _d_ `r`"
XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MARKS = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
SMALL = [unicodedata.normalize("NFC", letter + mark) for letter in "aăâeêioôơuưy" for mark in MARKS] + ["đ"]
LETTERS = " ".join([*SMALL, *(letter.upper() for letter in SMALL)])


def made(*names: str) -> Report:
    lines = []
    for number, name in enumerate(names, 1):
        rows = [
            row(on(1), 2.345, 5.0, 8.0, low_at=midnight_s(on(1)) + 4.5 * 3600, below_s=5400),
            row(on(1), 28.0, 29.27, 31.0, quantity="temperature_c"),
            row(on(2), 4.0, 6.0, 9.0, count=720),
        ]
        lines.append(
            pond_line(pond(number, name=name), on(1), on(2), rows if number < 3 else [], {"do_low": 3}, on(30))
        )
    return report(
        area="Xã Vĩnh Hòa",
        province="Tỉnh An Giang",
        period=period_of("month", on(1)),
        made_at=midnight_s(on(30)) + 6 * 3600,
        withheld=1234,
        lines=lines,
        communes={"31000": "Xã Vĩnh Hòa"},
        farm_alarms={"31000": {"gateway_silent": 1}},
    )


def sheets(file: bytes) -> dict[str, list[dict[str, str]]]:
    """Sheets by name: rows as cells by column letter."""
    archive = zipfile.ZipFile(BytesIO(file))
    names = [
        sheet.attrib["name"] for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{XML}sheet")
    ]
    found = {}
    for number, name in enumerate(names, 1):
        tree = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
        found[name] = [
            {cell.attrib["r"].rstrip("0123456789"): "".join(cell.itertext()) for cell in row}
            for row in tree.iter(f"{XML}row")
        ]
    return found


def under(rows: list[dict[str, str]], title: str, at: int = 1) -> str:
    """What stands under a title."""
    return next(rows[at][column] for column, head in rows[0].items() if head == title)


def read(pdf: bytes, folder: Path, *options: str) -> str:
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    command = ["pdftotext", *options, str(path), "-"]
    return unicodedata.normalize("NFC", subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_workbook_has_summary_ponds_and_days_with_the_figures() -> None:
    found = sheets(workbook(made("Ao 1", "Ao 2", "Ao 3"), VI))
    assert list(found) == ["Tóm tắt", "Ao", "Ngày"]
    ponds, days = found["Ao"], found["Ngày"]
    assert under(ponds, "Oxy thấp nhất (mg/L)") == "2.35"
    assert under(ponds, "Ngày oxy dưới 3 mg/L") == "1"
    assert under(ponds, "Giờ oxy dưới 3 mg/L") == "1.5"
    assert under(ponds, "Nhiệt độ trung bình (°C)") == "29.3"
    assert under(ponds, "Thấp nhất lúc") == "01/11 04:30"
    assert "I" not in ponds[3], "a pond without data has empty cells, no zeros"
    assert [under(days, "Ao", row) for row in range(1, 5)] == ["Ao 1", "Ao 1", "Ao 2", "Ao 2"]
    assert under(days, "Đủ số liệu oxy (%)", 2) == "50"
    summary = [list(row.values()) for row in found["Tóm tắt"]]
    assert ["Kỳ", "Tháng 11/2026"] in summary
    assert ["Oxy thấp", "9"] in summary
    assert ["Mất liên lạc với trại", "1"] in summary


def test_titles_stay_in_sight_and_numbers_have_formats_and_widths() -> None:
    archive = zipfile.ZipFile(BytesIO(workbook(made("Ao 1"), VI)))
    ponds = archive.read("xl/worksheets/sheet2.xml").decode()
    assert 'xSplit="3" ySplit="1"' in ponds
    assert '<col min="2" max="2" width="26' in ponds
    styles = archive.read("xl/styles.xml").decode()
    assert 'formatCode="#,##0.0"' in styles
    assert 'formatCode="dd/mm/yyyy"' in styles


def test_a_name_that_looks_like_a_formula_is_a_name() -> None:
    file = workbook(made("=1+1", WICKED), VI)
    assert [under(sheets(file)["Ao"], "Ao", row) for row in (1, 2)] == ["=1+1", WICKED]
    assert "<f>" not in zipfile.ZipFile(BytesIO(file)).read("xl/worksheets/sheet2.xml").decode()


def test_very_many_ponds_have_their_days_by_commune(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MOST_POND_DAYS", 3)
    days = sheets(workbook(made("Ao 1", "Ao 2"), VI))["Ngày"]
    assert [row["A"] for row in days] == ["Xã", "Xã Vĩnh Hòa", "Xã Vĩnh Hòa"]
    assert under(days, "Ao có oxy dưới 3 mg/L") == "2"


def test_the_pdf_says_where_when_and_what(tmp_path: Path) -> None:
    words = read(paper(made("Ao 1", "Ao 2", "Ao 3"), VI), tmp_path, "-layout")
    assert "BÁO CÁO MÔI TRƯỜNG AO NUÔI" in words
    assert "Tỉnh An Giang · Tháng 11/2026" in words
    assert "Lập lúc 30/11/2026 06:00" in words
    assert "Trang 1 / " in words
    assert "1.234 cơ sở trong địa bàn chưa cho cán bộ xem" in words
    row = next(line for line in words.splitlines() if line.strip().startswith("Ao 1 "))
    assert row.split()[4:] == ["1", "1,5", "2,35", "5,33", "9,00", "01/11", "04:30", "28,0–31,0", "–", "–", "75"]
    assert "Ao không có số liệu" in words


def test_pdf_and_workbook_have_the_same_figures(tmp_path: Path) -> None:
    one = made("Ao 1")
    ponds = sheets(workbook(one, VI))["Ao"]
    words = read(paper(one, VI), tmp_path, "-layout")
    for title in ("Oxy thấp nhất (mg/L)", "Oxy trung bình (mg/L)", "Giờ oxy dưới 3 mg/L"):
        assert under(ponds, title).replace(".", ",") in words


def test_names_with_signs_of_the_typesetter_come_out_as_they_are(tmp_path: Path) -> None:
    words = " ".join(read(paper(made(WICKED), VI), tmp_path, "-raw").split())
    assert WICKED in words


def test_every_vietnamese_letter_is_printed(tmp_path: Path) -> None:
    words = read(paper(made(LETTERS), VI), tmp_path, "-raw")
    assert [letter for letter in LETTERS.split() if letter not in words] == []
    fonts = subprocess.run(
        ["pdffonts", str(tmp_path / "report.pdf")], capture_output=True, text=True, check=True
    ).stdout
    used = [line.split()[0].split("+")[1] for line in fonts.splitlines()[2:]]
    assert all(name.startswith("LibertinusSerif") for name in used)


def test_a_report_of_nothing_is_a_page_that_says_so(tmp_path: Path) -> None:
    nothing = made()
    assert "Số ao 0" in " ".join(read(paper(nothing, VI), tmp_path, "-layout").split())
    assert list(sheets(workbook(nothing, VI))) == ["Tóm tắt", "Ao", "Ngày"]


def test_a_report_in_english_has_no_vietnamese_words(tmp_path: Path) -> None:
    words = read(paper(made("Ao 1"), text("en")), tmp_path, "-layout")
    assert "REPORT ON THE WATER OF PONDS" in words
    assert "Báo cáo" not in words
