"""Passwords: argon2id with the least cost that OWASP's Password Storage Cheat Sheet allows (19 MiB, 2 passes).

A Raspberry Pi is small: one is reckoned at a time.
"""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_PASSWORD = 8
MOST_PASSWORD = 200
HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
ONE_AT_A_TIME = threading.Lock()
NOBODY = HASHER.hash(secrets.token_hex(16))


class PasswordRefused(ValueError):
    """A password that is too short or too long."""


def hash_of(password: str) -> str:
    """What is kept of a password; raises PasswordRefused."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise PasswordRefused(f"{LEAST_PASSWORD} to {MOST_PASSWORD} signs")
    with ONE_AT_A_TIME:
        return HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Is it the password of which this was kept? Takes as long where nothing was."""
    try:
        with ONE_AT_A_TIME:
            return HASHER.verify(kept or NOBODY, password[:MOST_PASSWORD]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
