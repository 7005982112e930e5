"""The farm's own certificates: an authority that phones are told of once, and the server's, renewed while it runs."""

import ipaddress
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.clock import EARLIEST_BELIEVABLE

AUTHORITY_DAYS = 3650
SERVER_DAYS = 365
RENEW_DAYS = 30
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class Certificates:
    """`authority.crt` and `.key`, `server.crt` and `.key` in one folder of the farm's data; keys for this user only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def usable(self) -> bool:
        """True when there is a certificate to serve with."""
        return (self.folder / "server.crt").exists() and (self.folder / "server.key").exists()

    def days_left(self, now: datetime) -> float | None:
        """Until the server's certificate ends; None without one; OSError or ValueError when it cannot be read."""
        if not self.usable:
            return None
        ends = x509.load_pem_x509_certificate((self.folder / "server.crt").read_bytes()).not_valid_after_utc
        return (ends - now) / timedelta(days=1)

    def ensure(self, names: list[str], now: datetime) -> bool:
        """Make what is missing, renew what ends soon; True when the server's certificate is new. OSError on a bad disk.

        A clock that is not set makes certificates that are valid from the earliest day that can be.
        """
        now = max(now, EARLIEST_BELIEVABLE)
        left = self.days_left(now)
        if left is not None and left > RENEW_DAYS:
            return False
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority, authority_key = self._authority(now)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        server = (
            _begun(subject, authority.subject, key, now, SERVER_DAYS)
            .add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        self._keep("server", server, key)
        return True

    def context(self) -> ssl.SSLContext:
        """To serve with: TLS 1.2 and newer, forward secrecy."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        self.load(context)
        return context

    def load(self, context: ssl.SSLContext) -> None:
        """Serve with the newest certificate from the next connection on."""
        context.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")

    def _authority(self, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        certificate, key = self.folder / "authority.crt", self.folder / "authority.key"
        if certificate.exists() and key.exists():
            found = x509.load_pem_x509_certificate(certificate.read_bytes())
            private = serialization.load_pem_private_key(key.read_bytes(), None)
            if isinstance(private, ec.EllipticCurvePrivateKey) and found.not_valid_after_utc - now > timedelta(
                days=SERVER_DAYS
            ):
                return found, private
        private = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Pondkeeper {socket.gethostname()}")])
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        made = (
            _begun(name, name, private, now, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(private, hashes.SHA256())
        )
        self._keep("authority", made, private)
        return made, private

    def _keep(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        """The key first: a certificate never lies there without the key it belongs to."""
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{name}.crt").unlink(missing_ok=True)
        _write(self.folder / f"{name}.key", secret)
        _write(self.folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))


def own_names() -> list[str]:
    """What phones may call this machine: its name on the local network, then its addresses."""
    host = socket.gethostname()
    found = [f"{host}.local", host, "localhost", "127.0.0.1"]
    try:
        found += sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, None, socket.AF_INET)} - {"127.0.0.1"})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing: the kernel tells which address it would use
            found.append(str(probe.getsockname()[0]))
    except OSError:
        pass
    return list(dict.fromkeys(found))


def utc_now() -> datetime:
    """The wall clock, which labels certificates."""
    return datetime.now(UTC)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
