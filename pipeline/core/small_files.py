"""The one reader for the small files of a checkout: regular, of bounded size, never waited for.

A checkout may hold a link to an endless device, a pipe that nobody writes to, or a file of many
gigabytes under any name that is read. One of the few parts of the core that touch files.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

KIB, MIB = 1 << 10, 1 << 20
#: Without O_NONBLOCK a pipe would stop the program for ever. Windows has neither of these.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read(path: Path, *, most: int, within: Path | None = None) -> bytes:
    """Return the content of a regular file of at most `most` bytes.

    `within`: links may lead to places inside of this folder only.
    Raises FileNotFoundError, or another OSError whose `strerror` is a clause for the user.
    """
    with opened(path, most=most, within=within) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise _too_large(path, most)
    return content


def pieces(path: Path, size: int, *, most: int, within: Path | None = None) -> Iterator[bytes]:
    """Yield the same `size` bytes at a time."""
    left = most
    with opened(path, most=most, within=within) as stream:
        while piece := stream.read(size):
            left -= len(piece)
            if left < 0:
                raise _too_large(path, most)
            yield piece


@contextmanager
def opened(path: Path, *, most: int, within: Path | None = None) -> Iterator[BinaryIO]:
    """Open the same to be read in parts."""
    # Not Path.resolve, which has errors of its own for a link that leads to itself.
    if within is not None:
        real = os.path.realpath(path)
        if not Path(real).is_relative_to(os.path.realpath(within)):
            raise OSError(errno.EPERM, "leads outside of the project through a link", str(path))
    with os.fdopen(os.open(path, FLAGS), "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        if found.st_size > most:
            raise _too_large(path, most)
        yield stream


def _too_large(path: Path, most: int) -> OSError:
    return OSError(errno.EFBIG, f"is larger than {_size(most)}", str(path))


def text(path: Path, *, most: int, within: Path | None = None) -> str:
    """Return a file's text, a byte order mark taken off.

    Raises OSError as `read` does, and UnicodeDecodeError for what is not UTF-8.
    """
    return read(path, most=most, within=within).decode("utf-8-sig")


def _size(count: int) -> str:
    return f"{count // MIB} MiB" if count >= MIB else f"{count // KIB} KiB"
