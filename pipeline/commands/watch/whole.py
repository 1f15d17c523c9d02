"""Is a file written to its end? A cheap look; the build decodes it in full."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ...core import png
from ...storage.files import is_source

_HEADER = 8  # length and type of a chunk
_CRC = 4


def is_whole(place: Path, path: str) -> bool:
    """Tell whether the file at `place`, called `path`, looks complete.

    An empty or unreadable file is not; a PNG is when its chunks lead to IEND (PNG, third edition,
    sections 5.2 and 5.3). Something else under a PNG's name is: the build says what is wrong.
    """
    try:
        with place.open("rb") as stream:
            return _ends(stream) if is_source(path) else bool(stream.read(1))
    except OSError:
        return False


def _ends(stream: BinaryIO) -> bool:
    """Walk a PNG's chunks, whose contents are skipped, to IEND."""
    head = stream.read(len(png.SIGNATURE))
    if head != png.SIGNATURE:
        # Space may be reserved before it is filled, and the signature itself may be half written.
        return any(head) and not png.SIGNATURE.startswith(head)
    while len(header := stream.read(_HEADER)) == _HEADER:
        length, kind = int.from_bytes(header[:4]), header[4:]
        if kind == b"IEND":
            return len(stream.read(_CRC)) == _CRC
        if not kind.isalpha():
            return False
        stream.seek(length + _CRC, 1)
    return False
