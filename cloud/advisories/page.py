"""A page in the frame."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from cloud.accounts.access import Asking
from cloud.advisories.local_time import field, shown
from gateway.text import Text
from gateway.web.pages import STATIC
from gateway.web.shared import HEADERS, same_origin


def show(
    request: Request, template: str, words: Text, asking: Asking, *, title: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """The page of a template; times in it are shown by `when`."""
    frame = {"t": words, "title": title, "static": STATIC, "asking": asking, "when": shown, "field": field}
    page = request.app.state.environment.get_template(template).render({**frame, **values})
    return HTMLResponse(page, status, HEADERS)


def posts_from_here(request: Request) -> None:
    """Refuses a form that another site's page has sent; links may lead here from anywhere."""
    if request.method not in ("GET", "HEAD"):
        same_origin(request)
