"""The lists of quantities by their short numbers, read when they are needed."""

import json

from sqlalchemy.orm import Session

from cloud.telemetry.models import Layout


class Layouts:
    """Of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, list[str]] = {}

    def __getitem__(self, layout_id: int) -> list[str]:
        if layout_id not in self._known:
            self._known[layout_id] = json.loads(self._session.get_one(Layout, layout_id).quantities)
        return self._known[layout_id]
