"""What every page of ours does alike: language, headers, and a look at where a request comes from."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from gateway.text import LANGUAGES, Text, text

YEAR_S = 365 * 86400


def policy(pictures_from: str = "") -> str:
    """What a page may load: its own things, and pictures from one more origin where one is given."""
    pictures = f"'self' data: {pictures_from}".strip()
    return (
        f"default-src 'self'; img-src {pictures}; object-src 'none'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )


HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

router = APIRouter(include_in_schema=False)


def language(language: Annotated[str | None, Cookie()] = None) -> Text:
    """The reader's language: Vietnamese unless the page was switched."""
    return text(language or "")


Words = Annotated[Text, Depends(language)]


def comes_from_here(request: Request) -> bool:
    """False for a request that another site's page has sent."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.split("//", 1)[-1] == request.headers.get("host")


def same_origin(request: Request) -> None:
    """Refuses a request that another site's page has sent."""
    if not comes_from_here(request):
        raise HTTPException(403, "this request comes from another site")


@router.post("/language", dependencies=[Depends(same_origin)])
def switch(language: Annotated[str, Form()]) -> Response:
    """Remember the language that was chosen, and show the page in it."""
    response = RedirectResponse("/", status_code=303)
    if language in LANGUAGES:
        response.set_cookie("language", language, max_age=YEAR_S, samesite="lax", httponly=True)
    return response
