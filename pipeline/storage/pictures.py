"""Sources as pictures: the bytes that a plan was made from, decoded.

The one place of this wing that takes imaging. What is hashed is what is decoded and uploaded: a
file that was saved again since the plan was made is refused, never taken for the one it was.
"""

from __future__ import annotations

import threading
from pathlib import Path

from ..core import keys
from ..core.errors import SupersededError
from ..core.model import Frames, Pixels, Source
from . import files

#: Small pictures that were decoded a moment ago: one is compared, sent and finished in turn.
_KEPT = 48
_LARGEST_BYTES = 64 * 1024
_recent: dict[str, Pixels] = {}
_turn = threading.Lock()


def pixels(root: Path, source: Source) -> Pixels:
    """Read and decode a source of the project at `root`.

    Raises SupersededError when its bytes are no longer those that the plan was made from.
    """
    content = files.read(root, source.path)
    if keys.digest(content) != source.byte_digest:
        raise SupersededError(f"{source.path}: was saved again; the next build makes it")
    return decoded(content, source.byte_digest, source.path)


def decoded(content: bytes, digest: str, path: str) -> Pixels:
    """Decode a picture whose bytes have this `digest`, unless that was done a moment ago.

    Raises SourceError, naming `path`, when it cannot be decoded.
    """
    from .. import imaging  # heavy: a run with nothing to do decodes nothing

    with _turn:
        known = _recent.pop(digest, None)
    found = imaging.decode(content, path) if known is None else known
    if len(found.rgba) <= _LARGEST_BYTES:
        with _turn:
            _recent[digest] = found
            while len(_recent) > _KEPT:
                del _recent[next(iter(_recent))]
    return found


def recent(digest: str) -> Pixels | None:
    """Return the picture whose bytes have this `digest`, if it was decoded a moment ago."""
    with _turn:
        return _recent.get(digest)


def frames(root: Path, adopted: Frames) -> tuple[Pixels, ...]:
    """Read and decode numbered pictures that are a clip; raises SupersededError as `pixels`."""
    return tuple(pixels(root, one) for one in adopted.pictures)


def check_unchanged(root: Path, source: Source) -> None:
    """Raise SupersededError when a source was saved again: only newest pixels are published."""
    if keys.digest(files.read(root, source.path)) != source.byte_digest:
        raise SupersededError(f"{source.path}: was saved again; what was made is kept")
