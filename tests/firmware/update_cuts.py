# ruff: noqa: E402, PTH102, PTH116, PTH123, PTH208, RUF012, T201
# Run by MicroPython: cuts the power in every single flash operation of an update and looks at what would boot.
#
# update_cuts.py FOLDER KEY: FOLDER holds `old` and `new`, applications with their manifests; KEY is the public key as text.
# Prints how many operations there were, once for each way in which a cut can leave an operation.

import os
import struct
import sys

_BLOCK = 4096
_BLOCKS = 64


class Cut(Exception):
    pass


class Power:
    # Fails in the operation that `left` counts down to; `half` of it is done.
    left = 0
    half = False
    operations = 0

    def fails(self):
        self.operations += 1
        self.left -= 1
        return self.left == 0


POWER = Power()


class Flash:
    # After the cut it is `dead`: files that were open then are closed by the collector, and nothing of it is written.
    dead = False

    def __init__(self, data):
        self.data = data

    def readblocks(self, block, buffer, offset=0):
        if self.dead:
            return
        at = block * _BLOCK + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        if self.dead:
            return
        cut = POWER.fails()
        count = len(buffer) // 2 if cut and POWER.half else 0 if cut else len(buffer)
        at = block * _BLOCK + offset
        self.data[at : at + count] = buffer[:count]
        if cut:
            raise Cut

    def ioctl(self, operation, argument):
        if operation == 6 and not self.dead:
            cut = POWER.fails()
            count = _BLOCK // 2 if cut and POWER.half else _BLOCK
            self.data[argument * _BLOCK : argument * _BLOCK + count] = b"\xff" * count
            if cut:
                raise Cut
        return _BLOCKS if operation == 4 else _BLOCK if operation == 5 else 0


class NVS:
    values = {}
    kept = {}

    def __init__(self, space):
        NVS.values = dict(NVS.kept)

    def get_i32(self, key):
        if key not in NVS.values:
            raise OSError(2)
        return NVS.values[key]

    def set_i32(self, key, value):
        NVS.values[key] = value

    def commit(self):
        cut = POWER.fails()
        if not cut or POWER.half:
            NVS.kept = dict(NVS.values)
        if cut:
            raise Cut


class Chip:
    NVS = NVS


sys.modules["esp32"] = Chip

from firmware.node import slots
from firmware.node.manifest import Manifest
from firmware.node.transfer import Transfer
from firmware.node.update import Update
from hardware.registers import DOCUMENT_FILE, DOCUMENT_MANIFEST

WHOLE = bytearray(b"\xff" * (_BLOCK * _BLOCKS))


def nothing():
    return 0


def put(path, target):
    names = os.listdir(path)
    os.mkdir(target)
    for name in names:
        if os.stat(path + "/" + name)[0] & 0x4000:
            put(path + "/" + name, target + "/" + name)
        else:
            with open(path + "/" + name, "rb") as source, open(target + "/" + name, "wb") as file:
                file.write(source.read())


def mount(data):
    flash = Flash(data)
    os.mount(os.VfsLfs2(flash), "/flash")
    return flash


def send(transfer, document, index, data, digest):
    words = struct.unpack(">20H", struct.pack(">HHI", document, index, len(data)) + digest)
    transfer._take_offer(0, list(words))
    at = 0
    while at < len(data):
        piece = data[at : at + 240]
        piece += bytes(240 - len(piece))
        transfer._take_chunk(0, list(struct.unpack(">122H", struct.pack(">I", at) + piece)))
        transfer.step()
        at += 240
    while transfer.step():
        pass
    assert transfer.refused == 0, transfer.refused


def update(new, key):
    import hashlib

    transfer = Transfer(nothing, "/flash/")
    door = Update(transfer, key, nothing, nothing, nothing)
    send(transfer, DOCUMENT_MANIFEST, 0, new["manifest"], hashlib.sha256(new["manifest"]).digest())
    while transfer.next_file < transfer.files:
        entry = door._updater._manifest.entry(transfer.next_file)
        send(transfer, DOCUMENT_FILE, transfer.next_file, new[entry[2]], entry[0])
    door.switch()
    while transfer.step():
        pass
    assert transfer.refused == 0, transfer.refused


def boots(key):
    # The version that the next boot runs, every byte of it checked.
    slot = slots.choose(False)
    manifest = Manifest(slots.FOLDERS[slot] + slots.MANIFEST)
    assert manifest.judge_files(slots.FOLDERS[slot], nothing) == 0
    assert manifest.signed() == (slot == 1)
    return manifest.version


def run(folder, key):
    os.VfsLfs2.mkfs(Flash(WHOLE))
    mount(WHOLE)
    slots.FOLDERS = ("/flash/a", "/flash/b")
    sys.path.insert(0, "/flash/a")
    put(folder + "/old", "/flash/a")
    new = {}
    for name in ["manifest"] + [entry[2] for entry in Manifest(folder + "/new/manifest").entries()]:
        with open(folder + "/new/" + name, "rb") as file:
            new[name] = file.read()
    os.umount("/flash")
    for half in (False, True):
        operation, ended = 0, set()
        while True:
            operation += 1
            NVS.kept = {}
            flash = mount(bytearray(WHOLE))
            POWER.left, POWER.half = operation, half
            try:
                update(new, key)
                break
            except Cut:
                flash.dead = True
            os.umount("/flash")
            mount(flash.data)
            ended.add(boots(key))
            os.umount("/flash")
            assert ended <= {(1, 0, 0), (1, 0, 1)}, operation
        POWER.left = 0
        assert boots(key) == (1, 0, 1)
        os.umount("/flash")
        print(operation - 1, sorted(ended))


run(sys.argv[1], sys.argv[2])
