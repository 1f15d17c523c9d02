"""What is done to some lines of a text is what would be done to the records."""

from __future__ import annotations

from random import Random
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from pipeline.storage import lock, lock_text
from pipeline.storage.lock import ClipLine, FileLine, Lock

#: Names of which some begin as others do, some need no escape, and some do.
stems = st.sampled_from(["a", "ab", "b/a", "é", "z z", "a.b", 'quoted"', "back\\", "line\u2028"])
plain_stems = st.sampled_from(["a", "ab", "b/a", "é", "z z", "a.b", "line\u2028"])
words = st.sampled_from(["0", "1", "m", "z"])
digests = st.sampled_from(["0" * 64, "1" * 64, "f" * 64])


def clip_lines(names: st.SearchStrategy[str]) -> st.SearchStrategy[ClipLine]:
    """Make lines about clips of some sources."""
    return st.builds(
        ClipLine, source=names.map(lambda stem: f"{stem}.png"), clip=words, key=digests,
        digest=digests, service=words, paid=st.booleans(), grade=st.none() | st.integers(0, 9),
        open=st.none() | digests,
    )  # fmt: skip


def file_lines(names: st.SearchStrategy[str]) -> st.SearchStrategy[FileLine]:
    """Make lines about files of some sources."""
    return st.builds(
        FileLine,
        path=st.tuples(names, st.sampled_from(["png", "json", "walk.gif"])).map(".anim.".join),
        digest=digests, build=digests, adopted=st.booleans(),
    )  # fmt: skip


def locks(names: st.SearchStrategy[str]) -> st.SearchStrategy[Lock]:
    """Make locks as they are after reading: each line once."""
    made = st.builds(
        Lock,
        clips=st.lists(clip_lines(names)).map(tuple),
        files=st.lists(file_lines(names)).map(tuple),
    )
    return made.map(lambda one: lock.parse(lock.text(one)))


@given(locks(stems))
def test_what_we_write_without_escapes_is_plain(one: Lock) -> None:
    """A search for a name has to find every line about it."""
    text = lock.text(one)
    assert lock_text.is_plain(text) is ("\\" not in text)


@given(locks(plain_stems))
def test_what_others_wrote_is_not_plain(one: Lock) -> None:
    """Lines in another order, or an odd one, or no end of the last."""
    text = lock.text(one)
    lines = text.split("\n")
    assert not lock_text.is_plain(text[:-1])
    assert not lock_text.is_plain(text + "<<<<<<< ours\n")
    assert not lock_text.is_plain("\n".join(lines[1:]))
    turned = [lines[0], *reversed(lines[1:-1]), ""]
    assert lock_text.is_plain("\n".join(turned)) is (turned == lines)
    # Piece by piece it is the same, also where each of them is a single line.
    assert lock_text.are_plain(f"{line}\n" for line in turned[:-1]) is (turned == lines)
    assert not lock_text.are_plain(f"{line}\n" for line in (lines[0], "!", *lines[1:-1]))


@given(locks(plain_stems), st.sets(stems))
def test_lines_about_a_source_are_those_that_a_whole_reading_finds(
    one: Lock, wanted: set[str]
) -> None:
    """`a` is not `ab`, nor `b/a`, and a name may stand where a search does not expect it."""
    text = lock.text(one)
    found = lock_text.parse(text, wanted)
    assert set(found.clips) == {line for line in one.clips if line.source[:-4] in wanted}
    assert set(found.files) == {line for line in one.files if lock.stem(line.path) in wanted}
    without = lock.parse(lock_text.rest(text, wanted))
    assert {*without.clips, *found.clips} == set(one.clips)
    assert {*without.files, *found.files} == set(one.files)
    assert lock_text.is_plain(lock_text.rest(text, wanted))


@given(locks(plain_stems), st.sets(stems), st.sets(digests))
def test_purchases_with_an_open_key_are_found_whatever_their_source(
    one: Lock, wanted: set[str], open_keys: set[str]
) -> None:
    """Beside the lines about the sources."""
    found = lock_text.parse(lock.text(one), wanted, open_keys)
    assert set(found.clips) == {
        line for line in one.clips if line.source[:-4] in wanted or line.open in open_keys
    }


@given(locks(plain_stems), digests, digests)
def test_purchase_is_used_when_a_line_names_it(one: Lock, key: str, digest: str) -> None:
    """Key and digest, of one line."""
    named = {(line.key, line.digest) for line in one.clips}
    assert lock_text.is_used(lock.text(one), key, digest) is ((key, digest) in named)


@given(
    locks(plain_stems),
    st.lists(clip_lines(stems), max_size=4),
    st.lists(file_lines(stems), max_size=4),
    st.sets(stems),
)
def test_lines_are_replaced_as_records_are(
    one: Lock, clips: list[ClipLine], files: list[FileLine], gone: set[str]
) -> None:
    """To the letter, also where the new lines begin or end the file, or there are none."""
    by_source: dict[str, list[ClipLine]] = {f"{stem}.png": [] for stem in gone}
    by_stem: dict[str, list[FileLine]] = {stem: [] for stem in gone}
    for clip in set(clips):
        by_source.setdefault(clip.source, []).append(clip)
    for file in set(files):
        by_stem.setdefault(lock.stem(file.path), []).append(file)
    expected = lock.text(lock.replace(one, clips=by_source, files=by_stem))
    assert lock_text.replace(lock.text(one), clips=by_source, files=by_stem) == expected


@given(locks(plain_stems), st.lists(clip_lines(plain_stems), max_size=4), st.integers(1, 900))
def test_lines_are_added_to_the_bytes(one: Lock, clips: list[ClipLine], size: int) -> None:
    """In the order in which the whole text would have them, in whatever pieces it comes."""
    there = {*map(lock.written, one.clips), *map(lock.written, one.files)}
    news = {lock.written(line) for line in clips}.difference(there)
    expected = "\n".join([lock.HEAD, *sorted(there | news), ""])
    text = "\n".join([lock.HEAD, *sorted(there), ""])
    with patch.object(lock, "_PIECE", size):
        pieces = [piece.encode() for piece in lock.pieces(text)]
    assert b"".join(lock_text.added(pieces, news)).decode() == expected


@given(locks(plain_stems), st.integers(1, 300), st.randoms())
def test_order_is_seen_across_pieces(one: Lock, piece: int, chance: Random) -> None:
    """However few lines are compared together."""
    head, *lines = lock.text(one).split("\n")[:-1]
    mixed = chance.sample(lines, len(lines))
    with patch.object(lock, "_PIECE", piece):
        assert lock_text.is_plain("\n".join([head, *lines, ""]))
        assert lock_text.is_plain("\n".join([head, *mixed, ""])) is (mixed == lines)
