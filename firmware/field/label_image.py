"""The label of a node, 50 x 30 mm, drawn once and written as PNG, PDF or ZPL."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import segno
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

WIDTH_MM = 50
HEIGHT_MM = 30
MM_PER_INCH = 25.4
PRINT_DPI = 300
ZPL_DPI = 203
QR_MM = 24
MARGIN_MM = 2
BLACK_BELOW = 128


@dataclass(frozen=True, kw_only=True)
class Label:
    """What stands on it: a bold title, up to five short lines, and what the code opens."""

    title: str
    lines: tuple[str, ...]
    address: str


def font_file(weight: str) -> io.BytesIO:
    """Noto Sans of this weight, `Regular` or `Bold`, as shipped."""
    return io.BytesIO(resources.files("firmware.field").joinpath(f"fonts/NotoSans-{weight}.ttf").read_bytes())


def draw(label: Label, dpi: int = PRINT_DPI) -> Image.Image:
    """The label in black and white."""
    per_mm = dpi / MM_PER_INCH
    image = Image.new("L", (round(WIDTH_MM * per_mm), round(HEIGHT_MM * per_mm)), 255)
    margin = round(MARGIN_MM * per_mm)
    code = _code(label.address, round(QR_MM * per_mm))
    image.paste(code, (image.width - margin - code.width, (image.height - code.height) // 2))
    room = image.width - code.width - 3 * margin
    pen = ImageDraw.Draw(image)
    top = float(margin)
    for text, weight, size_mm in ((label.title, "Bold", 4.2), *((line, "Regular", 2.7) for line in label.lines)):
        font = _fitting(text, weight, size_mm * per_mm, room)
        pen.text((margin, top), text, font=font, fill=0)
        top += 1.45 * size_mm * per_mm
    return image.point(lambda grey: 0 if grey < BLACK_BELOW else 255).convert("1")


def png(label: Label) -> bytes:
    """A picture for any printer."""
    buffer = io.BytesIO()
    draw(label).save(buffer, "PNG", dpi=(PRINT_DPI, PRINT_DPI))
    return buffer.getvalue()


def pdf(label: Label) -> bytes:
    """One page of the label's size."""
    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=(WIDTH_MM * mm, HEIGHT_MM * mm))
    page.drawImage(ImageReader(io.BytesIO(png(label))), 0, 0, WIDTH_MM * mm, HEIGHT_MM * mm)
    page.save()
    return buffer.getvalue()


def zpl(label: Label) -> bytes:
    """For label printers of 203 dpi: the drawing as a graphic field, so that the printer needs no Vietnamese font."""
    image = draw(label, ZPL_DPI)
    row_bytes = (image.width + 7) // 8
    dots = bytes(byte ^ 0xFF for byte in image.tobytes())
    last = 0xFF << (8 * row_bytes - image.width) & 0xFF
    rows = [
        dots[at : at + row_bytes - 1] + bytes((dots[at + row_bytes - 1] & last,))
        for at in range(0, len(dots), row_bytes)
    ]
    field = b"".join(rows)
    head = f"^XA^PW{image.width}^LL{image.height}^FO0,0^GFA,{len(field)},{len(field)},{row_bytes},"
    return (head + field.hex().upper() + "^FS^XZ\n").encode("ascii")


WRITERS: dict[str, Callable[[Label], bytes]] = {".png": png, ".pdf": pdf, ".zpl": zpl}


def _code(address: str, size: int) -> Image.Image:
    code = segno.make(address, error="m", micro=False)
    buffer = io.BytesIO()
    code.save(buffer, kind="png", scale=max(1, size // code.symbol_size(border=2)[0]), border=2)
    return Image.open(buffer).convert("L")


def _fitting(text: str, weight: str, size: float, room: int) -> ImageFont.FreeTypeFont:
    while True:
        font = ImageFont.truetype(font_file(weight), size)
        if font.getlength(text) <= room or size < 8:
            return font
        size *= 0.94
