"""The cloud's signature: gateways that pin its public key do what carries it (gateway/uplink/commands.py)."""

import base64
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.commands.models import Command
from gateway.uplink.commands import PREFIX


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in this file, made at first use and for this user only; ValueError or OSError when it cannot be used."""
    if not path.exists():
        _make(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path}: this is no Ed25519 key")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """What stands in a gateway's farm.toml as `command_key`."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def envelope(key: Ed25519PrivateKey, command: Command) -> bytes:
    """The signed message of a command."""
    text = json.dumps(
        {
            "gateway": command.gateway_id,
            "number": command.number,
            "issued_at": command.issued_at,
            "expires": command.expires,
            "do": command.do,
            "args": json.loads(command.args),
            "who": command.who,
        },
        ensure_ascii=False,
    )
    signature = base64.b64encode(key.sign(PREFIX + text.encode())).decode()
    return json.dumps({"command": text, "signature": signature}).encode()


def _make(path: Path) -> None:
    secret = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()
