# Feeds the watchdog only when every task made progress.


class Heartbeat:
    def __init__(self, clock, feed) -> None:
        self._clock = clock
        self._feed = feed
        self._limits_ms: "dict[str, int]" = {}
        self._marked_ms: "dict[str, int]" = {}

    def expect(self, task: str, limit_ms: int) -> None:
        # From now on this task has to mark itself at least this often.
        self._limits_ms[task] = limit_ms
        self.mark(task)

    def mark(self, task: str) -> None:
        self._marked_ms[task] = self._clock.uptime_ms()

    def late(self) -> "str | None":
        # The name of a task that stands still, or None.
        now_ms = self._clock.uptime_ms()
        for task, limit_ms in self._limits_ms.items():
            if now_ms - self._marked_ms[task] > limit_ms:
                return task
        return None

    def check(self) -> None:
        if self.late() is None:
            self._feed()
