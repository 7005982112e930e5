"""The page's HTML out of a snapshot: whole, and in the pieces that change every second."""

from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from gateway.alarms.wording import event_words
from gateway.text import Text
from gateway.web.tonight import probe_note, tonight

STATIC = "/static"

Snapshot = dict[str, Any]


def make_environment(*packages: str) -> Environment:
    """Templates of these packages, the first one's before the others'."""
    loaders = [PackageLoader(package, "templates") for package in packages]
    made = Environment(loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.globals.update(tonight=tonight, probe_note=probe_note, day_of=day_of, unacknowledged=unacknowledged)
    return made


@dataclass(frozen=True)
class Pages:
    """Renders for one set of templates."""

    environment: Environment

    def farm(self, snapshot: Snapshot | None, events: list[dict[str, Any]], text: Text, **frame: Any) -> str:
        """The whole page."""
        title = snapshot["farm"] if snapshot else text("page.title")
        return self.environment.get_template("farm.html").render(
            t=text, title=title, snapshot=snapshot, events=shown_events(events, snapshot, text), static=STATIC, **frame
        )

    def events(self, events: list[dict[str, Any]], snapshot: Snapshot | None, text: Text) -> str:
        """The list of events."""
        pieces: Any = self.environment.get_template("pieces.html").module
        return str(pieces.events(shown_events(events, snapshot, text), text))

    def override(self, pond: dict[str, Any], row: dict[str, Any], answer: str, text: Text) -> str:
        """The question whether a machine shall be set by hand, or the answer."""
        return self.environment.get_template("override.html").render(t=text, pond=pond, row=row, answer=answer)

    def water(self, pond: dict[str, Any], text: Text) -> dict[str, str]:
        """What a pond's readings say, as pieces of HTML by element id."""
        module: Any = self.environment.get_template("pieces.html").module
        return {f"{pond['id']}-{name}": str(getattr(module, name)(pond, text)) for name in ("head", "probe", "others")}

    def live(self, snapshot: Snapshot, text: Text) -> dict[str, Any]:
        """One live message: pieces of HTML by element id, and each pond's level and age."""
        module: Any = self.environment.get_template("pieces.html").module
        alarms: Any = self.environment.get_template("alarm_pieces.html").module
        pieces = {"notes": str(module.notes(snapshot, text)), "alarm-bar": str(alarms.bar(snapshot, text))}
        for pond in snapshot["ponds"]:
            pieces |= self.water(pond, text)
            pieces[f"{pond['id']}-air"] = str(module.air(pond, text))
            pieces[f"{pond['id']}-tonight"] = str(module.night(pond, snapshot, text))
            for row in pond["machines"]:
                pieces[f"{pond['id']}-m{row['number']}"] = str(module.machine(row, text))
        return {"pieces": pieces, "ponds": [aging(pond) for pond in snapshot["ponds"]]}


def aging(pond: dict[str, Any]) -> dict[str, Any]:
    """What an open page counts on by itself: a pond's level, and the age of its readings in seconds."""
    return {"id": pond["id"], "level": pond["level"], "age": pond["age_s"], "stale": pond["stale_after_s"]}


def unacknowledged(snapshot: Snapshot) -> int:
    """Alarms that nobody knows of yet; 0 where a gateway has none to tell."""
    return sum(row["state"] == "unack" for row in snapshot.get("alarms", {}).get("list", []))


def shown_events(events: list[dict[str, Any]], snapshot: Snapshot | None, text: Text) -> list[dict[str, Any]]:
    """Events as a page lists them: with their time, the pond's name, and states in words."""
    names = {pond["id"]: pond["name"] for pond in snapshot["ponds"]} if snapshot else {}
    return [
        {
            **event,
            "clock": clock_of(event),
            "pond_name": names.get(event["pond"], event["pond"]) if snapshot else "",
            "detail": _worded(event["kind"], event["detail"], text),
        }
        for event in events
    ]


def _worded(kind: str, detail: dict[str, Any], text: Text) -> dict[str, Any]:
    """An alarm, a probe's state, a channel and its trouble, a remote command and a certificate in words."""
    worded = event_words(detail, text) if kind.startswith("alarm_") else dict(detail)
    if state := detail.get("state"):
        worded["state"] = text("level.ok") if state == "good" else text(f"do_state.{state}")
    if (channel := detail.get("channel")) and kind.startswith("channel_"):
        worded["channel"] = text(f"channel.name.{channel}")
    if kind == "probe_serviced":
        worded["what"] = text(f"care.{detail['what']}")
    if problem := detail.get("problem"):
        worded["problem"] = text(f"channel.problem.{problem}")
    if kind in ("remote_done", "remote_refused"):
        worded["do"] = text(f"remote.do.{detail['do']}")
        worded["reason"] = refusal(detail["reason"], text)
    if kind == "cloud_certificate":
        worded["problem"] = text(f"remote.certificate.{detail['problem']}")
    return worded


def refusal(reason: str, text: Text) -> str:
    """Why a wish from afar was not carried out, in words."""
    keys = (f"remote.reason.{reason}", f"override.refused_{reason}")
    return next((text(key) for key in keys if text.has(key)), reason)


def clock_of(event: dict[str, Any]) -> str:
    """When it was, as day and hour; dashes where the clock was not known."""
    if not event["wall_known"]:
        return "--:--"
    return datetime.fromtimestamp(event["at_wall_s"]).astimezone().strftime("%d/%m %H:%M")


def day_of(wall_s: float) -> str:
    """The local day of a wall time."""
    return datetime.fromtimestamp(wall_s).astimezone().strftime("%d/%m/%Y")


def static_folder() -> str:
    """The files that every page of ours uses."""
    return str(resources.files("gateway.web").joinpath("static"))
