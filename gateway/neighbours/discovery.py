"""What Home Assistant is told of a farm: the retained configurations of MQTT discovery, and the states of now.

Fields as documented for `sensor.mqtt`, `binary_sensor.mqtt` and `button.mqtt`. A state is sent again and again while it is
good and expires EXPIRE_S after the last time, so that a value that is old becomes unavailable.
"""

from importlib.metadata import version
from typing import Any

from gateway.farm import Farm, PondSettings
from gateway.neighbours.view import active, alarms_of, values_of
from gateway.text import Text

EXPIRE_S = 60
OVERRIDE_MINUTES = 30
PRESSES = ("on", "off", "release")

# quantity -> (device_class or None, unit or None, decimals)
SENSORS: dict[str, tuple[str | None, str | None, int]] = {
    "do_mg_l": (None, "mg/L", 2),
    "do_sat": (None, "%", 1),
    "temperature_c": ("temperature", "°C", 2),
    "salinity_psu": (None, "psu", 2),
    "ph": ("ph", None, 2),
}

Config = dict[str, Any]


def base_topic(farm: Farm) -> str:
    """Everything about a farm is below this topic."""
    return f"pondkeeper/{farm.id}"


def availability_topic(farm: Farm) -> str:
    """Where "online" or "offline" is retained."""
    return f"{base_topic(farm)}/availability"


def configurations(farm: Farm, prefix: str, words: Text, *, buttons: bool) -> dict[str, Config | None]:
    """The configuration by its topic; None takes one back that an earlier setting may have left there."""
    found: dict[str, Config | None] = {}
    for pond in farm.pond:
        for component, name, config in _entities(farm, pond, words):
            found[f"{prefix}/{component}/pondkeeper_{farm.id}/{pond.id}_{name}/config"] = config
        for aerator in pond.aerators:
            for press in PRESSES:
                topic = f"{prefix}/button/pondkeeper_{farm.id}/{pond.id}_aerator_{aerator}_{press}/config"
                found[topic] = _button(farm, pond, aerator, press, words) if buttons else None
    return found


def states(farm: Farm, snapshot: dict[str, Any]) -> dict[str, str]:
    """What is good now, by its topic; what is not good is left out and expires."""
    found: dict[str, str] = {}
    alarms = alarms_of(snapshot)
    for pond in snapshot["ponds"]:
        base = f"{base_topic(farm)}/{pond['id']}"
        for value in values_of(pond):
            if value.quantity.symbol in SENSORS and value.value is not None:
                found[f"{base}/{value.quantity.symbol}"] = f"{value.value:.{SENSORS[value.quantity.symbol][2]}f}"
        for row in pond["machines"]:
            if row["running"] is not None:
                found[f"{base}/aerator/{row['number']}"] = "ON" if row["running"] else "OFF"
        found[f"{base}/alarm"] = "ON" if active(alarms, pond["id"]) else "OFF"
    return found


def _entities(farm: Farm, pond: PondSettings, words: Text) -> list[tuple[str, str, Config]]:
    base = f"{base_topic(farm)}/{pond.id}"
    entities = []
    for symbol, (device_class, unit, decimals) in SENSORS.items():
        config = {
            **_common(farm, pond, symbol, words(f"home_assistant.{symbol}")),
            "state_topic": f"{base}/{symbol}",
            "expire_after": EXPIRE_S,
            "state_class": "measurement",
            "suggested_display_precision": decimals,
        }
        config |= {"device_class": device_class} if device_class else {}
        config |= {"unit_of_measurement": unit} if unit else {}
        entities.append(("sensor", symbol, config))
    for aerator in pond.aerators:
        name = f"aerator_{aerator}"
        shown = words("home_assistant.aerator", machine=aerator)
        entities.append(
            ("binary_sensor", name, _binary(farm, pond, name, shown, f"{base}/aerator/{aerator}", "running"))
        )
    alarm = _binary(farm, pond, "alarm", words("home_assistant.alarm"), f"{base}/alarm", "problem")
    return [*entities, ("binary_sensor", "alarm", alarm)]


def _binary(farm: Farm, pond: PondSettings, name: str, shown: str, topic: str, device_class: str) -> Config:
    return {
        **_common(farm, pond, name, shown),
        "state_topic": topic,
        "payload_on": "ON",
        "payload_off": "OFF",
        "expire_after": EXPIRE_S,
        "device_class": device_class,
    }


def _button(farm: Farm, pond: PondSettings, aerator: int, press: str, words: Text) -> Config:
    shown = words(f"home_assistant.{press}", machine=aerator, minutes=OVERRIDE_MINUTES)
    return {
        **_common(farm, pond, f"aerator_{aerator}_{press}", shown),
        "command_topic": f"{base_topic(farm)}/{pond.id}/aerator/{aerator}/set",
        "payload_press": press,
        "qos": 1,
        "retain": False,
    }


def _common(farm: Farm, pond: PondSettings, name: str, shown: str) -> Config:
    unique = f"pondkeeper_{farm.id}_{pond.id}_{name}"
    return {
        "name": shown,
        "unique_id": unique,
        "object_id": unique,
        "availability_topic": availability_topic(farm),
        "payload_available": "online",
        "payload_not_available": "offline",
        "device": {
            "identifiers": [f"pondkeeper_{farm.id}_{pond.id}"],
            "name": f"{farm.name} {pond.name}",
            "manufacturer": "Pondkeeper",
            "model": "Pond",
            "sw_version": version("pondkeeper"),
        },
        "origin": {"name": "Pondkeeper", "sw_version": version("pondkeeper")},
    }
