"""Make a certificate authority of one's own, and a certificate of it for this machine."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HAS_OPENSSL = shutil.which("openssl") is not None
_NAMES = "subjectAltName=DNS:localhost,DNS:engine.test,IP:127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    """Name the PEM files: the authority's certificate, the server's, and the server's key."""

    authority: Path
    certificate: Path
    key: Path


def make(folder: Path) -> Certificates:
    """Make all three with the openssl program; good for two days."""
    found = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    ca_key, request, names = folder / "ca.key", folder / "server.csr", folder / "names"
    names.write_text(f"{_NAMES}\nbasicConstraints=critical,CA:FALSE\n", "utf-8")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl(
        "req", "-x509", *new_key, "-keyout", ca_key, "-out", found.authority, "-days", "2",
        "-subj", "/CN=A CA of a test", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    _openssl("req", *new_key, "-keyout", found.key, "-out", request, "-subj", "/CN=localhost")
    _openssl(
        "x509", "-req", "-in", request, "-CA", found.authority, "-CAkey", ca_key,
        "-CAcreateserial", "-days", "2", "-extfile", names, "-out", found.certificate,
    )  # fmt: skip
    return found


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
