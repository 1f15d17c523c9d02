"""Encode pictures with Pillow: PNG, and the three animated previews.

Imported by the functions that encode, never at the top of a target: naming files must not load
Pillow.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence

from PIL import Image

from ..core import provenance
from ..core.model import Pixels, Provenance

#: A frame and its ms.
Shown = tuple[Pixels, int]
#: Colours that a GIF holds beside the transparent one.
MAX_GIF_COLORS = 255


class _Png(io.BytesIO):
    """By its name Pillow loads the one plugin; told the format, those of four others as well."""

    name = "picture.png"


def picture(pixels: Pixels) -> Image.Image:
    """Return `pixels` as a Pillow image of mode RGBA."""
    return Image.frombytes("RGBA", (pixels.width, pixels.height), pixels.rgba)


def png(pixels: Pixels, clips: Iterable[Provenance]) -> bytes:
    """Return a PNG that carries `clips` as its origin."""
    out = _Png()
    picture(pixels).save(out, optimize=True)
    return provenance.embed(out.getvalue(), clips)


def scaled(pixels: Pixels, scale: int) -> Pixels:
    """Return `pixels` with each of them a square of `scale` px."""
    if scale == 1:
        return pixels
    size = (pixels.width * scale, pixels.height * scale)
    image = picture(pixels).resize(size, Image.Resampling.NEAREST)
    return Pixels(width=size[0], height=size[1], rgba=image.tobytes())


def apng(shown: Sequence[Shown], clips: Iterable[Provenance], *, loop: bool) -> bytes:
    """Return an animated PNG, exact in pixels, frames and ms.

    Disposal to background keeps equal neighbours apart: the frame count survives.
    """
    images = [picture(pixels) for pixels, _ in shown]
    out = io.BytesIO()
    images[0].save(
        out,
        "PNG",
        save_all=True,
        append_images=images[1:],
        duration=[ms for _, ms in shown],
        loop=0 if loop else 1,
        disposal=1,
        blend=0,
    )
    return provenance.embed(out.getvalue(), clips)


def webp(shown: Sequence[Shown], *, loop: bool, effort: int) -> bytes:
    """Return a lossless animated WebP; `effort` 0..6 buys bytes with time."""
    images = [picture(pixels) for pixels, _ in shown]
    out = io.BytesIO()
    images[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=[ms for _, ms in shown],
        loop=0 if loop else 1,
        lossless=True,
        quality=100 if effort == 6 else 75,
        method=effort,
    )
    return out.getvalue()


def gif(shown: Sequence[Shown], *, loop: bool) -> bytes:
    """Return a GIF with one palette, alpha cut at 128, and no trails.

    A GIF counts hundredths of a second: rounding runs on, so that the sum is off by half a one.
    """
    merged = _merged([(_cut(pixels), ms) for pixels, ms in shown])
    images = _indexed([pixels for pixels, _ in merged])
    out = io.BytesIO()
    images[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=[10 * cs for cs in _centiseconds([ms for _, ms in merged])],
        disposal=2,
        transparency=0,
        optimize=False,
        **({"loop": 0} if loop else {}),  # loop=1 would be two rounds; absent is one
    )
    return out.getvalue()


def _centiseconds(durations_ms: Sequence[int]) -> tuple[int, ...]:
    """Round ms to 1/100 s cumulatively; at least 2, because browsers slow shorter ones."""
    ticks = []
    until_ms = done = 0
    for ms in durations_ms:
        until_ms += ms
        end = max((until_ms + 5) // 10, done + 2)
        ticks.append(end - done)
        done = end
    return tuple(ticks)


def _merged(shown: Sequence[Shown]) -> list[Shown]:
    """Join equal neighbours: Pillow's GIF writer does so anyway, and loses count of the time."""
    out: list[Shown] = []
    for pixels, ms in shown:
        if out and out[-1][0] == pixels:
            out[-1] = (pixels, out[-1][1] + ms)
        else:
            out.append((pixels, ms))
    return out


def _cut(pixels: Pixels) -> Pixels:
    """Make alpha 0 or 255, at 128, and all transparent pixels alike."""
    image = picture(pixels)
    mask = image.getchannel("A").point([0] * 128 + [255] * 128)
    clear = Image.new("RGBA", image.size)
    image.putalpha(mask)
    clear.paste(image, (0, 0), mask)
    return Pixels(width=pixels.width, height=pixels.height, rgba=clear.tobytes())


def _indexed(frames: Sequence[Pixels]) -> list[Image.Image]:
    """Return frames with one shared palette whose entry 0 is transparent."""
    strip = _stacked(frames)
    colors = _colors(strip)
    if colors is None or len(colors) > MAX_GIF_COLORS:
        strip = _fewer(strip)
        colors = _colors(strip) or []
    entry = {_word((*color, 255)): index + 1 for index, color in enumerate(colors)}
    entry[0] = 0
    words = memoryview(strip.tobytes()).cast("I")  # a pixel as one number: 3 times as fast
    indices = bytes(map(entry.__getitem__, words))
    palette = [0, 0, 0, *(value for color in colors for value in color)]
    size = (frames[0].width, frames[0].height)
    area = size[0] * size[1]
    images = []
    for number in range(len(frames)):
        image = Image.frombytes("P", size, indices[number * area : (number + 1) * area])
        image.putpalette(palette)
        images.append(image)
    return images


def _colors(image: Image.Image) -> list[tuple[int, ...]] | None:
    """Return the opaque colours in order; None when there are far too many to list."""
    found = image.getcolors(1 << 12)
    if found is None:
        return None
    return sorted({pixel[:3] for _, pixel in found if isinstance(pixel, tuple) and pixel[3]})


def _stacked(frames: Sequence[Pixels]) -> Image.Image:
    """Return all frames in one column, so that one pass sees every colour."""
    size = (frames[0].width, frames[0].height * len(frames))
    return Image.frombytes("RGBA", size, b"".join(pixels.rgba for pixels in frames))


def _word(pixel: tuple[int, ...]) -> int:
    """Return RGBA as the number that this machine reads in those four bytes."""
    return int.from_bytes(bytes(pixel), sys.byteorder)


def _fewer(strip: Image.Image) -> Image.Image:
    """Return `strip` with at most 255 colours: a preview may lose some."""
    mask = strip.getchannel("A")
    flat = strip.convert("RGB").quantize(MAX_GIF_COLORS, dither=Image.Dither.NONE).convert("RGB")
    clear = Image.new("RGBA", flat.size)
    clear.paste(flat, (0, 0), mask)
    return clear
