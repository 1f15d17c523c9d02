"""Grades of frames as they are, without the way through a service."""

from __future__ import annotations

import numpy as np

from pipeline.core.model import Grade
from pipeline.imaging import stages
from pipeline.imaging.frames import prompt_motion
from pipeline.imaging.frames.indexed import Reel, number
from pipeline.imaging.grading import grade
from pipeline.imaging.keying import cutout
from pipeline.imaging.picture import color
from pipeline.imaging.picture.raster import U8


def reel_of(frames: U8, source: U8 | None = None) -> Reel:
    """Return a clip on the palette of all its frames, those of the source (frame 0) first."""
    still = frames[0] if source is None else source
    own = color.palette(still)
    every = color.palette(np.concatenate([still, *frames]))
    more = every[~color.is_member(every, own)]
    palette = np.concatenate([own, more]).astype(np.uint8)
    index = np.stack([number(frame, palette) for frame in frames])
    return Reel(index=index, source=number(still, palette), palette=palette, own=len(own))


def graded(
    frames: U8,
    prompt: str,
    *,
    loop: bool = True,
    to_and_fro: bool = False,
    source: U8 | None = None,
) -> Grade:
    """Grade frames as they are; without a source frame 0 is it."""
    reel = reel_of(frames, source)
    blank = np.zeros((reel.count, 3), dtype=np.uint8)
    cut = cutout.Cutout(reel.solid, reel.index, blank, is_exact=True)
    asked = prompt_motion.read("clip", prompt)
    return grade.grade(stages.Step("x", reel, cut, asked, to_and_fro=to_and_fro), loop=loop)
