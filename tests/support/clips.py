"""Measures of a clip that tests of motions share, and the real sprites that they are taken on."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import drawn_sprites as drawn
import numpy as np
from PIL import Image
from places import SAMPLE, SPRITES

from pipeline.engine import parts
from pipeline.engine.motions import Parameters, gather, perform
from pipeline.engine.parts import Sprite
from pipeline.engine.parts.types import Pixels


def clip(name: str, sprite: Sprite, frames: int = 8, **how: object) -> Pixels:
    """Return the frames of a motion, which must be performed and not replaced."""
    done, map_ = perform(name, sprite, frames, Parameters(**how), 7)  # type: ignore[arg-type] # test table
    assert done == name
    return gather.show(sprite, map_)


def distinct(frames: Pixels) -> int:
    """Return how many different frames there are."""
    return len({frame.tobytes() for frame in frames})


def longest_hold(frames: Pixels) -> float:
    """Return the longest run of equal frames of a loop, as a share of its length."""
    count = len(frames)
    same = [bool((frames[i] == frames[(i + 1) % count]).all()) for i in range(count)]
    if all(same):
        return 1.0
    runs = "".join("1" if one else "0" for one in same * 2).split("0")
    return (min(count, max(map(len, runs))) + 1) / count


def steps(frames: Pixels) -> list[int]:
    """Return how many pixels change from each frame to the next."""
    return [int((after != before).any(axis=-1).sum()) for before, after in pairwise(frames)]


@cache
def sample(name: str, share: float = 0.15) -> Sprite:
    """Return a sprite of the sample project, padded."""
    picture = Image.open(SAMPLE / "assets" / f"{name}.png").convert("RGBA")
    return parts.cut(drawn.padded(np.array(picture), share))


@cache
def shared(*folders: str, share: float = 0.15) -> dict[str, Sprite]:
    """Return the shared sprites of some folders by name, padded; none where they are missing."""
    return {
        f"{path.parent.name}/{path.stem}": parts.cut(
            drawn.padded(np.array(Image.open(path).convert("RGBA")), share)
        )
        for path in sorted(SPRITES.rglob("*.png"))
        if not folders or path.parent.name in folders
    }
