"""What was asked of a pond's machines of late, and what became of it, in words."""

import json
from typing import Any

from sqlalchemy.orm import Session

from cloud.commands import repository
from cloud.commands.models import Command
from cloud.farms.models import Pond
from cloud.web.wording import clock
from gateway.text import Text
from gateway.web.pages import refusal

SHOWN_S = 86400.0


def machines(queries: Session, pond: Pond, show_asked: bool, words: Text, now_s: float) -> list[dict[str, Any]]:
    """The pond's machines by number, each with the newest that was asked of it; None for nothing, or nothing to be shown."""
    found: dict[int, dict[str, Any]] = {}
    for command in repository.issued_since(queries, pond.gateway_id, now_s - SHOWN_S) if show_asked else ():
        args = json.loads(command.args)
        if args.get("pond") == pond.key:
            found.setdefault(args["aerator"], _shown(command, args, words, now_s))
    return [{"number": number, "asked": found.get(number)} for number in pond.machines]


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
