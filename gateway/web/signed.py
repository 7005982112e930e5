"""Who is asking: a session or a token, and what their role may do. What is not public needs one or the other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import apsw
from fastapi import Depends, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from gateway.web.desk import Desk
from gateway.web.shared import comes_from_here

RANKS = {"visitor": 0, "worker": 1, "technician": 2, "owner": 3}
PUBLIC = (
    "/static/",
    "/login",
    "/setup",
    "/offline",
    "/invitation",
    "/language",
    "/manifest.webmanifest",
    "/sw.js",
    "/healthz",
    "/pondkeeper-ca.crt",
)
COOKIE, SECURE_COOKIE = "session", "__Host-session"
SESSION_MAX_AGE_S = 90 * 86400
LOOK_AGAIN_S = 5.0


@dataclass(frozen=True)
class Person:
    """Who is asking; a machine with a token is named after it."""

    id: str
    name: str
    role: str

    def may(self, role: str) -> bool:
        """True when their role is this one or stands above it."""
        return RANKS[self.role] >= RANKS[role]


VISITOR = Person("visitor", "", "visitor")


def cookie_name(request: Request) -> str:
    """A browser takes the stricter name only over TLS."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def sign_in(request: Request, response: Response, desk: Desk, person: str) -> None:
    """Begin a session; an old one of this browser ends."""
    if old := request.cookies.get(cookie_name(request)):
        desk.people.end(old)
    secure = request.url.scheme == "https"
    response.set_cookie(
        cookie_name(request),
        desk.people.begin(person),
        max_age=SESSION_MAX_AGE_S,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def person_of(request: Request, desk: Desk) -> Person | None:
    """Who the request's session or token belongs to; None for a stranger. apsw.Error when the disk refuses."""
    bearer = request.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        token = desk.people.token(bearer[7:].strip())
        return Person(token.name, token.name, token.role) if token else None
    secret = request.cookies.get(cookie_name(request))
    key = desk.people.person_of(secret) if secret else None
    for person in desk.farm.person:
        if person.id == key and person.role in RANKS:
            return Person(person.id, person.name, person.role)
    return None


def who_reads(request: Request, desk: Desk) -> Person | None:
    """As `person_of`, or a visitor where the farm or, for Prometheus, its address lets them read.

    None when the disk refuses.
    """
    try:
        found = person_of(request, desk)
    except apsw.Error:
        found = None
    visits = desk.farm.web.visitors == "read" or _is_neighbour(request, desk)
    return VISITOR if found is None and visits else found


def _is_neighbour(request: Request, desk: Desk) -> bool:
    """A Prometheus of the addresses that farm.toml names."""
    prometheus, client = desk.farm.neighbours.prometheus, request.client
    return request.url.path == "/metrics" and prometheus is not None and prometheus.lets_in(client and client.host)


def is_public(path: str) -> bool:
    """True for what a stranger may see."""
    return any(path == public or path.startswith(f"{public.rstrip('/')}/") for public in PUBLIC)


async def only_the_signed_in(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    """The middleware: every request passes here."""
    desk: Desk = request.app.state.desk
    if request.method not in ("GET", "HEAD") and not comes_from_here(request):
        return JSONResponse({"detail": "this request comes from another site"}, 403)
    request.state.person = None
    if not is_public(request.url.path):
        found = who_reads(request, desk)
        if found is None:
            return _refused(request, desk)
        request.state.person = found
    response = await proceed(request)
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        _end_with_session(request, response, desk)
    return response


def _end_with_session(request: Request, response: Any, desk: Desk) -> None:
    """A stream lasts no longer than the right to read it."""

    async def while_allowed(body: AsyncIterator[Any]) -> AsyncIterator[Any]:
        looked_s = desk.clock.monotonic()
        async for piece in body:
            if desk.clock.monotonic() - looked_s >= LOOK_AGAIN_S:
                looked_s = desk.clock.monotonic()
                if who_reads(request, desk) != request.state.person:
                    return
            yield piece

    response.body_iterator = while_allowed(response.body_iterator)


def _refused(request: Request, desk: Desk) -> Response:
    path = request.url.path
    page = request.method == "GET" or "text/html" in request.headers.get("accept", "")
    program = path.startswith("/api/") or path in ("/metrics", "/live") or "authorization" in request.headers
    if program or not (page or "hx-request" in request.headers):
        return JSONResponse({"detail": "sign in first"}, 401, {"WWW-Authenticate": "Bearer"})
    target = f"/login?next={quote(path)}" if desk.people.anybody() else "/setup"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)


def _at_least(role: str) -> Callable[[Request], Person]:
    def asked(request: Request) -> Person:
        person: Person | None = request.state.person
        if person is None or not person.may(role):
            raise HTTPException(403, f"this needs the role {role}")
        return person

    asked.__name__ = role
    return asked


Reader = Annotated[Person, Depends(_at_least("visitor"))]
Worker = Annotated[Person, Depends(_at_least("worker"))]
Technician = Annotated[Person, Depends(_at_least("technician"))]
Owner = Annotated[Person, Depends(_at_least("owner"))]
