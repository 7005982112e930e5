"""Work of the twin that goes on in a thread of its own until it is told to stop."""

import threading
from collections.abc import Callable


class Background:
    """Runs `work(stop)` from now on; the work ends soon after `stop` is set."""

    def __init__(self, work: Callable[[threading.Event], None]) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=work, args=(self._stop,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Tell it to stop, and wait until it has."""
        self._stop.set()
        self._thread.join()
