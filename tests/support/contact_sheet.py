"""Write contact sheets of motions to look at: `python tests/contact_sheet.py OUT.png [MOTION]`.

Without a motion: twelve prompts on fitting sprites, eight frames each, the way the engine answers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from drawn_sprites import padded
from PIL import Image, ImageDraw
from places import SPRITES

from pipeline.engine import parts
from pipeline.engine.motions import Parameters, gather, perform
from pipeline.engine.parts.types import Pixels
from pipeline.engine.render import animate

PAPER, INK, LINE = (96, 112, 124), (255, 255, 255), (78, 92, 103)
WIDEST = 150

PROMPTS = (
    ("characters/ninja_2", "hero breathing calmly, idle loop"),
    ("characters/ninja_3", "hero walking"),
    ("characters/torchbearer", "torch burning"),
    ("monsters/ninja_3", "slime hopping"),
    ("monsters/bat", "bat flying, flapping its wings"),
    ("monsters/boar", "boar walking to the right"),
    ("monsters/ninja_2", "fire spirit squashing and stretching"),
    ("props/tree", "tree swaying in the wind"),
    ("props/fountain", "water rippling"),
    ("items/prehistoric-platformer_items_38", "heart beating"),
    ("items/space-shooter_items_power-up-3", "pickup spinning and glowing"),
    ("ships/ship_10", "jellyfish wobbling like jelly"),
)


def source(name: str) -> Pixels:
    """Return a shared sprite by its path without the ending, padded."""
    return padded(np.array(Image.open(SPRITES / f"{name}.png").convert("RGBA")))


def strip(frames: Pixels, caption: str) -> Image.Image:
    """Return frames side by side, enlarged by whole numbers, above a caption."""
    count, height, width = frames.shape[:3]
    scale = max(1, WIDEST // width)
    wide = Image.fromarray(np.concatenate(list(frames), axis=1))
    wide = wide.resize((wide.width * scale, wide.height * scale), Image.Resampling.NEAREST)
    paper = Image.new("RGB", (wide.width, wide.height + 14), PAPER)
    paper.paste(wide, (0, 0), wide)
    pen = ImageDraw.Draw(paper)
    for frame in range(1, count):
        pen.line([(frame * width * scale, 0), (frame * width * scale, height * scale)], fill=LINE)
    pen.text((3, height * scale), caption, fill=INK)
    return paper


def stacked(strips: list[Image.Image], path: Path) -> None:
    """Write strips under each other as one PNG."""
    sheet = Image.new("RGB", (max(s.width for s in strips), sum(s.height for s in strips)), PAPER)
    top = 0
    for picture in strips:
        sheet.paste(picture, (0, top))
        top += picture.height
    sheet.save(path)


def write_prompts(path: Path) -> None:
    """Write the sheet of twelve prompts."""
    strips = []
    for name, prompt in PROMPTS:
        clip = animate.animate(source(name), prompt, frames=8, seed=7)
        strips.append(strip(clip.frames, f"{prompt}  ({', '.join(clip.motions)})"))
    stacked(strips, path)


def write_motion(path: Path, motion: str, names: list[str]) -> None:
    """Write a sheet of one motion on several sprites."""
    strips = []
    for name in names:
        sprite = parts.cut(source(name))
        done, map_ = perform(motion, sprite, 8, Parameters(), 7)
        strips.append(strip(gather.show(sprite, map_), f"{name}: {done}"))
    stacked(strips, path)


def main() -> None:
    """Write the sheet that the command line asks for."""
    out, *motion = sys.argv[1:]
    if motion:
        names = [p.relative_to(SPRITES).with_suffix("").as_posix() for p in SPRITES.rglob("*.png")]
        write_motion(Path(out), motion[0], sorted(names))
    else:
        write_prompts(Path(out))


if __name__ == "__main__":
    main()
