"""What a look at very many sprites holds of each: it grows by bytes, not by records."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from pipeline.config.project_settings import ServiceChoice
from pipeline.core import keys, packed
from pipeline.core.model import Clip, Request, Rule, Source, TargetChoice
from pipeline.core.packed import Packed
from pipeline.plan import plan
from pipeline.plan.wanted import WANTED, Known, Wanted
from pipeline.run.results import RESULTS, untouched
from pipeline.storage import lock, lock_lines
from pipeline.storage.files import Digests, Stat, Stats, by_folder
from pipeline.storage.lock import ClipLine, FileLine

BUILT_IN = ServiceChoice(identity="built-in", base_url=None, paid=False)
RULE = Rule(name="all", match=("**/*.png",), clips=(Clip(name="idle", prompt="breathing"),))
TARGETS = (TargetChoice(name="aseprite"),)


@pytest.fixture(autouse=True)
def very_many_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all but the last hundred lie packed."""
    monkeypatch.setattr(packed, "_HELD", packed._PIECE)
    monkeypatch.setattr(lock_lines, "_HELD", 256)
    monkeypatch.setattr(by_folder, "_MOST_OPEN", 2)


def sprites(count: int) -> Iterator[Wanted]:
    """Yield what is wanted of so many sprites, a hundred to a folder."""
    for number in range(count):
        path = f"assets/{number // 100:04}/figure{number:06}.png"
        digest = keys.digest(path.encode())
        yield Wanted(
            source=Source(
                path=path, byte_digest=digest, pixel_digest=digest, width=16, height=16, colors=4,
                opaque_share=0.5,
            ),
            rule=RULE,
            requests=(
                Request(
                    source=path, pixel_digest=digest, clip="idle", rule="all", prompt="breathing"
                ),
            ),
            targets=TARGETS,
            outputs=(f"{path[:-4]}.anim.png", f"{path[:-4]}.anim.json"),
        )  # fmt: skip


def wishes(count: int) -> object:
    """Return what is wanted."""
    return Packed(WANTED, sprites(count))


def planned(count: int) -> object:
    """Return a plan of new sprites without what was wanted, and how its steps ended."""
    made = plan.make(Packed(WANTED, sprites(count)), Known(), BUILT_IN)
    return made.sources, Packed(RESULTS, map(untouched, made.each_step()))


def locked(count: int) -> object:
    """Return the lines of a clip and two files of each."""
    return lock.read(line for one in sprites(count) for line in lines(one))


def lines(one: Wanted) -> Iterator[str]:
    """Yield what a lock file says of a sprite."""
    path, digest = one.source.path, one.source.byte_digest
    yield lock.written(
        ClipLine(source=path, clip="idle", key=digest, digest=digest, service="built-in")
    )
    for output in one.outputs:
        yield lock.written(FileLine(path=output, digest=keys.digest(output.encode()), build=digest))


def files(count: int) -> object:
    """Return the stats of three files of each, and the digests of two."""
    stats, digests = Stats(), Digests()
    for number, one in enumerate(sprites(count)):
        for path in (one.source.path, *one.outputs):
            stats[path] = Stat(200 + number, 1_700_000_000_000_000_000 + number, number, number)
        for path in one.outputs:
            digests[path] = keys.digest(path.encode())
    return stats, digests


@pytest.mark.parametrize(
    ("held", "most"), [(wishes, 150), (planned, 400), (locked, 250), (files, 200)]
)
def test_each_sprite_takes_little_room(held: Callable[[int], object], most: int) -> None:
    """A thousand more take a thousand times that, however many there are already."""
    held(200)  # loads what a first one loads
    small, middle, large = (_bytes_of(held, count) for count in (1000, 2000, 3000))
    assert (middle - small) / 1000 < most
    assert (large - middle) / 1000 < most


def _bytes_of(held: Callable[[int], object], count: int) -> int:
    tracemalloc.start()
    try:
        kept = held(count)
        found = tracemalloc.get_traced_memory()[0]
        del kept
        return found
    finally:
        tracemalloc.stop()
