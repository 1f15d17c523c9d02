"""The lock file's text: what we write we read, whatever a merge makes of it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import ConfigError
from pipeline.storage import lock
from pipeline.storage.lock import ClipLine, FileLine, Lock

CLIP = ClipLine(source="a.png", clip="idle", key="1" * 64, digest="d" * 64, service="s", paid=True)
FILE = FileLine(path="a.anim.png", digest="e" * 64, build="b" * 64)

#: Names of files and folders: any text but what no scan takes, hidden ones and control characters.
names = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/"),
    min_size=1, max_size=12,
).filter(lambda name: name[0] != ".")  # fmt: skip
stems = st.lists(names, min_size=1, max_size=3).map("/".join)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
clips = st.builds(
    ClipLine,
    source=stems.map(lambda stem: f"{stem}.png"),
    clip=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,9}\Z"),
    key=digests, digest=digests, service=st.sampled_from(["built-in", "pixels.example"]),
    paid=st.booleans(), take=st.integers(0, 9), open=st.none() | digests,
)  # fmt: skip
files = st.builds(
    FileLine,
    path=st.tuples(stems, st.sampled_from(["png", "walk.gif", "json"])).map(".anim.".join),
    digest=digests, build=digests,
)  # fmt: skip


@given(st.lists(clips, unique_by=lambda c: (c.source, c.clip, c.key, c.digest)),
       st.lists(files, unique_by=lambda f: f.path))  # fmt: skip
def test_what_is_written_is_read(clips: list[ClipLine], files: list[FileLine]) -> None:
    """Every lock that our writer makes, our reader accepts, with any names in it."""
    written = lock.text(Lock(clips=tuple(clips), files=tuple(files)))
    read = lock.parse(written)
    assert read.notices == ()
    assert set(read.clips) == set(clips)
    assert set(read.files) == set(files)
    assert lock.text(read) == written
    assert lock.parse(written.replace("\n", "\r\n")).notices == ()


@given(st.lists(clips, max_size=8), st.lists(clips, max_size=8))
def test_union_of_two_sides_keeps_every_purchase(
    ours: list[ClipLine], theirs: list[ClipLine]
) -> None:
    """`merge=union` writes both sides' lines; both were paid for."""
    merged = lock.text(Lock(clips=tuple(ours))) + lock.text(Lock(clips=tuple(theirs)))

    def names(lines: Iterable[ClipLine]) -> set[tuple[str, ...]]:
        return {(line.source, line.clip, line.key, line.digest) for line in lines}

    assert names(lock.parse(merged).clips) == names([*ours, *theirs])


def test_files_made_differently_are_dropped_as_sets() -> None:
    """Of two builds of one file neither is right after a merge; its whole set is made again."""
    other = FileLine(path="a.anim.png", digest="f" * 64, build="c" * 64)
    mate = FileLine(path="a.anim.json", digest="0" * 64, build="b" * 64)
    alone = FileLine(path="z.anim.png", digest="9" * 64, build="a" * 64)
    read = lock.parse(lock.text(Lock(files=(FILE, mate, alone))) + lock.text(Lock(files=(other,))))
    assert read.files == (alone,)


def test_equal_file_lines_are_no_conflict() -> None:
    """Both sides built the same."""
    assert lock.parse(lock.text(Lock(files=(FILE,))) * 2).files == (FILE,)


@pytest.mark.parametrize(
    "line", ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base", '{"half', "[]", "7", "{}"]
)
def test_what_is_no_line_of_ours_concerns_nothing_else(line: str) -> None:
    """A conflict marker or a damaged line is named with its number; the others stand."""
    text = lock.text(Lock(clips=(CLIP,), files=(FILE,))).replace("\n", f"\n{line}\n", 1)
    read = lock.parse(text)
    assert (read.clips, read.files) == ((CLIP,), (FILE,))
    assert len(read.notices) == 1
    assert "pixelpipe.lock:2" in read.notices[0]


def test_newer_lock_is_refused() -> None:
    """What we do not understand we must not rewrite."""
    with pytest.raises(ConfigError, match="newer"):
        lock.parse('{"lock":99}\n')


def test_unknown_fields_of_a_line_are_read_past() -> None:
    """A later release may add a field without a new format."""
    line = msgspec.json.decode(msgspec.json.encode(CLIP)) | {"later": [1]}
    assert lock.parse(msgspec.json.encode(line).decode()).clips == (CLIP,)


def test_replacing_touches_the_named_sources_only() -> None:
    """Another process's lines, written a moment ago, stay."""
    other = msgspec.structs.replace(CLIP, source="b.png")
    new = msgspec.structs.replace(CLIP, digest="x")
    before = Lock(clips=(CLIP, other), files=(FILE,))
    after = lock.replace(before, clips={"a.png": [new]}, files={"a": []})
    assert set(after.clips) == {other, new}
    assert after.files == ()


def test_stem_of_an_output_is_its_source() -> None:
    """Folders and names with dots are not taken for endings."""
    assert lock.stem("x.anim.y/hero.v2.anim.walk_strip8.png") == "x.anim.y/hero.v2"


@pytest.mark.parametrize(
    ("line", "says"), [("{}", "cannot be read"), ("=======", "conflict marker")]
)
def test_of_many_damaged_lines_ten_are_named(line: str, says: str) -> None:
    """A log of 300,000 sentences is read by nobody."""
    told = lock.parse(f"{line}\n" * 5_000).notices
    assert len(told) == 11
    assert told[0].startswith("pixelpipe.lock:1: ")
    assert told[-1].startswith("pixelpipe.lock: and 4990 more lines: ")
    assert all(says in one for one in told)
