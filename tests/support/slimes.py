"""Poses of one slime, as numbered frames show them."""

from __future__ import annotations

from PIL import Image


def pose(squash: int, tint: int = 0) -> Image.Image:
    """Draw a slime, lower by `squash` px."""
    image = Image.new("RGBA", (16, 16))
    for y in range(4 + squash, 15):
        for x in range(2, 14):
            rim = x in (2, 13) or y in (4 + squash, 14)
            image.putpixel((x, y), (30, 20, 40, 255) if rim else (80, 150 + y * 4, 90 + tint, 255))
    image.putpixel((5, 8 + squash), (0, 0, 0, 255))
    image.putpixel((10, 8 + squash), (0, 0, 0, 255))
    return image
