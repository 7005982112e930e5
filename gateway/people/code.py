"""The code of the first run: shown where only those see it who stand at the gateway, good for one account."""

import hmac
import secrets
from pathlib import Path

from gateway.files import write_whole

DIGITS = 8


def code_path(data: Path) -> Path:
    """Where the code lies."""
    return data / "setup-code"


def current_code(data: Path) -> str:
    """The code, made when there is none; OSError when the disk refuses it."""
    path = code_path(data)
    if not path.exists():
        write_whole(path, "".join(secrets.choice("0123456789") for _ in range(DIGITS)), mode=0o600)
    return path.read_text(encoding="utf-8").strip()


def is_code(data: Path, typed: str) -> bool:
    """True for the right code."""
    return code_path(data).exists() and hmac.compare_digest(current_code(data).encode(), typed.strip().encode())


def spend_code(data: Path, typed: str) -> bool:
    """True once for the right code, which is void from then on."""
    right = is_code(data, typed)
    if right:
        code_path(data).unlink()
    return right
