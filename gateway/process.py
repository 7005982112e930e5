"""The control process: lines, control, journal and uplink of one farm, in one event loop that waits for nobody."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import apsw

from gateway.alarms import memory as alarm_memory
from gateway.alarms.facts import Facts
from gateway.alarms.gather import gather
from gateway.alarms.room import Alarms
from gateway.bus.device import Device
from gateway.bus.errors import BusError
from gateway.bus.fleet import Fleet
from gateway.bus.foreign import Foreign
from gateway.bus.guest import GuestDoor
from gateway.bus.health import device_rows, line_rows
from gateway.bus.lines import make_line
from gateway.bus.node import Node, PanelNode
from gateway.bus.panel import Panel
from gateway.bus.passports import PassportWatch
from gateway.bus.poller import Polled, Poller
from gateway.bus.samples import Sample
from gateway.clock import Clock, boot_id
from gateway.control.farm_control import FarmControl
from gateway.control.keeper import Keeper
from gateway.control.snapshot import farm_snapshot
from gateway.farm import Farm
from gateway.files import write_whole
from gateway.journal.reader import JournalReader
from gateway.journal.store import Journal
from gateway.link import LinkServer, Order
from gateway.living.feed import Feed
from gateway.living.notify import notify
from gateway.memory import read_memory, write_memory
from gateway.planning import Planner, Planning
from gateway.uplink.messages import COMMANDS_SEEN_FILE
from gateway.uplink.uplink import Uplink

log = logging.getLogger(__name__)

PASS_S = 1.0
SILENT_AFTER_S = 10.0
HELPER_RESTART_S = 10.0
REMEMBER_EVERY_S = 1800.0
REMEMBER_LEAST_S = 10.0
CANCEL_TRIES = 5
LET_GO_S = 2.0
CALIBRATED_LATELY_S = 7200.0
ALARMS_SAVED_WITHIN_S = 1.0


class ControlProcess:
    """Wires one farm together. Making it does no I/O; `run` does everything."""

    def __init__(self, farm: Farm, clock: Clock) -> None:
        self.farm = farm
        self.clock = clock
        self.boot = boot_id()
        self.journal = Journal(
            journal_path(farm), clock, self.boot, settings=farm.storage, cloud=farm.uplink is not None
        )
        self.lines = {line.id: make_line(line) for line in farm.line}
        self.nodes: dict[str, Node] = {
            node.id: Node(self._device(node.line, node.unit), node.id, self.journal, self._heard, self._event)
            for node in farm.node
        }
        self.panels: dict[str, PanelNode] = {
            node.id: PanelNode(self._device(node.line, node.unit), node.id, self.journal, self._heard, self._event)
            for node in farm.panel
        }
        self.fleet = Fleet(farm, self.lines, self.journal, self._heard_foreign, clock.monotonic)
        panels: dict[str, Panel] = {**self.panels, **self.fleet.panels()}
        self.control = FarmControl(farm, clock, panels, self.journal.event, self.fleet.meters())
        self.alarms = Alarms(farm, clock, self.journal.event)
        self._limits = {pond.id: farm.limits_of(pond) for pond in farm.pond}
        self.keepers = {name: Keeper(panel) for name, panel in panels.items()}
        self.uplink = self._make_uplink()
        self.planner = Planner()
        self.planning = Planning(self.control, self.planner)
        self.link = LinkServer(farm.socket, self.order)
        self.pollers = {name: Poller(self._on_line(name), farm.poll_ms / 1000, self._polled) for name in self.lines}
        self.passes = 0
        self.passes_late_s: list[float] = []
        self._stop = asyncio.Event()
        self._orders: dict[str, Order] = {
            "override": self._override,
            "release": self._release,
            "lateness": lambda _: {"late_s": self.passes_late_s},
            "note": self._note,
            "serviced": self._serviced,
            "restart": self._restart,
            "channel": self._channel,
            "certificate": self._certificate,
            **{name: self._told(order) for name, order in self.alarms.orders.items()},
        }
        self.certificate_days: float | None = None
        self.feed = Feed(self._marks())
        self.channels: dict[str, dict[str, Any]] = {}
        self._found: dict[str, str] = {}
        self._errors: dict[str, BusError | None] = {}
        self._failing_since: dict[str, float] = {}
        self._silent: set[str] = set()
        self._calibrated: dict[str, float] = {}

    def _device(self, line: str, unit_id: int) -> Device:
        return Device(self.lines[line], unit_id)

    def _make_uplink(self) -> Uplink | None:
        settings = self.farm.uplink
        if settings is None:
            return None
        commands = None
        if settings.command_key is not None:
            from gateway.uplink.commands import (
                RemoteCommands,
            )  # its cryptography takes memory that most farms need not give

            memory, event = self.farm.data / COMMANDS_SEEN_FILE, self.journal.event
            commands = RemoteCommands(self.farm, settings.command_key, self.clock, self.order, event, memory)
        return Uplink(self.farm, settings, self.journal, self.clock, self.boot, commands)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; every task that ends by an error ends the process."""
        self.journal.open()
        self._found = await asyncio.to_thread(known_devices, self.journal.path)
        self._calibrated = await asyncio.to_thread(known_calibrations, self.journal.path)
        self._remember()
        self.journal.event("gateway_started")
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        tasks = [asyncio.create_task(work) for work in self._work()]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._end(tasks)

    def _work(self) -> list[Coroutine[Any, Any, None]]:
        work = [self._pass_for_ever(), *(keeper.run() for keeper in self.keepers.values())]
        for name, poller in self.pollers.items():
            work.append(poller.run())
            work.append(GuestDoor(self.lines[name], guest_path(self.farm, name)).run())
        work += [
            self._keep("the link", self.link.run),
            self._keep("the watchdog's feed", self.feed.run),
            self._keep("planning", self.planning.run),
            self._keep("memory", self._save_for_ever),
            self._keep("the alarms' memory", self._save_alarms_for_ever),
            self._keep("the passports", self._watch_passports),
        ]
        if self.uplink is not None:
            work.append(self._keep("the uplink", self.uplink.run))
        return work

    def _marks(self) -> dict[str, Callable[[], int]]:
        """What has to move for the watchdog to be fed."""
        lines = {f"line {name}": lambda poller=poller: poller.turns for name, poller in self.pollers.items()}
        return {**lines, "control": lambda: self.passes, "journal": lambda: self.journal.turns}

    async def _let_go(self, keeper: Keeper) -> None:
        """A board that would keep its aerators off while nobody commands it lets them run."""
        try:
            async with asyncio.timeout(LET_GO_S):
                await keeper.let_go()
        except (BusError, TimeoutError) as error:
            log.error("%s could not be told to let its aerators run (%s)", keeper.panel.name, error)

    async def _watch_passports(self) -> None:
        known = await asyncio.to_thread(known_passports, self.journal.path)
        await PassportWatch([*self.nodes.values()], known, self._has_passport).run()

    async def _keep(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A helper may fail in any way; oxygen does not depend on it."""
        while True:
            try:
                await run()
            except Exception:
                log.exception("%s failed; starting it again in %.0f s", name, HELPER_RESTART_S)
            await asyncio.sleep(HELPER_RESTART_S)

    def _remember(self) -> None:
        """What the last run has learned."""
        saved, hours_ago = read_memory(memory_path(self.farm), self.clock)
        for pond, why in self.control.remember(saved, hours_ago).items():
            log.warning("%s is learned anew, what was kept is not of this pond (%s)", pond, why)
        alarm_memory.read(self.alarms, alarms_path(self.farm), self.clock)

    async def _save_for_ever(self) -> None:
        while True:
            await asyncio.sleep(max(REMEMBER_EVERY_S / self.clock.speed, REMEMBER_LEAST_S))
            await self._save()

    async def _save(self) -> None:
        if saved := self.control.saved():
            wall_s = self.clock.wall() if self.clock.wall_known() else None
            await asyncio.to_thread(write_memory, memory_path(self.farm), saved, wall_s)

    async def _save_alarms_for_ever(self) -> None:
        while True:
            await asyncio.sleep(ALARMS_SAVED_WITHIN_S)
            if self.alarms.changed:
                await self._save_alarms()

    async def _save_alarms(self) -> None:
        self.alarms.changed = False
        text = alarm_memory.saved(self.alarms, self.clock)
        try:
            await asyncio.to_thread(write_whole, alarms_path(self.farm), text)
        except OSError:
            self.alarms.changed = True
            raise

    async def _end(self, tasks: list["asyncio.Task[None]"]) -> None:
        notify("STOPPING=1")
        await _end_all(tasks)
        await asyncio.gather(*(self._let_go(keeper) for keeper in self.keepers.values()))
        await self.link.stop()
        try:
            await self._save_alarms()
            await self._save()
        except OSError:
            log.exception("what was learned could not be kept")
        for line in self.lines.values():
            line.close()
        await asyncio.to_thread(self.journal.close)

    async def _pass_for_ever(self) -> None:
        """The pass stands on a fixed grid; after a stall it goes on with the next place, it does not catch up."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._pass()
            due = max(due + PASS_S, loop.time())
            await asyncio.sleep(due - loop.time())
            self._note_lateness(loop.time() - due)

    def _note_lateness(self, late_s: float) -> None:
        self.passes_late_s.append(late_s)
        del self.passes_late_s[:-3600]

    def _pass(self) -> None:
        for name, node in self.nodes.items():
            self.control.address_fault(name, "duplicate address" if node.duplicates else "")
        wishes = self.control.step()
        siren = self._watch()
        for name, wish in wishes.items():
            wish.siren = siren
            self.keepers[name].wish(wish)
        self.link.publish(self.snapshot())
        self.passes += 1

    def _watch(self) -> bool:
        """True while the sirens shall sound. Alarms may fail in any way; oxygen does not depend on them."""
        try:
            self.alarms.step(self._facts())
            self.alarms.failing = False
            return self.alarms.siren
        except Exception as error:
            if not self.alarms.failing:
                log.exception("the alarms failed")
                self.journal.event("alarms_failed", text=repr(error))
            self.alarms.failing = True
            return self.farm.alarms.siren

    def _alarms_shown(self) -> dict[str, Any]:
        """The alarms' part of the snapshot; of alarms that fail the word that they do."""
        try:
            return self.alarms.snapshot()
        except Exception:
            log.exception("the alarms cannot be shown")
            return {"alarms": {"list": [], "siren": self.farm.alarms.siren, "failing": True}, "sendings": []}

    def _facts(self) -> Facts:
        journal = self.journal
        return gather(
            self.farm,
            self.control,
            self.clock,
            self._all_polled(),
            limits=self._limits,
            failing_since_s=self._failing_since,
            calibrated_wall_s=self._calibrated,
            storage=journal.failing,
            cloud_silent_s=self.uplink.unconfirmed_s() if self.uplink else None,
        )

    def snapshot(self) -> dict[str, Any]:
        """What the web process shows."""
        uplink = self.uplink
        return {
            **farm_snapshot(self.control, self.clock, self.farm.name),
            "panels": {name: keeper.error for name, keeper in self.keepers.items()},
            "lines": line_rows(self.farm.line, self.lines),
            "devices": device_rows(self._all_polled(), self._errors, {line.place: line.id for line in self.farm.line}),
            "planning": self.planning.error,
            "cloud": {
                "used": uplink is not None,
                "connected": bool(uplink and uplink.connected),
                "refused": bool(uplink and uplink.refused),
                "silent_s": uplink.unconfirmed_s() if uplink else None,
                "error": uplink.last_error if uplink else "",
                "shared": bool(uplink and uplink.namesake.there),
            },
            "channels": self.channels,
            **self._alarms_shown(),
            "journal": self.journal.state(),
            "certificate": {"days_left": self.certificate_days},
            "late_ms": {"worst": round(1000 * max(self.passes_late_s, default=0.0), 1)},
        }

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        """What other processes may ask for; ValueError, KeyError or TypeError when it is not understood."""
        return self._orders[order["do"]](order)

    def _override(self, order: dict[str, Any]) -> dict[str, Any]:
        pond, machine, run = str(order["pond"]), int(order["machine"]), bool(order["run"])
        who = str(order.get("who", ""))
        return {"refused": self.control.override(pond, machine, run, float(order["minutes"]), who)}

    def _release(self, order: dict[str, Any]) -> dict[str, Any]:
        self.control.release(str(order["pond"]), int(order["machine"]), str(order.get("who", "")))
        return {"refused": ""}

    def _serviced(self, order: dict[str, Any]) -> dict[str, Any]:
        self.control.serviced(str(order["pond"]), str(order["what"]), str(order.get("who", "")))
        return {}

    def _has_passport(self, device: str, entry: dict[str, Any]) -> None:
        """An entry of a node's passport that nobody told of; after a new one the probe is trusted."""
        self.journal.event("calibrated", None, device=device, **entry)
        self._calibrated[device] = max(self._calibrated.get(device, 0.0), float(entry["when"]))
        if entry["method"].startswith("do") and 0 <= self.clock.wall() - entry["when"] < CALIBRATED_LATELY_S:
            self.control.calibrated(device)

    def _note(self, order: dict[str, Any]) -> dict[str, Any]:
        """An event that another process has to tell, for the audit log."""
        pond, detail = order.get("pond"), dict(order["detail"])
        self.journal.event(str(order["kind"]), None if pond is None else str(pond), **detail)
        if order["kind"] == "calibrated" and self.clock.wall_known():
            self._calibrated[str(detail["device"])] = self.clock.wall()
        return {}

    def _channel(self, order: dict[str, Any]) -> dict[str, Any]:
        """Whether a way to people works: `problem` is a key of the `channel` texts, empty when it does."""
        channel, problem, detail = str(order["channel"]), str(order.get("problem", "")), str(order.get("detail", ""))
        ok = bool(order["ok"])
        before = self.channels.get(channel, {"ok": True})
        self.channels[channel] = {"ok": ok, "problem": problem, "detail": detail}
        if not ok or not before["ok"]:
            kind = "channel_back" if ok else "channel_failed"
            self.journal.event(kind, channel=channel, problem=problem, text=detail)
        return {}

    def _told(self, order: Order) -> Order:
        """An order about alarms: its answer comes after a snapshot that shows it."""

        def done(given: dict[str, Any]) -> dict[str, Any]:
            answer = order(given)
            self.link.publish(self.snapshot())
            return answer

        return done

    def _restart(self, _order: dict[str, Any]) -> dict[str, Any]:
        """End in good order, to be started again with the farm.toml of now."""
        self._stop.set()
        return {}

    def _certificate(self, order: dict[str, Any]) -> dict[str, Any]:
        """For how many days the pages' certificate is still good."""
        self.certificate_days = float(order["days_left"])
        return {}

    def _on_line(self, name: str) -> list[Node | Foreign]:
        return [one for one in self._all_polled() if one.device.line is self.lines[name]]

    def _all_polled(self) -> list[Node | Foreign]:
        return [*self.nodes.values(), *self.panels.values(), *self.fleet.devices.values()]

    def _heard(self, node: Node, sample: Sample) -> None:
        if node.usable and node.period_s is not None:
            self._take(node.name, sample, node.period_s)

    def _heard_foreign(self, device: Foreign, sample: Sample) -> None:
        self._take(device.name, sample, max(device.period_s, self.farm.poll_ms / 1000))

    def _take(self, name: str, sample: Sample, period_s: float) -> None:
        if self._found.get(name) != sample.node:
            self._found[name] = sample.node
            self.journal.event("device_found", device=name, hardware_id=sample.node)
        if self.uplink is not None:
            self.uplink.found(name, sample.node)
        self.fleet.heard(name, sample)
        self.control.take(name, sample, period_s)
        if self.control.falls(name):
            self._pass()

    def _event(self, kind: str, text: str) -> None:
        log.info("%s: %s", kind, text)
        self.journal.event(kind, device=text.split(":")[0], text=text)

    def _polled(self, node: Polled, error: BusError | None) -> None:
        """One event when a device falls silent and one when it is back; one for the line when all on it are silent."""
        self._errors[node.name] = error
        now_s = self.clock.monotonic()
        if error is None:
            self._failing_since.pop(node.name, None)
            if node.name in self._silent:
                self._silent.discard(node.name)
                self.journal.event("device_back", device=node.name)
            return
        since_s = self._failing_since.setdefault(node.name, now_s)
        if node.name in self._silent or now_s - since_s < SILENT_AFTER_S:
            return
        mates = {mate.name for mate in self._all_polled() if mate.device.line is node.device.line}
        if len(mates) > 1 and mates <= self._failing_since.keys():
            self._silent |= mates
            self.journal.event("line_silent", line=node.device.line.path, text=str(error))
        else:
            self._silent.add(node.name)
            self.journal.event("device_silent", device=node.name, text=str(error))


async def _end_all(tasks: list["asyncio.Task[None]"]) -> None:
    """Cancel them until they are gone: in Python 3.11 a wait_for that is just done swallows a cancellation."""
    left = set(tasks)
    for _ in range(CANCEL_TRIES):
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=1.0)
    for task in left:
        log.error("%s does not end", task)


def known_devices(path: Path) -> dict[str, str]:
    """The board that the journal last named for each device; what it cannot say is found again."""
    try:
        with contextlib.closing(JournalReader(path)) as reader:
            return reader.devices()
    except apsw.Error:
        return {}


def known_calibrations(path: Path) -> dict[str, float]:
    """When each device was calibrated last, in wall time; nothing of those that the journal does not know."""
    try:
        with contextlib.closing(JournalReader(path)) as reader:
            return reader.calibrations()
    except apsw.Error:
        return {}


def known_passports(path: Path) -> set[tuple[str, str, int]]:
    """The calibrations that the journal tells of; apsw.Error when it cannot say, for then all would be told again."""
    with contextlib.closing(JournalReader(path)) as reader:
        return reader.passports()


def journal_path(farm: Farm) -> Path:
    """Where the farm's journal lies."""
    return farm.data / "journal.sqlite"


def memory_path(farm: Farm) -> Path:
    """Where what was learned of the ponds lies."""
    return farm.data / "learned.json"


def alarms_path(farm: Farm) -> Path:
    """Where the alarms lie that a restart must not forget."""
    return farm.data / "alarms.json"


def guest_path(farm: Farm, line: str) -> Path:
    """Where a technician's tool comes in while the gateway polls this line."""
    return farm.data / f"line-{line}.sock"


def run_control(farm: Farm) -> None:
    """The control process, from start to stop."""
    clock = Clock(speed=farm.simulation.speed)
    asyncio.run(ControlProcess(farm, clock).run())
