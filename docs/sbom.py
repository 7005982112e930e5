"""Writes the software bill of materials (CycloneDX 1.5) of what requirements.lock pins: name, version, SHA-256."""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> list[dict[str, object]]:
    """One component for each pinned package; its files are alternatives, so their hashes are properties."""
    found: list[dict[str, object]] = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        if pinned := PINNED.match(block):
            name, version = pinned[1], pinned[2]
            hashes = [{"name": "sha256", "value": value} for value in HASH.findall(block)]
            purl = f"pkg:pypi/{name.lower()}@{version}"
            found.append(
                {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl, "properties": hashes}
            )
    return found


def main() -> None:
    """Write it to the file that is given."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    described = {"type": "application", "name": project["name"], "version": project["version"]}
    parts = components((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": described}}
    Path(sys.argv[1]).write_text(json.dumps({**bill, "components": parts}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
