"""Numbers by which paths name rows: as large as a column of 32 bits holds, so that a larger one is refused in words."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

MOST_ID = 2**31 - 1

Id = Annotated[int, Path(ge=0, le=MOST_ID)]
"""In a path."""
Number = Annotated[int, Field(ge=0, le=MOST_ID)]
"""In a list of a query or a form."""
