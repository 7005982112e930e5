"""A pond's machines: which of them run, what was asked of them of late, and what became of it."""

import json
from typing import Any

from sqlalchemy.orm import Session

from cloud.commands import repository
from cloud.commands.models import Command
from cloud.farms.models import Pond
from cloud.telemetry.latest import latest_of
from cloud.web.overview import STALE_AFTER_S
from cloud.web.wording import clock
from gateway.control.running import LEAST_RUNNING_A
from gateway.text import Text
from gateway.web.pages import refusal
from hardware.quantities import CURRENT

SHOWN_S = 86400.0


def machines(queries: Session, pond: Pond, show_asked: bool, words: Text, now_s: float) -> list[dict[str, Any]]:
    """The pond's machines by number: `running` is None where nobody knows, `asked` where nothing was or may be shown."""
    running = _running(queries, pond, now_s)
    found: dict[int, dict[str, Any]] = {}
    for command in repository.issued_since(queries, pond.gateway_id, now_s - SHOWN_S) if show_asked else ():
        args = json.loads(command.args)
        if args.get("pond") == pond.key:
            found.setdefault(args["aerator"], _shown(command, args, words, now_s))
    return [{"number": number, "running": running.get(number), "asked": found.get(number)} for number in pond.machines]


def _running(queries: Session, pond: Pond, now_s: float) -> dict[int, bool | None]:
    """By number, as the newest currents of the panel say."""
    newest = latest_of(queries, [(pond.gateway_id, pond.panel)]) if pond.panel else {}
    return {
        number: current.value >= LEAST_RUNNING_A if current.value is not None and current.quality == 0 else None
        for panel in newest.values()
        if now_s - panel.taken_at <= STALE_AFTER_S
        for number, current in enumerate((one for one in panel.readings if one.quantity == CURRENT.symbol), 1)
    }


def fate(command: Command, now_s: float) -> str:
    """Waiting, sent, done, refused; not_sent or no_answer once its life is over."""
    if command.fate in ("done", "refused"):
        return command.fate
    if now_s >= command.expires:
        return "not_sent" if command.sent_at is None else "no_answer"
    return "waiting" if command.sent_at is None else "sent"


def _shown(command: Command, args: dict[str, Any], words: Text, now_s: float) -> dict[str, Any]:
    wish = command.do if command.do == "release" else "on" if args["run"] else "off"
    return {
        "fate": fate(command, now_s),
        "reason": refusal(command.reason, words) if command.fate == "refused" else "",
        "wish": words(f"office.wish.{wish}", minutes=args.get("minutes", 0)),
        "who": command.who,
        "at": clock(command.issued_at),
    }
