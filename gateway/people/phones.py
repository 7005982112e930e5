"""Phone numbers as people type them and as networks show them."""


def international(number: str) -> str:
    """In the form of farm.toml: +84 for one that begins with 0, a + before one that has none; "" without a digit."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return f"+84{digits[1:]}" if digits.startswith("0") else f"+{digits}" if digits else ""
