"""Twice the sprites are twice the work, also where nothing of it can be done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from counted import steps_of
from game import Game, Shop

from pipeline.storage import pictures

#: A project's sprites: the second step is twice the first.
SIZES = (50, 100, 200)
CASES = {
    "a plan": ["plan"],
    "a plan as data": ["plan", "--json"],
    "purchases that need a yes": ["build"],
    "purchases that need a yes, as data": ["build", "--json"],
    "a locked build": ["build", "--locked"],
    "a checkup": ["doctor"],
    "a check": ["plan", "--check"],
}


def project(root: Path, size: int) -> Game:
    """Make a game of so many sprites in folders of ten."""
    made = Game(root)
    made.settings()
    made.rules(
        'rules: [{name: own, match: "**/*.png", clips: {idle: "breathing", hop: "hopping"}}]\n'
    )
    for number in range(size):
        made.draw(f"{number // 10}/{number}.png", tint=number)
    return made


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("words", CASES.values(), ids=CASES)
def test_work_grows_with_the_sprites(
    tmp_path: Path, shop: Shop, words: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_MOST_BYTES", 0)  # some were drawn by other tests as well
    counts: list[int] = []
    for size in (SIZES[0], *SIZES):  # the first one fills what a process keeps
        made = project(tmp_path / f"{len(counts)}", size)
        made.use(shop)
        counts.append(steps_of(partial(made.run, *words)))
    small, middle, large = counts[1:]
    assert large - middle < 2.2 * (middle - small)
