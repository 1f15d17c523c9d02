"""Files and pixels."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from .record import Record


def fold(path: str) -> str:
    """Return what Windows and macOS take for the same path: case and Unicode form made equal."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def composed(text: str) -> str:
    """Return `text` in the one Unicode form in which names are compared (NFC).

    macOS and some archives hand out decomposed names; what stands on disk stays as it is.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def stem_of(path: str) -> str:
    """Return a source's path without its ending; outputs are `<stem>.anim.…`."""
    return path[: -len(".png")]


class Document(Record, frozen=True, kw_only=True):
    """One YAML file as read: its content, and the line on which each place of it stands."""

    path: str
    content: object
    #: Key path from the root, such as ("rules", 0, "clips", "walk"), to its 1-based line.
    lines: Mapping[tuple[str | int, ...], int] = {}
    #: What a `#` behind an unquoted value cut off, with the blanks before it, by key path.
    comments: Mapping[tuple[str | int, ...], str] = {}

    def line(self, *place: str | int) -> int | None:
        """Return the line of `place`, or of the nearest ancestor that has one."""
        for end in range(len(place), -1, -1):
            if (line := self.lines.get(place[:end])) is not None:
                return line
        return None


class Pixels(Record, frozen=True, kw_only=True):
    """A picture: straight RGBA8, rows from the top, `len(rgba) == width * height * 4`."""

    width: int
    height: int
    rgba: bytes


class Source(Record, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A PNG that the artist made, as the rules see it."""

    path: str
    #: SHA-256 of the file's bytes, and of its canonical pixels.
    byte_digest: str
    pixel_digest: str
    width: int
    height: int
    #: Distinct opaque colours, and the share 0..1 of pixels with alpha of at least 128.
    colors: int
    opaque_share: float
    #: More than one frame (APNG), or what looks like cells of a sheet: never bought whole.
    looks_like_sheet: bool = False
    #: Frames of one figure: asked about until it was bought once.
    repeats: bool = False
    #: Frames that the file itself plays: of an APNG, which is an animation already.
    frames: int = 1
    #: Why the picture as a whole cannot be sent: too large, or nothing to see; "" when it can.
    unfit: str = ""

    @property
    def stem(self) -> str:
        """The path without its ending; outputs are `<stem>.anim.…`."""
        return stem_of(self.path)


class Frames(Record, frozen=True, kw_only=True):
    """Numbered pictures that are a clip as they are, in their order."""

    clip: str
    #: Their paths; what is in them is known once they have been looked at.
    paths: tuple[str, ...]
    pictures: tuple[Source, ...] = ()

    @property
    def pixel_digests(self) -> tuple[str, ...]:
        """The digest of each picture's pixels."""
        return tuple(one.pixel_digest for one in self.pictures)


class File(Record, frozen=True, kw_only=True):
    """A file to publish: path relative to the project's root, and its whole content."""

    path: str
    content: bytes
