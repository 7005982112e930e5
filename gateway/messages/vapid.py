"""The farm's key pair for web push (VAPID, RFC 8292), made when it is first asked for."""

import base64
import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py_vapid import Vapid02

FILE = "push-key.pem"


class KeyUnusable(Exception):
    """The key's file cannot be used; the text says what to do."""


def key(data: Path) -> "Vapid02":
    """The key pair of the farm with this data folder; raises KeyUnusable."""
    from py_vapid import Vapid02, VapidException

    path = data / FILE
    try:
        if not path.exists():
            _make(path)
        return Vapid02.from_pem(path.read_bytes())
    except (OSError, ValueError, TypeError, VapidException) as error:
        raise KeyUnusable(f"{path}: {error}. Delete it; then each phone has to ask for messages again.") from error


def public_key(data: Path) -> str:
    """What a browser needs to subscribe: the public key as an uncompressed point, base64url; raises KeyUnusable."""
    return point_of(key(data))


def point_of(pair: "Vapid02") -> str:
    """Its public key as a browser wants it."""
    from cryptography.hazmat.primitives import serialization

    point = pair.public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def new_pair() -> bytes:
    """A fresh key pair as PEM."""
    from py_vapid import Vapid02

    made = Vapid02()
    made.generate_keys()
    pem: bytes = made.private_pem()
    return pem


def _make(path: Path) -> None:
    """Web and messages may both come first: whoever is later takes the other one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(new_pair())
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()
