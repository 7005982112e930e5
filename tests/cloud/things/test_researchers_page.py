"""The examples of docs/researchers.md, run as they stand there."""

import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.ports import free_ports

PAGE = (Path(__file__).parents[3] / "docs/researchers.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


class Announced(uvicorn.Server):
    """A server that says when it can be reached."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.reachable = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.reachable.set()


@pytest.fixture(scope="module")
def address(cloud: FastAPI) -> Iterator[str]:
    """Where the cloud can be reached by other processes."""
    (port,) = free_ports(1)
    server = Announced(uvicorn.Config(cloud, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.reachable.wait(30)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def answers(address: str, everything: TestClient) -> list[Any]:
    """What each example prints, in the page's order."""
    return [run(example, address, everything) for example in EXAMPLES]


def run(example: str, address: str, everything: TestClient) -> Any:
    """What an example prints."""
    key = everything.headers["authorization"].removeprefix("Bearer ")
    surroundings = {**os.environ, "CLOUD": address, "TOKEN": key, "no_proxy": "127.0.0.1"}
    done = subprocess.run(["bash", "-c", example], env=surroundings, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, example
    return json.loads(done.stdout)


def test_every_example_finds_what_the_page_says(answers: list[Any]) -> None:
    assert all(answer["value"] for answer in answers)
    _, _, day, newest, low, area = answers
    assert {"phenomenonTime", "result"} == set(day["value"][0]) and len(day["value"]) == 15
    assert [seen["Observations"][0]["result"] for seen in newest["value"]] == [6.9] * 3
    assert low["@iot.count"] == 2 * 3 and max(seen["result"] for seen in low["value"]) == 4.1
    assert [thing["name"] for thing in area["value"]] == ["Ao 1"]


def test_every_link_between_pages_is_followed_by_other_tools_too(address: str, everything: TestClient) -> None:
    page = run('curl -sfg -H "Authorization: Bearer $TOKEN" "$CLOUD/sta/v1.1/Things?\\$top=1"', address, everything)
    link = page["@iot.nextLink"].replace("$", "\\$")
    assert link.startswith(address)
    assert run(f'curl -sfg -H "Authorization: Bearer $TOKEN" "{link}"', address, everything)["value"]
