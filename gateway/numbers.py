"""Numbers as people type them."""

import re


def number_typed(text: str, language: str) -> float | None:
    """A number above 0; None for anything else. 1.200 is twelve hundred in Vietnamese, 1,200 in English; 1,5 is 1.5."""
    thousands = "." if language == "vi" else ","
    plain = text.strip().replace(" ", "")
    if re.fullmatch(rf"\d{{1,3}}(\{thousands}\d{{3}})+([.,]\d+)?", plain):
        plain = plain.replace(thousands, "")
    try:
        value = float(plain.replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value < 1e6 else None
