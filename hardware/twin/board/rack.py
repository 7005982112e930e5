"""One thread that serves the descriptors and timers of many boards."""

import logging
import selectors
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType

TICK_SECONDS = 0.02

logger = logging.getLogger(__name__)


class Rack:
    """Event loop for boards; its lock guards everything its callbacks touch."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._tickers: list[Callable[[float], None]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rack", daemon=True)

    def __enter__(self) -> "Rack":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._selector.close()

    def watch(self, descriptor: int, events: int, callback: Callable[[], None]) -> None:
        """Call back while the descriptor is ready; replaces an earlier watch."""
        if descriptor in self._selector.get_map():
            self._selector.modify(descriptor, events, callback)
        else:
            self._selector.register(descriptor, events, callback)

    def unwatch(self, descriptor: int) -> None:
        """Stop calling back for the descriptor, if it is watched."""
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    def add_ticker(self, ticker: Callable[[float], None]) -> None:
        """Call the ticker with the monotonic time on every tick."""
        self._tickers.append(ticker)

    def remove_ticker(self, ticker: Callable[[float], None]) -> None:
        """Stop calling the ticker."""
        self._tickers.remove(ticker)

    def _run(self) -> None:
        next_tick = time.monotonic()
        while not self._stopping.is_set():
            ready = self._selector.select(max(0.0, next_tick - time.monotonic()))
            with self.lock:
                self._serve([key for key, _ in ready])
                if time.monotonic() >= next_tick:
                    next_tick = time.monotonic() + TICK_SECONDS
                    self._tick(time.monotonic())

    def _serve(self, ready: list[selectors.SelectorKey]) -> None:
        for key in ready:
            if self._selector.get_map().get(key.fd) is key:
                self._guard(key.data)

    def _tick(self, now: float) -> None:
        for ticker in tuple(self._tickers):
            self._guard(partial(ticker, now))

    @staticmethod
    def _guard(callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:
            logger.exception("a board callback failed")
