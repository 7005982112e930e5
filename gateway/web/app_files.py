"""What makes pages an app that a phone installs, at the farm and in the cloud: the manifest and the service worker."""

import json
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

from gateway.web.pages import static_folder

FRESH = {"Cache-Control": "no-cache"}


def app_router(**named: str) -> APIRouter:
    """Both files; `named` stands in the manifest in the place of the farm's own words."""
    router = APIRouter(include_in_schema=False)

    @router.get("/manifest.webmanifest")
    def manifest() -> Response:
        """What the app is called and how it looks."""
        own = json.loads(Path(static_folder(), "manifest.webmanifest").read_text(encoding="utf-8"))
        return JSONResponse(own | named, headers=FRESH, media_type="application/manifest+json")

    @router.get("/sw.js")
    def service_worker() -> Response:
        """The service worker; from here its scope is all pages."""
        return FileResponse(Path(static_folder(), "sw.js"), media_type="text/javascript", headers=FRESH)

    return router
