"""The memo of a checkout: what it spares, what it refuses to trust, and that it can be lost."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import keys
from pipeline.core.errors import ConfigError
from pipeline.storage import files
from pipeline.storage.files import Facts, Index, Stat

DIGEST = keys.digest(b"x")
OTHER = keys.digest(b"y")
FACTS = Facts(pixel_digest=OTHER, width=16, height=24, colors=7, opaque_share=0.5)
OLD = Stat(10, 1_000_000_000, 5, 7)


def database(root: Path) -> Path:
    """Return where the index is kept."""
    return root / ".pixelpipe" / "index.sqlite"


def filled(root: Path) -> Index:
    """Write an index with one file and one picture."""
    index = Index.open(root)
    index.remember("assets/hero.png", OLD, DIGEST)
    index.learn(DIGEST, FACTS)
    index.save()
    return index


def test_a_saved_index_knows_files_by_stat_and_pictures_by_digest(tmp_path: Path) -> None:
    """That is all it is for: a no-op run opens no source and decodes none."""
    filled(tmp_path)
    index = Index.open(tmp_path)
    assert index.digest("assets/hero.png", OLD) == DIGEST
    assert index.facts(DIGEST) == FACTS
    assert index.facts(OTHER) is None
    assert index.digest("assets/villain.png", OLD) is None


@pytest.mark.parametrize(
    "stat",
    [Stat(11, 1_000_000_000, 5, 7), Stat(10, 1, 5, 7), Stat(10, 1_000_000_000, 6, 7),
     Stat(10, 1_000_000_000, 5, 8)],
)  # fmt: skip
def test_any_difference_in_the_stat_means_reading_again(tmp_path: Path, stat: Stat) -> None:
    """The last row is a file rewritten in place, with size and time as before."""
    assert filled(tmp_path).digest("assets/hero.png", stat) is None


def test_a_file_changed_just_before_it_was_read_is_not_remembered(tmp_path: Path) -> None:
    """Two saves within one tick of a coarse clock have one stat (git calls it racily clean)."""
    now = 5_000_000_000
    index = Index(tmp_path, clock=lambda: now)
    young = Stat(10, now - 1_999_999_999, 5)
    old = Stat(10, now - 2_000_000_000, 5)
    index.remember("young.png", young, DIGEST)
    index.remember("old.png", old, DIGEST)
    assert index.digest("young.png", young) is None
    assert index.digest("old.png", old) == DIGEST
    index.remember("old.png", young, OTHER)
    assert index.digest("old.png", old) is None


def test_a_run_that_learns_nothing_writes_nothing(tmp_path: Path) -> None:
    """A no-op run writes no file, not even its own."""
    filled(tmp_path)
    before = database(tmp_path).stat()
    index = Index.open(tmp_path)
    index.remember("assets/hero.png", OLD, DIGEST)
    index.learn(DIGEST, FACTS)
    index.keep({"assets/hero.png"})
    index.save()
    assert database(tmp_path).stat() == before
    assert sorted(path.name for path in database(tmp_path).parent.iterdir()) == [
        ".gitignore",
        "index.sqlite",
    ]


def test_an_index_that_is_only_opened_leaves_no_trace(tmp_path: Path) -> None:
    """`plan` in a fresh checkout must not make folders."""
    Index.open(tmp_path).save()
    assert list(tmp_path.iterdir()) == []


def test_deleted_files_are_forgotten_and_their_pictures_kept(tmp_path: Path) -> None:
    """Switching branches and back decodes nothing."""
    index = filled(tmp_path)
    index.keep(())
    index.save()
    again = Index.open(tmp_path)
    assert again.digest("assets/hero.png", OLD) is None
    assert again.facts(DIGEST) == FACTS


def test_pictures_nobody_shows_are_bounded_newest_kept(tmp_path: Path) -> None:
    """An artist saves a hundred times a day; the index must not slow down for it."""
    index = Index.open(tmp_path)
    for number in range(3_000):
        index.learn(keys.digest(b"%d" % number), Facts(error="x"))
    index.learn(DIGEST, FACTS)
    index.remember("hero.png", OLD, DIGEST)
    index.save()
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        rows = connection.execute("SELECT count(*) FROM pictures").fetchone()
    again = Index.open(tmp_path)
    assert rows[0] < 1_000
    assert again.facts(DIGEST) == FACTS
    assert again.facts(keys.digest(b"2999")) is not None


def test_the_state_folder_ignores_the_index_and_nothing_bought(tmp_path: Path) -> None:
    """Bought bytes are property and belong into version control; this file does not."""
    filled(tmp_path)
    assert (tmp_path / ".pixelpipe/.gitignore").read_bytes() == b"index.sqlite*\ntmp/\n"


def test_a_newer_format_is_refused_and_not_touched(tmp_path: Path) -> None:
    """A teammate's newer version may have made it; guessing its meaning could lose data."""
    filled(tmp_path)
    connection = sqlite3.connect(database(tmp_path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = database(tmp_path).read_bytes()
    with pytest.raises(ConfigError, match="newer pixelpipe"):
        Index.open(tmp_path)
    assert database(tmp_path).read_bytes() == content


@pytest.mark.parametrize("damage", [b"", b"garbage", b"SQLite format 3\0" + b"\xff" * 4000, None])
def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: bytes | None) -> None:
    """It is a memo: losing it costs time and changes no result. None: cut in the middle."""
    filled(tmp_path)
    content = database(tmp_path).read_bytes()
    database(tmp_path).write_bytes(content[: len(content) // 2] if damage is None else damage)
    index = Index.open(tmp_path)
    assert index.digest("assets/hero.png", OLD) is None
    index.remember("assets/hero.png", OLD, OTHER)
    index.save()
    assert Index.open(tmp_path).digest("assets/hero.png", OLD) == OTHER


def test_rows_of_another_form_are_damage_too(tmp_path: Path) -> None:
    """A digest cut short would name other bytes."""
    filled(tmp_path)
    connection = sqlite3.connect(database(tmp_path))
    with connection:
        connection.execute("UPDATE files SET memo = substr(memo, 1, 40)")
    connection.close()
    assert Index.open(tmp_path).digest("assets/hero.png", OLD) is None


def test_a_project_that_cannot_be_written_works_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """CI checks out read-only; the build goes on without a memo."""
    (tmp_path / ".pixelpipe").write_text("a file where the folder should be")
    index = Index.open(tmp_path)
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            index.remember("hero.png", Stat(number, 1, 1), DIGEST)
            index.save()
    assert index.digest("hero.png", Stat(2, 1, 1)) == DIGEST
    assert len(caplog.records) == 1
    assert "cannot be written" in caplog.text


def test_two_processes_that_save_at_once_both_get_through(tmp_path: Path) -> None:
    """A watch and a build share a project; neither may lose or spoil the other's memo."""
    filled(tmp_path)

    def save(number: int) -> None:
        index = Index.open(tmp_path)
        for step in range(5):
            index.remember(f"{number}-{step}.png", OLD, DIGEST)
            index.save()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index = Index.open(tmp_path)
    assert all(index.digest(f"{n}-{s}.png", OLD) == DIGEST for n in range(4) for s in range(5))


@given(
    st.integers(0, 2**63 - 1), st.integers(-(2**62), 0), st.integers(0, 2**64 - 1),
)  # fmt: skip
def test_every_stat_can_be_remembered(size: int, mtime_ns: int, inode: int) -> None:
    """Some file systems use all 64 bits of an inode, and some clocks were before 1970."""
    index = Index(Path("nowhere"))
    index.remember("x", Stat(size, mtime_ns, inode), DIGEST)
    assert index.digest("x", Stat(size, mtime_ns, inode)) == DIGEST


def test_one_statement_reads_the_whole_index(tmp_path: Path) -> None:
    """One select for all rows took half the time of one per file."""
    filled(tmp_path)
    statements: list[str] = []
    real = sqlite3.connect

    class Traced(sqlite3.Connection):
        """A connection that tells what it is asked."""

        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through as given
            self.set_trace_callback(statements.append)

    sqlite3.connect = lambda *args, **kwargs: real(*args, factory=Traced, **kwargs)  # type: ignore[assignment]  # put back below
    try:
        Index.open(tmp_path)
    finally:
        sqlite3.connect = real
    assert [text for text in statements if "SELECT" in text.upper()] == statements[1:]
    assert len(statements) == 2


def test_outputs_on_disk_are_hashed_once(tmp_path: Path) -> None:
    """The plan compares every output with the lock: reading them all would be most of a no-op."""
    output = tmp_path / "hero.anim.json"
    output.write_bytes(b"x")
    os.utime(output, ns=(0, 0))
    (tmp_path / "folder.anim.json").mkdir()
    index = Index.open(tmp_path)
    names = ["hero.anim.json", "gone.anim.json", "hero.anim.json/x", "folder.anim.json"]
    expected = {names[0]: DIGEST, names[1]: None, names[2]: None, names[3]: ""}
    assert files.digests(tmp_path, names, index) == expected
    stat = files.scan(tmp_path, ["."], []).files
    output.chmod(0)  # changes the ctime: give the memo's stat to show that nothing is read
    assert files.digests(tmp_path, names[:1], index, files=stat) == {names[0]: DIGEST}
    assert index.digest(names[0], stat[names[0]]) == DIGEST


def test_a_narrow_index_knows_what_a_whole_one_knows(tmp_path: Path) -> None:
    """It reads a row when it is asked for, and writes what is new beside all others."""
    filled(tmp_path)
    index = Index.open(tmp_path, is_narrow=True)
    assert index.digest("assets/hero.png", OLD) == DIGEST
    assert index.digest("assets/none.png", OLD) is None
    assert index.facts(DIGEST) == FACTS
    assert index.facts(OTHER) is None
    index.remember("assets/new.png", OLD, OTHER)
    index.learn(OTHER, FACTS)
    index.forget("assets/hero.png")
    assert index.digest("assets/hero.png", OLD) is None
    index.save()
    whole = Index.open(tmp_path)
    assert whole.digest("assets/new.png", OLD) == OTHER
    assert whole.digest("assets/hero.png", OLD) is None
    assert (whole.facts(DIGEST), whole.facts(OTHER)) == (FACTS, FACTS)


def test_a_narrow_index_drops_no_spare_pictures(tmp_path: Path) -> None:
    """It has not seen which of them are shown."""
    index = Index.open(tmp_path)
    index.remember("assets/hero.png", OLD, DIGEST)
    for number in range(3_000):
        index.learn(keys.digest(f"{number}".encode()), FACTS)
    index._drop_spare = lambda database: None  # type: ignore[method-assign]  # as many as there are
    index.save()
    narrow = Index.open(tmp_path, is_narrow=True)
    narrow.learn(DIGEST, FACTS)
    narrow.save()
    assert Index.open(tmp_path).facts(keys.digest(b"0")) == FACTS


@pytest.mark.parametrize("content", [b"", b"no database at all" * 99])
def test_a_damaged_narrow_index_is_built_anew(tmp_path: Path, content: bytes) -> None:
    """It costs time only."""
    filled(tmp_path)
    database(tmp_path).write_bytes(content)
    index = Index.open(tmp_path, is_narrow=True)
    assert index.digest("assets/hero.png", OLD) is None
    index.remember("assets/hero.png", OLD, DIGEST)
    index.save()
    assert Index.open(tmp_path).digest("assets/hero.png", OLD) == DIGEST
