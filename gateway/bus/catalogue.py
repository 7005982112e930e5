"""The templates on the command line: all of them, or one with its registers."""

from rich.console import Console
from rich.table import Table

from gateway.bus.template import Register, Template, read_template, shipped


def list_templates() -> None:
    """All that are shipped."""
    table = Table("template", "device", "role", "baud", "gives")
    for name in shipped():
        template = read_template(name)
        gives = f"{template.relays.count} relays" if template.relays else ", ".join(template.gives())
        table.add_row(name, template.name, template.role, str(template.baud), gives)
    _console().print(table)


def show_template(template: Template) -> None:
    """One with its registers."""
    console = _console()
    console.print(f"{template.name}: {template.role}, {template.baud} baud, parity {template.parity}")
    if template.note:
        console.print(template.note)
    console.print(
        f"answers within {template.reply_ms} ms, silence after it {template.gap_ms} ms, asked every "
        f"{template.period_ms} ms, warms up {template.warm_up_s:g} s"
    )
    if template.registers:
        table = Table("gives", "function", "address", "type", "order", "scale", "unit", "believed")
        for one in template.registers:
            table.add_row(*_row(one))
        console.print(table)
    for title, words in (("relays", template.relays), ("drive", template.drive)):
        if words is not None:
            shown = (f"{key} {value:#x}" if isinstance(value, int) else f"{key} {value}" for key, value in words)
            console.print(f"{title}: {', '.join(shown)}")


def _row(one: Register) -> tuple[str, ...]:
    low, high = one.bounds
    masked = f" & {one.mask:#x}" if one.mask is not None else ""
    order = one.order if one.width == 2 else "AB"
    shift = f" {one.offset:+g}" if one.offset else ""
    bounds = f"{low:g} to {high:g}" if low > float("-inf") or high < float("inf") else "all"
    return (
        one.gives,
        str(one.function),
        f"0x{one.address:04X}",
        one.type + masked,
        order,
        f"{one.scale:g}{shift}",
        one.unit,
        bounds,
    )


def _console() -> Console:
    """As wide as the terminal, wide enough for a table elsewhere."""
    console = Console()
    return console if console.is_terminal else Console(width=160)
