"""How many frames a clip plays, as the rules say it before anything is bought."""

from __future__ import annotations

import pytest
from game import Game

from pipeline.api import Project, Wish
from pipeline.core.model import Clip, Direction
from pipeline.run import survey
from pipeline.targets import playback

ODD_CLIPS = """\
rules:
  - name: heroes
    match: "hero.png"
    targets: [gamemaker, frames, {defold: {form: atlas}}]
    clips:
      idle: "breathing calmly, a subtle idle loop"
      walk: {prompt: "walking to the right", frames: 4, direction: pingpong}
      hop: {prompt: "hopping once", frames: 6, loop: false, hold: {0: 500, 3: 250}}
      nod: {prompt: "nodding once", frames: 4, loop: false, direction: pingpong, hold: {0: 375}}
      sway: {prompt: "swaying gently", frames: 6, direction: pingpong, fps: 10, hold: {5: 350}}
      back: {from: walk, reverse: true}
      slow: {from: hop, fps: 4, hold: {5: 1000}}
      mirrored: {from: back, flip: x}
"""
TWO = Clip(name="two", frames=2, loop=True)


def test_plan_names_every_file_that_the_build_writes(game: Game) -> None:
    """A file that the plan did not name could overwrite someone's work."""
    game.rules(ODD_CLIPS)
    opened = Project(game.root, environment=game.variables())
    (wanted,) = survey.take(opened.workspace, Wish()).wanted
    game.make()
    assert sorted(wanted.outputs) == sorted(f"assets/{path}" for path in game.outputs())


@pytest.mark.parametrize(
    ("clip", "count"),
    [
        (Clip(name="c"), 8),
        (Clip(name="c", frames=4), 4),
        (Clip(name="c", frames=4, direction=Direction.REVERSE), 4),
        (Clip(name="c", frames=4, direction=Direction.PINGPONG), 6),
        (Clip(name="c", frames=4, direction=Direction.PINGPONG, loop=False), 7),
        (Clip(name="c", frames=4, hold={2: 500}), 7),
        (Clip(name="c", frames=4, fps=10, hold={2: 50}), 7),
        (Clip(name="c", derived_from="two"), 2),
        (Clip(name="c", derived_from="two", hold={0: 250}), 3),
        (Clip(name="c", derived_from="two", direction=Direction.PINGPONG, loop=False), 3),
    ],
)
def test_frames_count_a_round_as_played(clip: Clip, count: int) -> None:
    """Eight when unstated, holds repeated, ping-pong there and back, derived as their origin."""
    assert dict(playback.frames((TWO, clip)))["c"] == count


def test_derived_clip_may_stand_before_its_origin() -> None:
    """Rules list clips in the order in which a person thinks of them."""
    chain = (
        Clip(name="third", derived_from="second", is_reversed=True),
        Clip(name="second", derived_from="first", hold={0: 250}),
        Clip(name="first", frames=2, hold={1: 500}),
    )
    assert playback.frames(chain) == (("third", 3), ("second", 3), ("first", 5))
