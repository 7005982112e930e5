"""What can be wrong with the gateway itself: its files, its services, its ways to the cloud and to people."""

import contextlib
import http.client
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from gateway.farm import Farm
from gateway.living import units
from gateway.living.findings import Finding, Machine, snapshot
from gateway.living.tls import RENEW_DAYS, Certificates

CONNECT_S = 3.0
LARGE_BACKLOG = 100_000
SECRETS = ("*.key", "*.pem", "people.sqlite", "tls/*.key")


def check_gateway(machine: Machine, farm: Farm) -> Iterator[Finding]:
    """All of them."""
    yield from _secrets(farm)
    yield from _certificate(machine, farm)
    yield from _services(machine)
    told = snapshot(farm.socket)
    if told is None:
        yield Finding("control_silent")
    else:
        yield from _told(farm, told)
    yield from _broker(farm)
    yield from _web(farm)


def _secrets(farm: Farm) -> Iterator[Finding]:
    files = [file for pattern in SECRETS for file in farm.data.glob(pattern)]
    if farm.uplink is not None:
        files.append(farm.uplink.password_file)
    for file in sorted(set(files)):
        if file.exists() and file.stat().st_mode & 0o077:
            yield Finding("secret_open", {"file": str(file)})


def _certificate(machine: Machine, farm: Farm) -> Iterator[Finding]:
    folder = farm.data / "tls"
    try:
        left = Certificates(folder).days_left(machine.now())
    except (OSError, ValueError) as error:
        yield Finding("certificate_bad", {"folder": str(folder), "detail": str(error)})
        return
    if left is not None and left < RENEW_DAYS:
        yield Finding("certificate_ends", {"days": left, "folder": str(folder)})


def _services(machine: Machine) -> Iterator[Finding]:
    if not (machine.root / f"etc/systemd/system/{units.unit('control')}").exists():
        yield Finding("not_installed")
        return
    for name in units.SERVICES:
        told = machine.tell("systemctl", "show", units.unit(name), "--property=ActiveState,NRestarts") or ""
        state = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
        if state and state.get("ActiveState") != "active":
            yield Finding("service_off", {"unit": units.unit(name), "state": state.get("ActiveState", "?")})
        elif int(state.get("NRestarts") or 0) > 0:
            yield Finding("service_restarts", {"unit": units.unit(name), "n": int(state["NRestarts"])})


def _told(farm: Farm, told: dict[str, Any]) -> Iterator[Finding]:
    """What the control process knows itself."""
    journal = told.get("journal", {})
    if journal.get("failing"):
        yield Finding("journal_failing", {"detail": str(journal["failing"]), "folder": str(farm.data)})
    if journal.get("unconfirmed", 0) >= LARGE_BACKLOG:
        yield Finding("backlog", {"rows": int(journal["unconfirmed"])})
    for name, channel in told.get("channels", {}).items():
        if not channel.get("ok", True):
            yield Finding("channel", {"channel": name, "detail": str(channel.get("detail") or channel.get("problem"))})
    cloud = told.get("cloud", {})
    if cloud.get("shared"):
        yield Finding("identity_shared")
    if cloud.get("used") and not cloud.get("connected"):
        yield Finding("cloud_off", {"detail": str(cloud.get("error", ""))})


def _broker(farm: Farm) -> Iterator[Finding]:
    if farm.uplink is None:
        return
    url = urlsplit(farm.uplink.url)
    host, port = url.hostname or "", url.port or (8883 if url.scheme == "mqtts" else 1883)
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except OSError as error:
        yield Finding("broker", {"host": host, "port": str(port), "detail": str(error)})


def _web(farm: Farm) -> Iterator[Finding]:
    """Somebody else listens on the pages' port, or pages of another version than this command."""
    url = f"http://127.0.0.1:{farm.web.port}/healthz"
    try:
        told = pages_version(url)
    except OSError:
        return
    if told is None:
        yield Finding("web_port", {"port": str(farm.web.port)})
    elif told != version("pondkeeper"):
        yield Finding("old_version", {"running": told, "version": version("pondkeeper")})


def pages_version(url: str) -> str | None:
    """The version of the pages there, None for a stranger's; OSError when nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_S) as answer:
            return str(json.load(answer)["version"])
    except urllib.error.HTTPError as error:
        with error, contextlib.suppress(ValueError, KeyError, TypeError):
            return str(json.load(error)["version"])
    except (http.client.HTTPException, ValueError, KeyError, TypeError):
        pass
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            raise
    except TimeoutError:
        pass
    return None
