"""Bills of materials: reading bom.csv and the marks of its parts."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

_RANGE = re.compile(r"([A-Z]+)(\d+)-\1(\d+)")


@dataclass(frozen=True)
class Part:
    """One line of a bill of materials."""

    refs: frozenset[str]
    name: str
    quantity: int
    per: str
    suppliers: tuple[tuple[str, str], ...]
    price_each: float
    currency: str
    note: str


def marks(text: str) -> frozenset[str]:
    """K1-K3 is K1, K2, K3."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return frozenset({text})
    return frozenset(f"{match[1]}{number}" for number in range(int(match[2]), int(match[3]) + 1))


def read(folder: Path) -> list[Part]:
    """The parts of the node in this folder."""
    with (folder / "bom.csv").open(encoding="utf-8", newline="") as file:
        return [
            Part(
                refs=marks(row["ref"]),
                name=row["part"],
                quantity=int(row["quantity"]),
                per=row["per"],
                suppliers=((row["supplier_1"], row["supplier_1_term"]), (row["supplier_2"], row["supplier_2_term"])),
                price_each=float(row["price_each"]),
                currency=row["currency"],
                note=row["note"],
            )
            for row in csv.DictReader(file)
        ]


def cost(parts: list[Part]) -> float:
    """What all of them cost, by the estimates."""
    return sum(part.quantity * part.price_each for part in parts)
