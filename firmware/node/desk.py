# The technician's desk: settings, calibration, documents, updates. Loaded when somebody on the line first asks for it, for
# most nodes are left alone for years.

from firmware.node.calibration import Calibration
from firmware.node.papers import Papers
from firmware.node.setup import Setup
from firmware.node.transfer import Transfer
from firmware.node.update import Update
from hardware.registers import ACTION_IDENTIFY, ACTION_SWITCH_SLOT


class Desk:
    # `node` is the Node of app.py.
    def __init__(self, node) -> None:
        self._remember = node.remember
        self.transfer = Transfer(node.watchdog.feed)
        self.transfer.serve(node.bank)
        update = Update(self.transfer, node.settings.update_key, node.answering, node.ask_reset, node.watchdog.feed)
        actions = {ACTION_SWITCH_SLOT: update.switch, ACTION_IDENTIFY: node.lamp.blink}
        self._setup = Setup(node.settings, node.ask_reset, actions)
        self._setup.serve(node.bank)
        self.calibration = Calibration(
            node.sampler.channels, node.probes, node.entries, node.rounds, node.water, node.clock, node.boot_id
        )
        self.calibration.serve(node.bank)
        self.calibration.offer(self.transfer)
        Papers(node.settings, node.remember).serve(self.transfer)

    def step(self) -> bool:
        # What has to wait until a reply has left; True while more waits.
        if self._setup.save_if_asked():
            self._remember()
        self.calibration.step()
        return self.transfer.step()
