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

#: Larger pictures are decoded again, and so are those for which there is no room.
_LARGEST_BYTES = 64 * 1024
_MOST_BYTES = 8 * 1024 * 1024
#: What a small picture takes besides its pixels.
_EACH_BYTES = 512


class _Recent:
    """Small pictures that were decoded a while ago; any thread may ask.

    One is looked at, compared, sent and finished in turn.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._kept: dict[str, Pixels] = {}
        self._bytes = 0

    def get(self, digest: str) -> Pixels | None:
        return self._kept.get(digest)

    def keep(self, digest: str, picture: Pixels) -> None:
        """Keep a picture for longer than those that were kept before it."""
        if len(picture.rgba) > _LARGEST_BYTES:
            return
        with self._turn:
            if self._kept.pop(digest, None) is None:
                self._bytes += len(picture.rgba) + _EACH_BYTES
            self._kept[digest] = picture
            while self._bytes > _MOST_BYTES:
                gone = self._kept.pop(next(iter(self._kept)))
                self._bytes -= len(gone.rgba) + _EACH_BYTES


_recent = _Recent()


def pixels(root: Path, source: Source) -> Pixels:
    """Read and decode a source of the project at `root`.

    Raises SupersededError when its bytes are no longer those that the plan was made from.
    """
    content = files.read(root, source.path)
    if keys.digest(content) != source.byte_digest:
        raise SupersededError(f"{source.path}: was saved again; the next build makes it")
    return decoded(content, source.byte_digest, source.path)


def decoded(content: bytes, digest: str, path: str) -> Pixels:
    """Decode a picture whose bytes have this `digest`, unless that was done a while ago.

    Raises SourceError, naming `path`, when it cannot be decoded.
    """
    found = _recent.get(digest)
    if found is None:
        from .. import imaging  # heavy: a run with nothing to do decodes nothing

        found = imaging.decode(content, path)
    _recent.keep(digest, found)
    return found


def recent(digest: str) -> Pixels | None:
    """Return the picture whose bytes have this `digest`, if it was decoded a while ago."""
    return _recent.get(digest)


def frames(root: Path, adopted: Frames) -> tuple[Pixels, ...]:
    """Read and decode numbered pictures that are a clip; raises SupersededError as `pixels`."""
    return tuple(pixels(root, one) for one in adopted.pictures)


def check_unchanged(root: Path, source: Source) -> None:
    """Raise SupersededError when a source was saved again: only newest pixels are published."""
    if keys.digest(files.read(root, source.path)) != source.byte_digest:
        raise SupersededError(f"{source.path}: was saved again; what was made is kept")
