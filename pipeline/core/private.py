"""The user's own folder and files: nobody else may read or write them; a secret for signatures.

One of the few parts of the core that touch files: every part that keeps something of the user's
(ledger, second copy of purchases, trust, the engine's database) makes it by these functions.
Windows has no such modes: there the folder's inherited rights count, and nothing is changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from . import unfinished

#: What group and others may do with what is ours: nothing.
_OTHERS = 0o077
_HAS_MODES = os.name != "nt"
_SECRET = "secret"
_SECRET_BYTES = 32


def folder(path: Path) -> Path:
    """Make a folder that only this user may enter, or mend one that others may; return it.

    A folder that is shared by its nature (sticky, such as `/tmp`) or somebody else's stays as it
    is: only the files in it are closed. Raises OSError where it cannot be made.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    _close(path)
    return path


def files(paths: Iterable[Path]) -> None:
    """Close files that others may read; what is not there, or not ours to change, is passed over.

    By name and never by opening: closing a database's file would drop the locks of all threads.
    """
    for path in paths:
        _close(path)


def replace(path: Path, content: bytes) -> None:
    """Write a whole file that only this user may read, durable on return. Raises OSError."""
    temporary = path.with_name(unfinished.name(path.name))
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def signature(state: Path, text: bytes) -> str:
    """Return what proves that `text` was written by this user: 64 hex digits.

    The secret behind it is made with the first signature. Raises OSError where that is impossible.
    """
    return _signed(secret(state), text)


def is_signed(state: Path, text: bytes, claimed: str) -> bool:
    """Tell whether `claimed` is this user's signature of `text`; no secret is made for that."""
    known = known_secret(state)
    if known is None:
        return False
    import hmac

    return hmac.compare_digest(_signed(known, text).encode(), claimed.encode())


def known_secret(state: Path) -> bytes | None:
    """Return what only this user knows, if that was ever needed; none is made."""
    try:
        known = (state / _SECRET).read_bytes()
    except OSError:
        return None
    return known if len(known) == _SECRET_BYTES else None


def secret(state: Path) -> bytes:
    """Return what only this user knows, 32 bytes; made with the first call. Raises OSError."""
    path = folder(state) / _SECRET
    if not path.exists():
        made = path.with_name(unfinished.name(_SECRET))
        replace(made, os.urandom(_SECRET_BYTES))
        try:
            with suppress(FileExistsError):  # another process was first: its secret counts
                os.link(made, path)
        except OSError:  # a file system without hard links
            made.replace(path)
        made.unlink(missing_ok=True)
    files([path])
    return path.read_bytes()


def _signed(key: bytes, text: bytes) -> str:
    import hmac  # loads OpenSSL, and few runs sign

    return hmac.new(key, text, "sha256").hexdigest()


def _close(path: Path) -> None:
    if not _HAS_MODES:
        return
    with suppress(OSError):
        found = path.lstat()
        is_shared = found.st_mode & stat.S_ISVTX or stat.S_ISLNK(found.st_mode)
        if found.st_mode & _OTHERS and found.st_uid == os.geteuid() and not is_shared:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
