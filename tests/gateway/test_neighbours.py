"""Neighbours see what is good, act only by the guard's leave, and are not there until farm.toml names them."""

import asyncio
import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import jsonschema_rs
import pytest
from prometheus_client.parser import text_string_to_metric_families

from docs.generate import neighbours_page
from gateway.neighbours.discovery import configurations, states
from gateway.neighbours.metrics import exposition
from gateway.neighbours.registers import FIRST_POND, PER_POND, POND, registers
from gateway.neighbours.settings import PrometheusSettings
from gateway.neighbours.view import active
from gateway.text import text
from tests.conftest import ROOT
from tests.gateway.farms import small_farm
from tests.gateway.next_door import Farmhouse, farmhouse
from tests.mosquitto import mosquitto
from tests.ports import free_ports

REST = "\n[neighbours.rest]\n"
METRICS = "\n[neighbours.prometheus]\n"


def client(house: Farmhouse, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(house.app), base_url="http://farm", headers=headers)


async def test_without_a_setting_there_are_no_neighbours(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, "") as house, client(house, **house.key("owner")) as http:
        for path in ("/metrics", "/api/v1/farm", "/api/v1/openapi.json"):
            assert (await http.get(path)).status_code == 404


# -- Prometheus -------------------------------------------------------------------------------------------------------


def metrics(snapshot: dict[str, Any] | None) -> dict[str, float]:
    families = text_string_to_metric_families(exposition(snapshot).decode())
    return {
        f"{sample.name}{','.join(sample.labels.values())}": sample.value
        for family in families
        for sample in family.samples
    }


async def test_a_metric_of_a_value_that_is_not_good_is_absent(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, METRICS) as house:
        await house.measure(5.0)
        found = metrics(house.desk.aged())
        assert found["pondkeeper_pond_oxygen_milligrams_per_literao-1"] == pytest.approx(5.0, abs=0.1)
        assert found["pondkeeper_pond_water_temperature_celsiusao-1"] == 29.0
        assert found["pondkeeper_pond_qualityao-1,do_mg_l"] == 0
        assert found["pondkeeper_bus_requests_totalnode-1,/dev/null"] == 0
        snapshot = house.desk.aged()
        assert snapshot is not None
        snapshot["ponds"][0]["age_s"] = 10_000.0
        stale = metrics(snapshot)
        assert "pondkeeper_pond_oxygen_milligrams_per_literao-1" not in stale
        assert "pondkeeper_pond_water_temperature_celsiusao-1" not in stale
        assert stale["pondkeeper_pond_reading_age_secondsao-1"] == 10_000.0
        assert stale["pondkeeper_pond_qualityao-1,do_mg_l"] == 2
    assert metrics(None) == {"pondkeeper_control_up": 0.0}


async def test_metrics_are_for_keys_and_for_the_named_addresses(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, METRICS) as house, client(house) as http:
        await house.measure()
        assert (await http.get("/metrics")).status_code == 401
        answer = await http.get("/metrics", headers=house.key("worker"))
        assert "pondkeeper_control_up 1.0" in answer.text
    settings = PrometheusSettings(lan="192.168.1.0/24")
    assert settings.lets_in("192.168.1.7")
    assert not settings.lets_in("10.0.0.7")
    assert not settings.lets_in("somebody")
    assert not PrometheusSettings().lets_in("192.168.1.7")


async def test_the_named_addresses_see_the_metrics_and_no_page(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, '\n[neighbours.prometheus]\nlan = "127.0.0.0/8"\n') as house, client(house) as http:
        await house.measure()
        assert (await http.get("/metrics")).status_code == 200
        assert (await http.get("/api/farm")).status_code == 401


# -- REST -------------------------------------------------------------------------------------------------------------


async def test_programs_read_with_a_key_and_act_as_workers(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, REST) as house, client(house) as http:
        await house.measure(5.0)
        assert (await http.get("/api/v1/farm")).status_code == 401
        worker, visitor = house.key("worker"), house.key("visitor")
        latest = (await http.get("/api/v1/ponds/ao-1/latest", headers=visitor)).json()
        assert latest["values"][0]["quantity"] == "do_mg_l"
        assert latest["values"][0]["value"] == pytest.approx(5.0, abs=0.1)
        path = "/api/v1/ponds/ao-1/machines/2/override"
        assert (await http.post(path, json={"run": True}, headers=visitor)).status_code == 403
        assert (await http.post(path, json={"run": True, "minutes": 61}, headers=worker)).status_code == 422
        assert (await http.post(path, json={"run": True}, headers=worker)).json() == {"refused": ""}
        await house.speak()
        machines = (await http.get("/api/v1/machines", headers=visitor)).json()
        assert [row["aerator"] for row in machines if row["by_hand"]] == [2]
        house.control.journal.flush()
        events = (await http.get("/api/v1/events", headers=worker)).json()
        assert [(row["kind"], row["detail"]["who"]) for row in events if row["kind"] == "override"] == [
            ("override", "a-worker")
        ]
        assert (await http.post("/api/v1/alarms/99/acknowledge", headers=worker)).status_code == 404
        assert (await http.get("/api/v1/ponds/ao-9/latest", headers=visitor)).status_code == 404


async def test_the_guard_beats_a_program(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, REST) as house, client(house, **house.key("worker")) as http:
        await house.measure(2.0)
        answer = await http.post("/api/v1/ponds/ao-1/machines/1/override", json={"run": False})
        assert answer.json() == {"refused": "unsafe"}


async def test_a_range_is_exported_as_csv_and_as_json(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, REST) as house, client(house, **house.key("worker")) as http:
        for value in (5.0, 5.1, 5.2):
            await house.measure(value)
        house.control.journal.event("override", "ao-1", machine=1, who="Lan, owner")
        house.control.journal.flush()
        rows = list(csv.DictReader(io.StringIO((await http.get("/api/v1/export/readings")).text)))
        assert [row["pond"] for row in rows] == ["ao-1"] * 9
        assert [row["quantity"] for row in rows[:3]] == ["do_mg_l", "do_sat", "temperature_c"]
        as_json = (await http.get("/api/v1/export/readings", params={"format": "json", "pond": "ao-1"})).json()
        assert [str(row["value"]) for row in as_json] == [row["value"] for row in rows]
        events = list(csv.DictReader(io.StringIO((await http.get("/api/v1/export/events")).text)))
        assert json.loads(events[-1]["detail"])["who"] == "Lan, owner"
        empty = await http.get("/api/v1/export/events", params={"since": 5, "until": 5, "format": "json"})
        assert empty.json() == []


# -- Home Assistant ---------------------------------------------------------------------------------------------------

TOPIC = {"type": "string", "pattern": "^[^#+]+$"}
DEVICE = {
    "type": "object",
    "required": ["identifiers", "name"],
    "additionalProperties": False,
    "properties": {
        "identifiers": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "name": {"type": "string"},
        "manufacturer": {"type": "string"},
        "model": {"type": "string"},
        "sw_version": {"type": "string"},
    },
}
COMMON = {
    "name": {"type": "string"},
    "unique_id": {"type": "string", "pattern": "^[a-z0-9_-]+$"},
    "object_id": {"type": "string", "pattern": "^[a-z0-9_-]+$"},
    "availability_topic": TOPIC,
    "payload_available": {"type": "string"},
    "payload_not_available": {"type": "string"},
    "device": DEVICE,
    "origin": {"type": "object", "required": ["name"]},
}
STATE = {"state_topic": TOPIC, "expire_after": {"type": "integer", "minimum": 1}}
FIELDS: dict[str, dict[str, Any]] = {
    "sensor": {
        **STATE,
        "device_class": {"enum": ["temperature", "ph"]},
        "unit_of_measurement": {"enum": ["mg/L", "%", "°C", "psu"]},
        "state_class": {"enum": ["measurement", "total", "total_increasing"]},
        "suggested_display_precision": {"type": "integer", "minimum": 0},
    },
    "binary_sensor": {
        **STATE,
        "device_class": {"enum": ["running", "problem"]},
        "payload_on": {"type": "string"},
        "payload_off": {"type": "string"},
    },
    "button": {
        "command_topic": TOPIC,
        "payload_press": {"type": "string"},
        "qos": {"enum": [0, 1, 2]},
        "retain": {"type": "boolean"},
    },
}
REQUIRED = {"sensor": ["state_topic", "expire_after"], "binary_sensor": ["state_topic"], "button": ["command_topic"]}


def check_config(component: str, config: Any) -> None:
    """By the fields documented at home-assistant.io/integrations/{sensor,binary_sensor,button}.mqtt."""
    schema = {
        "type": "object",
        "required": ["unique_id", "device", *REQUIRED[component]],
        "additionalProperties": False,
        "properties": {**COMMON, **FIELDS[component]},
    }
    jsonschema_rs.validate(schema, config)
    if config.get("device_class") == "temperature":
        assert config["unit_of_measurement"] == "°C"
    if config.get("device_class") == "ph":
        assert "unit_of_measurement" not in config


def test_every_configuration_has_the_documented_fields(tmp_path: Path) -> None:
    made = configurations(small_farm(tmp_path), "homeassistant", text("vi"), buttons=True)
    assert len(made) == 5 + 4 + 1 + 4 * 3
    for topic, config in made.items():
        prefix, component, node, _, last = topic.split("/")
        assert (prefix, node, last) == ("homeassistant", "pondkeeper_test", "config")
        check_config(component, config)
    ids = [config["unique_id"] for config in made.values() if config]
    assert len(set(ids)) == len(ids)
    without = configurations(small_farm(tmp_path), "homeassistant", text("vi"), buttons=False)
    assert [topic for topic, config in without.items() if config is None] == [t for t in made if "/button/" in t]


async def test_a_state_that_is_not_good_is_not_sent(tmp_path: Path) -> None:
    async with farmhouse(tmp_path, "") as house:
        await house.measure(5.0)
        snapshot = house.desk.aged()
        assert snapshot is not None
        assert states(house.farm, snapshot)["pondkeeper/test/ao-1/temperature_c"] == "29.00"
        snapshot["ponds"][0]["age_s"] = 10_000.0
        assert set(states(house.farm, snapshot)) == {"pondkeeper/test/ao-1/alarm"}


async def heard(listener: aiomqtt.Client, wanted: str) -> aiomqtt.Message:
    async with asyncio.timeout(5):
        async for message in listener.messages:
            if str(message.topic) == wanted:
                return message
    raise AssertionError(wanted)


async def test_home_assistant_finds_the_farm_presses_a_button_and_sees_it_die(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port:
        setting = f'\n[neighbours.home_assistant]\nurl = "mqtt://127.0.0.1:{port}"\noverride_buttons = true\n'
        async with aiomqtt.Client("127.0.0.1", port) as listener:
            await listener.subscribe("#", qos=1)
            async with farmhouse(tmp_path, setting) as house:
                await house.measure(5.0)
                message = await heard(listener, "homeassistant/sensor/pondkeeper_test/ao-1_do_mg_l/config")
                assert isinstance(message.payload, bytes)
                check_config("sensor", json.loads(message.payload))
                assert (await heard(listener, "pondkeeper/test/availability")).payload == b"online"
                message = await heard(listener, "pondkeeper/test/ao-1/do_mg_l")
                assert isinstance(message.payload, bytes)
                assert float(message.payload) == pytest.approx(5.0, abs=0.1)
                await listener.publish("pondkeeper/test/ao-1/aerator/3/set", "on", qos=1)
                async with asyncio.timeout(5):
                    while not house.control.control.ponds["ao-1"].guard.overrides:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
                assert list(house.control.control.ponds["ao-1"].guard.overrides) == [2]
                for rubbish in ("", "explode", "on\x00"):
                    await listener.publish("pondkeeper/test/ao-1/aerator/9/set", rubbish, qos=1)
            assert (await heard(listener, "pondkeeper/test/availability")).payload == b"offline"
        async with aiomqtt.Client("127.0.0.1", port) as later:
            await later.subscribe("#", qos=1)
            message = await heard(later, "homeassistant/sensor/pondkeeper_test/ao-1_do_mg_l/config")
            assert message.retain


# -- Modbus -----------------------------------------------------------------------------------------------------------


def polled(port: int, first: int, count: int, kind: str = "4") -> list[int]:
    """A foreign client's view: mbpoll counts from 1."""
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-t", kind, "-r", str(first + 1), "-c", str(count), "-1", "-q"]
    answer = subprocess.run([*command, "127.0.0.1"], capture_output=True, text=True, timeout=10, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    lines = [line for line in answer.stdout.splitlines() if line.startswith("[")]
    return [int(line.split()[1]) & 0xFFFF for line in lines]


async def test_a_scada_reads_the_farm_and_can_write_nothing(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    setting = f'\n[neighbours.modbus]\nhost = "127.0.0.1"\nport = {port}\n'
    async with farmhouse(tmp_path, setting) as house:
        await house.measure(5.0)
        for kind in ("3", "4"):
            words = await asyncio.to_thread(polled, port, FIRST_POND, len(POND), kind)
            assert words == registers(house.farm, house.desk.aged())[FIRST_POND : FIRST_POND + len(POND)]
        assert words[0] == pytest.approx(500, abs=10)
        assert words[1] == 0
        assert words[6] == 2900
        assert (words[8], words[9]) == (0x8000, 2)
        command = ["mbpoll", "-m", "tcp", "-p", str(port), "-t", "4", "-r", "101", "-1", "127.0.0.1", "1"]
        written = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=10)
        assert written.returncode != 0
        assert (await asyncio.to_thread(polled, port, 0, 5))[:3] == [1, 1, 1]
        beyond = FIRST_POND + PER_POND
        with pytest.raises(AssertionError, match="Illegal data address"):
            await asyncio.to_thread(polled, port, beyond, 1)


def test_a_pond_whose_alarm_a_cause_of_the_whole_farm_has_suppressed_is_in_alarm() -> None:
    told = [
        {"kind": "line_dead", "pond": None, "state": "unack"},
        {"kind": "do_fault", "pond": "ao-1", "state": "suppressed"},
        {"kind": "do_low", "pond": "ao-2", "state": "shelved"},
    ]
    assert [len(active(told, pond)) for pond in ("ao-1", "ao-2", None)] == [1, 0, 1]


def test_without_control_every_value_is_absent_and_bad(tmp_path: Path) -> None:
    words = registers(small_farm(tmp_path), None)[FIRST_POND:]
    assert [words[at] for at in (0, 6, 8, 10, 12)] == [0x8000] * 5
    assert [words[at] for at in (1, 7, 9, 11, 13)] == [2] * 5
    assert (words[2], words[3]) == (0xFFFF, 3)


def test_the_page_shows_the_map_of_now() -> None:
    page = (ROOT / "docs/neighbours.md").read_text(encoding="utf-8")
    assert neighbours_page(page) == page, "run make docs"
