"""What makes pages an app that a phone installs, at the farm and in the cloud: the manifest and the service worker."""

import json
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

from gateway.web.pages import STATIC, static_folder

FRESH = {"Cache-Control": "no-cache"}


def app_router(icons: str = STATIC, **named: str) -> APIRouter:
    """Both files; `named` stands in the manifest in the place of the farm's own words, and its icons lie under `icons`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/manifest.webmanifest")
    def manifest() -> Response:
        """What the app is called and how it looks."""
        written = Path(static_folder(), "manifest.webmanifest").read_text(encoding="utf-8")
        own = json.loads(written.replace(f"{STATIC}/", f"{icons}/"))
        return JSONResponse(own | named, headers=FRESH, media_type="application/manifest+json")

    @router.get("/sw.js")
    def service_worker() -> Response:
        """The service worker; from here its scope is all pages."""
        return FileResponse(Path(static_folder(), "sw.js"), media_type="text/javascript", headers=FRESH)

    return router
