"""The guided calibration of one channel, from the first beaker to the entry that the node keeps.

While it runs the node flags the channel, so control treats it as absent and gives air; the flag is renewed every minute
and falls by itself when nobody renews it.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware.field.blocks import LiveChannel
from firmware.field.curves import KINDS, BadPoints, Point
from firmware.field.frame import Screen, Trouble
from firmware.field.node_client import NodeClient
from firmware.field.passport import Entry, Passport, Water, make_entry, read_passport
from firmware.field.stability import Stability
from firmware.field.standards import UnknownStandard, buffer_ph, standard_ms_cm
from hardware import registers
from hardware.quantities import BY_CODE
from hardware.registers import DOCUMENT_CALIBRATION, DOCUMENT_CALIBRATION_ENTRY
from hardware.water import oxygen_solubility_mg_l

QUANTITIES = {
    "do_1": registers.QUANTITY_DO_SATURATION,
    "do_2": registers.QUANTITY_DO_SATURATION,
    "ph_2": registers.QUANTITY_PH,
    "ph_3": registers.QUANTITY_PH,
    "ec_1": registers.QUANTITY_CONDUCTIVITY,
}
STANDARDS = {
    "do_1": ("air",),
    "do_2": ("zero", "air"),
    "ph_2": ("6.86", "4.01"),
    "ph_3": ("6.86", "4.01", "9.18"),
    "ec_1": ("12.88",),
}
OXYGEN_TOLERANCE_MG_L = 0.05
PH_TOLERANCE = 0.02
CONDUCTIVITY_TOLERANCE_SHARE = 0.005
OTHER_TOLERANCE_STEPS = 5
MOVED_TOLERANCES = 10
FLAG_MINUTES = 5
RENEW_S = 60.0
POLL_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """Time as the procedure needs it: durations, waiting, and the label of an entry."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    wall_s: Callable[[], int]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What shall be calibrated. `true_value` is for the kind `offset`, whose standard is a reference instrument."""

    kind: str
    channel: int | None = None
    standards: tuple[str, ...] = ()
    who: str = ""
    temperature_c: float | None = None
    true_value: float | None = None
    patience_s: float = 900.0


class Calibration:
    """One calibration of one node; every step can raise Trouble, and the channel is handed back whatever happens."""

    def __init__(
        self, client: NodeClient, screen: Screen, clocks: Clocks, job: Job, ready: Callable[[str], None]
    ) -> None:
        self._client = client
        self._screen = screen
        self._clocks = clocks
        self._job = job
        self._ready = ready
        self._renewed_s = -math.inf

    def run(self, agree: Callable[[Entry], bool]) -> Entry | None:
        """Measure every standard, ask, store, read back; None when `agree` says no."""
        channel = self._find()
        before = read_passport(self._client.read_document(DOCUMENT_CALIBRATION, channel), channel)
        with self._flagged(channel):
            water = self._water()
            names = self._job.standards or STANDARDS.get(self._job.kind, ("reference",))
            if len(names) != KINDS[self._job.kind].points:
                raise Trouble("E-USAGE-42", kind=self._job.kind, points=KINDS[self._job.kind].points)
            points: list[Point] = []
            for name in names:
                points.append(self._measure(channel, name, water, points))
            entry = self._entry(points, before, water, " + ".join(names))
            if not agree(entry):
                return None
            self._store(channel, entry)
        return entry

    def _find(self) -> int:
        channels = self._client.live().channels
        code = QUANTITIES.get(self._job.kind)
        if self._job.channel is not None:
            if self._job.channel >= len(channels) or (code and channels[self._job.channel].code != code):
                raise Trouble("E-NODE-40", unit=self._client.unit_id, kind=self._job.kind, channels=named(channels))
            return self._job.channel
        found = [number for number, channel in enumerate(channels) if channel.code == code]
        if len(found) != 1:
            raise Trouble("E-NODE-40", unit=self._client.unit_id, kind=self._job.kind, channels=named(channels))
        return found[0]

    @contextlib.contextmanager
    def _flagged(self, channel: int) -> Iterator[None]:
        self._renew(channel)
        try:
            yield
        finally:
            self._client.calibrate(registers.CALIBRATE_END, channel)
        self._screen.say("calibrate.handed_back")

    def _renew(self, channel: int) -> None:
        if self._clocks.monotonic() - self._renewed_s >= RENEW_S:
            self._client.calibrate(registers.CALIBRATE_BEGIN, channel, FLAG_MINUTES)
            self._renewed_s = self._clocks.monotonic()

    def _water(self) -> Water:
        raw = self._client.raw()
        temperature_c = self._job.temperature_c
        if temperature_c is None:
            temperature_c = next(
                (one.value for one in self._client.live().channels if one.symbol == "temperature_c" and one.good), None
            )
        if temperature_c is None and self._job.kind != "offset":
            raise Trouble("E-NODE-44", unit=self._client.unit_id)
        return Water(temperature_c=temperature_c, salinity_psu=raw.salinity_psu, pressure_hpa=raw.pressure_hpa)

    def _measure(self, channel: int, name: str, water: Water, done: list[Point]) -> Point:
        true, tolerance = self._truth(name, water, channel)
        self._screen.say(f"calibrate.place.{place_of(self._job.kind, name)}", standard=name)
        self._ready(name)
        stability = Stability(tolerance)
        deadline_s = self._clocks.monotonic() + self._job.patience_s
        last = -1
        with self._screen.progress(stability.window_s, "calibrate.waiting") as progress:
            while not stability.stable:
                if self._clocks.monotonic() >= deadline_s:
                    raise Trouble("E-NODE-43", spread=round(stability.spread, 3), tolerance=round(tolerance, 3))
                self._clocks.sleep(POLL_S)
                self._renew(channel)
                raw = self._client.raw()
                if raw.sequence == last:
                    continue
                last = raw.sequence
                self._feed(stability, raw.raw[channel], done, MOVED_TOLERANCES * tolerance)
                progress(stability.covered_s if stability.spread <= tolerance else 0.0)
        self._screen.say("calibrate.point", raw=round(stability.mean, 3), true=round(true, 3))
        return (stability.mean, true)

    def _feed(self, stability: Stability, value: float | None, done: list[Point], apart: float) -> None:
        """A silent probe begins anew, and so does one that still stands in the standard before."""
        if value is None or any(abs(value - raw) < apart for raw, _ in done):
            stability.restart()
        else:
            stability.feed(self._clocks.monotonic(), value)

    def _truth(self, name: str, water: Water, channel: int) -> tuple[float, float]:
        """The standard's true value in the channel's unit, and how still a reading has to be."""
        kind = self._job.kind
        try:
            if kind.startswith("do"):
                return self._oxygen(name, water)
            if kind.startswith("ph"):
                return buffer_ph(name, water.temperature_c or 25.0), PH_TOLERANCE
            if kind == "ec_1":
                true = standard_ms_cm(name, water.temperature_c or 25.0)
                return true, CONDUCTIVITY_TOLERANCE_SHARE * true
        except UnknownStandard as error:
            raise Trouble("E-USAGE-41", problem=error) from error
        if self._job.true_value is None:
            raise Trouble("E-USAGE-43")
        quantity = BY_CODE.get(self._client.live().channels[channel].code)
        return self._job.true_value, OTHER_TOLERANCE_STEPS * (quantity.resolution if quantity else 0.01)

    def _oxygen(self, name: str, water: Water) -> tuple[float, float]:
        full_mg_l = oxygen_solubility_mg_l(water.temperature_c or 25.0, water.salinity_psu, water.pressure_hpa)
        tolerance = 100 * OXYGEN_TOLERANCE_MG_L / full_mg_l
        if name == "zero":
            return 0.0, tolerance
        if name != "air":
            raise UnknownStandard(f"{name}: known are air, zero")
        self._screen.say(
            "calibrate.air",
            mg_l=round(full_mg_l, 2),
            temperature_c=round(water.temperature_c or 25.0, 1),
            salinity_psu=round(water.salinity_psu, 1),
            pressure_hpa=round(water.pressure_hpa),
        )
        return 100.0, tolerance

    def _entry(self, points: list[Point], before: Passport, water: Water, standard: str) -> Entry:
        try:
            return make_entry(
                self._job.kind,
                points,
                before,
                water,
                who=self._job.who,
                wall_s=self._clocks.wall_s(),
                standard=standard,
            )
        except BadPoints as error:
            raise Trouble("E-NODE-41", problem=error) from error

    def _store(self, channel: int, entry: Entry) -> None:
        self._client.send_document(DOCUMENT_CALIBRATION_ENTRY, entry.document(), channel)
        kept = read_passport(self._client.read_document(DOCUMENT_CALIBRATION, channel), channel)
        if not kept.entries or kept.entries[0]["when"] != entry.when or len(kept.curve) != len(entry.curve):
            raise Trouble("E-NODE-45", unit=self._client.unit_id)


def named(channels: tuple[LiveChannel, ...]) -> str:
    """The channels by number and quantity, for an error's text."""
    return ", ".join(f"{number} {channel.symbol}" for number, channel in enumerate(channels))


def place_of(kind: str, standard: str) -> str:
    """Which sentence tells where the probe has to go."""
    if kind == "offset":
        return "reference"
    if kind.startswith("do"):
        return "zero" if standard == "zero" else "air"
    return "buffer"
