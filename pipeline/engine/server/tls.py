"""Serve TLS with a certificate that the user brings: some clients refuse any other address."""

from __future__ import annotations

import ssl
from pathlib import Path

import msgspec

from ..contract.errors import LocalRefusal


class Certificate(msgspec.Struct, frozen=True):
    """Name the PEM files of a certificate, with its chain, and of its key, which may be one."""

    certificate: Path
    key: Path


def read(certificate: Path | None, key: Path | None) -> Certificate | None:
    """Check the files of `--tls-cert` and `--tls-key`; None without them. Raises LocalRefusal."""
    if certificate is None:
        if key is not None:
            raise LocalRefusal("a TLS key without its certificate: name both")
        return None
    found = Certificate(certificate, key or certificate)
    for path in (found.certificate, found.key):
        if not path.is_file():
            raise LocalRefusal(f"{path}: there is no such file")
    try:
        # The password is for a key that has one: without it OpenSSL would ask on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            found.certificate, found.key, password=lambda: ""
        )
    except (ssl.SSLError, OSError, ValueError) as exc:
        raise LocalRefusal(
            f"{found.certificate} and {found.key} are no certificate with its key, both as PEM and "
            f"the key without a password: {exc}"
        ) from exc
    return found
