"""Makes a signed application to send over the line: `python -m firmware.release --key FILE OUT`.

OUT is a folder, or an archive when its name ends in .zip. `--new-key FILE` makes a key and prints the public half, which is
the setting `update_key` of each node.
"""

import argparse
import sys
import tempfile
import zipfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.build import BuildError, Version, build_application, manifest_body
from firmware.node.version import VERSION


class ReleaseError(Exception):
    """No release could be made; the text says what to do."""


def make_release(out: Path, version: Version, key: Path) -> None:
    """Write an application of this version, signed with the private key in the file `key`."""
    private = load_key(key)
    if out.exists():
        raise ReleaseError(f"{out} is there already. Choose another name or remove it.")
    if out.suffix != ".zip":
        _fill(out, version, private)
        return
    with tempfile.TemporaryDirectory() as place:
        _fill(Path(place), version, private)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(path for path in Path(place).rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(place).as_posix())


def new_key(path: Path) -> str:
    """Make a private key file that only its owner can read; return the public half as the setting wants it."""
    private = Ed25519PrivateKey.generate()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(private.private_bytes(*form))
    return public_text(private)


def load_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file; ReleaseError when there is none."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ReleaseError(f"{path} holds no key to sign with ({error}). Make one with --new-key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ReleaseError(f"{path} holds a key of another kind than Ed25519. Make one with --new-key.")
    return key


def public_text(private: Ed25519PrivateKey) -> str:
    """The public half as 64 hexadecimal digits."""
    return private.public_key().public_bytes_raw().hex()


def sign(folder: Path, version: Version, private: Ed25519PrivateKey) -> None:
    """Write the manifest of the application in `folder`."""
    body = manifest_body(folder, version)
    (folder / "manifest").write_bytes(body + f"signature {private.sign(body).hex()}\n".encode())


def _fill(folder: Path, version: Version, private: Ed25519PrivateKey) -> None:
    build_application(folder, version)
    sign(folder, version, private)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m firmware.release", description=__doc__)
    parser.add_argument("--key", type=Path, help="private key to sign with")
    parser.add_argument("--new-key", type=Path, help="make a private key in this file")
    parser.add_argument("out", type=Path, nargs="?", help="folder or .zip to write")
    options = parser.parse_args()
    try:
        if options.new_key:
            sys.stdout.write(new_key(options.new_key) + "\n")
        elif options.key and options.out:
            make_release(options.out, VERSION, options.key)
        else:
            parser.error("give --key FILE OUT, or --new-key FILE")
    except (ReleaseError, BuildError, OSError) as error:
        sys.exit(f"firmware.release: {error}")


if __name__ == "__main__":
    main()
