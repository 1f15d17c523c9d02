"""Runs that publish the same sprite at the same time: the lock file names what stands on disk."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from game import Game

from pipeline.api import Project
from pipeline.core import keys
from pipeline.core.errors import SupersededError
from pipeline.core.model import File, Source
from pipeline.run.publish import Publication, PublishSet
from pipeline.storage import files, lock, lock_file
from pipeline.storage.ledger import Ledger
from pipeline.storage.lock import ClipLine

HERO = Source(
    path="assets/hero.png", byte_digest="", pixel_digest="", width=1, height=1, colors=1,
    opaque_share=1.0,
)  # fmt: skip
OUTPUT = "assets/hero.anim.json"


class Runs:
    """Publications of one project, each as a run of its own has it."""

    def __init__(self, game: Game, ledger: Ledger) -> None:
        self.workspace = Project(game.root, environment=game.variables()).workspace
        self._ledger = ledger
        #: What lines name by a digest.
        self._names: dict[str, str] = {}

    def begin(self, *, is_standing_in: bool = False) -> Publication:
        """Begin a run: it sees the lock file as it is now."""
        before = lock_file.read(self.workspace.root)
        return Publication(self.workspace, self._ledger, before, is_standing_in=is_standing_in)

    def publish(self, run: Publication, content: str) -> None:
        """Publish the sprite's one file, from a purchase of that name."""
        name = keys.digest(content.encode())
        self._names[name] = content
        clip = ClipLine(source=HERO.path, clip="idle", key=name, digest=name, service="s")
        made = [File(path=OUTPUT, content=content.encode())]
        (error,) = run.publish([PublishSet(HERO, made, [clip], name)])
        if error is not None:
            raise error

    def locked(self) -> tuple[list[str], list[str]]:
        """Return which purchases and builds the lock file names."""
        found = lock_file.read(self.workspace.root)
        names = self._names
        clips, files = [line.key for line in found.clips], [line.build for line in found.files]
        return [names[key] for key in clips], [names[build] for build in files]

    def on_disk(self) -> str:
        """Return what stands there."""
        return (self.workspace.root / OUTPUT).read_text()


@pytest.fixture
def runs(game: Game) -> Iterator[Runs]:
    """A project of which nothing was published yet."""
    with _ledger() as ledger:
        yield Runs(game, ledger)


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=time.time()) as ledger:
        yield ledger


@pytest.mark.parametrize("is_late_first", [False, True])
def test_what_was_published_last_is_what_the_lock_file_says(
    runs: Runs, is_late_first: bool
) -> None:
    """Whichever of two runs writes the lock file last."""
    early, late = runs.begin(), runs.begin()
    runs.publish(early, "one")
    runs.publish(late, "two")
    for run in (late, early) if is_late_first else (early, late):
        run.flush()
    assert runs.on_disk() == "two"
    assert runs.locked() == (["two"], ["two"])


def test_a_placeholder_never_stands_in_the_lock_file_after_the_purchase(runs: Runs) -> None:
    """It was published first, and its run ended last."""
    shown, bought = runs.begin(is_standing_in=True), runs.begin()
    runs.publish(shown, "placeholder")
    runs.publish(bought, "purchase")
    bought.flush()
    shown.flush()
    assert runs.locked() == (["purchase"], ["purchase"])
    with pytest.raises(SupersededError):
        runs.publish(shown, "placeholder again")


def test_a_sprite_that_came_back_keeps_its_lines(runs: Runs) -> None:
    """A branch was switched there and back: one run removes what another has made again."""
    first = runs.begin()
    runs.publish(first, "one")
    first.flush()
    forgetting, making = runs.begin(), runs.begin()
    forgetting.forget(HERO.path)
    runs.publish(making, "one")
    making.flush()
    forgetting.flush()
    assert runs.locked() == (["one"], ["one"])


def test_a_sprite_that_is_gone_leaves_no_lines(runs: Runs) -> None:
    """Neither do other sprites lose theirs."""
    first = runs.begin()
    runs.publish(first, "one")
    first.flush()
    run = runs.begin()
    assert run.forget(HERO.path) == (OUTPUT,)
    run.flush()
    assert runs.locked() == ([], [])
    assert lock.parse(lock_file.text(runs.workspace.root)).notices == ()
    assert files.stat_at(runs.workspace.root / OUTPUT) is None


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux what was synced")
def test_outputs_are_on_the_disk_before_the_lock_file_names_them(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut the lock file must not name files whose renames were lost: their folder is
    synced before the lock file is."""
    whole = os.fsync
    synced: list[str] = []
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()

    def noted(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    assert game.make().exit == 0
    lock = next(number for number, path in enumerate(synced) if "pixelpipe.lock" in path)
    assert str(game.root / "assets") in synced[:lock]
    outputs = [path for path in synced[:lock] if ".anim." in path]
    assert len(outputs) == len(game.outputs())


def test_a_lock_file_that_grows_is_to_the_letter_as_one_written_at_once(runs: Runs) -> None:
    """Lines are put in where they belong; what others wrote meanwhile, and old lines, are seen."""
    run, root = runs.begin(), runs.workspace.root
    for number in (5, 3, 8, 1, 3, 9):
        one = msgspec.structs.replace(HERO, path=f"assets/hero{number}.png")
        path, name = f"assets/hero{number}.anim.json", keys.digest(f"{number}".encode())
        clip = ClipLine(source=one.path, clip="idle", key=name, digest=name, service="s")
        run.publish([PublishSet(one, [File(path=path, content=b"{}")], [clip], name)])
        run.flush()
        if number == 8:
            runs.publish(other := runs.begin(), "another run")
            other.flush()
        text = lock_file.text(root)
        assert text == lock.text(lock.parse(text))
    sources = sorted(line.source for line in lock_file.read(root).clips)
    assert sources == sorted(
        [HERO.path, *(f"assets/hero{number}.png" for number in (1, 3, 5, 8, 9))]
    )
