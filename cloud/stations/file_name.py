"""The names of station files by template: {station} and {time}, with {province} and {facility} where a receiver asks."""

import re

from cloud.stations.national_file import stamp

DEFAULT = "{station}_{time}.txt"
_PARTS = {
    "station": r"(?P<station>.+)",
    "time": r"(?P<time>\d{14})",
    "province": r"[^_]+",
    "facility": r"[^_]+",
}
_PART = re.compile(r"\{(\w+)\}")


class FileName:
    """Makes and reads names; ValueError for a template that names no station and time, or something unknown."""

    def __init__(self, template: str = DEFAULT, **fixed: str) -> None:
        parts = _PART.findall(template)
        if unknown := set(parts) - _PARTS.keys():
            raise ValueError(f"{template!r}: unknown {sorted(unknown)}; there are {sorted(_PARTS)}")
        if sorted(part for part in parts if part in ("station", "time")) != ["station", "time"] or "/" in template:
            raise ValueError(f"{template!r} must name {{station}} and {{time}} once each, and no folder")
        self.template, self._fixed = template, fixed
        pieces = _PART.split(template)
        pattern = "".join(_PARTS[piece] if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
        self._pattern = re.compile(pattern, re.IGNORECASE | re.ASCII)

    def make(self, station: str, at: float) -> str:
        """The name of a station's file of this time (Unix seconds)."""
        return self.template.format_map({"station": station, "time": stamp(at), **self._fixed})

    def station(self, name: str) -> str | None:
        """The station's code in a name, None where the name does not follow the template."""
        match = self._pattern.fullmatch(name)
        return match["station"] if match else None
