"""`doctor`: what is wrong with this gateway, and the command that mends it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.farm import FarmError, read_farm
from gateway.living.farm_checks import check_gateway
from gateway.living.findings import Finding, Machine
from gateway.living.machine_checks import check_machine
from gateway.text import Text


def examine(path: Path, machine: Machine) -> Iterator[Finding]:
    """Everything that is wrong; without a farm.toml that can be read nothing else can be looked at."""
    if not path.exists():
        yield Finding("farm_missing", {"path": str(path)})
        return
    try:
        farm = read_farm(path)
    except FarmError as error:
        yield Finding("farm_invalid", {"path": str(path), "detail": str(error)})
        return
    yield from check_machine(machine, farm)
    yield from check_gateway(machine, farm)


def as_told(finding: Finding, words: Text) -> dict[str, Any]:
    """A finding in words: {"code", "cause", "mend"}."""
    return {
        "code": finding.code,
        "cause": words(f"doctor.{finding.code}", **finding.values),
        "mend": words(f"doctor.{finding.code}_mend", **finding.values),
    }
