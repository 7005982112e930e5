# Calibration passports: each channel's curve comes from the newest entry of its own file, which no edit of settings and no
# update touches. Only curves stay in memory; entries are read from flash when somebody asks.
#
# Under calibration a channel is flagged bad, and handed back by itself when nobody renews it: one deadline serves all.

import json
import os
import struct

from firmware.node import errorlog, vault
from firmware.node.bank import Bank, whole
from firmware.node.refused import ILLEGAL_VALUE, Refused
from hardware.registers import (
    CALIBRATE,
    CALIBRATE_BEGIN,
    CALIBRATE_END,
    CALIBRATE_UNDO,
    DOCUMENT_CALIBRATION,
    DOCUMENT_CALIBRATION_ENTRY,
    PROBES,
    RAW,
    REASON_CALIBRATING,
    REASON_NO_PASSPORT,
    REFUSED_CONTENT,
    REFUSED_FLASH,
    REFUSED_NOTHING,
    UNCERTAIN,
)

MOST_ENTRIES = 5
_LARGEST_BYTES = 8192
_LONGEST_MINUTES = 60


class NoPassport:
    # Filter of a channel whose passport is there and cannot be read: nobody knows what its raw values mean.
    def judge(self, channel, now_ms: int) -> int:
        return UNCERTAIN << 8 | REASON_NO_PASSPORT


_NO_PASSPORT = NoPassport()


class Calibration:
    # `channels` are those of the live block; `entries` the settings' entries of `probes`, one each.
    def __init__(self, channels, probes, entries, rounds, water, clock, boot_id: int, folder: str = "") -> None:
        self._channels = channels
        self._probes = probes
        self._entries = entries
        self._rounds = rounds
        self._water = water
        self._clock = clock
        self._boot_id = boot_id
        self._folder = folder
        self._until_ms = 0
        self._undo = -1  # channel whose newest entry goes at the next step

    def serve(self, bank: Bank) -> None:
        bank.add(RAW, self._show_raw)
        bank.add(PROBES, self._show_probes)
        bank.add(CALIBRATE, None, self._act)

    def offer(self, transfer) -> None:
        transfer.offer_to(DOCUMENT_CALIBRATION, read=self.read, write=self.restore)
        transfer.offer_to(DOCUMENT_CALIBRATION_ENTRY, write=self.add)

    def apply(self) -> None:
        # Every channel's curve from flash, at boot.
        for index in range(len(self._channels)):
            self._apply(index, vault.load(self._path(index)))

    def step(self) -> None:
        # To be called after each reply and a few times a minute: hands back what is due and does what flash has to do.
        if self._clock.uptime_ms() >= self._until_ms:
            for channel in self._channels:
                channel.calibrating = False
        index, self._undo = self._undo, -1
        if index >= 0:
            entries = _entries(vault.load(self._path(index)))
            self._keep(index, {"key": self.key(index), "entries": entries[1:]})

    def key(self, index: int) -> str:
        # <driver>@<address>-<quantity>; the second of the same name gets -2, and so on.
        name = self._name(index)
        same = 1
        for other in range(index):
            if self._name(other) == name:
                same += 1
        return name if same == 1 else "%s-%d" % (name, same)

    def read(self, index: int) -> "bytes | None":
        return vault.body(self._path(index)) if index < len(self._channels) else None

    def add(self, index: int, path: str) -> int:
        # One entry more; the oldest goes.
        from firmware.node import calibration_check as check

        entry = _document(path)
        wrong = self._unfit(index) or check.entry(entry, self._channels[index].quantity)
        if wrong:
            return _refuse(index, wrong)
        entries = [entry] + _entries(vault.load(self._path(index)))
        return self._keep(index, {"key": self.key(index), "entries": entries[:MOST_ENTRIES]})

    def restore(self, index: int, path: str) -> int:
        # A whole passport, as it was read.
        from firmware.node import calibration_check as check

        passport = _document(path)
        wrong = self._unfit(index) or check.passport(passport, self.key(index), self._channels[index].quantity)
        return _refuse(index, wrong) if wrong else self._keep(index, passport)

    def _unfit(self, index: int) -> str:
        if index >= len(self._channels):
            return "there is no such channel"
        return "it is computed from others" if self._channels[index].derived else ""

    def _keep(self, index: int, passport) -> int:
        try:
            vault.save(self._path(index), passport)
        except OSError as error:
            errorlog.write("calibration of channel %d not saved: %r" % (index, error))
            return REFUSED_FLASH
        self._apply(index, passport)
        return REFUSED_NOTHING

    def _apply(self, index: int, passport) -> None:
        channel = self._channels[index]
        if _NO_PASSPORT in channel.filters:
            channel.filters.remove(_NO_PASSPORT)
        entries = _entries(passport)
        curve = curve_of(entries[0]) if entries else ()
        channel.curve = curve or ()
        damaged = vault.holds(self._path(index)) if passport is None else "entries" not in passport
        if damaged or curve is None:
            channel.filters.append(_NO_PASSPORT)
            errorlog.write("%s: damaged, channel %d is uncertain; calibrate or restore it" % (self._path(index), index))

    def _path(self, index: int) -> str:
        return "%scal/%s.json" % (self._folder, self.key(index))

    def _name(self, index: int) -> str:
        channel = self._channels[index]
        for number, probe in enumerate(self._probes):
            if channel in probe.channels:
                entry = self._entries[number]
                return "%s@%s-%d" % (entry[0], entry[1], channel.quantity)
        return "panel@%d-%d" % (index, channel.quantity)

    def _show_raw(self, image: bytearray) -> None:
        flagged = 0
        for index, channel in enumerate(self._channels):
            flagged |= channel.calibrating << index
            struct.pack_into(">f", image, 2 * RAW.head_length + 4 * index, channel.raw)
        for index in range(len(self._channels), RAW.repeat):
            struct.pack_into(">f", image, 2 * RAW.head_length + 4 * index, float("nan"))
        left_s = max(self._until_ms - self._clock.uptime_ms() + 999, 0) // 1000 if flagged else 0
        struct.pack_into(">II", image, 2, self._boot_id, self._rounds.sequence)
        struct.pack_into(">HHH", image, 10, len(self._channels), flagged, left_s)
        struct.pack_into(">ff", image, 16, self._water.salinity_psu, self._water.pressure_hpa)

    def _show_probes(self, image: bytearray) -> None:
        answering = 0
        at = 2 * PROBES.head_length
        for number, probe in enumerate(self._probes):
            answering |= bool(probe.answering) << number
            struct.pack_into(">H", image, at, self._channels.index(probe.channels[0]))
            image[at + 2 : at + 18] = (probe.serial + bytes(16))[:16]
            at += 2 * PROBES.group_length
        struct.pack_into(">HH", image, 2, len(self._probes), answering)

    def _act(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, CALIBRATE.length)
        action, index, minutes = words
        if self._unfit(index):
            raise Refused(ILLEGAL_VALUE)
        if action == CALIBRATE_BEGIN and 1 <= minutes <= _LONGEST_MINUTES:
            self._channels[index].calibrating = True
            self._channels[index].bad(REASON_CALIBRATING)
            self._until_ms = self._clock.uptime_ms() + minutes * 60000
        elif action == CALIBRATE_END:
            self._channels[index].calibrating = False
        elif action == CALIBRATE_UNDO and _entries(vault.load(self._path(index))):
            self._undo = index
        else:
            raise Refused(ILLEGAL_VALUE)


def curve_of(entry) -> "tuple[tuple[float, float, float], ...] | None":
    # The curve as a channel takes it; None when it makes no sense.
    curve = entry.get("curve") if isinstance(entry, dict) else None
    if not isinstance(curve, list) or not 1 <= len(curve) <= 2:
        return None
    for segment in curve:
        if not isinstance(segment, list) or len(segment) != 3 or not all(is_number(value) for value in segment):
            return None
        if not 0.2 <= segment[1] <= 5:
            return None
    if len(curve) == 2 and not curve[0][0] < curve[1][0]:
        return None
    return tuple((float(start), float(gain), float(offset)) for start, gain, offset in curve)


def is_number(value) -> bool:
    # One that 32-bit floats hold; NaN and the infinite are none.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e30 < value < 1e30


def _entries(passport) -> "list[object]":
    entries = passport.get("entries") if passport else None
    return entries if isinstance(entries, list) else []


def _document(path: str):
    # What a received file holds, None when it is no JSON.
    try:
        if os.stat(path)[6] > _LARGEST_BYTES:
            return None
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _refuse(index: int, wrong: str) -> int:
    errorlog.write("calibration of channel %d refused: %s" % (index, wrong))
    return REFUSED_CONTENT
