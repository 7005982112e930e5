"""What the pages of this room share: templates in the frame, and the form fields."""

from collections.abc import Callable
from io import BytesIO
from typing import Annotated, Any

import segno
from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse

from cloud.accounts.doors import doors_of
from gateway.people.passwords import MOST_PASSWORD
from gateway.text import Text
from gateway.web.pages import STATIC

Short = Annotated[str, Form(max_length=60)]
Name = Annotated[str, Form(min_length=1, max_length=60)]
Address = Annotated[str, Form(min_length=1, max_length=200)]
Password = Annotated[str, Form(max_length=MOST_PASSWORD)]


def _now(request: Request) -> float:
    wall: Callable[[], float] = request.app.state.wall
    return wall()


Now = Annotated[float, Depends(_now)]


def show(request: Request, template: str, words: Text, *, title: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the frame."""
    asking = request.state.asking
    frame = {"t": words, "title": title, "static": STATIC, "asking": asking, "here": request.url.path}
    frame["icons"] = "/assets"
    frame["signed"] = "out" if asking is None else "in"
    if asking is not None:
        frame["doors"] = doors_of(asking.role)
    page = request.app.state.environment.get_template(template).render({**frame, **values})
    return HTMLResponse(page, status)


def address_of(request: Request) -> str:
    """Where a request comes from, for the limits of doors."""
    return request.client.host if request.client else "unknown"


def picture_of(link: str) -> str:
    """A link as a picture to be photographed."""
    picture = BytesIO()
    segno.make(link, error="m").save(picture, kind="svg", scale=5, border=3, dark="#000", light="#fff", xmldecl=False)
    return picture.getvalue().decode()
