# The settings and the error log as documents of the line.

import json

from firmware.node import errorlog, settings
from hardware.registers import DOCUMENT_ERRORS, DOCUMENT_SETTINGS, REFUSED_CONTENT, REFUSED_NOTHING


class Papers:
    # `kept()` is called when new settings are in flash; they count from the next boot.
    def __init__(self, current, kept) -> None:
        self._current = current
        self._kept = kept

    def serve(self, transfer) -> None:
        transfer.offer_to(DOCUMENT_SETTINGS, self._show, self._take)
        transfer.offer_to(DOCUMENT_ERRORS, lambda _: errorlog.FILE)

    def _show(self, index: int) -> bytes:
        return json.dumps(self._current.values()).encode()

    def _take(self, index: int, path: str) -> int:
        # A set with one field that is wrong is refused whole; the error log names the field.
        try:
            with open(path, "rb") as file:
                values = json.loads(file.read())
        except ValueError:
            return REFUSED_CONTENT
        problem = settings.problems(values)
        if problem:
            errorlog.write("settings refused: " + problem)
            return REFUSED_CONTENT
        values["generation"] = self._current.generation
        self._current.take(values)
        self._current.save()
        self._kept()
        return REFUSED_NOTHING
