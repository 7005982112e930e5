# The board's main.py. Settings and the samples' memory come first, while the heap is still in one piece.

from firmware.node.settings import Settings

settings = Settings()
settings.load()
memory = bytearray(settings.ring_bytes)

from firmware.node import app  # noqa: E402

app.main(settings, memory)
