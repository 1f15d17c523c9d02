"""The user's state folder is nobody else's, and the last release can still open its ledger."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest
from game import Game, built

from pipeline.core import private
from pipeline.storage.ledger import Ledger, file

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
#: What the last release knows of the ledger: its format, and its tables to the letter.
RELEASED_VERSION = 3
RELEASED_SCHEMA = "3455d380548c72247735204262f58eabe37d0f2f5576873a1d7aa92282a2548f"
RELEASED_TABLES = {"jobs", "spend", "publishing", "plans", "balances", "kept"}


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    """Return what group or others may do anything with."""
    found = [folder, *folder.rglob("*")]
    names = ("ledger", "trust", "secret", "bought", "state", "engine")
    return [str(p) for p in found if p.name.startswith(names) and mode(p) & 0o077]


@POSIX
@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_what_is_kept_is_the_users_alone(game: Game, umask: int) -> None:
    """Ledger, second copy, trust and secret; whatever the system's habit is."""
    before = os.umask(umask)
    try:
        built(game)
        game.run("trust", "pixels.example")
        state = Path(game.variables()["PIXELPIPE_STATE"])
        private.signature(state, b"x")
    finally:
        os.umask(before)
    assert open_to_others(state) == []
    assert mode(state) == 0o700


@POSIX
def test_what_an_older_release_left_open_is_closed(tmp_path: Path) -> None:
    """The first look at it mends it."""
    state = tmp_path / "state"
    Ledger(state, now=0.0).close()
    state.chmod(0o755)
    (state / "ledger.sqlite").chmod(0o644)
    Ledger(state, now=0.0).close()
    assert (mode(state), mode(state / "ledger.sqlite")) == (0o700, 0o600)


@POSIX
def test_a_folder_that_is_shared_by_its_nature_stays_so(tmp_path: Path) -> None:
    """`/tmp` as a state folder is a slip, and closing it would be a worse one."""
    tmp_path.chmod(0o1777)
    Ledger(tmp_path, now=0.0).close()
    assert mode(tmp_path) == 0o1777
    assert mode(tmp_path / "ledger.sqlite") == 0o600


@POSIX
def test_the_engines_database_is_closed_as_well(tmp_path: Path) -> None:
    """It holds the secret that signs download links."""
    from pipeline.engine.accounts import database

    place = tmp_path / "engine.sqlite"
    database.connect(place).close()
    assert mode(place) == 0o600
    place.chmod(0o644)
    database.connect(place).close()
    assert mode(place) == 0o600


def test_a_secret_is_made_once_and_signs_for_one_user(tmp_path: Path) -> None:
    """A changed text, another user's secret, or none at all prove nothing."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    assert not private.is_signed(mine, b"text", "0" * 64)
    assert not mine.exists(), "asking makes nothing"
    proof = private.signature(mine, b"text")
    assert private.signature(mine, b"text") == proof
    assert private.is_signed(mine, b"text", proof)
    for state, text, claimed in [
        (mine, b"texT", proof), (other, b"text", proof), (mine, b"text", ""), (mine, b"text", "é"),
    ]:  # fmt: skip
        assert not private.is_signed(state, text, claimed)
    (mine / "secret").write_bytes(b"")
    assert not private.is_signed(mine, b"text", proof)


def test_the_last_release_can_open_todays_ledger(game: Game) -> None:
    """Its format is the same, its tables are to the letter as it made them, and what else there
    may be is no part of them: no trigger and no key of ours touches them, and one index that
    SQLite keeps up by itself, whoever writes."""
    built(game)
    game.run("trust", "pixels.example", "--budget", "40")
    state = Path(game.variables()["PIXELPIPE_STATE"])
    with closing(sqlite3.connect(state / "ledger.sqlite")) as base:
        (version,) = base.execute("PRAGMA user_version").fetchone()
        rows = base.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    assert version == RELEASED_VERSION
    with closing(sqlite3.connect(":memory:")) as released:
        released.executescript("".join(file._SCHEMAS[:RELEASED_VERSION]))
        expected = set(released.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))
    ours = {row for row in rows if row[2] in RELEASED_TABLES} - expected
    assert expected < set(rows)
    assert [row[:2] for row in ours] == [("index", "jobs_by_pixels")]
    assert len(expected) > len(RELEASED_TABLES)


def test_the_released_schema_is_what_was_released() -> None:
    """A change of these words is a change of a format that is out there."""
    from pipeline.core import keys

    text = "".join(file._SCHEMAS[:RELEASED_VERSION])
    assert keys.digest(text.encode()) == RELEASED_SCHEMA


def test_rows_of_the_last_release_are_read(tmp_path: Path) -> None:
    """A ledger that it made opens, and what was spent is still known."""
    place = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(place)) as base:
        base.executescript("".join(file._SCHEMAS[:RELEASED_VERSION]))
        base.execute(
            "INSERT INTO spend (at, request_key, service, paid, state, credits_quoted, "
            "credits_charged, source, reason) VALUES (?, 'k', 's', 1, 'bought', 20, 20, 'a', '')",
            (time.time(),),
        )
        base.execute(f"PRAGMA user_version = {RELEASED_VERSION}")
        base.commit()
    with Ledger(tmp_path, now=time.time()) as ledger:
        assert ledger.charged_since(0.0) == 20
