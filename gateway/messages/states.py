"""Which ways to people work, and why one does not: told to the control process until it knows."""

import contextlib
from dataclasses import dataclass
from typing import Any

from gateway.messages.deliveries import Ask


@dataclass(frozen=True)
class State:
    """`problem` is a key of the `channel` texts, empty when it works; `detail` what the device or the other side said."""

    problem: str = ""
    detail: str = ""


class States:
    """The newest state of each channel, by name: modem, push, url, speech."""

    def __init__(self, order: Ask) -> None:
        self._order = order
        self._states: dict[str, State] = {}

    def set(self, channel: str, problem: str = "", detail: str = "") -> None:
        """How it stands with a channel now."""
        self._states[channel] = State(problem, detail)

    def known(self, channel: str) -> bool:
        """True when something was said of it."""
        return channel in self._states

    def problem(self, channel: str) -> str:
        """Why a channel does not work; empty when it does, or when nobody has tried."""
        return self._states.get(channel, State()).problem

    async def tell(self, known: dict[str, Any]) -> None:
        """Bring what control knows (its snapshot's `channels`) up to date."""
        for channel, state in list(self._states.items()):
            if known.get(channel, {}).get("problem") != state.problem:
                with contextlib.suppress(ConnectionError, TimeoutError):
                    await self._order(
                        {
                            "do": "channel",
                            "channel": channel,
                            "ok": not state.problem,
                            "problem": state.problem,
                            "detail": state.detail,
                        }
                    )
