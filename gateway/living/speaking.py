"""The language of a command of this room."""

from typing import Annotated

import typer

from gateway.text import LANGUAGES, Text, text

Lang = Annotated[str, typer.Option("--lang", metavar="vi|en", help="Language of what is said.")]


def words_of(lang: str) -> Text:
    """The words of a language; typer.BadParameter for one that is not spoken."""
    if lang not in LANGUAGES:
        raise typer.BadParameter(", ".join(LANGUAGES), param_hint="--lang")
    return text(lang)
