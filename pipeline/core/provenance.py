"""Where our PNGs come from: one iTXt chunk of canonical JSON, written and read as pure bytes.

The chunk stands right behind IHDR, so that the first kilobytes of a file answer whether it is one
of ours. A file that carries it is never taken for a source, and the lock file can be rebuilt from
it. Chunk layout: PNG specification (third edition), 5.3 and 11.3.3.3.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import msgspec

from .errors import StorageError
from .model import Provenance, Record

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"pixelpipe"
VERSION = 1
#: Keyword, no compression, no language tag, no translated keyword.
_HEAD = KEYWORD + b"\0\0\0\0\0"


class Note(Record, frozen=True, kw_only=True):
    """What the chunk holds: a format version, and one record for each clip in the image."""

    version: int
    clips: tuple[Provenance, ...]


def text(clips: Iterable[Provenance]) -> bytes:
    """Return the canonical JSON of `clips`: sorted keys, no blanks, UTF-8."""
    note = Note(version=VERSION, clips=tuple(clips))
    return msgspec.json.encode(note, order="sorted")


def embed(png: bytes, clips: Iterable[Provenance]) -> bytes:
    """Return `png` with our chunk behind IHDR, in place of any that it carries.

    Raises StorageError when `png` is not a PNG.
    """
    chunks = [chunk for chunk in _chunks(png) if not _is_note(chunk)]
    if not chunks or chunks[0][0] != b"IHDR":
        raise StorageError("cannot write provenance: the image is not a PNG")
    chunks.insert(1, (b"iTXt", _HEAD + text(clips)))
    return SIGNATURE + b"".join(_pack(kind, data) for kind, data in chunks)


def is_ours(png: bytes) -> bool:
    """Say whether `png` carries our chunk; its first kilobytes are enough."""
    return any(_is_note(chunk) for chunk in _chunks(png))


def read(png: bytes) -> tuple[Provenance, ...] | None:
    """Return the clips that `png` tells of, or None when it carries no chunk of ours.

    Raises StorageError when the chunk is damaged or written by a newer version.
    """
    notes = [data[len(_HEAD) :] for kind, data in _chunks(png) if _is_note((kind, data))]
    if not notes:
        return None
    try:
        note = msgspec.json.decode(notes[0], type=Note)
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise StorageError(f"the provenance in this PNG cannot be read ({exc})") from exc
    if note.version > VERSION:
        raise StorageError(
            f"the provenance in this PNG has format {note.version}; this pixelpipe reads up to "
            f"{VERSION}: update pixelpipe"
        )
    return note.clips


def _is_note(chunk: tuple[bytes, bytes]) -> bool:
    """Say whether a chunk is ours by its type and keyword."""
    kind, data = chunk
    return kind == b"iTXt" and data.startswith(KEYWORD + b"\0")


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and data of each whole chunk; stop quietly where the bytes end or lie."""
    if not png.startswith(SIGNATURE):
        return
    at = len(SIGNATURE)
    while at + 12 <= len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        if end + 4 > len(png):
            return
        yield png[at + 4 : at + 8], png[at + 8 : end]
        at = end + 4


def _pack(kind: bytes, data: bytes) -> bytes:
    """Return one chunk: length, type, data, CRC of type and data."""
    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
