# What a node counts, above all everything it drops. Each name is a field of the status block.

NAMES = (
    "errors_logged",
    "bytes_heard",
    "bytes_discarded",
    "bytes_echoed",
    "requests",
    "exceptions",
    "crc_misses",
    "broadcasts",
    "probe_requests",
    "probe_timeouts",
    "probe_bad_frames",
)


class Counters:
    def __init__(self) -> None:
        self.errors_logged = 0
        self.bytes_heard = 0
        self.bytes_discarded = 0
        self.bytes_echoed = 0
        self.requests = 0
        self.exceptions = 0
        self.crc_misses = 0
        self.broadcasts = 0
        self.probe_requests = 0
        self.probe_timeouts = 0
        self.probe_bad_frames = 0
