"""Frequency drives as the aerators of a pond."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.bus.blocks import PanelState
from gateway.bus.errors import BusError
from gateway.bus.foreign import Foreign
from gateway.bus.panel import plain_state
from gateway.bus.request import WRITE_REGISTER, write_one
from gateway.bus.template import OUTPUT_HZ, DriveWords
from hardware.quantities import CURRENT

TURNS_HZ = 1.0


class Drive(Foreign):
    """One drive; `full_hz` is the frequency of full speed."""

    on_gateway_death = "holds"

    def __init__(self, *words: Any, full_hz: float, **named: Any) -> None:
        super().__init__(*words, **named)
        assert self.template.drive is not None
        self._words: DriveWords = self.template.drive
        self._full_hz = full_hz
        self._fraction = 1.0
        self.output_hz = 0.0
        self.current_a: float | None = None  # None where the drive does not say
        self._read_s = float("-inf")

    @property
    def running(self) -> bool:
        """True when the motor turned at the last reading; never of a silent drive."""
        return self.device.answering and self.output_hz >= TURNS_HZ and not self.fault

    @property
    def speed(self) -> float:
        """Of the last reading, as a fraction of full speed."""
        return min(1.0, self.output_hz / self._full_hz)

    def set_speed(self, fraction: float) -> None:
        """Speed from now on, 0 to 1 of full speed."""
        self._fraction = min(1.0, max(0.0, fraction))

    async def command(self, run: bool, urgency: int) -> None:
        """Run at the speed that was set, or stop; raises BusError."""
        words = self._words
        if run:
            digits = round(self._fraction * self._full_hz / words.hz_step)
            await self.device.ask(write_one(WRITE_REGISTER, words.frequency, digits), urgency)
        await self.device.ask(write_one(WRITE_REGISTER, words.command, words.run if run else words.stop), urgency)

    async def poll(self) -> None:
        """As often as its period asks, where its pond does not ask more often anyway; raises BusError."""
        if self._monotonic() - self._read_s >= self.period_s:
            await super().poll()

    async def read(self, urgency: int) -> dict[str, float]:
        """Everything; raises BusError."""
        values = await super().read(urgency)
        self._read_s = self._monotonic()
        self.output_hz, self.current_a = values[OUTPUT_HZ], values.get(CURRENT.symbol)
        return values


class DriveBank:
    """The drives of one pond as one panel. One that is silent does not keep the others from being told."""

    on_gateway_death = "holds"
    known = True

    def __init__(self, name: str, drives: Sequence[Drive], monotonic: Callable[[], float]) -> None:
        self.name = name
        self._monotonic = monotonic
        self.state: PanelState | None = None
        self.state_s = float("-inf")
        self._drives = drives
        self._wanted = [True] * len(drives)

    @property
    def aerators(self) -> int:
        """Drives of the pond."""
        return len(self._drives)

    def due(self) -> bool:
        """True when one of them is not being left alone."""
        return any(drive.device.due() for drive in self._drives)

    async def identify(self) -> None:
        """They cannot say who they are."""

    def set_speeds(self, speeds: Mapping[int, float]) -> None:
        """Fractions of full speed; full where nothing is said."""
        for at, drive in enumerate(self._drives):
            drive.set_speed(speeds.get(at, 1.0))

    async def command(self, wanted: list[bool], _expiry_s: int, urgency: int, siren: bool = False) -> None:  # noqa: ARG002
        """Run or stop each; raises the last BusError when all were tried."""
        self._wanted = wanted
        trouble: BusError | None = None
        for drive, run in zip(self._drives, wanted, strict=True):
            try:
                if drive.device.due():
                    await drive.command(run, urgency)
            except BusError as error:
                trouble = error
        if trouble is not None:
            raise trouble

    async def read_state(self, urgency: int) -> PanelState:
        """What each does; a silent one does not run. Raises BusError when none answers."""
        trouble, answered = None, False
        for drive in self._drives:
            try:
                if drive.device.due():
                    await drive.read(urgency)
                    answered = True
            except BusError as error:
                trouble = error
        if trouble is not None and not answered:
            raise trouble
        running = [drive.running for drive in self._drives]
        state = plain_state(self._wanted, self._wanted, running, [drive.current_a for drive in self._drives])
        self.state = replace(state, speed=tuple(drive.speed for drive in self._drives))
        self.state_s = self._monotonic()
        return self.state
