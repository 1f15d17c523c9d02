"""What a checkout remembers: what it spares, what it refuses to trust, and that it can be lost."""

from __future__ import annotations

import logging
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import REPOSITORY, SUPPORT

from pipeline.core import keys
from pipeline.storage import files, state
from pipeline.storage.files import Stat
from pipeline.storage.remembered import Facts, Whole
from pipeline.storage.state import State

DIGEST = keys.digest(b"png")
PICTURE = Facts(pixel_digest=keys.digest(b"pixels"), width=16, height=16, colors=4)
WHOLE = Whole(clips=1, unmatched=(), lock="", is_plain=True)
STAT = Stat(size=3, mtime_ns=1_000, inode=7, ctime_ns=1_000)


def opened(root: Path, *, now_ns: int = 10**18) -> State:
    """Open what the project at `root` remembers, as its user."""
    return State.open(root, root / "home", clock=lambda: now_ns)


def saved(root: Path) -> None:
    """Remember one file and its picture."""
    one = opened(root)
    one.remember("art/hero.png", STAT, DIGEST)
    one.learn("art/hero.png", DIGEST, PICTURE)
    one.save()


def test_files_are_known_by_stat_and_pictures_by_digest(tmp_path: Path) -> None:
    """That is all it is for: a run opens no source that it knows, and decodes none."""
    saved(tmp_path)
    again = opened(tmp_path)
    assert again.digest("art/hero.png", STAT) == DIGEST
    assert again.facts("art/hero.png", DIGEST) == PICTURE
    assert again.digest("art/other.png", STAT) is None
    assert again.facts("art/hero.png", keys.digest(b"other")) is None


@pytest.mark.parametrize(
    "stat",
    [
        Stat(4, 1_000, 7, 1_000),
        Stat(3, 1_001, 7, 1_000),
        Stat(3, 1_000, 8, 1_000),
        Stat(3, 1_000, 7, 1_001),
    ],
)
def test_any_difference_in_the_stat_means_reading_again(tmp_path: Path, stat: Stat) -> None:
    """The last one is a file rewritten in place, with size and time as before."""
    saved(tmp_path)
    assert opened(tmp_path).digest("art/hero.png", stat) is None


def test_a_file_changed_just_before_it_was_read_is_not_remembered(tmp_path: Path) -> None:
    """Two saves within one tick of a coarse clock have one stat; and what was known is dropped."""
    saved(tmp_path)
    young = Stat(3, 5 * 10**9, 7)
    one = opened(tmp_path, now_ns=5 * 10**9 + files.RACY_NS - 1)
    one.remember("art/hero.png", young, DIGEST)
    one.save()
    again = opened(tmp_path)
    assert again.digest("art/hero.png", young) is None
    assert again.digest("art/hero.png", STAT) is None


def test_what_learns_nothing_writes_nothing(tmp_path: Path) -> None:
    """A look in a fresh checkout makes no folder, and one that finds all known no change."""
    opened(tmp_path).save()
    assert not (tmp_path / ".pixelpipe").exists()
    saved(tmp_path)
    before = (tmp_path / state.PLACE).stat()
    saved(tmp_path)
    assert (tmp_path / state.PLACE).stat() == before


def test_texts_of_builds_are_kept_once(tmp_path: Path) -> None:
    """Ten thousand sprites of one rule share what was derived of them."""
    one = opened(tmp_path)
    for number in range(50):
        one.note(f"art/s{number}.png", keys.digest(str(number).encode()), "rule " * 400)
    one.save()
    assert opened(tmp_path).noted("art/s7.png", keys.digest(b"7")) == "rule " * 400
    assert (tmp_path / state.PLACE).stat().st_size < 8_000


def test_appended_parts_are_joined_before_they_pile_up(tmp_path: Path) -> None:
    """A watch adds a little with each save; the file does not grow for ever."""
    for number in range(200):
        one = opened(tmp_path)
        one.learn("art/hero.png", DIGEST, Facts(error="x" * 20_000 + str(number)))
        one.save()
    assert (tmp_path / state.PLACE).stat().st_size < 4_500_000
    assert opened(tmp_path).facts("art/hero.png", DIGEST) == Facts(error="x" * 20_000 + "199")


def more(root: Path, number: int) -> None:
    """Remember one more file, as another process does."""
    one = opened(root)
    one.remember(f"art{number % 3}/{number}.png", STAT, keys.digest(str(number).encode()))
    one.save()


def known(root: Path) -> set[str]:
    """Return which of the files are remembered."""
    one = opened(root)
    names = [f"art{number % 3}/{number}.png" for number in range(40)]
    return {name for name in names if one.digest(name, STAT)}


def known_anew(root: Path) -> set[str]:
    """Return the same as a process that never read the file before."""
    code = f"import test_state as t; print('|'.join(t.known(t.Path({str(root)!r}))))"
    environment = {**os.environ, "PYTHONPATH": f"{Path(__file__).parent}:{SUPPORT}:{REPOSITORY}"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(filter(None, said.stdout.strip().split("|")))


def test_what_is_read_again_and_again_misses_nothing(tmp_path: Path) -> None:
    """Appended to, replaced, cut off, gone, damaged: it knows all that a new reader finds."""
    place = tmp_path / state.PLACE
    with state.kept(tmp_path):
        for number in (0, 1, 2, 10, 11, 15, 16, 20, 21, 25, 29):
            more(tmp_path, number)
            if number == 10:
                opened(tmp_path).replace(["head"], b"listing", WHOLE)
            if number == 15:
                place.write_bytes(place.read_bytes()[:-3])
            if number == 20:
                place.unlink()
            if number == 25:
                place.write_bytes(b"x" * 9999)
            assert known_anew(tmp_path) <= known(tmp_path)
    assert "art2/29.png" in known_anew(tmp_path)


def test_what_was_read_before_is_not_changed_by_who_goes_on(tmp_path: Path) -> None:
    """Two builds of one process share no memory that they write to."""
    saved(tmp_path)
    with state.kept(tmp_path):
        opened(tmp_path)
        first, second = opened(tmp_path), opened(tmp_path)
        first.remember("art/hero.png", STAT, keys.digest(b"other"))
        assert second.digest("art/hero.png", STAT) == DIGEST
        first.save()
        assert opened(tmp_path).digest("art/hero.png", STAT) == keys.digest(b"other")


def test_pictures_that_no_file_shows_are_bounded(tmp_path: Path) -> None:
    """An artist saves a hundred times a day, and switches branches and back."""
    one = opened(tmp_path)
    for number in range(1_000):
        one.learn("art/hero.png", keys.digest(str(number).encode()), PICTURE)
    assert one.replace(["head"], b"", Whole(0, (), "", True))
    again = opened(tmp_path)
    known = [again.facts("art/hero.png", keys.digest(str(n).encode())) for n in range(1_000)]
    assert known[-1] == PICTURE
    assert 100 < len([one for one in known if one]) < 400


def test_what_a_run_learnt_stays_when_it_writes_everything(tmp_path: Path) -> None:
    """A build saves, then writes its seal: the picture it decoded is never decoded again."""
    saved(tmp_path)
    digest, facts = keys.digest(b"drawn over"), Facts(pixel_digest="7" * 64, width=3)
    one = opened(tmp_path)
    one.learn("art/hero.png", digest, facts)
    one.save()
    assert one.replace(["head"], b"", Whole(0, (), "", True))
    assert opened(tmp_path).facts("art/hero.png", digest) == facts


@pytest.mark.parametrize("damage", [b"", b"junk", b"pixelpipe state 2 x 0 0\n", None])
def test_what_is_damaged_or_newer_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    """It is a memo: losing it costs time and changes no result. None: cut in the middle."""
    saved(tmp_path)
    place = tmp_path / state.PLACE
    place.write_bytes(place.read_bytes()[:-5] if damage is None else damage)
    assert opened(tmp_path).digest("art/hero.png", STAT) is None
    saved(tmp_path)
    assert opened(tmp_path).digest("art/hero.png", STAT) == DIGEST


def test_no_byte_of_another_can_be_put_in(tmp_path: Path) -> None:
    """Each part carries a proof of this user's secret: with a bit changed it is not ours."""
    saved(tmp_path)
    place = tmp_path / state.PLACE
    genuine = place.read_bytes()
    for at in range(0, len(genuine), 7):
        place.write_bytes(genuine[:at] + bytes([genuine[at] ^ 1]) + genuine[at + 1 :])
        assert opened(tmp_path).facts("art/hero.png", DIGEST) in (None, PICTURE)
        assert opened(tmp_path).digest("art/hero.png", STAT) in (None, DIGEST)
    place.write_bytes(genuine)
    assert State.open(tmp_path, tmp_path / "elsewhere").digest("art/hero.png", STAT) is None


def test_a_project_that_cannot_be_written_works_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI checks out read-only; the build goes on without a memo."""

    def refuse(_: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pipeline.storage.files.paths.prepare", refuse)
    one = opened(tmp_path)
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            one.remember("art/hero.png", Stat(number, 1, 1), DIGEST)
            one.save()
    assert len(caplog.records) == 1
    assert "cannot be written" in caplog.text


def _remember_some(root: Path, name: str) -> None:
    for number in range(40):
        one = opened(root)
        one.remember(f"art/{name}{number}.png", STAT, DIGEST)
        one.save()


def test_two_processes_that_save_at_once_both_get_through(tmp_path: Path) -> None:
    """A watch and a build share a project; what one loses it learns again, and nothing is wrong."""
    saved(tmp_path)
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=_remember_some, args=(tmp_path, name)) for name in "ab"]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    known = opened(tmp_path)
    found = [known.digest(f"art/{name}{n}.png", STAT) for name in "ab" for n in range(40)]
    assert found.count(DIGEST) > 70
    assert set(found) <= {DIGEST, None}


def test_outputs_on_disk_are_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan compares every output with the lock: reading them all would be most of a look."""
    place = tmp_path / "hero.anim.png"
    place.write_bytes(b"content")
    known = opened(tmp_path, now_ns=place.stat().st_mtime_ns + 10 * files.RACY_NS)
    names = ["hero.anim.png", "gone.anim.png"]
    found = {"hero.anim.png": keys.digest(b"content")}
    assert files.digests(tmp_path, names, known) == found
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("was read again"))
    assert files.digests(tmp_path, names, known) == found


def test_very_many_folders_are_remembered_as_few_are(tmp_path: Path) -> None:
    """What was asked for a while ago is kept as it is written, and found again all the same."""
    names = [f"art/{number:03}/hero.png" for number in range(200)]
    digests = {name: keys.digest(name.encode()) for name in names}
    one = opened(tmp_path)
    for round_ in range(2):
        for name, digest in digests.items():
            one.remember(name, STAT, digest)
            one.learn(name, digest, Facts(width=len(name), height=round_ + 1))
        one.save()
    moved = one.facts("art/new/hero.png", digests[names[0]])
    assert moved == Facts(width=len(names[0]), height=2)
    for again in (one, opened(tmp_path)):
        for name, digest in reversed(digests.items()):
            assert again.digest(name, STAT) == digest
            assert again.facts(name, digest) == Facts(width=len(name), height=2)
    one.note(names[0], digests[names[0]], "made by")
    assert one.replace(["said"], b"listing", Whole(1, (), "", is_plain=True))
    last = opened(tmp_path)
    assert last.noted(names[0], digests[names[0]]) == "made by"
    assert all(last.digest(name, STAT) == digest for name, digest in digests.items())
