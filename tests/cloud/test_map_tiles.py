"""Tiles lie under the officers' map where the operator names some, and from nowhere else."""

import base64
import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import sync_playwright

from cloud.accounts.door import COOKIE
from cloud.farms.models import Gateway, Pond
from cloud.settings import read_settings
from gateway.web.shared import policy
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import administrator
from tests.gateway.people.test_app import FLAGS
from tests.ports import free_ports

RED = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
PIXEL = """async (picture) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
  pen.drawImage(image, 0, 0);
  return [...pen.getImageData(20, 20, 1, 1).data];
}"""


class Tiles(BaseHTTPRequestHandler):
    """A tile server: every tile is red."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Referer"]))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(RED)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def tiles() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Tiles) as server:
        server.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with make_cloud(tmp_path, "one", "two") as made:
        with made.database.write() as session:
            for number, gateway in enumerate(session.query(Gateway)):
                gateway.latitude, gateway.longitude = 9.9 + number / 2, 105.1 + number / 2
            assert session.query(Pond).count() == 2
        yield made


def test_tiles_cover_the_map_and_come_from_one_origin(cloud: Cloud, tiles: ThreadingHTTPServer) -> None:
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(cloud.app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    secret = administrator(TestClient(cloud.app)).cookies[COOKIE]
    origin = f"http://127.0.0.1:{tiles.server_port}"
    cloud.app.state.settings = replace(
        cloud.settings, tile_url=f"{origin}/{{z}}/{{x}}/{{y}}.png", tile_attribution="© Bản đồ <Tỉnh>"
    )
    url, wrong = f"http://127.0.0.1:{port}", []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = chromium.new_context(viewport={"width": 360, "height": 740})
        context.add_cookies([{"name": COOKIE, "value": secret, "url": url}])
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}/map")
        page.wait_for_selector(".map[data-ready=yes]")
        page.wait_for_load_state("networkidle")
        picture = base64.b64encode(page.locator("canvas").screenshot()).decode()
        assert page.evaluate(PIXEL, picture) == [255, 0, 0, 255]
        assert page.get_by_text("Nền bản đồ: © Bản đồ <Tỉnh>.").is_visible()
        chromium.close()
    server.should_exit = True
    thread.join()
    assert wrong == []
    asked = tiles.asked  # type: ignore[attr-defined]
    assert asked
    assert {referer for _, referer in asked} == {None}
    assert len(asked) == len(set(asked))
    (zoom,) = {int(path.split("/")[1]) for path, _ in asked}
    assert f"/{zoom}/{'/'.join(map(str, tile_of(10.15, 105.35, zoom)))}.png" in {path for path, _ in asked}


def tile_of(latitude: float, longitude: float, zoom: int) -> tuple[int, int]:
    """The tile in which a place lies, by the usual numbering from the north-west."""
    down = math.asinh(math.tan(math.radians(latitude))) / math.pi
    return int((longitude + 180) / 360 * 2**zoom), int((1 - down) / 2 * 2**zoom)


def test_only_the_maps_policy_is_wider_and_only_with_tiles(cloud: Cloud) -> None:
    http = administrator(TestClient(cloud.app))
    plain = http.get("/map")
    assert plain.headers["content-security-policy"] == policy()
    assert "data-tiles" not in plain.text
    assert "Nền bản đồ" not in plain.text
    url = "https://tiles.example:8443/osm/{z}/{x}/{y}.png?key=a;script-src *"
    cloud.app.state.settings = replace(cloud.settings, tile_url=url.replace(" ", "%20"))
    widened = http.get("/map").headers["content-security-policy"]
    assert widened == policy().replace("'self' data:", "'self' data: https://tiles.example:8443")
    assert http.get("/").headers["content-security-policy"] == policy()


@pytest.mark.parametrize("url", ["tiles.example/{z}/{x}/{y}", "https://tiles.example/{z}/{x}", "https://a b/{z}{x}{y}"])
def test_a_tile_url_that_is_none_is_refused_with_its_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PONDKEEPER_TILE_URL", url)
    with pytest.raises(ValueError, match=r"PONDKEEPER_TILE_URL is .* give it as https://"):
        read_settings(tmp_path)
