"""How results are printed."""

from rich.console import Console
from rich.table import Table

console = Console(width=150)


def show(title: str, columns: list[str], rows: list[list[str]], note: str = "") -> None:
    """One table, and a line of what has to be said with it."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    if note:
        console.print(note)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
