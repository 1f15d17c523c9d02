"""The SQLite file below the ledger: opened, brought to today's format, changed in transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ...core import private
from ...core.errors import ConfigError, StorageError

VERSION = 3
_BUSY_S = 30.0
#: Room for what must be written down after a POST, of as many jobs as are ever in flight.
_RESERVE_BYTES = 1024 * 1024
_PAUSE_S = 0.01
#: What SQLite opens for one database: that, its log, and the log's shared memory.
_FILES = 3
_REMEDY = "Free some space, then run the same command again"
_DAMAGED = (
    "Bring it back from a copy; or move `ledger.*` away to begin anew, which forgets what is in "
    "flight or in doubt"
)
#: A file shorter than SQLite's header is a new database for it.
_HEADER_BYTES = 100
_BATCH = 500  # SQLite's smallest limit for parameters in one statement is 999
#: What each format adds to the one before it.
_SCHEMAS = (
    """
CREATE TABLE jobs (
    request_key TEXT PRIMARY KEY, state TEXT NOT NULL, open_key TEXT, service TEXT NOT NULL,
    remote_id TEXT, holder TEXT NOT NULL, record BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX jobs_by_open_key ON jobs (open_key) WHERE open_key IS NOT NULL;
CREATE INDEX jobs_unfinished ON jobs (state) WHERE state NOT IN ('bought', 'failed');
-- Never rewritten: what happened to each job, in order, with the money.
CREATE TABLE spend (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, request_key TEXT NOT NULL, service TEXT NOT NULL,
    paid INTEGER NOT NULL, state TEXT NOT NULL, remote_id TEXT, credits_quoted INTEGER NOT NULL,
    credits_charged INTEGER NOT NULL, digest TEXT, source TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX spend_by_time ON spend (at);
CREATE INDEX spend_by_key ON spend (request_key);
-- Publish sets, begun and ended: a file with a digest from here is ours.
CREATE TABLE publishing (
    project TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (project, path, digest)
) WITHOUT ROWID;
""",
    """
-- Saved plans that were carried out: each is good for one run.
CREATE TABLE plans (id TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
-- What a service said before purchases: evidence, should an answer get lost.
CREATE TABLE balances (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, service TEXT NOT NULL, record BLOB NOT NULL
);
-- Purchases of a watch that wait until they are due, or for a person (due is NULL).
CREATE TABLE kept (
    project TEXT NOT NULL, request_key TEXT NOT NULL, at REAL NOT NULL, source TEXT NOT NULL,
    clip TEXT NOT NULL, credits INTEGER NOT NULL, released INTEGER NOT NULL, due REAL,
    PRIMARY KEY (project, request_key)
) WITHOUT ROWID;
""",
    """
CREATE TRIGGER spend_is_append_only BEFORE UPDATE ON spend BEGIN
    SELECT raise(ABORT, 'what was spent is never rewritten');
END;
CREATE TRIGGER spend_forgets_nothing BEFORE DELETE ON spend BEGIN
    SELECT raise(ABORT, 'what was spent is never forgotten');
END;
""",
)

#: What a request was made of, as it stands in its job's recipe. A record is JSON with sorted keys,
#: so that no text before the recipe can be taken for it. What is found is looked at again.
_RECIPE = """substr(record, instr(record, '"recipe":"'))"""
PIXELS = f"CAST(substr({_RECIPE}, instr({_RECIPE}, 'pixels: \\\"') + 10, 64) AS TEXT)"
#: Finds what it finds without it too, only later: a release that does not know it keeps it right.
_INDEX = f"CREATE INDEX IF NOT EXISTS jobs_by_pixels ON jobs ({PIXELS}) WHERE state = 'bought'"


class LedgerFile:
    """An open file. Owned by one thread."""

    def __init__(self, path: Path, *, now: float, durable: bool) -> None:
        """Open or create `path` and its folder; `durable` waits for the disk at every change.

        Raises StorageError when the file cannot be used and ConfigError when a newer pixelpipe
        wrote it; neither changes anything.
        """
        self._path = path
        self._reserve = path.with_suffix(".reserve")
        with storage(path):
            self._check_there()
            _make_folder(path.parent)
            self._base = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
            try:
                self._check_whole()
                _log_ahead(self._base)
                self._base.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                self._migrate(now)
                beside = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))
                private.files((path, *beside, self._reserve))
            except BaseException:
                self._base.close()
                raise

    def _check_there(self) -> None:
        """Refuse to begin a new ledger where purchases were made before: the first of them wrote
        the reserve."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size < _HEADER_BYTES and self._reserve.exists():
            raise StorageError(
                f"{self._path}: is gone or empty, although purchases were written down in it. "
                f"{_DAMAGED}"
            )

    def _check_whole(self) -> None:
        """Refuse a file that ends within a page: SQLite would fill that up with nothing.

        The file is never opened but by SQLite: closing it would drop the locks of all threads.
        """
        (page,) = self._base.execute("PRAGMA page_size").fetchone()
        if self._path.exists() and self._path.stat().st_size % page:
            raise StorageError(f"{self._path}: is cut short. {_DAMAGED}")

    def _migrate(self, now: float) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ConfigError(
                f"was written by a newer pixelpipe (format {version}, this one knows {VERSION}); "
                "update pixelpipe",
                path=str(self._path),
            )
        if version == VERSION:
            self._base.execute(_INDEX)
            return
        if version > 0:
            self._copy(self._path.with_suffix(f".v{version}-{int(now)}"))
        with self._transaction():
            # Another process may have made the tables while we waited for the write lock.
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            for statement in _statements("".join(_SCHEMAS[version:])):
                self._base.execute(statement)
            self._base.execute(_INDEX)
            self._base.execute(f"PRAGMA user_version={VERSION}")

    def _copy(self, path: Path) -> None:
        """Copy all that is committed, also what still lies in the write-ahead log."""
        with closing(sqlite3.connect(path)) as copy:
            self._base.backup(copy)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with storage(self._path):
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:  # a full disk has ended some of them already
                    self._base.execute("ROLLBACK")
                raise

    def _keep_reserve(self) -> None:
        """Occupy the room that the answers to purchases will need; raise StorageError if none.

        It must be there before anything is sent: an id that cannot be written down is a doubt.
        """
        try:
            if self._reserve.exists() and self._reserve.stat().st_size == _RESERVE_BYTES:
                return
            with self._reserve.open("wb") as stream:  # no zeros, which some disks do not store
                stream.write(os.urandom(_RESERVE_BYTES))
            private.files([self._reserve])
        except OSError as exc:
            self._give_up_reserve()
            raise StorageError(
                f"{self._path.parent}: no room to write purchases down ({exc.strerror or exc}): "
                f"nothing more is bought. {_REMEDY}"
            ) from exc

    def _give_up_reserve(self) -> None:
        with suppress(OSError):
            self._reserve.unlink()

    def _surely(self, change: Callable[[], None]) -> None:
        """Make a change that must not fail for want of room: the reserve is given up for it."""
        try:
            change()
        except StorageError:
            self._give_up_reserve()
            change()

    def _read(self, statement: str, values: Sequence[object] = ()) -> list[tuple[str, ...]]:
        with storage(self._path):
            return self._base.execute(statement, values).fetchall()


def _make_folder(folder: Path) -> None:
    """Make the state folder; where that is not possible, say how to have it elsewhere."""
    try:
        private.folder(folder)
    except OSError as exc:
        raise StorageError(
            f"{folder}: the folder for the ledger cannot be made ({exc.strerror or exc}); set "
            "PIXELPIPE_STATE to a folder that can be written and that lasts"
        ) from exc


def _log_ahead(base: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite itself waits for nobody here, so we do."""
    ends = time.monotonic() + _BUSY_S
    while True:
        try:
            base.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors into a StorageError that names the file."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        raise StorageError(f"{path}: {exc}; nothing was changed there{_remedy(exc, path)}") from exc
    except OSError as exc:
        raise StorageError(f"{path}: {exc.strerror or exc}; nothing was bought") from exc


def _remedy(exc: sqlite3.DatabaseError, path: Path) -> str:
    match getattr(exc, "sqlite_errorcode", 0) & 0xFF:
        # Also the shared memory of the write-ahead log may find no room.
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return f". {_REMEDY}"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return f". {_DAMAGED}"
        case sqlite3.SQLITE_CANTOPEN if lacking := _lacking():
            return f": {lacking}. Free some, then run the same command again"
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return (
                f". Make {path.parent} writable, or set PIXELPIPE_STATE to a folder that is and "
                "that lasts"
            )
    return ""


def _lacking() -> str:
    """Return what the system says when a few more files are opened; "" when it lets us."""
    opened: list[int] = []
    try:
        for _ in range(_FILES):
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as exc:
        return exc.strerror or str(exc)
    finally:
        for one in opened:
            os.close(one)
    return ""


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; `executescript` would end our transaction."""
    statement = ""
    for piece in script.split(";")[:-1]:
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def in_batches(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield distinct values, as many at a time as one statement takes."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), _BATCH):
        yield distinct[start : start + _BATCH]
