"""Promised whatever breaks: each clip billed once at most, nothing lost or half done.

Held against what a project, its ledger and the engine's own books say after any number of runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from game import Game, Shop

from pipeline.core import keys
from pipeline.core.model import Job, JobState
from pipeline.storage.ledger import Ledger
from pipeline.storage.store import Store

#: What a rule says of one sprite: no prompt stands for two clips, so the books can be compared.
_SPRITE = """\
  - name: sprite{number}
    match: s{number}.png
    clips:
      idle: {{prompt: "sprite {number}: breathing calmly, a subtle idle loop", frames: 2}}
"""
_SECOND = """\
      hop: {{prompt: "sprite {number}: hopping on the spot", frames: 2}}
"""
_IN_DOUBT = (JobState.CLAIMED, JobState.UNCONFIRMED)
_KNOWN = (JobState.BOUGHT, JobState.SUBMITTED, JobState.DETACHED)


class Shape(NamedTuple):
    """A project: how many sprites, whether each has two clips that are bought together."""

    sprites: int
    is_batch: bool = False

    @property
    def clips(self) -> int:
        """How many clips are to be bought."""
        return self.sprites * (2 if self.is_batch else 1)

    @property
    def credits(self) -> int:
        """What they cost when nothing goes wrong."""
        return self.sprites * (20 + 12 * self.is_batch)

    def make(self, folder: Path, **settings: object) -> Game:
        """Draw the project, with a state folder of its own."""
        made = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
        made.settings(batch=self.is_batch, **settings)
        one = _SPRITE + (_SECOND if self.is_batch else "")
        made.rules("rules:\n" + "".join(one.format(number=n) for n in range(self.sprites)))
        for number in range(self.sprites):
            made.draw(f"s{number}.png", tint=number)
        return made


class Books(NamedTuple):
    """Our ledger beside the engine's."""

    jobs: list[Job]
    booked: int
    #: Accepted jobs and charged ones: the engine's ids, and what each was asked for.
    accepted: dict[str, str]
    billed: dict[str, str]

    @property
    def in_doubt(self) -> list[Job]:
        """Return the jobs of which nobody knows whether they were billed."""
        return [job for job in self.jobs if job.state in _IN_DOUBT]


def books(game: Game, shop: Shop) -> Books:
    """Read both."""
    with closing(Ledger(Path(game.environment["PIXELPIPE_STATE"]), now=0.0)) as ledger:
        jobs, booked = ledger.named(""), ledger.charged_since(0.0)
    prompts, records = shop.prompts(), shop.jobs()
    return Books(
        jobs=jobs,
        booked=booked,
        accepted={one.id: prompts[one.id] for one in records if one.status != "failure"},
        billed={one.id: prompts[one.id] for one in records if one.credits_charged},
    )


def check(game: Game, shop: Shop, exit: int, errors: Sequence[str] = ()) -> Books:
    """Hold every promise after a run that ended with `exit` and said `errors`."""
    found = books(game, shop)
    assert not _repeated(found.accepted), "asked for again although it had not failed"
    assert not _repeated(found.billed), "billed twice"
    _nothing_is_lost(game, found)
    _nothing_is_half_done(game)
    assert (exit == 7) is bool(found.in_doubt), (exit, found.in_doubt)
    for error in errors:
        assert error == error.strip().splitlines()[0], "one line for a person"
        assert shop.key not in error
    return found


def _repeated(asked: dict[str, str]) -> dict[str, int]:
    return {prompt: count for prompt, count in Counter(asked.values()).items() if count > 1}


def _nothing_is_lost(game: Game, found: Books) -> None:
    """Every billed result is kept, known by its id, or named as doubt; the books tell the rest."""
    store = Store(game.root / ".pixelpipe/bought")
    by_id = {job.remote_id: job for job in found.jobs if job.remote_id}
    # The engine names a clip of a batch only when it is asked: until then its place is known.
    by_prompt = {job.resolved.prompt: job for job in found.jobs}
    doubts = {job.resolved.prompt for job in found.in_doubt}
    for id, prompt in found.billed.items():
        job = by_id.get(id) or by_prompt[prompt]
        assert job.state in _KNOWN or prompt in doubts, f"billed, and neither kept nor named: {job}"
    bought = [job for job in found.jobs if job.state is JobState.BOUGHT]
    for job in bought:
        assert job.digest is not None
        assert job.remote_id in found.billed
        assert store.content(job.digest) is not None, "booked, and the bytes are gone"
    assert found.booked == sum(job.credits_charged for job in bought)


def _nothing_is_half_done(game: Game) -> None:
    """The lock file names what stands, whole, and every output is named there."""
    store = Store(game.root / ".pixelpipe/bought")
    named = set()
    for line in game.locked():
        if "clip" in line:
            assert store.content(str(line["digest"])) is not None
        else:
            named.add(str(line["path"]))
            content = (game.root / str(line["path"])).read_bytes()
            assert keys.digest(content) == line["digest"]
    assert {f"assets/{name}" for name in game.outputs() if not name.startswith(".")} == named
