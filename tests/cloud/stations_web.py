"""The cloud's pages over a yard of stations."""

import re
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.settings import CloudSettings
from cloud.web.server import make_app
from tests.cloud.station_yard import Yard


def app_of(place: Yard) -> FastAPI:
    """The application; its clock is the yard's."""
    url = place.database.engine.url.render_as_string(hide_password=False)
    app = make_app(CloudSettings(data=place.folder, database_url=url, mqtt_url="", web_host="", web_port=0))
    app.state.wall = place.wall
    return app


def making(client: TestClient, **form: Any) -> str:
    """Make a board; returns the path of its screen."""
    page = client.post("/boards", data=form)
    assert page.status_code == 200, page.text
    [address] = re.findall(r"<code>(.*?)</code>", page.text)
    return urlsplit(address).path
