"""Where our PNGs come from: one iTXt chunk of canonical JSON, written and read as pure bytes.

The chunk stands right behind IHDR, so that the first kilobytes of a file answer whether it is one
of ours. A file that carries it is never taken for a source, and the lock file can be rebuilt from
it. Chunk layout: PNG specification (third edition), 5.3 and 11.3.3.3.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from . import png
from .errors import StorageError
from .model import Provenance, Record
from .model.checked import UNREADABLE

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


def embed(content: bytes, clips: Iterable[Provenance]) -> bytes:
    """Return `content` with our chunk behind IHDR, in place of any that it carries.

    Raises StorageError when `content` is not a PNG.
    """
    chunks = [(one.kind, one.body) for one in png.chunks(content) if not _is_note(one)]
    if not chunks or chunks[0][0] != b"IHDR":
        raise StorageError("cannot write provenance: the image is not a PNG")
    chunks.insert(1, (b"iTXt", memoryview(_HEAD + text(clips))))
    return png.write(chunks)


def is_ours(content: bytes) -> bool:
    """Say whether `content` carries our chunk; its first kilobytes are enough."""
    return any(map(_is_note, png.chunks(content)))


def read(content: bytes) -> tuple[Provenance, ...] | None:
    """Return the clips that `content` tells of, or None when it carries no chunk of ours.

    Raises StorageError when the chunk is damaged or written by a newer version.
    """
    notes = [one.body[len(_HEAD) :] for one in png.chunks(content) if _is_note(one)]
    if not notes:
        return None
    try:
        note = msgspec.json.decode(notes[0], type=Note)
    except UNREADABLE as exc:
        raise StorageError(f"the provenance in this PNG cannot be read ({exc})") from exc
    if note.version > VERSION:
        raise StorageError(
            f"the provenance in this PNG has format {note.version}; this pixelpipe reads up to "
            f"{VERSION}: update pixelpipe"
        )
    return note.clips


def _is_note(chunk: png.Chunk) -> bool:
    """Say whether a chunk is ours by its type and keyword."""
    return chunk.kind == b"iTXt" and chunk.body[: len(KEYWORD) + 1] == KEYWORD + b"\0"
