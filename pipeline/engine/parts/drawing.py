"""Draw what is found of a sprite: each part tinted and framed, with its name and confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from . import named
from .named import Part
from .types import Pixels

if TYPE_CHECKING:
    from . import Sprite

SMALLEST_SIDE, MOST_SCALE = 384, 16
ROW_PX, MARGIN_PX, LIST_PX = 14, 8, 190
GROUND, INK, FAINT = (84, 90, 104), (245, 245, 245), (176, 180, 190)
TINTS = (
    (230, 80, 80), (80, 170, 250), (110, 210, 90), (250, 190, 60), (190, 120, 250), (70, 210, 200),
    (250, 130, 190), (170, 170, 90), (140, 140, 250), (250, 150, 90),
)  # fmt: skip


def drawn(sprite: Sprite) -> Pixels:
    """Return a picture (height, width, 4) uint8: the sprite enlarged, its parts over it, a list.

    Parts that are too unsure to be used are listed, and framed without a tint.
    """
    found = list(named.find(sprite))
    scale = max(1, min(MOST_SCALE, SMALLEST_SIDE // max(sprite.width, sprite.height)))
    width, height = sprite.width * scale, sprite.height * scale
    tall = max(height, ROW_PX * (len(found) + 3)) + 2 * MARGIN_PX
    canvas = Image.new("RGBA", (width + LIST_PX + 3 * MARGIN_PX, tall), GROUND)
    art = Image.fromarray(_tinted(sprite, found)).resize((width, height), Image.Resampling.NEAREST)
    canvas.alpha_composite(art, (MARGIN_PX, MARGIN_PX))
    pen = ImageDraw.Draw(canvas)
    for number, part in enumerate(found):
        _frame(pen, part, TINTS[number % len(TINTS)], scale)
    _list(pen, sprite, found, width + 2 * MARGIN_PX)
    return np.asarray(canvas, dtype=np.uint8).copy()


def _tinted(sprite: Sprite, found: list[Part]) -> Pixels:
    pixels = sprite.pixels.astype(np.float64)
    for number, part in enumerate(found):
        if part.is_sure:
            tint = np.array(TINTS[number % len(TINTS)], dtype=np.float64)
            pixels[part.mask, :3] = 0.5 * pixels[part.mask, :3] + 0.5 * tint
    return pixels.astype(np.uint8)


def _frame(pen: ImageDraw.ImageDraw, part: Part, tint: tuple[int, int, int], scale: int) -> None:
    left, top, right, bottom = (MARGIN_PX + side * scale for side in part.box)
    pen.rectangle((left, top, right - 1, bottom - 1), outline=tint, width=2 if part.is_sure else 1)
    x, y = (MARGIN_PX + place * scale for place in part.hinge)
    if part.is_sure:
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), outline=INK, fill=tint)


def _list(pen: ImageDraw.ImageDraw, sprite: Sprite, found: list[Part], left: int) -> None:
    facing = f", facing {sprite.facing}" if sprite.facing else ""
    pen.text((left, MARGIN_PX), f"{sprite.kind or 'not classed'}{facing}", fill=INK)
    for number, part in enumerate(found):
        top = MARGIN_PX + ROW_PX * (number + 2)
        pen.rectangle((left, top + 2, left + 8, top + 10), fill=TINTS[number % len(TINTS)])
        box = ", ".join(map(str, part.box))
        used = "" if part.is_sure else " (not used)"
        text = f"{part.name} {round(100 * part.confidence)}%{used}"
        pen.text((left + 14, top), f"{text}  [{box}]", fill=INK if part.is_sure else FAINT)
    if not found:
        pen.text((left, MARGIN_PX + 2 * ROW_PX), "no part was found", fill=FAINT)
