"""What the control process wants people to be told: delivered once, the urgent first, every outcome reported."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from gateway.journal.reader import JournalReader
from gateway.link import LinkClient, LinkServer
from gateway.messages.deliveries import Deliveries
from gateway.messages.sending import NotDelivered, Outcome, Sending
from gateway.messages.states import States
from gateway.people.settings import PersonSettings
from gateway.process import ControlProcess, journal_path
from gateway.text import text
from gateway.web.pages import Pages, make_environment
from tests.gateway.farms import Steps, small_farm

PEOPLE = [PersonSettings(id="an", name="An", phone="+84901234567"), PersonSettings(id="binh", name="Bình")]


def entry(number: int, channel: str = "sms", priority: str = "critical", **more: Any) -> dict[str, Any]:
    return {
        "id": number, "alarm": 1, "kind": "do_low", "pond": "ao-1", "priority": priority, "channel": channel,
        "person": "an", "language": "vi", "title": f"Ao 1 {number}", "text": "Oxy thấp", "age_s": 0.0, **more,
    }  # fmt: skip


class Hand:
    """A channel in the test's hand."""

    def __init__(self) -> None:
        self.tried: list[int] = []
        self.fails: dict[int, int] = {}
        self.open = asyncio.Event()
        self.open.set()

    async def deliver(self, sending: Sending, person: PersonSettings) -> Outcome:
        self.tried.append(sending.id)
        await self.open.wait()
        if self.fails.get(sending.id, 0) > 0:
            self.fails[sending.id] -= 1
            raise NotDelivered("no network")
        return Outcome("delivered")


class Control:
    """A real link with what control would list and hear."""

    def __init__(self, path: Path) -> None:
        self.due: list[dict[str, Any]] = []
        self.sent: list[tuple[int, str, str]] = []
        self.heard: list[dict[str, Any]] = []
        self.server = LinkServer(path, self._order)

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        self.heard.append(order)
        if order["do"] == "sent":
            self.sent.append((order["id"], order["outcome"], order["detail"]))
            self.due = [entry for entry in self.due if entry["id"] != order["id"]]
        return {}

    def publish(self, *more: dict[str, Any]) -> None:
        self.due += more
        self.server.publish({"sendings": self.due})


@contextlib.asynccontextmanager
async def deliveries(path: Path, channels: dict[str, Any]) -> AsyncIterator[Control]:
    control = Control(path)
    await control.server.start()
    link = LinkClient(path)
    made = Deliveries(PEOPLE, channels, link.order, pauses_s=(0.01,))

    async def listen() -> None:
        async for snapshot in link.snapshots():
            made.take(snapshot["sendings"])

    tasks = [asyncio.create_task(work) for work in (link.run(), listen(), made.run())]
    try:
        yield control
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await control.server.stop()


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_each_is_delivered_once_and_reported(tmp_path: Path) -> None:
    async def scenario() -> None:
        hand = Hand()
        async with deliveries(tmp_path / "s", {"sms": hand}) as control:
            control.publish(entry(1), entry(2))
            for _ in range(5):
                control.publish()
                await asyncio.sleep(0.01)
            await until(lambda: len(control.sent) == 2)
            assert hand.tried == [1, 2]
            assert control.sent == [(1, "delivered", ""), (2, "delivered", "")]

    asyncio.run(scenario())


def test_after_a_restart_it_goes_on_with_what_is_still_due(tmp_path: Path) -> None:
    async def scenario() -> None:
        hand = Hand()
        async with deliveries(tmp_path / "s", {"sms": hand}) as control:
            control.publish(entry(1))
            await until(lambda: control.sent)
            hand.open.clear()
            control.publish(entry(2))
            await until(lambda: hand.tried == [1, 2])
            left = control.due
        hand.open.set()
        async with deliveries(tmp_path / "s", {"sms": hand}) as control:
            control.publish(*left)
            await until(lambda: control.sent)
            assert hand.tried == [1, 2, 2]
            assert control.sent == [(2, "delivered", "")]

    asyncio.run(scenario())


def test_a_failing_one_is_tried_three_times_and_then_the_ladder_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        hand = Hand()
        hand.fails = {1: 3, 2: 1}
        async with deliveries(tmp_path / "s", {"sms": hand}) as control:
            control.publish(entry(1), entry(2))
            await until(lambda: len(control.sent) == 2)
            assert hand.tried.count(1) == 3
            assert sorted(control.sent) == [(1, "failed", "no network"), (2, "delivered", "")]

    asyncio.run(scenario())


def test_what_cannot_be_sent_at_all_is_reported_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with deliveries(tmp_path / "s", {}) as control:
            control.publish(entry(1), entry(2, "smoke"), entry(3, person="nobody"))
            control.server.publish({"sendings": [*control.due, {"id": "?"}]})
            await until(lambda: len(control.sent) == 3)
            assert {outcome for _, outcome, _ in control.sent} == {"failed"}
            assert any("farm.toml has no [modem]" in detail for _, _, detail in control.sent)

    asyncio.run(scenario())


def test_the_urgent_goes_first_and_an_sms_waits_for_one_call_at_most(tmp_path: Path) -> None:
    async def scenario() -> None:
        hand = Hand()
        hand.open.clear()
        async with deliveries(tmp_path / "s", {"sms": hand, "call": hand}) as control:
            control.publish(entry(1, "call"))
            await until(lambda: hand.tried == [1])
            control.publish(entry(2, "call"), entry(3, "sms", "low"), entry(4, "sms"), entry(5, "sms", "high"))
            await asyncio.sleep(0.05)
            hand.open.set()
            await until(lambda: len(control.sent) == 5)
            assert hand.tried == [1, 4, 5, 3, 2]

    asyncio.run(scenario())


def test_what_is_acknowledged_meanwhile_is_not_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        hand = Hand()
        hand.open.clear()
        async with deliveries(tmp_path / "s", {"sms": hand}) as control:
            control.publish(entry(1), entry(2))
            await until(lambda: hand.tried == [1])
            control.due = [entry(3, person="binh")]
            control.publish()
            await asyncio.sleep(0.05)
            hand.open.set()
            await until(lambda: len(control.sent) == 2)
            assert hand.tried == [1, 3]

    asyncio.run(scenario())


def test_control_keeps_what_works_and_the_page_names_what_does_not(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    control = ControlProcess(farm, Steps().clock())
    control.journal.open()
    told: list[dict[str, Any]] = []

    async def order(order: dict[str, Any]) -> dict[str, Any]:
        told.append(order)
        return control.order(order)

    async def scenario() -> None:
        states = States(order)
        for problem in ("", "no_credit", "no_credit", "no_network", ""):
            states.set("modem", problem, "+CMS ERROR: 21")
            await states.tell(control.snapshot()["channels"])
            assert control.snapshot()["channels"]["modem"]["problem"] == problem

    asyncio.run(scenario())
    control.journal.close()
    assert len(told) == 4
    with contextlib.closing(JournalReader(journal_path(farm))) as reader:
        events = reader.events()
    shown = Pages(make_environment("gateway.web")).events(events, None, text("vi"))
    assert "Modem (SMS, gọi điện) không dùng được: nhà mạng từ chối. Nạp tiền cho SIM." in shown
    assert "Modem (SMS, gọi điện) dùng lại được" in shown
    assert [event["kind"] for event in events].count("channel_failed") == 2
