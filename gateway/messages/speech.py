"""A message as speech: what a person has recorded for an alarm, else what espeak-ng reads out."""

import array
import asyncio
import hashlib
import io
import itertools
import logging
import sys
import wave
from pathlib import Path

from gateway.messages.voice import SAMPLES_PER_S

log = logging.getLogger(__name__)

VOICES = {"vi": "vi", "en": "en"}
WORDS_PER_MINUTE = "140"
READ_OUT_S = 20.0
MOST_KEPT = 40


class Speechless(Exception):
    """No speech can be made; the text says why."""


class Speech:
    """Samples for the call, 16 bit, 8000 a second; the files lie in `folder` (recordings) and `folder`/made."""

    def __init__(self, folder: Path, program: str = "espeak-ng") -> None:
        self._folder = folder
        self._program = program

    async def of(self, kind: str, text: str, language: str) -> bytes:
        """A recording `<kind>.<language>.wav` or the text read out; raises Speechless."""
        recorded = self._folder / f"{kind}.{language}.wav"
        samples = await asyncio.to_thread(_recorded, recorded)
        return samples or await self._read_out(text, language)

    async def _read_out(self, text: str, language: str) -> bytes:
        name = hashlib.sha256(f"{language} {text}".encode()).hexdigest()[:32]
        kept = self._folder / "made" / f"{name}.wav"
        samples = await asyncio.to_thread(_recorded, kept)
        if not samples:
            samples = await asyncio.to_thread(samples_of, await self._spoken(text, language))
            await asyncio.to_thread(_keep, kept, samples)
        return samples

    async def _spoken(self, text: str, language: str) -> bytes:
        command = (self._program, "-v", VOICES.get(language, "vi"), "-s", WORDS_PER_MINUTE, "--stdin", "--stdout")
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise Speechless(f"{self._program} is missing: sudo apt install espeak-ng ({error})") from error
        try:
            async with asyncio.timeout(READ_OUT_S):
                made, said = await process.communicate(text.encode())
        except TimeoutError:
            process.kill()
            raise Speechless(f"{self._program} has not ended after {READ_OUT_S:.0f} s") from None
        if process.returncode or not made:
            raise Speechless(f"{self._program}: {said.decode(errors='replace').strip() or 'no sound'}")
        return made


def samples_of(data: bytes) -> bytes:
    """A WAV of 16 bit at any rate, one or two channels, as samples for a call; Speechless for any other."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = array.array("h", file.readframes(len(data) // width // channels)) if width == 2 else None
    except (wave.Error, EOFError, ValueError, ZeroDivisionError) as error:
        raise Speechless(f"not a WAV file: {error}") from error
    if frames is None or channels > 2 or rate < SAMPLES_PER_S:
        raise Speechless(
            f"a WAV of {8 * width} bit, {channels} channels, {rate} Hz; 16 bit and 8000 Hz or more are needed"
        )
    if sys.byteorder == "big":
        frames.byteswap()
    return _resampled(frames[::channels], rate)


def _resampled(frames: "array.array[int]", rate: int) -> bytes:
    """The mean over each sample's time: it also takes away what 8000 samples a second cannot carry."""
    sums = array.array("q", [0])
    for value in frames:
        sums.append(sums[-1] + value)
    count = len(frames) * SAMPLES_PER_S // rate
    edges = [at * rate // SAMPLES_PER_S for at in range(count + 1)]
    made = array.array("h", ((sums[end] - sums[start]) // (end - start) for start, end in itertools.pairwise(edges)))
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


def _recorded(path: Path) -> bytes:
    """Empty when there is none that can be used."""
    try:
        return samples_of(path.read_bytes())
    except FileNotFoundError:
        return b""
    except (OSError, Speechless) as error:
        log.warning("%s cannot be used, the text is read out: %s", path, error)
        return b""


def _keep(path: Path, samples: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in sorted(path.parent.glob("*.wav"), key=lambda file: file.stat().st_mtime)[: -MOST_KEPT + 1]:
            old.unlink()
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, SAMPLES_PER_S, 0, "NONE", ""))
            file.writeframes(samples)
    except OSError as error:
        log.warning("%s cannot be kept: %s", path, error)
