"""Speech into a call over the modem's audio port.

The port carries the call's sound as 16-bit little-endian samples, 8000 a second, one channel, while AT+CPCMREG=1 holds
(SIM7600 Series USB AUDIO Application Note). What is written faster than it is played blocks the port for good, so it is
written at the pace of speech and never waited for.
"""

import asyncio
import contextlib
import os
from types import TracebackType

import serial

SAMPLES_PER_S = 8000
BYTES_PER_S = 2 * SAMPLES_PER_S
CHUNK_S = 0.1
AHEAD_S = 0.2


class Voice:
    """The audio port of one call; `speed` is for tests."""

    def __init__(self, path: str, speed: float = 1.0) -> None:
        """Raises OSError when there is no such port."""
        self._speed = speed
        self._serial = serial.Serial(path, 115200, timeout=0)

    def __enter__(self) -> "Voice":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._serial.close()

    async def say(self, samples: bytes) -> None:
        """Speak once; what the port does not take is left out."""
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        chunk = int(CHUNK_S * BYTES_PER_S)
        for at in range(0, len(samples), chunk):
            due_s = begun_s + (at / BYTES_PER_S - AHEAD_S) / self._speed
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            with contextlib.suppress(BlockingIOError):
                os.write(self._serial.fileno(), samples[at : at + chunk])  # pyserial would spin on a full port
            self._serial.read(chunk)  # what the other side says is heard by nobody
