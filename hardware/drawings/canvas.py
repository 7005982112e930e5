"""A small drawing board: lines, boxes, words and the symbols of an electrician's drawing, as SVG."""

import tomllib
from functools import cache
from html import escape
from pathlib import Path

_NOTES = Path(__file__).with_name("notes.toml")
_FONT = "DejaVu Sans, Noto Sans, Arial, sans-serif"


@cache
def _notes() -> dict[str, str]:
    return {name: str(words) for name, words in tomllib.loads(_NOTES.read_text(encoding="utf-8")).items()}


class Canvas:
    """Collects shapes; `refs` are the part marks that were drawn, for the check against the bill of materials."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.refs: set[str] = set()
        self._size = (width, height)
        self._title = title
        self._shapes: list[str] = []
        self.text(20, 34, title, size=20, bold=True)

    def svg(self) -> str:
        """The whole drawing."""
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="{_FONT}">\n<title>{escape(self._title)}</title>\n'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        )
        return head + "\n".join(self._shapes) + "\n</svg>\n"

    def line(self, *points: tuple[float, float], colour: str = "#222", width: float = 2, dashed: bool = False) -> None:
        """One wire through the points."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dash = ' stroke-dasharray="7 5"' if dashed else ""
        self._shapes.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dash}/>')

    def text(self, x: float, y: float, words: str, size: int = 14, anchor: str = "start", bold: bool = False) -> None:
        """Words, one line for each line break; `y` is the first base line."""
        weight = ' font-weight="bold"' if bold else ""
        for at, line in enumerate(words.split("\n")):
            self._shapes.append(
                f'<text x="{x:g}" y="{y + at * size * 1.3:g}" font-size="{size}" text-anchor="{anchor}" fill="#222"{weight}>'
                f"{escape(line)}</text>"
            )

    def note(self, name: str, x: float, y: float, size: int = 14, bold: bool = False, **values: float) -> None:
        """The words of that name in notes.toml, with these values in them."""
        self.text(x, y, _notes()[name].format(**values), size=size, bold=bold)

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        words: str = "",
        fill: str = "none",
        dashed: bool = False,
        ref: str = "",
    ) -> None:
        """A rectangle with its words in the middle."""
        dash = ' stroke-dasharray="7 5"' if dashed else ""
        self._shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="4" fill="{fill}" '
            f'stroke="#222" stroke-width="2"{dash}/>'
        )
        self._mark(ref)
        lines = (f"{ref} {words}" if ref else words).split("\n")
        top = y + h / 2 + 5 - (len(lines) - 1) * 9
        for at, line in enumerate(lines):
            self.text(x + w / 2, top + at * 18, line, anchor="middle")

    def circle(self, x: float, y: float, radius: float, words: str = "", fill: str = "#fff", ref: str = "") -> None:
        """A circle with a word in it and its mark at its right."""
        self._shapes.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="#222" stroke-width="2"/>'
        )
        if words:
            self.text(x, y + 5, words, anchor="middle")
        self._mark(ref)
        if ref:
            self.text(x + radius + 8, y + 5, ref, bold=True)

    def dot(self, x: float, y: float) -> None:
        """Where wires are joined."""
        self._shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="#222"/>')

    def contact(
        self, x: float, y: float, ref: str, closed: bool, words: str = "", marks: tuple[str, str] = ("", "")
    ) -> None:
        """A contact in a wire that runs down, 40 high; `closed` is drawn as normally closed."""
        self.line((x, y), (x, y + 10))
        self.line((x, y + 30), (x, y + 40))
        if closed:
            self.line((x, y + 10), (x + 14, y + 10))
            self.line((x, y + 30), (x + 10, y + 4))
        else:
            self.line((x, y + 30), (x - 12, y + 8))
        self.text(x + 22, y + 17, ref, bold=True)
        self.text(x + 22, y + 34, words, size=12)
        for mark, at in zip(marks, (y + 6, y + 38), strict=True):
            self.text(x - 16, at, mark, size=11, anchor="end")
        self._mark(ref)

    def two_pole(self, x: float, y: float, ref: str, words: str, upright: bool = True) -> None:
        """A resistor, coil or fuse: a small box in a wire, 40 long."""
        if upright:
            self._shapes.append(
                f'<rect x="{x - 9:g}" y="{y:g}" width="18" height="40" fill="#fff" stroke="#222" stroke-width="2"/>'
            )
            self.text(x + 16, y + 17, ref, bold=True)
            self.text(x + 16, y + 34, words, size=12)
        else:
            self._shapes.append(
                f'<rect x="{x:g}" y="{y - 9:g}" width="40" height="18" fill="#fff" stroke="#222" stroke-width="2"/>'
            )
            self.text(x + 20, y - 15, ref, bold=True, anchor="middle")
            self.text(x + 20, y + 26, words, size=12, anchor="middle")
        self._mark(ref)

    def capacitor(self, x: float, y: float, words: str) -> None:
        """A capacitor in a wire that runs down, 40 high."""
        self.line((x, y), (x, y + 16))
        self.line((x - 12, y + 16), (x + 12, y + 16), width=3)
        self.line((x - 12, y + 24), (x + 12, y + 24), width=3)
        self.line((x, y + 24), (x, y + 40))
        self.text(x + 16, y + 25, words, size=12)

    def earth(self, x: float, y: float) -> None:
        """The earth symbol under a wire's end."""
        for at, half in enumerate((12, 8, 4)):
            self.line((x - half, y + 6 * at), (x + half, y + 6 * at))

    def _mark(self, ref: str) -> None:
        if ref:
            self.refs.add(ref)
