"""A remote command is carried out once, when all of it is right, and is in the journal either way."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.control.farm_control import FarmControl
from gateway.uplink.commands import RemoteCommands
from tests.faults import Fault
from tests.gateway.farms import Steps, small_farm
from tests.gateway.remote import PUBLIC, command, signed


@dataclass
class Gateway:
    """Remote commands of one farm, with what was ordered and what the journal was told."""

    folder: Path
    time: Steps = field(default_factory=Steps)
    ordered: list[dict[str, Any]] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refuses: str = ""

    def __post_init__(self) -> None:
        self.start()

    @property
    def memory(self) -> Path:
        return self.folder / "commands.json"

    def start(self) -> None:
        self.remote = RemoteCommands(
            small_farm(self.folder), PUBLIC, self.time.clock(), self._order, self._event, self.memory
        )

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        self.ordered.append(order)
        return {"refused": self.refuses}

    def _event(self, kind: str, pond: str | None = None, **detail: Any) -> None:
        self.events.append((kind, {"pond": pond, **detail}))

    def say(self, body: dict[str, Any]) -> tuple[str, str]:
        """What the journal says of it: kind and reason."""
        return self.hear(signed(body))

    def hear(self, payload: bytes) -> tuple[str, str]:
        before = len(self.events)
        asyncio.run(self.remote.take(payload))
        if len(self.events) == before:
            return "", ""
        kind, detail = self.events[-1]
        return kind, detail.get("reason", "")

    def command(self, number: int, **changes: Any) -> dict[str, Any]:
        return command(number, self.time.wall_s, **changes)


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def test_a_right_command_goes_the_way_of_a_hand_on_the_page(gateway: Gateway) -> None:
    assert gateway.say(gateway.command(1)) == ("remote_done", "")
    assert gateway.ordered == [
        {"do": "override", "pond": "ao-1", "machine": 1, "run": True, "minutes": 30, "who": "Lan (cloud)"}
    ]
    _, detail = gateway.events[-1]
    assert (detail["who"], detail["number"], detail["pond"]) == ("Lan", 1, "ao-1")
    assert gateway.say(gateway.command(2, do="release", args={"pond": "ao-1", "aerator": 2}))[0] == "remote_done"
    assert gateway.say(gateway.command(3, do="acknowledge", args={"alarm": "all"}))[0] == "remote_done"
    assert [order["do"] for order in gateway.ordered] == ["override", "release", "acknowledge"]


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("other_gateway", {"gateway": "another"}),
        ("expired", {"issued_at": 1_799_999_900.0, "expires": 1_799_999_960.0}),
        ("of_the_future", {"issued_at": 1_800_000_010.0, "expires": 1_800_000_060.0}),
        ("lives_too_long", {"expires": 1_800_000_061.0}),
        ("lives_too_long", {"expires": 1_799_999_999.0}),
        ("not_allowed", {"do": "restart", "args": {}}),
        ("not_allowed", {"do": "note", "args": {"kind": "x", "detail": {}}}),
        ("not_allowed", {"args": {"pond": "ao-1", "aerator": 2, "run": True, "minutes": 61}}),
        ("not_allowed", {"args": {"pond": "ao-1", "aerator": 2, "run": 1, "minutes": 5}}),
        ("not_allowed", {"args": {"pond": "ao-1", "aerator": 2, "run": True, "minutes": 5, "force": True}}),
        ("not_allowed", {"number": True}),
        ("not_allowed", {"number": "7"}),
        ("not_allowed", {"more": 1}),
        ("unknown_machine", {"args": {"pond": "ao-1", "aerator": 7, "run": True, "minutes": 5}}),
        ("unknown_machine", {"args": {"pond": "ao-9", "aerator": 1, "run": True, "minutes": 5}}),
    ],
)
def test_what_is_not_right_is_refused_and_said(gateway: Gateway, reason: str, changes: dict[str, Any]) -> None:
    assert gateway.say({**gateway.command(7), **changes}) == ("remote_refused", reason)
    assert gateway.ordered == []


def test_without_a_clock_nothing_is_taken(gateway: Gateway) -> None:
    gateway.time.wall_s = 100.0
    assert gateway.say(gateway.command(1)) == ("remote_refused", "no_clock")


def test_a_number_counts_once_even_across_a_restart(gateway: Gateway) -> None:
    payload = signed(gateway.command(5))
    assert gateway.hear(payload)[0] == "remote_done"
    assert gateway.hear(payload) == ("remote_refused", "repeated")
    gateway.start()
    assert gateway.hear(payload) == ("remote_refused", "repeated")
    assert gateway.say(gateway.command(4)) == ("remote_refused", "repeated")
    assert gateway.say(gateway.command(6))[0] == "remote_done"
    assert len(gateway.ordered) == 2


def test_the_number_is_on_the_disk_before_anything_is_done(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept(order: dict[str, Any]) -> dict[str, Any]:
        assert json.loads(gateway.memory.read_text()) == {"number": 1}
        return {"refused": ""}

    monkeypatch.setattr(gateway.remote, "_on_order", kept)
    assert gateway.say(gateway.command(1))[0] == "remote_done"


def test_a_disk_that_takes_nothing_means_no_command(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "commands.json.new").mkdir()
    assert gateway.say(gateway.command(1)) == ("remote_refused", "not_stored")
    assert gateway.ordered == []


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"number": true}', '{"number": "9"}'])
def test_a_damaged_memory_means_no_command(gateway: Gateway, rubbish: str) -> None:
    gateway.memory.write_text(rubbish)
    assert gateway.say(gateway.command(1)) == ("remote_refused", "memory_unreadable")


def test_another_key_is_a_stranger_and_strangers_do_not_fill_the_journal(gateway: Gateway) -> None:
    other = Ed25519PrivateKey.generate()
    for number in range(50):
        gateway.hear(signed(gateway.command(number + 1), other))
    assert gateway.events == [("remote_forged", {"pond": None, "count": 1})]
    gateway.time.forward(60)
    gateway.remote.tell_of_strangers()
    assert gateway.events[-1] == ("remote_forged", {"pond": None, "count": 49})
    assert gateway.ordered == []


def test_the_guard_beats_the_cloud(gateway: Gateway, tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    control = FarmControl(farm, gateway.time.clock(), {}, lambda *_, **__: 0)
    control.step()

    def order(order: dict[str, Any]) -> dict[str, Any]:
        return {"refused": control.override(order["pond"], order["machine"], order["run"], order["minutes"])}

    gateway.remote._on_order = order
    args = {"pond": "ao-1", "aerator": 2, "run": False, "minutes": 30}
    assert gateway.say(gateway.command(1, args=args)) == ("remote_refused", "unsafe")


@st.composite
def attacks(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """What somebody who holds old messages and the broker may try."""
    kind = draw(st.sampled_from(["flip", "replay", "wait", "other_farm", "unsigned", "swap"]))
    return kind, {"at": draw(st.integers(0, 10_000)), "bit": draw(st.integers(0, 7)), "s": draw(st.integers(60, 10**7))}


@pytest.mark.fault("24", "a cloud command repeated, late, of another farm or changed")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(attacks(), min_size=1, max_size=6))
def test_no_attack_is_ever_carried_out(
    tmp_path_factory: pytest.TempPathFactory, fault: Fault, tried: list[tuple[str, dict[str, Any]]]
) -> None:
    gateway = Gateway(tmp_path_factory.mktemp("g"))
    for number, (kind, how) in enumerate(tried, 1):
        good = signed(gateway.command(number * 10))
        if kind == "replay":
            assert gateway.hear(good)[0] == "remote_done"
        done = len(gateway.ordered)
        attempt = good
        if kind == "flip":
            at = how["at"] % len(good)
            attempt = good[:at] + bytes([good[at] ^ 1 << how["bit"]]) + good[at + 1 :]
            if _same(attempt, good):
                continue
        elif kind == "wait":
            gateway.time.forward(how["s"])
        elif kind == "other_farm":
            attempt = signed(gateway.command(number * 10, gateway="another"))
        elif kind == "unsigned":
            attempt = json.dumps({**json.loads(good), "signature": ""}).encode()
        elif kind == "swap":
            other = json.loads(signed(gateway.command(number * 10 + 1)))
            attempt = json.dumps({**json.loads(good), "signature": other["signature"]}).encode()
        if how["at"] % 2:
            gateway.start()
        gateway.hear(attempt)
        assert len(gateway.ordered) == done, kind
    fault.measured(aerators="as before", lost="nothing", told="the journal, with the reason")


def _same(attempt: bytes, good: bytes) -> bool:
    """True where a changed byte changes nothing that is said."""
    try:
        found, meant = json.loads(attempt), json.loads(good)
        signatures = [base64.b64decode(one["signature"], validate=True) for one in (found, meant)]
        return bool(found["command"] == meant["command"]) and signatures[0] == signatures[1]
    except (ValueError, KeyError, TypeError):
        return False


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_no_rubbish_ends_in_anything_but_a_refusal(gateway: Gateway, payload: bytes) -> None:
    gateway.hear(payload)
    body = {**gateway.command(1), "args": payload.decode(errors="replace"), "do": "override"}
    gateway.say(body)
    assert gateway.ordered == []
