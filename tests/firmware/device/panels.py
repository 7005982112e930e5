# A panel on stepped time, for the device's tests: real firmware from the frame to the relay, motors that draw current.

import struct

from firmware.node.bank import Bank
from firmware.node.counters import Counters
from firmware.node.panel import Panel
from firmware.node.settings import Settings
from firmware.node.setup import Setup
from firmware.node.slave import Slave
from hardware.registers import COMMAND, PANEL

ALL_AUTO = 0x5555


class Clock:
    ms = 0

    def uptime_ms(self):
        return self.ms


class Relays:
    # Stands for relays.py and the motors behind it; every start and stop is written down with its time.
    def __init__(self, clock, mask=0):
        self.clock = clock
        self.mask = mask
        self.fit = 0xFF
        self.rests_ms = [0] * 8
        self.switches = ALL_AUTO
        self.mains_word = 7
        self.power = True
        self.tripped = 0
        self.broken_wires = 0
        self.sounding = False
        self.moves = []

    def allowed(self):
        return self.mask

    def allow(self, aerator, run):
        self.moves.append((aerator, run, self.clock.ms))
        self.mask = self.mask | 1 << aerator if run else self.mask & ~(1 << aerator)

    def starts(self):
        return [(aerator, ms) for aerator, run, ms in self.moves if run]

    def rest_ms(self, aerator):
        return self.rests_ms[aerator]

    def keep(self, fit, rests_ms):
        # As coarse as the memory of the board.
        self.fit = fit
        for at in range(len(rests_ms)):
            self.rests_ms[at] = -(-rests_ms[at] // 3000) * 3000

    def current_a(self, aerator):
        if self.broken_wires >> aerator & 1:
            return float("nan")
        by_hand = self.switches >> 2 * aerator & 2
        by_relay = self.switches >> 2 * aerator & 1 and self.mask >> aerator & 1
        return 4.5 if self.power and (by_hand or by_relay) and not self.tripped >> aerator & 1 else 0.0

    def current_ma(self, aerator):
        return None if self.broken_wires >> aerator & 1 else int(self.current_a(aerator) * 1000)

    def hoa(self):
        return self.switches

    def mains(self):
        return self.mains_word

    def sound(self, on):
        self.sounding = on


class Rig:
    # `values` are settings; `boot` is what a reset does: the relays stay, the firmware forgets.
    def __init__(self, own_oxygen=None, **values):
        self.settings = Settings()
        self.settings.aerators = 4
        self.settings.min_off_s = 0
        for name in values:
            setattr(self.settings, name, values[name])
        self.own_oxygen = own_oxygen
        self.clock = Clock()
        self.relays = Relays(self.clock)
        self.counters = Counters()
        self.counter = 0
        self.resets = []
        self.boot()

    def boot(self):
        self.bank = Bank()
        self.panel = Panel(self.settings, self.relays, self.clock, self.own_oxygen)
        self.panel.serve(self.bank)
        Setup(self.settings, lambda: self.resets.append(1)).serve(self.bank)
        self.slave = Slave(self.bank, self.counters)

    def command(self, wanted, expiry_s=600, siren=0):
        # The gateway's write, which renews the lease.
        self.counter = self.counter + 1 & 0xFFFF
        data = struct.pack(">HHHH", self.counter, wanted, expiry_s, siren)
        self.bank.write(COMMAND.address, 4, bytearray(data), 0)

    def run(self, seconds, step_ms=500):
        # Lets time pass; the mask after it.
        ends = self.clock.ms + int(seconds * 1000)
        while self.clock.ms < ends:
            self.clock.ms = min(self.clock.ms + step_ms, ends)
            self.panel.step()
        return self.relays.mask

    def leased(self, seconds, wanted):
        # The same with a gateway that renews its command every 5 s.
        for _ in range(int(seconds) // 5):
            self.command(wanted)
            self.run(5)
        return self.relays.mask

    def show(self):
        # The panel block as the gateway reads it.
        frame = bytearray(2 * PANEL.length)
        self.bank.read(PANEL.address, PANEL.length, frame, 0)
        values = struct.unpack_from(">HHHIHHHHHHHHHH", frame, 0)
        names = [field.split(":")[0] for field in PANEL.fields.split()]
        return dict(zip(names, values))
