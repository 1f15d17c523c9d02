"""One clip's frames in every form that a service may send them in."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

MATTE = "#ff00ff"
Encode = Callable[[list[Image.Image]], bytes]


def grid(columns: int, factor: int = 1) -> Callable[[list[Image.Image]], Image.Image]:
    """Lay frames out in so many columns; cells that are left stay blank."""

    def lay(frames: list[Image.Image]) -> Image.Image:
        width, height = frames[0].size
        rows = -(-len(frames) // columns)
        laid = Image.new("RGBA", (width * columns, height * rows), MATTE)
        for number, frame in enumerate(frames):
            laid.paste(frame, (number % columns * width, number // columns * height))
        return laid.resize((laid.width * factor, laid.height * factor), Image.Resampling.NEAREST)

    return lay


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def still(columns: int, kind: str = "PNG", factor: int = 1, **options: object) -> Encode:
    """Encode frames as one picture."""
    return lambda frames: saved(grid(columns, factor)(frames), kind, **options)


def animated(kind: str, factor: int = 1, **options: object) -> Encode:
    """Encode frames as an animation."""

    def encode(frames: list[Image.Image]) -> bytes:
        large = [grid(1, factor)([one]) for one in frames]
        extra = {"save_all": True, "append_images": large[1:], "duration": 125, **options}
        return saved(large[0], kind, **extra)

    return encode


DRESSES: dict[str, Encode] = {
    "row": still(8),
    "column": still(1),
    "grid": still(4),
    "grid the other way": still(2),
    "grid with a hole": still(3),
    "large row": still(8, factor=3),
    "large column": still(1, factor=2),
    "large grid": still(4, factor=2),
    "row of WebP": still(8, "WEBP", lossless=True),
    "column of WebP": still(1, "WEBP", lossless=True),
    "row of GIF": still(8, "GIF"),
    "GIF": animated("GIF"),
    "large GIF": animated("GIF", factor=2),
    "WebP": animated("WEBP", lossless=True),
    "large WebP": animated("WEBP", factor=2, lossless=True),
    "APNG": animated("PNG"),
    "large APNG": animated("PNG", factor=2),
    "APNG that replaces": animated("PNG", blend=0, disposal=1),
    "GIF that clears": animated("GIF", disposal=2),
}
