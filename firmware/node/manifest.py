# A slot's manifest: which files of which length and SHA-256 make the application, signed.
#
# Text: `pondkeeper 1.2.3`, then `<sha256> <length> <path>` for each file, last `signature <128 hex digits>`, which is
# Ed25519 over all bytes before that line. What is installed by cable is not signed: `signature - <sha256 of those bytes>`.

import binascii

from firmware.node.digest import pieces, sha256_of
from hardware.registers import REFUSED_HASH, REFUSED_NOTHING, REFUSED_SIGNATURE

_NAME = "pondkeeper"
_LONGEST_LINE = 200
_MOST_FILES = 200


class Manifest:
    # Reads the file at `path` line by line, whenever asked. Raises OSError; ValueError when it is no manifest.
    def __init__(self, path: str) -> None:
        self.path = path
        self.files = 0
        self._signature: "list[str]" = []
        self._signed_bytes = 0
        with open(path, "rb") as file:
            self.version = _version(file.readline(_LONGEST_LINE))
            self._entries_at = file.tell()
            while not self._signature:
                self._signed_bytes = file.tell()
                self._count(_words(file.readline(_LONGEST_LINE)))
            if file.read(1):
                raise ValueError("text behind the signature")

    def entries(self):
        # (SHA-256, length, path) of each file, in order. No file is open between two of them: one that an abandoned
        # iterator held would be closed by the collector, which may run in the middle of littlefs.
        at = self._entries_at
        for _ in range(self.files):
            with open(self.path, "rb") as file:
                file.seek(at)
                line = file.readline(_LONGEST_LINE)
            at += len(line)
            yield _entry(_words(line))

    def entry(self, index: int) -> "tuple[bytes, int, str]":
        for at, found in enumerate(self.entries()):
            if at == index:
                return found
        raise ValueError("no file %d" % index)

    def signed(self) -> bool:
        return self._signature[1] != "-"

    def judge(self, public: bytes, rest) -> int:
        # REFUSED code of the signature; one that says `-` is right when its own SHA-256 fits.
        if not self.signed():
            known = _bytes(self._signature[2], 32)
            return REFUSED_NOTHING if sha256_of_start(self.path, self._signed_bytes, rest) == known else REFUSED_HASH
        import gc
        import sys

        from firmware.node.ed25519 import verify

        signature = _bytes(self._signature[1], 64)
        good = verify(public, signature, pieces(self.path, self._signed_bytes), rest)
        for name in ("firmware.node.ed25519", "firmware.node.sha512"):
            sys.modules.pop(name, None)
        del verify
        gc.collect()
        return REFUSED_NOTHING if good else REFUSED_SIGNATURE

    def judge_files(self, folder: str, rest) -> int:
        # REFUSED code of the files beneath `folder`.
        for digest, length, path in self.entries():
            if not holds(folder + "/" + path, digest, length, rest):
                return REFUSED_HASH
        return REFUSED_NOTHING

    def _count(self, words: "list[str]") -> None:
        if words[:1] == ["signature"] and len(words) == (3 if words[1:2] == ["-"] else 2):
            self._signature = words
            return
        _entry(words)
        self.files += 1
        if self.files > _MOST_FILES:
            raise ValueError("too many files")


def holds(path: str, digest: bytes, length: int, rest) -> bool:
    # True when the file is there and is what the manifest says.
    try:
        return sha256_of(path, length, rest) == digest
    except OSError:
        return False


def sha256_of_start(path: str, length: int, rest) -> bytes:
    import hashlib

    digest = hashlib.sha256()
    for piece in pieces(path, length):
        rest()
        digest.update(piece)
    return digest.digest()


def _words(line: bytes) -> "list[str]":
    # Of a whole line: one that is cut, or says the same in another way, is no manifest.
    text = line.decode()
    words = text.split()
    if text != " ".join(words) + "\n":
        raise ValueError("bad line")
    return words


def _version(line: bytes) -> "tuple[int, ...]":
    words = _words(line)
    if len(words) != 2 or words[0] != _NAME:
        raise ValueError("not a manifest")
    version = tuple([int(part) for part in words[1].split(".")])
    if len(version) != 3 or ".".join([str(part) for part in version]) != words[1]:
        raise ValueError("bad version")
    return version


def _entry(words: "list[str]") -> "tuple[bytes, int, str]":
    if len(words) != 3 or ".." in words[2] or not words[2].endswith(".mpy"):
        raise ValueError("bad entry")
    if not words[2].startswith(("firmware/", "hardware/")) or str(int(words[1])) != words[1]:
        raise ValueError("bad entry")
    return _bytes(words[0], 32), int(words[1]), words[2]


def _bytes(text: str, count: int) -> bytes:
    # Hexadecimal digits in their one spelling.
    data = binascii.unhexlify(text)
    if len(data) != count or binascii.hexlify(data).decode() != text:
        raise ValueError("bad digits")
    return data
