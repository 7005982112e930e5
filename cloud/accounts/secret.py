"""What opens doors: made here, shown once, kept as SHA-256 only."""

import hashlib
import secrets

SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_SIGNS = 8


def new_secret() -> str:
    """192 random bits."""
    return secrets.token_urlsafe(24)


def short_code() -> str:
    """40 random bits to read out and type in, with nothing that looks like something else; only for limited doors."""
    return "".join(secrets.choice(SIGNS) for _ in range(CODE_SIGNS))


def typed(code: str) -> str:
    """A code as somebody typed it, as it was made."""
    return "".join(sign for sign in code.upper() if sign in SIGNS)


def hashed(secret: str) -> str:
    """What is kept of it."""
    return hashlib.sha256(secret.encode()).hexdigest()
