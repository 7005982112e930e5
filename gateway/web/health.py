"""What machines and phones may ask without an account: whether the farm is alive, and its certificate authority."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, JSONResponse

from gateway.web.desk import AtDesk

router = APIRouter()


@router.get("/healthz")
async def healthz(desk: AtDesk) -> JSONResponse:
    """200 while the control process speaks, 503 otherwise; {"version", "control"}."""
    alive = desk.control_speaks
    told: dict[str, Any] = {"version": version("pondkeeper"), "control": alive}
    return JSONResponse(told, status_code=200 if alive else 503)


@router.get("/pondkeeper-ca.crt", response_class=FileResponse)
async def authority(desk: AtDesk) -> FileResponse:
    """The farm's own authority, for a phone that shall trust its pages; 404 where there is none."""
    path = desk.farm.data / "tls" / "authority.crt"
    if not path.exists():
        raise HTTPException(404, "this gateway has no certificates: sudo pondkeeper-gateway install makes them")
    return FileResponse(path, media_type="application/x-x509-ca-cert", filename="pondkeeper-ca.crt")
