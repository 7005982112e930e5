# One MCP23017: sixteen contacts, some of them outputs. A reading counts once the next one agrees.

_DIRECTIONS = 0x00
_CONTACTS = 0x12
_OUTPUTS = 0x14
_MISSES = 20
_RETRY = 10


class Expander:
    # `directions`: two bytes, a 1 for each input. Outputs are written at every exchange, for a chip that lost its supply
    # forgets them. One that stays away is asked only every `_RETRY`th time.
    def __init__(self, i2c, address: int, directions: "bytes | None" = None) -> None:
        self.answers = False
        self.contacts = 0
        self.outputs = bytearray(2)
        self._i2c = i2c
        self._address = address
        self._directions = directions
        self._inputs = bytearray(2)
        self._word = -1
        self._misses = 0

    @property
    def away(self) -> bool:
        # True when it did not answer several times in a row: no single disturbance.
        return self._misses >= _MISSES

    def exchange(self) -> None:
        if self.away and self._misses % _RETRY:
            self._misses += 1
            return
        try:
            if self._directions is not None:
                self._i2c.writeto_mem(self._address, _DIRECTIONS, self._directions)
                self._i2c.writeto_mem(self._address, _OUTPUTS, self.outputs)
            self._i2c.readfrom_mem_into(self._address, _CONTACTS, self._inputs)
            self._misses = 0
            self._take(self._inputs[0] | self._inputs[1] << 8)
        except OSError:
            self.answers = False
            self._word = -1
            self._misses += 1
            if self._misses > 2 * _MISSES:
                self._misses -= _MISSES

    def _take(self, word: int) -> None:
        if word == self._word:
            self.contacts = word
            self.answers = True
        self._word = word
