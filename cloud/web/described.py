"""What the description of the REST interface says of all routes alike."""

from typing import Any

from fastapi import FastAPI

NO_JSON = {"description": "The body is no JSON."}


def describe(app: FastAPI) -> None:
    """Let every operation that takes JSON say that it answers 400 to what is none."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        made = plain()
        for path in made["paths"].values():
            for operation in path.values():
                if "application/json" in operation.get("requestBody", {}).get("content", {}):
                    operation["responses"].setdefault("400", NO_JSON)
        return made

    app.openapi = openapi  # type: ignore[method-assign]
