"""Who may come to the built-in broker: a file of users and what is kept of their passwords."""

import base64
import contextlib
import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path

CLOUD_USER = "cloud"


def set_password(users_file: Path, user: str, password: str) -> None:
    """Let a user in from now on; a running broker sees it at once."""
    salt = os.urandom(16)
    kept = f"{_text(salt)}${_text(_derive(password, salt))}"
    with _changing(users_file) as users:
        users[user] = kept


def remove_user(users_file: Path, user: str) -> None:
    """Let a user in no more; nothing for one that there is not."""
    with _changing(users_file) as users:
        users.pop(user, None)


@contextlib.contextmanager
def _changing(users_file: Path) -> Iterator[dict[str, str]]:
    """The users, written back whole at the end; one process at a time."""
    users_file.parent.mkdir(parents=True, exist_ok=True)
    with users_file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        users = users_in(users_file) if users_file.exists() else {}
        yield users
        temporary = users_file.with_suffix(".new")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(users))
        temporary.replace(users_file)


def users_in(users_file: Path) -> dict[str, str]:
    """Users and what is kept of their passwords; OSError or ValueError when the file cannot be read."""
    users: dict[str, str] = json.loads(users_file.read_text())
    return users


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def matches(password: str, stored: str) -> bool:
    """True for the password of which `stored` was kept."""
    salt, expected = (base64.b64decode(part) for part in stored.split("$"))
    return hmac.compare_digest(_derive(password, salt), expected)
