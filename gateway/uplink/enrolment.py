"""How a gateway redeems its claim code at the cloud, with a key that never leaves it."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = b"pondkeeper-enrol-1\n"


def claim_of(key: Ed25519PrivateKey, code: str) -> dict[str, str]:
    """What is posted to the cloud's /api/enrol: the code, the public key, and the code signed with it."""
    return {
        "code": code,
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "signature": base64.b64encode(key.sign(PREFIX + code.encode())).decode(),
    }
