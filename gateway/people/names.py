"""Keys out of names, as farm.toml wants them."""

import re
import unicodedata
from collections.abc import Collection


def slug(name: str, otherwise: str) -> str:
    """A name in small letters and digits, without the marks of Vietnamese."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40].strip("-") or otherwise


def free_key(name: str, taken: Collection[str], otherwise: str = "person") -> str:
    """The name's key, numbered where somebody has it."""
    key = slug(name, otherwise)
    number = 1
    free = key
    while free in taken:
        number += 1
        free = f"{key[:36]}-{number}"
    return free
