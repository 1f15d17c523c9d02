"""What this checkout remembers, so that an unchanged file is neither read nor decoded again.

One SQLite file, `.pixelpipe/index.sqlite`: a path with its stat leads to a byte digest, a byte
digest leads to what the pixels are. It is read in one select and written once at the end of a
run. Losing it costs time and changes no result: a damaged or missing index is built anew.

A file that was changed less than two seconds before it was read is not remembered: on coarse
clocks it could change again without its stat showing it ("racily clean", git's racy-git.txt).
"""

from __future__ import annotations

import logging
import sqlite3
import struct
import time
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from ...core.errors import ConfigError
from . import paths
from .stats import RACY_NS, Stat

VERSION = 1

#: Size, mtime, inode, ctime; the 32 bytes of the digest follow.
_STAT = struct.Struct("<qqQq")
_MEMO_BYTES = _STAT.size + 32
_BUSY_S = 5.0
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS files(path TEXT PRIMARY KEY, memo BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pictures(digest BLOB UNIQUE NOT NULL, facts BLOB NOT NULL);
PRAGMA user_version = {VERSION};
"""
#: Text or bytes in the first column tells the tables apart: one statement, one dictionary.
_SELECT = "SELECT path, memo FROM files UNION ALL SELECT digest, facts FROM pictures"
#: Pictures that no file shows now (another branch has them) are kept, but not without end.
_SPARE_PICTURES = 1_000

_log = logging.getLogger(__name__)


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a file's bytes hold: a picture, or the sentence that says why it cannot be used."""

    pixel_digest: str = ""
    width: int = 0
    height: int = 0
    colors: int = 0
    opaque_share: float = 0.0
    looks_like_sheet: bool = False
    error: str = ""
    #: Why the picture as a whole cannot be sent, although it is a sound one.
    unfit: str = ""
    #: Frames of one figure, as found by the way of looking that `looked` numbers.
    repeats: bool = False
    looked: int = 0


class Index:
    """The memo of one checkout. Use: `open`, ask and tell, `save` once at the end."""

    def __init__(self, root: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        """Start with nothing remembered; see `open`. `clock` gives nanoseconds since 1970."""
        self._root = root
        self._path = root / paths.STATE_NAME / "index.sqlite"
        self._clock = clock
        #: Path to memo, and byte digest (32 bytes) to packed facts.
        self._rows: dict[str | bytes, bytes] = {}
        #: Keys in the order of learning: it is their age, and later the order of forgetting.
        self._changed: dict[str | bytes, None] = {}
        self._dropped: set[str] = set()
        self._is_damaged = False
        self._is_narrow = False
        self._has_warned = False

    @classmethod
    def open(
        cls, root: Path, *, is_narrow: bool = False, clock: Callable[[], int] = time.time_ns
    ) -> Index:
        """Read the index of the project at `root`; nothing is written before `save`.

        `is_narrow` reads a row when it is asked for: for a run that looks at few files of many.
        Raises ConfigError if a newer pixelpipe wrote it.
        """
        index = cls(root, clock=clock)
        index._is_narrow = is_narrow
        if not is_narrow and index._path.exists():
            index._load()
        return index

    def digest(self, path: str, stat: Stat) -> str | None:
        """Return the digest of the file's bytes, or None if they have to be read."""
        memo = self._row(path)
        if memo is None or not memo.startswith(_packed(stat)):
            return None
        return memo[_STAT.size :].hex()

    def remember(self, path: str, stat: Stat, digest: str) -> None:
        """Note the digest of the bytes that had this stat *before* they were read."""
        memo = _packed(stat) + bytes.fromhex(digest)
        if self._clock() - stat.mtime_ns < RACY_NS:
            self.forget(path)
        elif self._row(path) != memo:
            self._rows[path] = memo
            self._changed[path] = None
            self._dropped.discard(path)

    def forget(self, path: str) -> None:
        """Forget one path."""
        if self._row(path) is not None:
            del self._rows[path]
            self._changed.pop(path, None)
            self._dropped.add(path)

    def keep(self, present: Collection[str]) -> None:
        """Forget all paths but `present`; what pictures held stays known."""
        gone = [path for path in self._rows if isinstance(path, str) and path not in present]
        for path in gone:
            self.forget(path)

    def facts(self, digest: str) -> Facts | None:
        """Return what the bytes with this digest hold, or None if that was never found out."""
        packed = self._row(bytes.fromhex(digest))
        if packed is None:
            return None
        try:
            return msgspec.msgpack.decode(packed, type=Facts)
        except msgspec.DecodeError:
            return None

    def learn(self, digest: str, facts: Facts) -> None:
        """Note what the bytes with this digest hold."""
        key = bytes.fromhex(digest)
        packed = msgspec.msgpack.encode(facts)
        if self._row(key) != packed:
            self._rows[key] = packed
            self._changed[key] = None

    def note(self, digest: str, text: str) -> None:
        """Note a text under its digest, so that what has changed can be said later."""
        key = bytes.fromhex(digest)
        if self._row(key) is None:
            self._rows[key] = text.encode()
            self._changed[key] = None

    def noted(self, digest: str) -> str | None:
        """Return the text that was noted under `digest`, if it is still known."""
        text = self._row(bytes.fromhex(digest))
        return None if text is None else text.decode()

    def save(self) -> None:
        """Write what changed, in one transaction; where that is impossible, warn once and go on."""
        if not self._changed and not self._dropped:
            return
        try:
            paths.prepare(self._root)
            if self._is_damaged:
                self._discard()
            with closing(sqlite3.connect(self._path, timeout=_BUSY_S)) as database, database:
                self._write(database)
        except (OSError, sqlite3.Error) as exc:
            self._warn(f"{self._path}: cannot be written ({exc}); the next run starts without it")
        else:
            self._changed.clear()
            self._dropped.clear()

    def _row(self, key: str | bytes) -> bytes | None:
        """Return what is known under a path or a digest."""
        if self._is_narrow and key not in self._rows and key not in self._dropped:
            table, name = ("files", "path") if isinstance(key, str) else ("pictures", "digest")
            if not self._is_damaged and self._path.exists():
                self._read(f"SELECT * FROM {table} WHERE {name} = ?", (key,))
        return self._rows.get(key)

    def _load(self) -> None:
        """Read all rows at once."""
        self._read(_SELECT, ())

    def _read(self, query: str, values: tuple[str | bytes, ...]) -> None:
        """Add the rows of a query."""
        try:
            with closing(sqlite3.connect(self._path, timeout=_BUSY_S)) as database:
                self._check_version(database)
                self._rows.update(database.execute(query, values))
            self._is_damaged = not all(map(_is_sound, self._rows.items()))
        except sqlite3.OperationalError as exc:
            self._is_damaged = "no such" in str(exc)
            if not self._is_damaged:
                self._warn(f"{self._path}: cannot be read ({exc}); this run works without it")
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            self._is_damaged = True
        if self._is_damaged:
            self._rows = {}
            _log.info("%s was damaged and is built anew; this costs time only", self._path)

    def _check_version(self, database: sqlite3.Connection) -> None:
        """Refuse an index that a newer pixelpipe wrote."""
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ConfigError(
                f"was written by a newer pixelpipe (format {version}, this one knows {VERSION}); "
                "update pixelpipe, or delete the file: it is only a memo",
                path=str(self._path),
            )

    def _write(self, database: sqlite3.Connection) -> None:
        """Put all changes into `database`, inside the caller's transaction."""
        self._check_version(database)
        database.executescript(_SCHEMA)
        rows = [(key, self._rows[key]) for key in self._changed]
        database.executemany(
            "DELETE FROM files WHERE path = ?", [(path,) for path in self._dropped]
        )
        database.executemany(
            "INSERT OR REPLACE INTO files VALUES(?, ?)",
            [row for row in rows if isinstance(row[0], str)],
        )
        database.executemany(
            "INSERT OR REPLACE INTO pictures VALUES(?, ?)",
            [row for row in rows if isinstance(row[0], bytes)],
        )
        if not self._is_narrow:
            self._drop_spare(database)

    def _drop_spare(self, database: sqlite3.Connection) -> None:
        """Bound the pictures that no file shows: as many as are shown and some, newest first."""
        shown = {memo[_STAT.size :] for path, memo in self._rows.items() if isinstance(path, str)}
        spare = [key for key in self._rows if isinstance(key, bytes) and key not in shown]
        if len(spare) > len(shown) + _SPARE_PICTURES:
            database.execute("CREATE TEMP TABLE shown(digest BLOB PRIMARY KEY) WITHOUT ROWID")
            database.executemany("INSERT INTO shown VALUES(?)", [(key,) for key in shown])
            database.execute(
                "DELETE FROM pictures WHERE rowid IN (SELECT rowid FROM pictures"
                " WHERE digest NOT IN shown ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
                (len(shown) + _SPARE_PICTURES // 2,),
            )

    def _discard(self) -> None:
        """Remove a damaged file and what SQLite left beside it."""
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").unlink()
        self._is_damaged = False

    def _warn(self, sentence: str) -> None:
        """Say once a run that there is no memo."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning("%s", sentence)


def _packed(stat: Stat) -> bytes:
    """Return the stat as it stands in a memo."""
    return _STAT.pack(stat.size, stat.mtime_ns, stat.inode & 0xFFFF_FFFF_FFFF_FFFF, stat.ctime_ns)


def _is_sound(row: tuple[object, object]) -> bool:
    """Tell whether a row has the form that we write."""
    key, content = row
    if not isinstance(content, bytes):
        return False
    return len(content) == _MEMO_BYTES if isinstance(key, str) else isinstance(key, bytes)
