"""What this checkout remembers, in one file: `.pixelpipe/tmp/state`.

`state_format` says how it is written, `remembered` what is in it. A run with nothing to do reads no
further than its listing (`run.uptodate.quick`). Losing the file costs time and changes no result:
one that is damaged, of another version or not ours is made anew.

A file that changed less than two seconds before it was looked at is not remembered: on coarse
clocks it could change again without its stat showing it ("racily clean", git's racy-git.txt).
"""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from ..core import private, small_files, unfinished
from . import state_format
from .files import paths
from .files.stats import RACY_NS, Stat
from .remembered import Facts, Folder, Whole
from .state_format import WHOLE, Place, begin, block, is_by, packed_block, said
from .told import Line

PLACE = ".pixelpipe/tmp/state"
#: What releases before this one kept, and nobody reads any more.
_OLDER = (
    "index.sqlite",
    "index.sqlite-journal",
    "index.sqlite-wal",
    "index.sqlite-shm",
    "tmp/seal",
)
#: A project of 100,000 sprites remembers a fifth of this.
_MOST_BYTES = 256 * small_files.MIB
#: Appended blocks are joined with the others when they are this many times as large.
_MOST_APPENDED = 2
_SMALL_BYTES = 1 << 20
#: Folders that are kept as records; what is known of the others takes a quarter of that room.
_MOST_OPEN = 16

_log = logging.getLogger(__name__)


class _Begin(NamedTuple):
    """The first two parts of a state file: what is in the one, and where the other stands."""

    fields: bytes
    listing: Place
    #: The listing's digest: it is read again when it is wanted.
    digest: bytes


class _Read(NamedTuple):
    """What was read of a state file, to be gone on with where it has only grown."""

    inode: int
    size: int
    key: bytes | None
    begin: _Begin | None
    blocks: dict[str, list[Place]]


#: What is kept of files that are read again and again, by the root of the project.
_kept: dict[Path, _Read | None] = {}


@contextmanager
def kept(root: Path) -> Iterator[None]:
    """Read only what is new in a state file that was read before, as long as the block runs.

    Files are replaced or appended to. Whatever else happens to one shows in the proofs of its
    blocks, and what was read before it is still true.
    """
    _kept.setdefault(root, None)
    try:
        yield
    finally:
        _kept.pop(root, None)


class State:
    """What is remembered of one checkout. Use: `open`, ask and tell, `save` once at the end."""

    def __init__(
        self, root: Path, home: Path | None, *, clock: Callable[[], int] = time.time_ns
    ) -> None:
        """Start with nothing remembered; see `open`. `clock` gives nanoseconds since 1970.

        `home` is the user's state folder, which holds the secret; without one nothing is kept.
        """
        self._root = root
        self._home = home
        self._place = root / PLACE
        self._clock = clock
        self._key: bytes | None = None
        self._begin: _Begin | None = None
        #: Where blocks stand in the file, what is known of folders that were asked for last, and
        #: what is new, by folder. Each block proves itself: one of a file that another process
        #: has put there meanwhile is not taken.
        self._blocks: dict[str, list[Place]] = {}
        self._known: dict[str, Folder] = {}
        self._new: dict[str, Folder] = {}
        #: What is new of folders that were asked for a while ago, as it is written; and all that a
        #: plan says of them, where some of that is new.
        self._closed_new: dict[str, bytes] = {}
        self._closed_told: dict[str, bytes] = {}
        self._told_anew: set[str] = set()
        #: Of all folders that were asked for; of one that is closed the folder's name.
        self._pictures: dict[bytes, Facts | str] = {}
        self._size = 0
        #: The end is cut off: what is appended there could not be read.
        self._is_torn = False
        self._has_warned = False

    @classmethod
    def open(
        cls, root: Path, home: Path | None, *, clock: Callable[[], int] = time.time_ns
    ) -> State:
        """Read what the project at `root` remembers; nothing is written before `save`."""
        state = cls(root, home, clock=clock)
        with suppress(OSError, ValueError):
            if state._goes_on(_kept.get(root)):
                return state
            with small_files.opened(state._place, most=_MOST_BYTES) as stream:
                state._read(stream)
        return state

    def _read(self, stream: BinaryIO) -> None:
        """Read a file's beginning, and where its blocks stand."""
        found = state_format.parts(stream.read(state_format.MOST_LINE))
        size = os.fstat(stream.fileno()).st_size
        if self._home is None or found is None:
            return
        if not found.head.start <= found.head.stop <= found.listing.stop <= size:
            return
        key = self._key = private.known_secret(self._home)
        stream.seek(found.head.start)
        fields = stream.read(found.head.stop - found.head.start)
        listing = stream.read(found.listing.stop - found.listing.start)
        if key and state_format.proof(key, fields, listing) == found.proof:
            place = Place(found.listing.start, len(listing))
            self._begin = _Begin(fields, place, state_format.short_digest(listing))
            self._divide(stream, found.listing.stop)
            self._keep(os.fstat(stream.fileno()).st_ino)

    def _goes_on(self, read: _Read | None) -> bool:
        """Take what was read before, and read what was appended; tell whether that is all."""
        if read is None:
            return False
        with os.fdopen(os.open(self._place, small_files.FLAGS), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_ino != read.inode:
                return False
            if not read.size <= found.st_size <= _MOST_BYTES:
                return False
            self._key, self._begin = read.key, read.begin
            self._blocks = {name: [*blocks] for name, blocks in read.blocks.items()}
            self._divide(stream, read.size)
        if found.st_size > read.size:
            self._keep(found.st_ino)
        return True

    def _keep(self, inode: int) -> None:
        """Let the next one go on from here, if it may."""
        if self._root in _kept and not self._is_torn:
            blocks = {name: [*blocks] for name, blocks in self._blocks.items()}
            _kept[self._root] = _Read(inode, self._size, self._key, self._begin, blocks)

    # -- files and pictures ---------------------------------------------------------------------

    def digest(self, path: str, stat: Stat) -> str | None:
        """Return the digest of the file's bytes, or None if they have to be read."""
        folder, _, name = path.rpartition("/")
        memo = self._folder(folder).files.get(name)
        return memo[1].hex() if memo is not None and memo[0] == state_format.packed(stat) else None

    def remember(self, path: str, stat: Stat, digest: str) -> None:
        """Note the digest of the bytes that had this stat *before* they were read."""
        folder, _, name = path.rpartition("/")
        memo = state_format.packed(stat), bytes.fromhex(digest)
        if self._clock() - stat.mtime_ns < RACY_NS:
            memo = b"", memo[1]  # no stat is that: the bytes have to be read again
        if self._folder(folder).files.get(name) != memo:
            self._tell(folder).files[name] = self._folder(folder).files[name] = memo

    def facts(self, path: str, digest: str) -> Facts | None:
        """Return what the bytes with this digest hold, or None if that was never found out."""
        folder, key = path.rpartition("/")[0], bytes.fromhex(digest)
        if (own := self._folder(folder).pictures.get(key)) is not None:
            return own
        found = self._pictures.get(key)
        return self._folder(found).pictures.get(key) if isinstance(found, str) else found

    def learn(self, path: str, digest: str, facts: Facts) -> None:
        """Note what the bytes of the file `path`, or a part of it, with this digest hold."""
        folder, key = path.rpartition("/")[0], bytes.fromhex(digest)
        if self._folder(folder).pictures.get(key) != facts:
            self._tell(folder).pictures[key] = self._folder(folder).pictures[key] = facts
            self._pictures[key] = facts

    # -- what the outputs of a source were made by ----------------------------------------------

    def note(self, path: str, build: str, text: str) -> None:
        """Note what a build key of the source `path` stands for: changes can be named later."""
        folder, key = path.rpartition("/")[0], bytes.fromhex(build)
        at = state_format.short(text)
        known = self._folder(folder)
        if known.builds.get(key) != at or at not in known.texts:
            for where in (known, self._tell(folder)):
                where.builds[key], where.texts[at] = at, text

    def noted(self, path: str, build: str) -> str | None:
        """Return the text that was noted for a build key of the source `path`."""
        known = self._folder(path.rpartition("/")[0])
        return known.texts.get(known.builds.get(bytes.fromhex(build), b""))

    def count(self, source: str, clips: int, outdated: int = 0) -> None:
        """Note how many clips of a source are fresh, and how many an older engine made."""
        folder, _, name = source.rpartition("/")
        known = self._folder(folder)
        if known.clips.get(name) != clips:
            self._tell(folder).clips[name] = known.clips[name] = clips
        if known.outdated.get(name, 0) != outdated:
            self._tell(folder).outdated[name] = known.outdated[name] = outdated

    def counted(self, source: str) -> int:
        """Return how many clips a source had when it was fresh."""
        folder, _, name = source.rpartition("/")
        return self._folder(folder).clips.get(name, 0)

    def outdated(self, source: str) -> int:
        """Return how many of those clips an older version of the built-in engine had made."""
        folder, _, name = source.rpartition("/")
        return self._folder(folder).outdated.get(name, 0)

    # -- what a plan says of what is fresh -------------------------------------------------------

    def tell(self, source: str, lines: Sequence[Line]) -> None:
        """Note what a plan says of a source's clips; nothing for one that is not fresh.

        It is written by `replace` only, beside the listing that it belongs to.
        """
        folder, _, name = source.rpartition("/")
        known, told = self._folder(folder), tuple(one for one, _ in lines)
        if known.told.get(name, ()) == told:
            return
        known.abouts.update((one.about, about) for one, about in lines)
        known.told[name] = told
        self._told_anew.add(folder)
        self._tell(folder)  # so that it is written anew

    def told(self, source: str) -> list[Line]:
        """Return what a plan says of a source's clips; nothing where that is not known."""
        folder, _, name = source.rpartition("/")
        known = self._folder(folder)
        try:
            return [(one, known.abouts[one.about]) for one in known.told.get(name, ())]
        except KeyError:
            return []

    def tell_only(self, sources: Container[str]) -> None:
        """Forget what was said of all other sources."""
        for folder in self._blocks.keys() - {WHOLE}:
            for name in self._folder(folder).told:
                source = f"{folder}/{name}" if folder else name
                if source not in sources:
                    self.tell(source, ())

    # -- writing --------------------------------------------------------------------------------

    def save(self) -> None:
        """Add what is new; where that is impossible, warn once and go on."""
        if not (self._new or self._closed_new):
            return
        with self._warned():
            key = self._secret()
            if key is None:
                return
            if self._is_torn or self._begin is None or self._has_grown():
                fields, listing = (self.fields, self.listing()) if self._begin else ([], b"")
                self._replace(begin(key, fields if listing else [], listing), self._compact(key))
            else:
                self._append(key)
            self._forget_new()

    def replace(self, head: list[str], listing: bytes, whole: Whole) -> bool:
        """Write all of it: what must hold, the listing, and everything that is remembered."""
        with self._warned():
            key = self._secret()
            if key is None:
                return False
            summary = WHOLE, block(key, WHOLE, whole)
            self._replace(begin(key, head, listing), chain((summary,), self._compact(key)))
            self._forget_new()
            return True
        return False

    @property
    def fields(self) -> list[str]:
        """What stands in the first part of the file."""
        return [] if self._begin is None else state_format.divided(self._begin.fields)

    def listing(self) -> bytes:
        """Return what stands in the second part; nothing if it is not there any more."""
        if self._begin is None:
            return b""
        found = self._at(self._begin.listing)
        return found if state_format.short_digest(found) == self._begin.digest else b""

    def is_listed(self, listing: bytes) -> bool:
        """Tell whether this stands in the second part."""
        digest = None if self._begin is None else self._begin.digest
        return state_format.short_digest(listing) == digest

    @property
    def whole(self) -> Whole | None:
        """What was so of the project as a whole, if that stands in the file."""
        for place in self._blocks.get(WHOLE, ())[-1:]:
            made = self._block(WHOLE, place)
            with suppress(msgspec.MsgspecError):
                return msgspec.msgpack.decode(said(made), type=Whole) if made else None
        return None

    @contextmanager
    def _warned(self) -> Iterator[None]:
        """Say once a run that nothing can be written; the next run starts without it."""
        try:
            yield
        except OSError as exc:
            if not self._has_warned:
                self._has_warned = True
                _log.warning(
                    "%s: cannot be written (%s); the next run starts without it", self._place, exc
                )

    def _secret(self) -> bytes | None:
        """Return what only this user knows; it is made when it is first needed."""
        if self._key is None and self._home is not None:
            self._key = private.secret(self._home)
        return self._key

    def _forget_new(self) -> None:
        self._new.clear()
        self._closed_new.clear()
        self._closed_told.clear()
        self._told_anew.clear()

    def _has_grown(self) -> bool:
        """Tell whether so much was appended that the blocks should be joined."""
        return self._place.stat().st_size > _MOST_APPENDED * max(self._size, _SMALL_BYTES)

    def _append(self, key: bytes) -> None:
        """Write the blocks of what is new behind the others."""
        paths.prepare(self._root)  # refuses links
        added = [(name, block(key, name, folder)) for name, folder in self._new.items()]
        added += [(name, packed_block(key, name, said)) for name, said in self._closed_new.items()]
        content = b"".join(made for _, made in added)  # in one go: another process appends, too
        with self._place.open("ab") as stream:
            stream.write(content)
            stream.flush()
            at = stream.tell() - len(content)
        for name, made in added:
            self._blocks.setdefault(name, []).append(Place(at, len(made)))
            at += len(made)

    def _replace(self, begin: tuple[bytes, ...], blocks: Iterable[tuple[str, bytes]]) -> None:
        """Write the whole file block by block, and remove what older releases kept in its place."""
        folder = paths.prepare(self._root)
        self._place.parent.mkdir(exist_ok=True)
        temporary = self._place.with_name(unfinished.name(self._place.name))
        try:
            temporary.unlink(missing_ok=True)  # a checkout may bring a link of that name
            with temporary.open("xb") as stream:
                stream.writelines(begin)
                at, places = stream.tell(), dict[str, list[Place]]()
                for name, made in blocks:
                    stream.write(made)
                    places[name] = [Place(at, len(made))]
                    at += len(made)
            temporary.replace(self._place)
        finally:
            temporary.unlink(missing_ok=True)
        line, fields, listing = begin
        place = Place(len(line) + len(fields), len(listing))
        self._begin = _Begin(fields, place, state_format.short_digest(listing))
        self._blocks, self._size, self._is_torn = places, at, False
        for name in _OLDER:
            (folder / name).unlink(missing_ok=True)

    def _divide(self, stream: BinaryIO, at: int) -> None:
        """Keep where the blocks stand that begin at `at`, up to the first that is cut off."""
        self._size = os.fstat(stream.fileno()).st_size
        for name, place in state_format.blocks(stream, at, self._size):
            at = place.at + place.size
            if name == WHOLE and not self._block(WHOLE, place):
                return
            self._blocks.setdefault(name, []).append(place)
        self._is_torn = at != self._size

    def _at(self, place: Place) -> bytes:
        """Return what stands in the file there now; nothing where it cannot be read."""
        with suppress(OSError), small_files.opened(self._place, most=_MOST_BYTES) as stream:
            stream.seek(place.at)
            return stream.read(place.size)
        return b""

    def _block(self, name: str, place: Place) -> bytes:
        """Return the block about a folder that stood there; nothing if it is not there or ours."""
        made = self._at(place)
        is_whole = len(made) == place.size and is_by(self._key, made)
        return made if is_whole and state_format.folder(made) == name else b""

    def _folder(self, name: str) -> Folder:
        """Return what is known of a folder; a block that is not ours says nothing."""
        if name in self._known:
            return self._known[name]
        known = self._known[name] = Folder()
        if len(self._known) > _MOST_OPEN:
            self._close(next(iter(self._known)))
        for place in self._blocks.get(name, ()):
            if made := self._block(name, place):
                with suppress(msgspec.MsgspecError):
                    known.update(msgspec.msgpack.decode(said(made), type=Folder))
        if name in self._closed_new:
            new = self._new[name] = msgspec.msgpack.decode(self._closed_new.pop(name), type=Folder)
            known.update(new)
        if name in self._closed_told:
            told = msgspec.msgpack.decode(self._closed_told.pop(name), type=Folder)
            known.told, known.abouts = told.told, told.abouts
        self._pictures |= known.pictures
        return known

    def _tell(self, name: str) -> Folder:
        """Return where to put what is new of a folder."""
        self._folder(name)  # it may be closed
        return self._new.setdefault(name, Folder())

    def _close(self, name: str) -> None:
        """Keep of a folder only what the file does not say, as it is written."""
        known = self._known.pop(name)
        self._pictures |= dict.fromkeys(known.pictures, name)
        if name in self._new:
            self._closed_new[name] = msgspec.msgpack.encode(self._new.pop(name))
        if name in self._told_anew:
            told = Folder(told=known.told, abouts=known.abouts)
            self._closed_told[name] = msgspec.msgpack.encode(told)

    def _compact(self, key: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield all blocks with their names, each folder's joined to one."""
        for name in self._blocks.keys() | self._known.keys() | self._closed_new.keys():
            own = self._blocks.get(name, [])
            if name == WHOLE:
                continue
            is_new = name in self._new or name in self._closed_new
            made = self._at(own[0]) if len(own) == 1 and not is_new else b""
            if made and len(made) == own[0].size and state_format.folder(made) == name:
                yield name, made  # who reads it looks at its proof
            else:
                known = self._folder(name)
                known.trim()
                yield name, block(key, name, known)
