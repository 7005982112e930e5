"""A page in the frame, with times as people here write them."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from cloud.accounts import page
from cloud.advisories.local_time import shown
from gateway.text import Text


def show(request: Request, template: str, words: Text, *, title: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template; times in it are shown by `when`."""
    return page.show(request, template, words, title=title, status=status, when=shown, **values)
