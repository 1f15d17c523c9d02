"""What another take may mend is said, and nothing is said where nothing is wrong."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from degraded_clips import strip, true_frames
from drawn_sprites import HERO, drawn

from pipeline.core import keys
from pipeline.core.model import Clip, Grade, Pixels, Remedy, Request, Resolved, Rule
from pipeline.imaging.picture import color, raster
from pipeline.imaging.picture.raster import U8
from pipeline.purchase import resolve
from pipeline.run import finish

BLUE = (58, 96, 180)


def hero() -> Pixels:
    """Return a figure whose clothes are the most of it."""
    return raster.pixels(drawn(HERO))


def planned(prompt: str = "swaying in the breeze", **fields: object) -> Resolved:
    """Resolve a request of the hero."""
    stated: dict[str, object] = {"clip": "idle", "rule": "r", "prompt": prompt, **fields}
    request = Request(source="hero.png", pixel_digest="", **stated)  # type: ignore[arg-type]  # a table of fields
    return resolve.request(request, hero(), request_key="k", open_key=None)


def flat(plan: Resolved) -> U8:
    """Return the true frames as a service sends them, (frames, height, width, 3)."""
    truth = true_frames(hero(), plan)
    sent: U8 = np.where(truth[..., 3:] > 0, truth[..., :3], color.from_hex(plan.matte))
    return sent.astype(np.uint8)


def graded(frames: U8, plan: Resolved) -> Grade:
    """Finish frames that a service sent, and return the grade."""
    content = strip(frames)
    bought = finish.BoughtClip(
        clip="idle",
        take=0,
        content=content,
        resolved=plan,
        digest=keys.digest(content),
        service="pixel-engine",
        model="m",
    )
    rule = Rule(name="r", match=("*",), clips=(Clip(name="idle", prompt=plan.prompt),))
    task = finish.Task(stem="hero", pixels=hero(), rule=rule, bought=(bought,), targets=())
    return finish.sheet(task)[1]["idle"]


def eaten(plan: Resolved) -> U8:
    """Return frames in which the clothes have the background's colour."""
    frames = flat(plan)
    frames[(frames == BLUE).all(axis=-1)] = color.from_hex(plan.matte)
    return frames


def test_sound_clip_needs_no_other_take() -> None:
    """A proposal to spend that comes for nothing is worse than none."""
    plan = planned()
    assert graded(flat(plan), plan).remedies == ()


def test_eaten_colour_is_named_with_the_matte_that_would_keep_it() -> None:
    """The key cannot know; the source does."""
    plan = planned()
    found = graded(eaten(plan), plan)
    (remedy,) = found.remedies
    assert f"px of {color.to_hex(np.array(BLUE, dtype=np.uint8))} were taken" in remedy.fault
    assert plan.matte in remedy.fault
    assert remedy.option == f"--matte {plan.runner_up[1:]}"
    assert remedy.fault in found.faults
    assert found.points < 85


def test_matte_that_is_near_the_eaten_colour_is_not_proposed() -> None:
    """It would be eaten again, for another twenty credits."""
    plan = msgspec.structs.replace(planned(), runner_up="#4060c0")
    (remedy,) = graded(eaten(plan), plan).remedies
    assert remedy == Remedy(fault=remedy.fault)


def test_colour_that_turned_into_another_was_not_eaten() -> None:
    """Another matte would not help against a service that repaints."""
    plan = planned()
    frames = flat(plan)
    frames[(frames == BLUE).all(axis=-1)] = (200, 60, 50)
    assert graded(frames, plan).remedies == ()


def test_motion_that_leaves_the_canvas_proposes_more_room() -> None:
    """What was cut off by the service cannot be drawn by us."""
    plan = planned()
    frames = flat(plan)
    figure = (frames[4] != color.from_hex(plan.matte)).any(axis=-1)
    right = int(np.flatnonzero(figure.any(axis=0))[-1])
    off = frames.shape[2] - right + 2
    frames[4] = np.roll(frames[4], off, axis=1)
    frames[4, :, :off] = color.from_hex(plan.matte)
    (remedy,) = graded(frames, plan).remedies
    assert remedy.fault.startswith("frame 4: ")
    assert "touch the right edge, the motion is cut off" in remedy.fault
    name, room = remedy.option.split()
    assert name == "--fit"
    assert planned(fit=int(room)).canvas[0] > plan.canvas[0]


@pytest.mark.parametrize("prompt", ["hopping", "lunging", "spinning"])
def test_motions_of_our_own_keep_off_the_edge(prompt: str) -> None:
    """The margins by class of motion are wide enough for the built-in engine."""
    plan = planned(prompt)
    assert graded(flat(plan), plan).remedies == ()
