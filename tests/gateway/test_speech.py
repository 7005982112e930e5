"""What a call says."""

import asyncio
import io
import math
import struct
import wave
from pathlib import Path

import pytest

from gateway.messages.speech import MOST_KEPT, Speech, Speechless, samples_of
from gateway.messages.voice import BYTES_PER_S


def wav(seconds: float, rate: int = 22050, channels: int = 1, width: int = 2, pitch_hz: float = 440.0) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        for at in range(int(seconds * rate)):
            value = int(20000 * math.sin(2 * math.pi * pitch_hz * at / rate))
            file.writeframesraw(struct.pack("<h", value)[:width] * channels)
    return buffer.getvalue()


def loudness(samples: bytes) -> float:
    values = struct.unpack(f"<{len(samples) // 2}h", samples)
    return math.sqrt(sum(value * value for value in values) / len(values))


def test_vietnamese_is_read_out_once_and_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        samples = await Speech(tmp_path).of("do_low", "Ao 3 oxy thấp. Bấm phím 1 để xác nhận.", "vi")
        assert 2 < len(samples) / BYTES_PER_S < 10
        assert loudness(samples) > 300
        again = await Speech(tmp_path, "no-such-program").of("x", "Ao 3 oxy thấp. Bấm phím 1 để xác nhận.", "vi")
        assert again == samples

    asyncio.run(scenario())


def test_what_a_person_has_recorded_wins(tmp_path: Path) -> None:
    (tmp_path / "do_low.vi.wav").write_bytes(wav(0.5, 44100, 2))
    (tmp_path / "do_high.vi.wav").write_bytes(b"not a sound")
    speech = Speech(tmp_path, "no-such-program")
    samples = asyncio.run(speech.of("do_low", "Ao 3", "vi"))
    assert len(samples) == 8000
    assert loudness(samples) == pytest.approx(20000 / math.sqrt(2), rel=0.03)
    with pytest.raises(Speechless, match="apt install espeak-ng"):
        asyncio.run(speech.of("do_high", "Ao 3", "vi"))


def test_sounds_that_cannot_be_used_say_what_is_needed() -> None:
    assert len(samples_of(wav(0.1, 8000))) == 1600
    for data in (wav(0.1, 22050, 1, 1), wav(0.1, 4000), wav(0.1, 22050, 3), b"RIFF", b""):
        with pytest.raises(Speechless):
            samples_of(data)


def test_old_speech_makes_room(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    for number in range(MOST_KEPT + 5):
        (tmp_path / "made" / f"{number}.wav").write_bytes(b"old")
    asyncio.run(Speech(tmp_path).of("do_low", "Một", "vi"))
    assert len(list((tmp_path / "made").iterdir())) == MOST_KEPT
