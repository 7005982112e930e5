"""Export: each ended cycle becomes a file of the national format in a spool, and the spool is sent in order.

What has values and no file gets a file: that covers a cloud that was down and a gateway that sent late. Sent files are kept
for thirty days as the circular asks; what was not sent is kept until it is.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cloud.database import Database
from cloud.stations.cycles import Source, renamed
from cloud.stations.file_name import FileName
from cloud.stations.national_file import VIETNAM, stamp, write
from cloud.stations.targets import FolderTarget, FtpTarget, TargetDown, write_whole

log = logging.getLogger(__name__)

SETTLE_S, LOOK_S = 20.0, 15.0
NEAR_S, KEPT_S = 2 * 3600, 30 * 86400
FAR_EVERY_S = 3600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 600.0
MOST_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Export:
    """What is exported under which code, how often, as what names, and where it goes. `id` names its spool."""

    id: str
    source: Source
    code: str
    names: FileName
    every_s: int
    target: FolderTarget | FtpTarget
    symbols: dict[str, str] = field(default_factory=dict)


class Exporter:
    """One export. `spool` is a folder of its own; waits and retries go by the monotonic clock."""

    def __init__(
        self,
        database: Database,
        export: Export,
        spool: Path,
        monotonic: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._database = database
        self._export = export
        self._waiting, self._sent, self._begun = spool / "waiting", spool / "sent", spool / "begun"
        self._monotonic = monotonic
        self._wall = wall
        self._last: int | None = None
        self._looked: tuple[int, float] = (0, 0.0)
        self._far_s = -FAR_EVERY_S
        self._again_s = 0.0
        self._wait_s = FIRST_WAIT_S

    def step(self) -> int:
        """Write what has ended and send what waits; how many files were sent. OSError, OperationalError."""
        for folder in (self._waiting, self._sent):
            folder.mkdir(parents=True, exist_ok=True)
        self._write_ended()
        return self._send() if self._monotonic() >= self._again_s else 0

    def _write_ended(self) -> None:
        every_s, now_s = self._export.every_s, self._monotonic()
        last = int(self._wall() - SETTLE_S) // every_s * every_s
        far = now_s - self._far_s >= FAR_EVERY_S
        again = last == self._looked[0]
        if not far and (last == self._last or (again and now_s - self._looked[1] < LOOK_S)):
            return
        first = max(last - (KEPT_S if far else NEAR_S), self._begin(last))
        with self._database.read() as session:
            found = self._export.source(session, every_s, -(-first // every_s) * every_s, last)
        for end in sorted(found):
            self._spool(end, write(sorted(renamed(found[end], self._export.symbols), key=lambda line: line.symbol)))
        self._looked = (last, now_s)
        if last in found:
            self._last = last
        if far:
            self._far_s = now_s
            self._forget_old()

    def _begin(self, last: int) -> int:
        """Nothing older than the export's own first cycle is sent."""
        if not self._begun.exists():
            write_whole(self._begun, str(last).encode())
        return int(self._begun.read_text())

    def _spool(self, end: int, data: bytes) -> None:
        """Names begin with the time, so that their order is that of the cycles."""
        name = stamp(end)
        if not (self._waiting / name).exists() and not (self._sent / name).exists():
            write_whole(self._waiting / name, data)

    def _send(self) -> int:
        waiting = sorted(path for path in self._waiting.iterdir() if not path.name.startswith("."))[:MOST_AT_ONCE]
        sent = 0
        if not waiting:
            return 0
        try:
            with self._export.target.open() as put:
                for path in waiting:
                    put(self._name(path), path.read_bytes())
                    path.replace(self._sent / path.name)
                    sent += 1
        except TargetDown as error:
            log.warning("export %s: %s; %d files wait", self._export.id, error, len(waiting) - sent)
            self._again_s = self._monotonic() + self._wait_s
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        else:
            self._wait_s = FIRST_WAIT_S
        return sent

    def _name(self, path: Path) -> str:
        at = datetime.strptime(path.name, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM).timestamp()
        return self._export.names.make(self._export.code, at)

    def _forget_old(self) -> None:
        oldest = stamp((datetime.fromtimestamp(self._wall(), VIETNAM) - timedelta(seconds=KEPT_S)).timestamp())
        for path in self._sent.iterdir():
            if path.name < oldest:
                path.unlink()
