"""What a cloud would send: signed commands, for tests."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.uplink.commands import PREFIX

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()


def command(number: int, now_s: float, **changes: Any) -> dict[str, Any]:
    """A right command of now: aerator 2 of Ao 1 on for half an hour."""
    return {
        "gateway": "test",
        "number": number,
        "issued_at": now_s,
        "expires": now_s + 60,
        "do": "override",
        "args": {"pond": "ao-1", "aerator": 2, "run": True, "minutes": 30},
        "who": "Lan",
        **changes,
    }


def signed(body: dict[str, Any], key: Ed25519PrivateKey = KEY) -> bytes:
    text = json.dumps(body, ensure_ascii=False)
    signature = base64.b64encode(key.sign(PREFIX + text.encode())).decode()
    return json.dumps({"command": text, "signature": signature}).encode()
