"""Read a source once: these bytes are hashed and these bytes are uploaded."""

from __future__ import annotations

import errno
import os
import stat as bits
from pathlib import Path

from ...core import keys
from ...core.errors import SourceError
from . import paths, resaved
from .carried import MOST_BYTES

#: Largest source in bytes; the largest picture that is sent has 256 x 256 px.
MAX_BYTES = 64 * 1024 * 1024
#: Without O_NONBLOCK a pipe named `x.png` would stop the program for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read(root: Path, path: str) -> bytes:
    """Return the bytes of the file `path` as they were at one moment.

    Raises SourceError if it is gone, cannot be read, is no regular file, is larger than 64 MiB,
    lies outside of the project, or changed while it was read.
    """
    place = paths.inside(root, path, SourceError)
    try:
        descriptor = os.open(place, _FLAGS)
        with os.fdopen(descriptor, "rb") as stream:
            before = os.fstat(descriptor)
            _check(path, before)
            # One more than there should be shows growth; a buffer for the most there may be costs
            # more than reading a sprite does.
            content = stream.read(before.st_size + 1)
            after = os.fstat(descriptor)
    except FileNotFoundError as exc:
        raise SourceError(f"{path}: is not there any more") from exc
    except OSError as exc:
        raise SourceError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    if _state(before) != _state(after) or len(content) != after.st_size:
        raise SourceError(f"{path}: is still changing; build again when it is saved")
    return content


def digest_of(place: Path) -> str:
    """Return the digest of a regular file.

    A resource of Godot's has that of what it says: the editor saves our files again (`resaved`).
    Raises FileNotFoundError, IsADirectoryError for whatever else stands there (a pipe would be
    waited for without end), or another OSError.
    """
    with os.fdopen(os.open(place, _FLAGS), "rb") as stream:
        if not bits.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise IsADirectoryError(errno.EISDIR, "is no regular file", str(place))
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise IsADirectoryError(errno.EFBIG, "is no file of ours, by its size", str(place))
    return keys.digest(resaved.restated(content) if place.suffix in resaved.SUFFIXES else content)


def is_still(place: Path, digest: str) -> bool:
    """Tell whether a file of ours is there as it was; a folder or a pipe in its place is none.

    Raises OSError for what cannot be read.
    """
    try:
        return digest_of(place) == digest
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _check(path: str, found: os.stat_result) -> None:
    """Refuse what is no picture, whatever its name says."""
    if not bits.S_ISREG(found.st_mode):
        raise SourceError(f"{path}: is not a regular file")
    if found.st_size > MAX_BYTES:
        raise SourceError(f"{path}: has {found.st_size >> 20} MiB; is it really a sprite?")


def _state(found: os.stat_result) -> tuple[int, int]:
    """Return what a write to an open file changes."""
    return found.st_size, found.st_mtime_ns
