"""`/healthz`: whether the farm is alive, for machines; public, it tells nothing about the ponds."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from gateway.web.desk import AtDesk

router = APIRouter()


@router.get("/healthz")
async def healthz(desk: AtDesk) -> JSONResponse:
    """200 while the control process speaks, 503 otherwise; {"version", "control"}."""
    alive = desk.control_speaks
    told: dict[str, Any] = {"version": version("pondkeeper"), "control": alive}
    return JSONResponse(told, status_code=200 if alive else 503)
