"""The lock on the way to a broker: its certificate is checked, and what is wrong with it is said in words."""

import ssl
from pathlib import Path

EXPIRED, NOT_YET_VALID, WRONG_NAME = 10, 9, (62, 64)  # OpenSSL's X509_V_ERR_*


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 at least, the name and the certificate checked; `ca_file` alone may vouch for it. OSError when unreadable."""
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def certificate_problem(error: BaseException | None) -> str:
    """What is wrong with the other side's certificate, a key of the `remote.certificate` texts; empty for another error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return _named(error.verify_code)
        error = error.__cause__ or error.__context__
    return ""


def days_left(connection: ssl.SSLSocket, now_s: float) -> float | None:
    """Days until the other side's certificate expires, by this wall time; None where it does not say."""
    ends = (connection.getpeercert() or {}).get("notAfter")
    return (ssl.cert_time_to_seconds(ends) - now_s) / 86400 if isinstance(ends, str) else None


def _named(code: int) -> str:
    if code == EXPIRED:
        return "expired"
    if code == NOT_YET_VALID:
        return "not_yet_valid"
    return "wrong_name" if code in WRONG_NAME else "not_trusted"
