"""Points and polygons on the earth, as GeoJSON; longitude first, in degrees."""

import math
import re
from itertools import pairwise
from typing import Any

from cloud.things.refusals import NotBuilt

EARTH_M = 6_371_008.8
MOST_CORNERS = 200
_SHAPE = re.compile(r"\s*(?:SRID=4326;)?\s*([A-Za-z]{1,20})\s*\((.*)\)\s*", re.DOTALL)
_OTHERS = ("LINESTRING", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")

Geometry = dict[str, Any]


def point(longitude: float, latitude: float) -> Geometry:
    """A point as GeoJSON."""
    return {"type": "Point", "coordinates": [longitude, latitude]}


def read_geometry(text: str) -> Geometry:
    """A point or polygon from well-known text; ValueError when it is neither, NotBuilt for other shapes."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    shape, inside = found.group(1).upper(), found.group(2)
    if shape == "POINT":
        return {"type": "Point", "coordinates": _pair(inside)}
    if shape == "POLYGON":
        rings = [_ring(ring) for ring in re.split(r"\)\s*,\s*\(", inside.strip()[1:-1])]
        return {"type": "Polygon", "coordinates": rings}
    if shape in _OTHERS:
        raise NotBuilt("geography", f"{shape} is not understood here", "Use POINT or POLYGON.")
    raise ValueError(text)


def _ring(text: str) -> list[list[float]]:
    found = [_pair(part) for part in text.split(",")]
    if not 4 <= len(found) <= MOST_CORNERS or found[0] != found[-1]:
        raise ValueError(text)
    return found


def _pair(text: str) -> list[float]:
    longitude, latitude = (float(part) for part in text.split())
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError(text)
    return [longitude, latitude]


def within(inner: Geometry, outer: Geometry) -> bool | None:
    """True when a point lies in a polygon and in none of its holes; None for any other two shapes."""
    if inner.get("type") != "Point" or outer.get("type") != "Polygon":
        return None
    around, *holes = outer["coordinates"]
    at = inner["coordinates"]
    return _inside(at, around) and not any(_inside(at, hole) for hole in holes)


def _inside(at: list[float], ring: list[list[float]]) -> bool:
    x, y = at[0], at[1]
    found = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            found = not found
    return found


def intersects(one: Geometry, other: Geometry) -> bool | None:
    """True when a point and a polygon, in either order, share the point."""
    return within(one, other) if other.get("type") == "Polygon" else within(other, one)


def distance_m(one: Geometry, other: Geometry) -> float | None:
    """Metres between two points along a great circle; None for other shapes."""
    if one.get("type") != "Point" or other.get("type") != "Point":
        return None
    (x1, y1), (x2, y2) = ([math.radians(part) for part in shape["coordinates"]] for shape in (one, other))
    half = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))
