"""The twin's console: what is true, beside what the farm believes, and ways to break things. A page and an HTTP API."""

import asyncio
import json
import urllib.request
from importlib import resources
from typing import Annotated, Any, Literal, TypeVar

import uvicorn
from fastapi import Body, FastAPI, HTTPException
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict

from hardware.twin.board import Board, CutMode
from hardware.twin.farm import TwinFarm
from hardware.twin.services import Services

FETCH_S = 1.0


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProbeWish(_Wish):
    """What shall be wrong with a node's probes; what is left out stays as it is."""

    pulled: bool | None = None
    frozen: bool | None = None
    dead: bool | None = None
    drift_mg_l_per_h: float | None = None
    heal: bool = False


class MachineWish(_Wish):
    """What shall be wrong with one aerator, or where its switch stands."""

    welded: bool | None = None
    tripped: bool | None = None
    switch: Literal["off", "auto", "hand"] | None = None


class PondWish(_Wish):
    """The pond's oxygen from now on, mg/L."""

    do_mg_l: float


class MainsWish(_Wish):
    """Whether there is power for the motors."""

    on: bool


BoardAction = Literal["power_cut", "power_on", "reset", "cut_in_write"]
ServiceAction = Literal["kill", "stop", "start"]


class Console:
    """The API's functions on one farm."""

    def __init__(self, farm: TwinFarm, services: Services, gateway_url: str) -> None:
        self.farm = farm
        self.services = services
        self.gateway_url = gateway_url

    def truth(self) -> dict[str, Any]:
        """Everything that is true now."""
        farm = self.farm
        with farm.lock:
            return {
                "speed": farm.plan.speed,
                "mains": farm.mains,
                "ponds": {name: self._pond(name) for name in farm.ponds},
                "boards": {name: self._board(board) for name, board in farm.boards.items()},
                "lines": {name: str(farm.gateway_port(name)) for name in farm.lines},
                "services": {name: service.running for name, service in self.services.by_name.items()},
            }

    def belief(self) -> dict[str, Any] | None:
        """What the farm's gateway shows, None when it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.gateway_url}/api/farm", timeout=FETCH_S) as reply:
                believed: dict[str, Any] = json.load(reply)
                return believed
        except (OSError, ValueError):
            return None

    def set_probe(self, node: str, wish: ProbeWish) -> None:
        """Break or heal a node's probes."""
        probes = _known(self.farm.probes, node, "node with probes")
        with self.farm.lock:
            if wish.heal:
                probes.heal()
            for name in ("pulled", "frozen", "dead", "drift_mg_l_per_h"):
                if (value := getattr(wish, name)) is not None:
                    setattr(probes.faults, name, value)

    def set_machine(self, panel: str, number: int, wish: MachineWish) -> None:
        """Break or heal an aerator, or turn its switch."""
        machines = _known(self.farm.banks, panel, "panel").machines
        if not 1 <= number <= len(machines):
            raise HTTPException(404, f"panel {panel} has aerators 1 to {len(machines)}")
        with self.farm.lock:
            for name, value in wish.model_dump(exclude_none=True).items():
                setattr(machines[number - 1], name, value)

    def board(self, name: str, action: BoardAction, operations: int) -> None:
        """Cut a board's power, give it back, reset it, or let its power fail in a coming flash operation."""
        board = _known(self.farm.boards, name, "board")
        with self.farm.lock:
            match action:
                case "power_cut":
                    board.power_cut()
                case "power_on":
                    board.power_on()
                case "reset":
                    board.reset()
                case "cut_in_write":
                    board.cut_power_after(operations, CutMode.HALF)

    def service(self, name: str, action: ServiceAction) -> None:
        """Kill, stop or start a program."""
        service = _known(self.services.by_name, name, "service")
        {"kill": service.kill, "stop": service.stop, "start": service.start}[action]()

    def _pond(self, name: str) -> dict[str, Any]:
        farm = self.farm
        pond = farm.ponds[name]
        node = next((plan.name for plan in farm.plan.boards if plan.pond == name and plan.probes), None)
        panel = next((plan.name for plan in farm.plan.boards if plan.pond == name and plan.panel), None)
        faults = farm.probes[node].faults if node else None
        return {
            "hour": round(pond.hour % 24, 2),
            "do_mg_l": round(pond.do_mg_l, 3),
            "temperature_c": round(pond.temperature_c, 2),
            "salinity_psu": round(pond.salinity_psu, 2),
            "node": node,
            "panel": panel,
            "probe": vars(faults) if faults else None,
            "machines": self._machines(panel) if panel else [],
        }

    def _machines(self, panel: str) -> list[dict[str, Any]]:
        bank = self.farm.banks[panel]
        return [{**vars(machine), "allowed": bank.allowed(at)} for at, machine in enumerate(bank.machines)]

    def _board(self, board: Board) -> dict[str, Any]:
        status = board.status
        return {
            "running": status.running,
            "boots": status.boots,
            "last_exit": status.last_exit,
            "flash_operations": board.flash_operations(),
            "usb": board.usb,
        }


T = TypeVar("T")


def _known(things: dict[str, T], name: str, kind: str) -> T:
    """The thing of this name; 404 with the names that exist."""
    if name not in things:
        raise HTTPException(404, f"there is no {kind} {name!r}, only {', '.join(sorted(things))}")
    return things[name]


def make_app(console: Console) -> FastAPI:
    """The console as a web application."""
    app = FastAPI(title="Pondkeeper twin")
    page = resources.files("hardware.twin").joinpath("templates/console.html").read_text(encoding="utf-8")

    @app.get("/", response_class=HTMLResponse)
    def show() -> str:
        return page

    @app.get("/api/truth")
    def truth() -> dict[str, Any]:
        return console.truth()

    @app.get("/api/belief")
    async def belief() -> JSONResponse:
        believed = await asyncio.to_thread(console.belief)
        return JSONResponse(believed, 200 if believed is not None else 503)

    @app.post("/api/probe/{node}")
    def probe(node: str, wish: ProbeWish) -> dict[str, bool]:
        console.set_probe(node, wish)
        return {"done": True}

    @app.post("/api/aerator/{panel}/{number}")
    def aerator(panel: str, number: int, wish: MachineWish) -> dict[str, bool]:
        console.set_machine(panel, number, wish)
        return {"done": True}

    @app.post("/api/pond/{name}")
    def pond(name: str, wish: PondWish) -> dict[str, bool]:
        with console.farm.lock:
            _known(console.farm.ponds, name, "pond").do_mg_l = max(0.0, wish.do_mg_l)
        return {"done": True}

    @app.post("/api/mains")
    def mains(wish: MainsWish) -> dict[str, bool]:
        with console.farm.lock:
            console.farm.mains = wish.on
        return {"done": True}

    @app.post("/api/line/{name}")
    def line(name: str, order: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        try:
            return _known(console.farm.lines, name, "line").order(**order)
        except (RuntimeError, TypeError) as error:
            raise HTTPException(422, str(error)) from error

    @app.post("/api/board/{name}/{action}")
    def board(name: str, action: BoardAction, operations: int = 1) -> dict[str, bool]:
        console.board(name, action, operations)
        return {"done": True}

    @app.post("/api/service/{name}/{action}")
    def service(name: str, action: ServiceAction) -> dict[str, bool]:
        console.service(name, action)
        return {"done": True}

    return app


def make_server(console: Console, host: str, port: int) -> uvicorn.Server:
    """A server that has not started; its caller runs and stops it."""
    config = uvicorn.Config(make_app(console), host=host, port=port, log_level="warning", timeout_graceful_shutdown=1)
    return uvicorn.Server(config)
