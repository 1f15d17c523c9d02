"""Read a project's lock file from its folder.

A watch reads it at every save, and it grows with the project: in between, `kept` remembers the
text and what was found out of it. A text is believed to be the file's only while the file's stat
says so, and only if it was read so long after the last change that another would show.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core import keys, small_files
from ..core.errors import StorageError
from . import files, lock, lock_text
from .files import Stat, stat_at
from .files.stats import RACY_NS
from .lock import Lock

#: A project of 100,000 sprites has a lock file of half this size.
_MOST_BYTES = 128 * small_files.MIB
#: Letters or bytes that are looked at together.
_PIECE = small_files.MIB

_NO_TEXT = (
    "is not UTF-8 (PowerShell's `>` writes UTF-16); bring it back from version control, or remove "
    "it and run `pixelpipe verify --rebuild-lock`"
)


class _Kept:
    """A text as it was read or written last."""

    def __init__(self, text: str, stat: Stat | None = None) -> None:
        self.text = text
        #: The file's stat before it was read, if that proves that the file is the same.
        self.stat = stat
        self.digest: str | None = None
        self.is_plain: bool | None = None


#: What is remembered, by the root of the project.
_kept: dict[Path, _Kept] = {}


@contextmanager
def kept(root: Path) -> Iterator[None]:
    """Remember the project's lock file as long as the block runs."""
    _kept.setdefault(root, _Kept(""))
    try:
        yield
    finally:
        _kept.pop(root, None)


def read(root: Path) -> Lock:
    """Return what the project's lock file says; an absent one is empty."""
    return whole(root)[0]


def whole(root: Path) -> tuple[Lock, str]:
    """Return what the project's lock file says, and the digest of its text."""
    if root in _kept:
        return lock.parse(text(root)), digest(text(root))
    found = hashlib.sha256()
    return lock.read(lock.lines(_pieces(root, found))), found.hexdigest()


def lines(root: Path) -> Iterator[str]:
    """Yield the lines of the project's lock file."""
    return lock.lines(lock.pieces(text(root)) if root in _kept else _pieces(root))


def glance(root: Path) -> tuple[str, bool]:
    """Return the digest of the project's lock file, and whether it is plain."""
    if root in _kept:
        return digest(text(root)), is_plain(text(root))
    found = hashlib.sha256()
    pieces = _pieces(root, found)
    is_so = lock_text.are_plain(pieces)
    for _ in pieces:  # what is left where it is not, for the digest
        pass
    return found.hexdigest(), is_so


def text(root: Path) -> str:
    """Return the text of the project's lock file; an absent one is empty."""
    known = _kept.get(root)
    if known is None:
        return _text(root)
    now_ns, stat = time.time_ns(), stat_at(root / lock.NAME)
    if stat is not None and stat == known.stat:
        return known.text
    found = _text(root)
    if found != known.text:
        known = _Kept(found)
    # A text that is the same stays the same object: what is known of it is known by that.
    known.stat = None if stat is None or stat.is_after(now_ns - RACY_NS) else stat
    if root in _kept:
        _kept[root] = known
    return known.text


def content(root: Path) -> bytes:
    """Return the bytes of the project's lock file; of an absent one none."""
    try:
        return small_files.read(root / lock.NAME, most=_MOST_BYTES, within=root)
    except FileNotFoundError:
        return b""
    except OSError as exc:
        raise _unread(exc.strerror or exc) from exc


class ChangedError(Exception):
    """The lock file is not the one that was to be added to."""


def grow(root: Path, lines: Iterable[str], digest: str) -> str:
    """Add lines to the plain lock file that has this digest; return the new one's.

    It is copied piece by piece: whole, it takes more memory than all else. Raises ChangedError, and
    nothing is written, if it is another one.
    """
    old, new = hashlib.sha256(), hashlib.sha256()

    def pieces() -> Iterator[bytes | memoryview]:
        for piece in lock_text.added(_bytes(root, old), lines):
            new.update(piece)
            yield piece
        if old.hexdigest() != digest:
            raise ChangedError

    files.publish_long(root, lock.NAME, pieces())
    return new.hexdigest()


def wrote(root: Path, text: str, *, is_plain: bool) -> None:
    """Take note of a text that was written; the next look at the file finds it there, or not.

    `is_plain` says that it is, which need not be looked for then.
    """
    if root in _kept:
        _kept[root] = _Kept(text)
        _kept[root].is_plain = is_plain or None


def digest(text: str) -> str:
    """Return the digest of a text."""
    if (known := _known(text)) is None:
        return _digest(text)
    if known.digest is None:
        known.digest = _digest(text)
    return known.digest


def is_plain(text: str) -> bool:
    """Tell whether a text is to the letter as we write it; see `lock_text`."""
    if (known := _known(text)) is None:
        return lock_text.is_plain(text)
    if known.is_plain is None:
        known.is_plain = lock_text.is_plain(text)
    return known.is_plain


def _known(text: str) -> _Kept | None:
    return next((one for one in [*_kept.values()] if one.text is text), None)


def _text(root: Path) -> str:
    try:
        return content(root).decode()
    except UnicodeDecodeError as exc:
        raise StorageError(f"{lock.NAME}: {_NO_TEXT}") from exc


def _pieces(root: Path, found: hashlib._Hash | None = None) -> Iterator[str]:
    """Yield some lines of the file at a time, of an absent one none; `found` gets all bytes."""
    for piece in _bytes(root, found):
        try:
            yield piece.decode()
        except UnicodeDecodeError as exc:
            raise StorageError(f"{lock.NAME}: {_NO_TEXT}") from exc


def _bytes(root: Path, found: hashlib._Hash | None) -> Iterator[bytes]:
    """Yield the same as bytes."""
    rest = b""
    place = root / lock.NAME
    try:
        for content in small_files.pieces(place, _PIECE, most=_MOST_BYTES, within=root):
            if found is not None:
                found.update(content)
            end = content.rfind(b"\n") + 1
            if end:
                yield rest + content[:end]
                rest = b""
            rest += content[end:]
        if rest:
            yield rest
    except FileNotFoundError:
        return
    except OSError as exc:
        raise _unread(exc.strerror or exc) from exc


def _unread(why: object) -> StorageError:
    return StorageError(f"{lock.NAME}: cannot be read ({why})")


def _digest(text: str) -> str:
    """Return the digest of a text, of which there is no second one as bytes meanwhile."""
    pieces = range(0, len(text), _PIECE)
    return keys.digest_of(text[at : at + _PIECE].encode() for at in pieces)
