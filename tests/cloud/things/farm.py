"""What the farms of these tests have and measured, and how the tests ask."""

import json
from typing import Any
from urllib.parse import quote

from fastapi.testclient import TestClient

from gateway.uplink.messages import SCHEMA, blocks

NOW_S = 1_800_000_000.0
SAMPLES = 30
ROOT = "/sta/v1.1"
SETS = (
    "Things",
    "Locations",
    "HistoricalLocations",
    "Datastreams",
    "Sensors",
    "ObservedProperties",
    "Observations",
    "FeaturesOfInterest",
)
PROPERTIES = {
    "Things": ("name", "description", "properties"),
    "Locations": ("name", "description", "encodingType", "location"),
    "HistoricalLocations": ("time",),
    "Datastreams": ("name", "description", "observationType", "unitOfMeasurement"),
    "Sensors": ("name", "description", "encodingType", "metadata"),
    "ObservedProperties": ("name", "definition", "description"),
    "Observations": ("phenomenonTime", "resultTime", "result"),
    "FeaturesOfInterest": ("name", "description", "encodingType", "feature"),
}
RELATIONS = {
    "Things": ("Locations", "HistoricalLocations", "Datastreams"),
    "Locations": ("Things", "HistoricalLocations"),
    "HistoricalLocations": ("Thing", "Locations"),
    "Datastreams": ("Thing", "Sensor", "ObservedProperty", "Observations"),
    "Sensors": ("Datastreams",),
    "ObservedProperties": ("Datastreams",),
    "Observations": ("Datastream", "FeatureOfInterest"),
    "FeaturesOfInterest": ("Observations",),
}
SET_OF = {
    "Thing": "Things",
    "Sensor": "Sensors",
    "ObservedProperty": "ObservedProperties",
    "Datastream": "Datastreams",
    "FeatureOfInterest": "FeaturesOfInterest",
}


def taken_at(number: int) -> float:
    """When a sample was taken: one in each of the last hours, the newest an hour ago."""
    return NOW_S - 3600.0 * (SAMPLES - number)


def rows(node: str) -> bytes:
    """A node's samples: oxygen rising from 4.0 by 0.1, temperature without a value in every fifth."""
    samples = [
        {
            "node": node,
            "boot": 7,
            "sequence": number,
            "taken_at": taken_at(number),
            "wall_known": True,
            "late": False,
            "readings": [
                ["do_mg_l", round(4.0 + number / 10, 1), 0, 0],
                [
                    "temperature_c",
                    None if number % 5 == 0 else 29.0,
                    2 if number % 5 == 0 else 0,
                    2 * (number % 5 == 0),
                ],
            ],
        }
        for number in range(SAMPLES)
    ]
    return json.dumps({"schema": SCHEMA, "batch": "b-1", "blocks": blocks(samples), "events": []}).encode()


def get(client: TestClient, path: str, status: int = 200, **options: Any) -> Any:
    """What a path shows; options without their $."""
    query = "&".join(f"${name}={quote(str(value))}" for name, value in options.items())
    answer = client.get(f"{ROOT}/{path}" + (f"?{query}" if query else ""))
    assert answer.status_code == status, f"{path} {options}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def follow(client: TestClient, link: str) -> Any:
    """What a link of an answer shows."""
    answer = client.get(link)
    assert answer.status_code == 200, f"{link}: {answer.status_code} {answer.text}"
    return answer.json()


def first(client: TestClient, plural: str) -> Any:
    """The first entity of a set."""
    return get(client, plural, top=1)["value"][0]


def results(found: Any) -> list[Any]:
    """The results of a page of observations."""
    return [seen["result"] for seen in found["value"]]
