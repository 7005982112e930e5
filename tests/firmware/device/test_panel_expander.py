from firmware.node.expander import Expander


class I2C:
    # The registers of one MCP23017, as it comes out of its reset.
    def __init__(self):
        self.registers = bytearray(b"\xff\xff" + bytes(20))
        self.there = True
        self.asked = 0

    def readfrom_mem_into(self, address, register, buffer):
        self._ask()
        buffer[:] = self.registers[register : register + len(buffer)]

    def writeto_mem(self, address, register, data):
        self._ask()
        self.registers[register : register + len(data)] = data

    def _ask(self):
        self.asked += 1
        if not self.there:
            raise OSError(19)


def test_reads_sixteen_contacts():
    i2c = I2C()
    i2c.registers[0x12:0x14] = b"\x34\x12"
    expander = Expander(i2c, 0x20)
    expander.exchange()
    assert not expander.answers
    expander.exchange()
    assert expander.answers
    assert expander.contacts == 0x1234
    assert i2c.registers[0:2] == b"\xff\xff"


def test_a_disturbed_reading_counts_for_nothing():
    i2c = I2C()
    i2c.registers[0x12:0x14] = b"\x55\x55"
    expander = Expander(i2c, 0x20)
    for _ in range(2):
        expander.exchange()
    i2c.registers[0x13] = 0x15
    expander.exchange()
    assert expander.contacts == 0x5555
    i2c.registers[0x13] = 0x55
    expander.exchange()
    assert expander.contacts == 0x5555


def test_outputs_come_back_after_the_chip_lost_its_supply():
    i2c = I2C()
    expander = Expander(i2c, 0x21, b"\xff\xfe")
    expander.outputs[1] = 1
    expander.exchange()
    assert (i2c.registers[1], i2c.registers[0x15]) == (0xFE, 1)
    i2c.registers[:] = b"\xff\xff" + bytes(20)
    expander.exchange()
    assert (i2c.registers[1], i2c.registers[0x15]) == (0xFE, 1)


def test_one_that_is_away_is_known_at_once_and_named_after_a_while():
    i2c = I2C()
    expander = Expander(i2c, 0x20)
    i2c.there = False
    expander.exchange()
    assert not expander.answers
    assert not expander.away
    for _ in range(19):
        expander.exchange()
    assert expander.away


def test_one_that_is_away_is_seldom_asked_and_found_again():
    i2c = I2C()
    i2c.there = False
    expander = Expander(i2c, 0x20)
    for _ in range(20):
        expander.exchange()
    before = i2c.asked
    for _ in range(1000):
        expander.exchange()
        assert expander.away
    assert 90 <= i2c.asked - before <= 110
    i2c.there = True
    for _ in range(11):
        expander.exchange()
    assert expander.answers
    assert not expander.away
