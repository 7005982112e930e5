# Decides whether the application that runs has proved itself.
#
# It has after three minutes in a row in which the line brought requests and as many probes answered as before the update.
# An application on trial that has not managed that in ten minutes is given back.

KEEP_AFTER_MS = 180000
GIVE_BACK_AFTER_MS = 600000
_SILENCE_MS = 30000


class Trial:
    def __init__(self, clock, slots) -> None:
        self._clock = clock
        self._slots = slots
        self._open = True
        self._on_trial = slots.on_trial()
        self._began_ms = clock.uptime_ms()
        self._well_since_ms = self._began_ms
        self._heard_ms = self._began_ms
        self._requests = 0

    def healthy(self, requests_served: int, probes_answering: int) -> bool:
        # To be called every second or so. False when the application was given back: give air and reset now.
        if not self._open:
            return True
        now_ms = self._clock.uptime_ms()
        if requests_served != self._requests:
            self._requests = requests_served
            self._heard_ms = now_ms
        if self._on_trial and not self._well(now_ms, probes_answering):
            self._well_since_ms = now_ms
        if now_ms - self._well_since_ms >= KEEP_AFTER_MS:
            self._open = False
            self._slots.keep()
        elif self._on_trial and now_ms - self._began_ms >= GIVE_BACK_AFTER_MS:
            self._slots.give_back()
            return False
        return True

    def _well(self, now_ms: int, probes_answering: int) -> bool:
        heard = self._requests > 0 and now_ms - self._heard_ms < _SILENCE_MS
        return heard and probes_answering >= self._slots.probes_before()
