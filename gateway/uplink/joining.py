"""How a farm joins a cloud: its code is redeemed at the cloud's address, and what that gives is kept in the farm's data."""

import contextlib
import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import tomlkit
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, Field, ValidationError

from gateway.farm import Farm
from gateway.files import write_whole
from gateway.settings_file import Document
from gateway.uplink.enrolment import claim_of
from gateway.uplink.messages import COMMANDS_SEEN_FILE
from gateway.uplink.tls import certificate_problem

KEY_FILE = "cloud-key.pem"
TIMEOUT_S = 15.0
LARGEST_ANSWER = 100_000
REFUSALS = {403: "code", 422: "code", 429: "wait", 503: "not_ready"}
HERE = ("localhost", "127.0.0.1", "::1")


class NotJoined(Exception):
    """The farm has not joined: `reason` is a key of the texts under cloud.not_joined, `detail` what is shown with it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


class Welcome(BaseModel):
    """What a cloud answers; `ca` is the certificate in PEM that alone vouches for its broker, empty for a public one."""

    gateway: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    password: Annotated[str, Field(min_length=8, max_length=200)]
    mqtt_url: Annotated[str, Field(pattern=r"^mqtts?://[^/@]+$")]
    command_key: Annotated[str, Field(min_length=44, max_length=44)]
    ca: str = ""


def cloud_address(typed: str) -> str:
    """The cloud's address as somebody typed it, with https:// where they left it out; NotJoined for one that is none.

    Without TLS only this computer is asked: who listens on the way would have the password.
    """
    text = typed.strip().rstrip("/")
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        parts.port  # noqa: B018 - raises ValueError for a port that is none
    except ValueError as error:
        raise NotJoined("address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or " " in parts.netloc:
        raise NotJoined("address")
    if parts.scheme == "http" and parts.hostname not in HERE:
        raise NotJoined("no_tls")
    return f"{parts.scheme}://{parts.netloc}"


def join(address: str, code: str, data: Path) -> Welcome:
    """Redeem the code with the key in `data`, which is made where there is none; NotJoined, OSError of the disk."""
    claim = json.dumps(claim_of(_key(data / KEY_FILE), code.strip())).encode()
    asked = urllib.request.Request(f"{address}/api/enrol", claim, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:
            told = answer.read(LARGEST_ANSWER)
    except urllib.error.HTTPError as error:
        raise NotJoined(REFUSALS.get(error.code, "no_cloud"), str(error.code)) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            raise NotJoined("certificate", certificate_problem(reason) or "not_trusted") from error
        raise NotJoined("unreachable", str(reason)) from error
    except ValueError as error:
        raise NotJoined("address") from error
    try:
        return Welcome.model_validate_json(told)
    except ValidationError as error:
        raise NotJoined("no_cloud") from error


def kept(welcome: Welcome, farm: Farm) -> Callable[[Document], None]:
    """Write password and certificate beside the farm's data; the change that brings them into farm.toml. OSError."""
    password_file = farm.data / f"cloud-{welcome.gateway}.password"
    write_whole(password_file, f"{welcome.password}\n", mode=0o600)
    values = {
        "url": welcome.mqtt_url,
        "gateway": welcome.gateway,
        "password_file": str(password_file.resolve()),
        "command_key": welcome.command_key,
    }
    if welcome.ca:
        ca_file = farm.data / f"cloud-{welcome.gateway}-ca.crt"
        write_whole(ca_file, welcome.ca)
        values["ca_file"] = str(ca_file.resolve())

    def change(document: Document) -> None:
        table: Any = document.get("uplink")
        if table is None:
            document["uplink"] = tomlkit.item(values)
            return
        for name in ("ca_file", *values):
            table.pop(name, None)
        table.update(values)

    return change


def forget_commands(before: Farm, farm: Farm) -> None:
    """Another cloud counts its commands from the beginning; of the same one the last number stays known. OSError."""
    if (before.uplink and before.uplink.command_key) != (farm.uplink and farm.uplink.command_key):
        (farm.data / COMMANDS_SEEN_FILE).unlink(missing_ok=True)


def _key(path: Path) -> Ed25519PrivateKey:
    """The gateway's own key, made where there is none that can be read."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        found = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(found, Ed25519PrivateKey):
            return found
    made = Ed25519PrivateKey.generate()
    unlocked = serialization.NoEncryption()
    pem = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked)
    write_whole(path, pem.decode(), mode=0o600)
    return made
