"""The time of a request, by the application's own clock."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request


def now(request: Request) -> float:
    """Unix seconds."""
    wall: Callable[[], float] = request.app.state.wall
    return wall()


Now = Annotated[float, Depends(now)]
