"""The middleware that every request passes: who is asking, and whether strangers may."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from cloud.accounts import door_repository as doors
from cloud.accounts.access import Asking
from cloud.database import Database
from gateway.web.shared import HEADERS, comes_from_here

PUBLIC = (
    "/static/",
    "/assets/",
    "/login",
    "/invitation",
    "/language",
    "/manifest.webmanifest",
    "/sw.js",
    "/offline",
    "/api/enrol",
    "/cap",
    "/boards/",
    "/docs",
    "/openapi.json",
)
COOKIE, SECURE_COOKIE = "cloud-session", "__Host-cloud-session"


def is_public(path: str) -> bool:
    """True for what a stranger may see."""
    return any(path == public or path.startswith(f"{public.rstrip('/')}/") for public in PUBLIC)


def cookie_name(request: Request) -> str:
    """A browser takes the stricter name only over TLS."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Let the browser keep the session's secret, away from scripts."""
    response.set_cookie(
        cookie_name(request),
        secret,
        max_age=int(doors.SESSION_IDLE_S),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


async def only_the_signed_in(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse what another site's page has sent, and strangers where a page is not public."""
    if request.method not in ("GET", "HEAD") and not comes_from_here(request):
        return JSONResponse({"detail": "this request comes from another site"}, 403)
    request.state.asking = await run_in_threadpool(who_asks, request)
    if request.state.asking is None and not is_public(request.url.path):
        return _refused(request)
    response = await proceed(request)
    if response.headers.get("content-type", "").startswith("text/html") and request.url.path != "/docs":
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def who_asks(request: Request) -> Asking | None:
    """Whose session or token the request carries; None for a stranger."""
    database: Database = request.app.state.database
    now_s: float = request.app.state.wall()
    bearer = request.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        with database.read() as session:
            return doors.asking_by_token(session, bearer[7:].strip())
    secret = request.cookies.get(cookie_name(request))
    if not secret:
        return None
    with database.read() as session:
        found = doors.asking_by_session(session, secret, now_s)
    if found is not None and found[1]:
        with database.write() as session:
            doors.seen(session, secret, now_s)
    return None if found is None else found[0]


def _refused(request: Request) -> Response:
    path = request.url.path
    if path.startswith(("/api/", "/sta/")) or "authorization" in request.headers:
        return JSONResponse({"detail": "sign in first"}, 401, {"WWW-Authenticate": "Bearer"})
    target = f"/login?next={quote(path)}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": target})
    if request.method not in ("GET", "HEAD"):
        target = "/login"
    return RedirectResponse(target, status_code=303)
