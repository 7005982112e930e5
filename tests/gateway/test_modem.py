"""SMS and calls over a real pseudo-terminal, with a simulated SIM7600 at its other end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.messages.call import Patience
from gateway.messages.modem import Modem, Waits
from gateway.messages.phone import CallChannel, SmsChannel, Told
from gateway.messages.sending import NotDelivered, Outcome, Sending, sending_of
from gateway.messages.settings import ModemSettings
from gateway.messages.speech import Speech
from gateway.messages.states import States
from gateway.people.settings import PersonSettings
from hardware.twin.modem import Habits, SimulatedModem
from tests.faults import Fault
from tests.gateway.test_deliveries import entry, until

RUBBISH = (
    b'\r\n+CMTI: "SM",77\r\n',
    b"\r\n+CMTI:\r\n",
    b"\r\nOK\r\n",
    b"\r\n> ",
    b"\r\nBUSY\r\n",
    b"\r\n+CLCC: 1\r\n",
    b"x" * 3000,
)
AN = PersonSettings(id="an", name="An", phone="+84901234567")
SHORT = Waits(open_s=0.02, wake_s=0.3, look_s=0.05, ready_s=1.0, send_s=0.5)
HURRY = Patience(ring_s=0.3, call_s=0.7, answer_s=0.5, pause_s=0.05, speech_speed=40.0)


class Yard:
    """A simulated modem, and the gateway's side of it."""

    def __init__(self, folder: Path, twin: SimulatedModem, pin: str | None) -> None:
        self.twin = twin
        self.states = States(self._order)
        self.orders: list[dict[str, Any]] = []
        self.told = Told([AN], self._acknowledge)
        settings = ModemSettings(port=str(twin.port), audio=str(twin.audio), pin=pin)
        self.modem = Modem(settings, self.states, self.told.came_in, SHORT, HURRY)
        self.sms = SmsChannel(self.modem, self.told)
        self.call = CallChannel(self.modem, self.told, Speech(folder / "speech"), self.states, self._acknowledge)
        self.acknowledged: list[tuple[int, str, str]] = []

    async def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        self.orders.append(order)
        return {}

    async def _acknowledge(self, alarm: int, person: str, by: str) -> None:
        self.acknowledged.append((alarm, person, by))

    async def ready(self) -> None:
        await until(lambda: self.states.known("modem") and not self.states.problem("modem"))

    async def fails(self, problem: str) -> None:
        await until(lambda: self.states.problem("modem") == problem)


@contextlib.asynccontextmanager
async def yard(folder: Path, habits: Habits | None = None, pin: str | None = None) -> AsyncIterator[Yard]:
    with SimulatedModem(folder / "tty", folder / "audio", habits) as twin:
        made = Yard(folder, twin, pin)
        running = asyncio.create_task(made.modem.run())
        try:
            yield made
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def sending(number: int = 1, **more: Any) -> Sending:
    return sending_of(entry(number, **more))


def test_a_long_vietnamese_text_arrives_whole(tmp_path: Path) -> None:
    async def scenario() -> None:
        words = "Oxy 2,1 mg/L và đang giảm. Bật hết quạt, xem cầu dao, gọi kỹ thuật. " * 3
        async with yard(tmp_path) as at:
            outcome = await at.sms.deliver(sending(title="Ao 3: NGUY HIỂM", text=words), AN)
            (message,) = at.twin.messages
            assert (message.number, message.text) == ("+84901234567", f"Ao 3: NGUY HIỂM\n{words}")
            assert outcome == Outcome("delivered", f"the network took {message.parts} SMS")
            assert message.parts == 4

    asyncio.run(scenario())


def test_a_call_speaks_and_the_key_acknowledges(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            await at.ready()
            calling = asyncio.create_task(at.call.deliver(sending(7, channel="call"), AN))
            await until(lambda: at.twin.calls and len(at.twin.calls[0].heard) > 8000)
            at.twin.press("5")
            await asyncio.sleep(0.05)
            assert not calling.done()
            at.twin.press("1")
            assert await calling == Outcome("acknowledged", "pressed 1")
            assert at.acknowledged == [(1, "an", "call")]
            await until(lambda: at.twin.calls[0].over)
            assert any(at.twin.calls[0].heard)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("person", "result", "detail"),
    [("busy", "no_answer", "busy"), ("declines", "no_answer", "rang"), ("silent", "no_answer", "rang")],
)
def test_who_does_not_answer(tmp_path: Path, person: Any, result: str, detail: str) -> None:
    async def scenario() -> None:
        async with yard(tmp_path, Habits(person=person)) as at:
            outcome = await at.call.deliver(sending(channel="call"), AN)
            assert outcome.result == result
            assert outcome.detail.startswith(detail)
            await until(lambda: at.twin.calls[0].over)

    asyncio.run(scenario())


def test_who_answers_without_the_key_has_not_acknowledged(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            calling = asyncio.create_task(at.call.deliver(sending(channel="call"), AN))
            await until(lambda: at.twin.calls and at.twin.calls[0].connected)
            at.twin.hang_up()
            assert await calling == Outcome("answered", "hung up without the key")
            begun_s = asyncio.get_running_loop().time()
            assert await at.call.deliver(sending(2, channel="call"), AN) == Outcome(
                "answered", "nobody pressed the key"
            )
            assert asyncio.get_running_loop().time() - begun_s < HURRY.call_s + 0.5
            await until(lambda: at.twin.calls[1].over)
            assert at.acknowledged == []

    asyncio.run(scenario())


def test_ok_by_sms_acknowledges_what_that_person_was_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            await at.sms.deliver(sending(alarm=4), AN)
            await at.sms.deliver(sending(alarm=5), AN)
            at.twin.receive("+84999999999", "OK")
            at.twin.receive("0901234567", "Để xem")
            at.twin.receive("0901234567", " Ok. ")
            await until(lambda: len(at.acknowledged) == 2)
            assert set(at.acknowledged) == {(4, "an", "sms"), (5, "an", "sms")}

    asyncio.run(scenario())


@pytest.mark.fault("31", "the modem's card has no credit")
def test_no_credit_is_named_and_forgotten_when_it_works_again(tmp_path: Path, fault: Fault) -> None:
    async def scenario() -> None:
        async with yard(tmp_path, Habits(credit=False)) as at:
            with pytest.raises(NotDelivered, match="CMS ERROR: 21") as refused:
                await at.sms.deliver(sending(), AN)
            assert refused.value.final
            await at.fails("no_credit")
            with pytest.raises(NotDelivered, match="barring"):
                await at.call.deliver(sending(channel="call"), AN)
            at.twin.habits.credit = True
            await at.sms.deliver(sending(), AN)
            await at.ready()

    asyncio.run(scenario())
    fault.measured(
        aerators="not concerned; siren and push messages need no card (the modem alone, simulated)",
        lost="nothing: SMS and call are reported as failed, the ladder goes on to the next way and person",
        told="page and event at the first message that is refused; forgotten at the first that goes through",
    )


def test_no_network_is_named_until_it_is_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path, Habits(network=False)) as at:
            with pytest.raises(NotDelivered, match="no_network") as missing:
                await at.sms.deliver(sending(), AN)
            assert not missing.value.final
            await at.fails("no_network")
            at.twin.habits.network = True
            await at.ready()
            assert (await at.sms.deliver(sending(), AN)).result == "delivered"

    asyncio.run(scenario())


def test_a_crowded_network_is_tried_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path, Habits(busy_errors=1)) as at:
            with pytest.raises(NotDelivered) as crowded:
                await at.sms.deliver(sending(), AN)
            assert not crowded.value.final
            assert (await at.sms.deliver(sending(), AN)).result == "delivered"

    asyncio.run(scenario())


def test_unplugged_in_a_call_and_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            calling = asyncio.create_task(at.call.deliver(sending(channel="call"), AN))
            await until(lambda: at.twin.calls and at.twin.calls[0].connected)
            at.twin.unplug()
            with pytest.raises(NotDelivered):
                await calling
            await at.fails("modem_unplugged")
            at.twin.plug()
            await at.ready()
            assert (await at.sms.deliver(sending(), AN)).result == "delivered"

    asyncio.run(scenario())


def test_a_modem_that_hangs_is_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            await at.ready()
            at.twin.habits.silent = True
            with pytest.raises(NotDelivered):
                await at.sms.deliver(sending(), AN)
            await at.fails("modem_silent")
            at.twin.habits.silent = False
            await at.ready()

    asyncio.run(scenario())


def test_a_pin_is_entered_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path, Habits(pin="1234"), pin="1234") as at:
            await at.ready()
            assert at.twin.commands.count('AT+CPIN="1234"') == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("habits", "pin", "problem"),
    [
        (Habits(pin="1234"), "9999", "pin_wrong"),
        (Habits(pin="1234"), None, "sim_pin"),
        (Habits(pin="1234", pin_tries=2), "1234", "pin_wrong"),
        (Habits(pin="1234", pin_tries=0), "1234", "sim_puk"),
        (Habits(card=False), None, "sim_missing"),
    ],
)
def test_what_is_wrong_with_the_card_is_named_and_no_pin_is_tried_twice(
    tmp_path: Path, habits: Habits, pin: str | None, problem: str
) -> None:
    async def scenario() -> None:
        async with yard(tmp_path, habits, pin) as at:
            await at.fails(problem)
            await asyncio.sleep(0.15)
            assert sum('AT+CPIN="' in command for command in at.twin.commands) <= (
                habits.pin_tries >= 2 and pin == "9999"
            )
            with pytest.raises(NotDelivered, match=problem):
                await at.sms.deliver(sending(), AN)
            assert at.states.problem("modem") == problem

    asyncio.run(scenario())


def test_without_espeak_the_phone_rings_all_the_same(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            at.call._speech = Speech(tmp_path / "speech", "no-such-program")
            await at.ready()
            calling = asyncio.create_task(at.call.deliver(sending(channel="call"), AN))
            await until(lambda: at.twin.calls and at.twin.calls[0].connected)
            at.twin.press("1")
            assert (await calling).result == "acknowledged"
            assert at.states.problem("speech") == "espeak_missing"

    asyncio.run(scenario())


def test_a_person_without_a_phone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            with pytest.raises(NotDelivered, match="no phone") as missing:
                await at.sms.deliver(sending(), PersonSettings(id="an", name="An"))
            assert missing.value.final

    asyncio.run(scenario())


def test_rubbish_from_the_modem_does_no_harm(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with yard(tmp_path) as at:
            await at.ready()
            random = Random(7)
            for _ in range(40):
                at.twin.noise(random.randbytes(random.randrange(60)))
                at.twin.noise(random.choice(RUBBISH))
            await asyncio.sleep(0.1)
            await until(lambda: not at.states.problem("modem"))
            assert (await at.sms.deliver(sending(), AN)).result == "delivered"

    asyncio.run(scenario())
