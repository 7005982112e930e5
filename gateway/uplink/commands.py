"""Remote commands: what the cloud may ask for, believed only when everything about it is right.

`farm/<gateway>/down/command` carries {"command": text, "signature": base64}. The signature (Ed25519) is over PREFIX and the
text's UTF-8; the text is JSON: gateway, number, issued_at and expires (Unix seconds, LONGEST_LIFE_S apart at most), do,
args, who. A number is believed once: it must be above the last one, which is on the disk before anything is done. The guard
beats a remote command as it beats a hand on the page. Each one is an event of the journal, by which the cloud learns its
fate.
"""

import asyncio
import base64
import binascii
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gateway.clock import Clock
from gateway.farm import Farm
from gateway.files import write_whole
from gateway.orders import LONGEST_MINUTES, NoSuchMachine, acknowledge_order, override_order, release_order

log = logging.getLogger(__name__)

PREFIX = b"pondkeeper command 1\n"
LONGEST_LIFE_S = 60.0
CLOCKS_DIFFER_S = 5.0
LARGEST_BYTES = 4096
STRANGERS_EVERY_S = 60.0

OnOrder = Callable[[dict[str, Any]], dict[str, Any]]
OnEvent = Callable[..., object]

Key = Annotated[str, Field(min_length=1, max_length=40)]
Aerator = Annotated[int, Field(ge=1, le=8)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Override(_Strict):
    """Set an aerator by hand."""

    pond: Key
    aerator: Aerator
    run: bool
    minutes: Annotated[float, Field(gt=0, le=LONGEST_MINUTES, allow_inf_nan=False)]


class Release(_Strict):
    """Give an aerator back to automatic."""

    pond: Key
    aerator: Aerator


class Acknowledge(_Strict):
    """Acknowledge one alarm, or all."""

    alarm: Annotated[int, Field(ge=0, le=2**53)] | Literal["all"]


class _Head(_Strict):
    gateway: Key
    number: Annotated[int, Field(ge=1, le=2**53)]
    issued_at: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
    expires: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
    who: Annotated[str, Field(min_length=1, max_length=60)]


class _OverrideCommand(_Head):
    do: Literal["override"]
    args: Override


class _ReleaseCommand(_Head):
    do: Literal["release"]
    args: Release


class _AcknowledgeCommand(_Head):
    do: Literal["acknowledge"]
    args: Acknowledge


Command = Annotated[_OverrideCommand | _ReleaseCommand | _AcknowledgeCommand, Field(discriminator="do")]
COMMAND: TypeAdapter[_OverrideCommand | _ReleaseCommand | _AcknowledgeCommand] = TypeAdapter(Command)


class Refused(Exception):
    """A command that is not carried out; the text is a key of the `remote.reason` texts."""


@dataclass(frozen=True)
class _Refusal:
    text: str
    reason: str


class RemoteCommands:
    """Judges and carries out the cloud's commands. `memory` is the file of the last number that was believed."""

    def __init__(self, farm: Farm, key: str, clock: Clock, on_order: OnOrder, on_event: OnEvent, memory: Path) -> None:
        self._farm = farm
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        self._clock = clock
        self._on_order = on_order
        self._on_event = on_event
        self._memory = memory
        self._strangers = 0
        self._strangers_told_s = float("-inf")

    async def take(self, payload: bytes) -> None:
        """Carry out what the cloud asks for, or refuse it; the journal has it either way."""
        believed = await asyncio.to_thread(self._believe, payload)
        if isinstance(believed, _Refusal):
            self._tell("remote_refused", _shown(believed.text), believed.reason)
        elif believed is not None:
            self._carry_out(believed)
        self.tell_of_strangers()

    def _believe(self, payload: bytes) -> "Command | _Refusal | None":
        """The command, its number kept for good; None when the cloud has not signed it."""
        try:
            text = self._signed(payload)
        except Refused as refused:
            self._strangers += 1
            log.warning("a remote command is not the cloud's (%s): %r", refused, payload[:200])
            return None
        try:
            return self._acceptable(text)
        except Refused as refused:
            return _Refusal(text, str(refused))

    def _carry_out(self, command: Command) -> None:
        """As a hand on the page would."""
        try:
            refused = self._on_order(self._order(command)).get("refused", "")
        except NoSuchMachine:
            refused = "unknown_machine"
        except (KeyError, ValueError, TypeError) as error:
            log.error("remote command %d could not be carried out: %r", command.number, error)
            refused = "not_understood"
        shown = _shown(command.model_dump_json())
        self._tell("remote_refused" if refused else "remote_done", shown, str(refused))

    def tell_of_strangers(self) -> None:
        """One event a minute at most for messages that the cloud did not sign, however many there were."""
        now_s = self._clock.monotonic()
        if self._strangers and now_s - self._strangers_told_s >= STRANGERS_EVERY_S:
            self._on_event("remote_forged", count=self._strangers)
            self._strangers, self._strangers_told_s = 0, now_s

    def _signed(self, payload: bytes) -> str:
        if len(payload) > LARGEST_BYTES:
            raise Refused("too_long")
        try:
            envelope = json.loads(payload)
            text, signature = envelope["command"], base64.b64decode(envelope["signature"], validate=True)
            self._key.verify(signature, PREFIX + text.encode())
        except InvalidSignature as error:
            raise Refused("signature") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
            raise Refused("not_understood") from error
        return str(text)

    def _acceptable(self, text: str) -> Command:
        try:
            command = COMMAND.validate_json(text)
        except ValidationError as error:
            raise Refused("not_allowed") from error
        if command.gateway != self._farm.cloud_id:
            raise Refused("other_gateway")
        self._check_time(command)
        if command.number <= self._last_number():
            raise Refused("repeated")
        self._keep_number(command.number)
        return command

    def _check_time(self, command: Command) -> None:
        if not self._clock.wall_known():
            raise Refused("no_clock")
        now_s = self._clock.wall()
        if not 0 <= command.expires - command.issued_at <= LONGEST_LIFE_S:
            raise Refused("lives_too_long")
        if now_s >= command.expires:
            raise Refused("expired")
        if command.issued_at > now_s + CLOCKS_DIFFER_S:
            raise Refused("of_the_future")

    def _last_number(self) -> int:
        try:
            number = json.loads(self._memory.read_text(encoding="utf-8"))["number"]
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("%s cannot be read (%s): no remote command is taken until it is deleted", self._memory, error)
            raise Refused("memory_unreadable") from error
        if isinstance(number, bool) or not isinstance(number, int):
            log.error("%s holds no number: no remote command is taken until it is deleted", self._memory)
            raise Refused("memory_unreadable")
        return number

    def _keep_number(self, number: int) -> None:
        try:
            write_whole(self._memory, json.dumps({"number": number}))
        except OSError as error:
            log.error("%s cannot be written (%s): the remote command is not carried out", self._memory, error)
            raise Refused("not_stored") from error

    def _order(self, command: Command) -> dict[str, Any]:
        who = f"{command.who} (cloud)"
        match command.args:
            case Override() as args:
                return override_order(self._farm, args.pond, args.aerator, args.run, args.minutes, who)
            case Release() as args:
                return release_order(self._farm, args.pond, args.aerator, who)
            case Acknowledge() as args:
                return acknowledge_order(args.alarm, who, "cloud")

    def _tell(self, kind: str, shown: dict[str, Any], reason: str) -> None:
        self._on_event(kind, shown.pop("pond", None), reason=reason, **shown)


def _shown(text: str) -> dict[str, Any]:
    """What the journal says of a signed command, as far as it can be read."""
    try:
        found = json.loads(text)
        args = found.get("args")
        pond = args.get("pond") if isinstance(args, dict) else None
        shown = {name: str(found.get(name, ""))[:60] for name in ("gateway", "do", "who")}
        number = found.get("number")
    except (ValueError, AttributeError, RecursionError):
        return {"gateway": "", "do": "", "who": "", "number": None, "args": {}}
    return {
        **shown,
        "number": number if isinstance(number, int) and abs(number) <= 2**53 else None,
        "args": args if isinstance(args, dict) else {},
        **({"pond": pond} if isinstance(pond, str) else {}),
    }
