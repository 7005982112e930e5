"""A made-up province: everybody gets in by the link that was printed, and finds something there."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from cloud.command import app
from cloud.settings import read_settings
from cloud.web.server import make_app

HOME = {"administrator": "/people", "officer": "/worklist", "farmer": "/advice", "worker": "/", "technician": "/"}
SHOWN = {"/people": "Cán bộ thử", "/worklist": "Trại thử 1", "/advice": "Nước mặn vào sâu", "/": "Trại thử 1"}


def test_each_printed_link_lets_one_person_in_where_there_is_something_to_see(tmp_path: Path) -> None:
    asked = ["seed-demo", "--data", str(tmp_path), "--ponds", "12", "--days", "2"]
    made = CliRunner().invoke(app, asked)
    assert made.exit_code == 0, made.output
    cloud = make_app(read_settings(tmp_path))
    links = [line.split() for line in made.output.splitlines() if "/invitation/" in line]
    assert [role for role, *_ in links] == list(HOME)
    for role, phone, link in links:
        browser = TestClient(cloud, base_url="http://testserver")
        secret = link.rpartition("/")[2]
        chosen = {"password": "ao tom sach 12", "again": "ao tom sach 12"}
        assert browser.post(f"/invitation/{secret}", data=chosen).status_code == 200, (role, phone)
        page = browser.get(HOME[role])
        assert SHOWN[HOME[role]] in page.text, role
        assert browser.get(f"/invitation/{secret}").status_code == 404
    again = CliRunner().invoke(app, asked)
    assert again.exit_code == 1
    assert "use an empty --data folder" in again.output


@pytest.mark.parametrize("ponds", ["0", "many"])
def test_a_province_of_no_ponds_is_refused_in_words(tmp_path: Path, ponds: str) -> None:
    refused = CliRunner().invoke(app, ["seed-demo", "--data", str(tmp_path), "--ponds", ponds])
    assert refused.exit_code == 2
    assert "--ponds" in refused.output
