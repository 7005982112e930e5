"""What the description of the REST interface says of all routes alike."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

NO_JSON = {"description": "The body is no JSON."}
PARAMETER = re.compile(r"/([^/{}]+)/\{(\w+)\}")
FIRST, MADE = "$response.body#/0/id", "$response.body#/id"

Paths = dict[str, dict[str, Any]]


def describe(app: FastAPI) -> None:
    """Operations that take JSON say that they answer 400 to what is none; lists and makers lead to what they name."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        made = plain()
        for path in made["paths"].values():
            for operation in path.values():
                if "application/json" in operation.get("requestBody", {}).get("content", {}):
                    operation["responses"].setdefault("400", NO_JSON)
        _link(made["paths"])
        return made

    app.openapi = openapi  # type: ignore[method-assign]


def _link(paths: Paths) -> None:
    """A list of things links its first one, and who makes one links it, to all that can be asked of it by its id alone."""
    for collection, parameter in {found: None for path in paths for found in PARAMETER.findall(path)}:
        for path, operations in paths.items():
            if path.rpartition("/")[2] == collection:
                for method, status, where in (("get", "200", FIRST), ("post", "201", MADE), ("post", "202", MADE)):
                    answer = operations.get(method, {}).get("responses", {}).get(status)
                    if answer is not None:
                        answer["links"] = {
                            to: {"operationId": to, "parameters": {parameter: where}}
                            for to in _asked_by(paths, parameter)
                        }


def _asked_by(paths: Paths, parameter: str) -> Iterator[str]:
    """The operations whose path has this parameter and no other."""
    for path, operations in paths.items():
        if [name for _, name in PARAMETER.findall(path)] == [parameter]:
            yield from (operation["operationId"] for operation in operations.values())
