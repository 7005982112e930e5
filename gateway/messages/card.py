"""The SIM card and the network: unlocked, registered, or why not.

Numbers after +CME ERROR: 3GPP TS 27.007, 9.2; states of +CREG: 7.2. AT+SPIC tells the tries left for PIN, PUK, PIN2 and
PUK2: SIM7500/SIM7600 AT Command Manual, 4.6.
"""

import asyncio
import contextlib

from gateway.messages.at import AtError, AtPort

ALL_TRIES = 3
SIM_BUSY = 14
BUSY_TRIES = 10
OF_CARD = {10: "sim_missing", 12: "sim_puk", 13: "sim_failed", 15: "sim_failed"}
REGISTERED = ("1", "5")


class NotReady(Exception):
    """The modem cannot send now; the text is a key of the `channel.problem` texts."""


async def unlock(port: AtPort, pin: str | None, pause_s: float) -> None:
    """Give the PIN where the card asks for it and still allows all tries; raises NotReady, AtError or PortLost."""
    state = await _state(port, pause_s)
    if state == "READY":
        return
    if state != "SIM PIN":
        raise NotReady("sim_puk")
    if pin is None:
        raise NotReady("sim_pin")
    if await _tries(port) < ALL_TRIES:
        raise NotReady("pin_wrong")
    try:
        await port.ask(f'AT+CPIN="{pin}"', 10.0)
    except AtError as error:
        raise NotReady("pin_wrong") from error


async def is_registered(port: AtPort) -> bool:
    """True when the network has taken the card, by circuits or by LTE; raises PortLost."""
    for question in ("CREG", "CEREG"):
        with contextlib.suppress(AtError):
            state = _value(await port.ask(f"AT+{question}?"), f"+{question}:").split(",")
            if state[1:2] and state[1] in REGISTERED:
                return True
    return False


async def _state(port: AtPort, pause_s: float) -> str:
    for _ in range(BUSY_TRIES):
        try:
            return _value(await port.ask("AT+CPIN?"), "+CPIN:")
        except AtError as error:
            if error.code != SIM_BUSY:
                raise NotReady(OF_CARD.get(error.code, "sim_failed")) from error
        await asyncio.sleep(pause_s)
    raise NotReady("sim_failed")


async def _tries(port: AtPort) -> int:
    """How often a PIN may still be tried; 0 when the card does not tell, for a third wrong one locks it."""
    try:
        left = _value(await port.ask("AT+SPIC"), "+SPIC:").split(",")[0]
    except AtError:
        return 0
    return int(left) if left.isdigit() else 0


def _value(lines: list[str], name: str) -> str:
    """What stands behind this name in an answer."""
    return next((line.removeprefix(name).strip() for line in lines if line.startswith(name)), "")
