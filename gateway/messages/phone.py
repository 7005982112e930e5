"""SMS and calls as ways to a person, and the answer by SMS."""

from collections.abc import Awaitable, Callable

from gateway.messages.at import AtError, PortLost
from gateway.messages.card import NotReady
from gateway.messages.modem import REFUSED_SMS, Modem
from gateway.messages.sending import NotDelivered, Outcome, Sending
from gateway.messages.speech import Speech, Speechless
from gateway.messages.states import States
from gateway.people.phones import international
from gateway.people.settings import PersonSettings
from gateway.text import text

CONFIRMING = frozenset(("1", "ok", "oke", "okay", "da nhan", "đã nhận", "nhan", "nhận", "yes"))

Acknowledge = Callable[[int, str, str], Awaitable[None]]  # alarm, person, by


class Told:
    """Who was told of which alarm: only that is confirmed by an SMS that says OK."""

    def __init__(self, people: list[PersonSettings], acknowledge: Acknowledge) -> None:
        self._by_number = {person.phone: person.id for person in people if person.phone}
        self._acknowledge = acknowledge
        self._told: dict[str, set[int]] = {}

    def add(self, sending: Sending) -> None:
        """This person knows of this alarm."""
        self._told.setdefault(sending.person, set()).add(sending.alarm)

    async def came_in(self, number: str, words: str) -> None:
        """An SMS."""
        person = self._by_number.get(international(number))
        if person is not None and words.strip(" .!\r\n\t").lower() in CONFIRMING:
            for alarm in self._told.pop(person, set()):
                await self._acknowledge(alarm, person, "sms")


class SmsChannel:
    """Texts by SMS."""

    def __init__(self, modem: Modem, told: Told) -> None:
        self._modem = modem
        self._told = told

    async def deliver(self, sending: Sending, person: PersonSettings) -> Outcome:
        """Delivered when the network has taken it."""
        number = _number(person)
        try:
            count = await self._modem.send_sms(number, f"{sending.title}\n{sending.text}")
        except (NotReady, PortLost) as error:
            raise NotDelivered(str(error)) from error
        except AtError as error:
            raise NotDelivered(str(error), final=error.code in REFUSED_SMS) from error
        self._told.add(sending)
        return Outcome("delivered", f"the network took {count} SMS")


class CallChannel:
    """Calls that read the message out and wait for the key."""

    def __init__(self, modem: Modem, told: Told, speech: Speech, states: States, acknowledge: Acknowledge) -> None:
        self._modem = modem
        self._told = told
        self._speech = speech
        self._states = states
        self._acknowledge = acknowledge

    async def deliver(self, sending: Sending, person: PersonSettings) -> Outcome:
        """Acknowledged by the key, else answered or no answer."""
        number = _number(person)
        samples = await self._samples(sending)
        try:
            end = await self._modem.call(number, samples)
        except (NotReady, PortLost, AtError) as error:
            raise NotDelivered(str(error)) from error
        if end.result == "refused":
            raise NotDelivered(f"the network refused the call: {end.detail}", final=end.barred)
        if end.result == "acknowledged":
            await self._acknowledge(sending.alarm, person.id, "call")
        if end.result == "answered":
            self._told.add(sending)
        return Outcome(end.result, end.detail)

    async def _samples(self, sending: Sending) -> bytes:
        """Empty when there is no voice: the ringing wakes people too."""
        press = text(sending.language)("spoken.press")
        try:
            samples = await self._speech.of(sending.kind, f"{sending.title}. {sending.text} {press}", sending.language)
        except Speechless as error:
            self._states.set("speech", "espeak_missing", str(error))
            return b""
        self._states.set("speech")
        return samples


def _number(person: PersonSettings) -> str:
    if person.phone is None:
        raise NotDelivered(f"{person.id} has no phone in farm.toml", final=True)
    return person.phone
