"""Damage true frames as a real service does. Shares no code with what repairs them.

Frames are (frames, height, width, 4) uint8 with alpha 0 or 255; damaged ones are opaque RGB.
The damages are those that users and clients of such services report of their output.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

U8 = NDArray[np.uint8]
Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Damage:
    """A strip's frames as sent, the true frames of the same number, and what was done."""

    frames: U8
    truth: U8
    #: Shift of each frame in px, right and down.
    shifts: tuple[tuple[int, int], ...] = ()
    repeats_last: bool = False


def flatten(frames: U8, matte: Rgb) -> U8:
    """Lay frames on the matte."""
    return np.where(frames[..., 3:] > 0, frames[..., :3], np.array(matte)).astype(np.uint8)


def clean(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Send exact copies."""
    return Damage(flatten(truth, matte), truth)


def blur(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Paint 8 times as large, blur, add noise, take cell middles, quantise to 32 colours."""
    return Damage(quantise(_reduced(truth, matte, rng, slice(2, 6)), 32), truth)


def smear(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Do as `blur`, but average each cell: its neighbours make up 39 % of every pixel."""
    return Damage(quantise(_reduced(truth, matte, rng, slice(0, 8)), 32), truth)


def fringe(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Mix the matte into edge pixels, 0 to 45 % of it, and quantise to 24 colours."""
    painted = _painted(matte, rng)
    flat = flatten(truth, painted).astype(float)
    solid = truth[..., 3] > 0
    edge = solid & ~_eroded(solid)
    share = np.where(edge, rng.uniform(0, 0.45, solid.shape), 0)[..., None]
    mixed = flat * (1 - share) + np.array(painted) * share
    return Damage(quantise(mixed.round().astype(np.uint8), 24), truth)


def chroma(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Halve the colour resolution (4:2:0) and quantise each frame to 32 colours."""
    flat = flatten(truth, _painted(matte, rng))
    return Damage(quantise(np.stack([_subsample(frame) for frame in flat]), 32), truth)


def cast(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Tint all frames alike, then 4:2:0 and 24 colours."""
    gain, offset = rng.uniform(0.93, 1.05, 3), rng.uniform(-6, 6, 3)
    flat = flatten(truth, _painted(matte, rng)) * gain + offset
    tinted = flat.round().clip(0, 255).astype(np.uint8)
    return Damage(quantise(np.stack([_subsample(frame) for frame in tinted]), 24), truth)


def offset(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Shift the whole clip by 1 to 3 px."""
    step = _step(rng)
    return _moved(truth, matte, [step] * len(truth))


def jumps(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Shift one or two later frames by 1 to 3 px."""
    shifts = [(0, 0)] * len(truth)
    for at in rng.choice(np.arange(1, len(truth)), size=int(rng.integers(1, 3)), replace=False):
        shifts[at] = _step(rng)
    return _moved(truth, matte, shifts)


def drift(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Let the figure drift 1 to 3 px over the clip."""
    dx, dy = _step(rng)
    last = len(truth) - 1
    shifts = [(round(dx * at / last), round(dy * at / last)) for at in range(len(truth))]
    return _moved(truth, matte, shifts)


def repeated(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """End on the first frame again: the loop stutters."""
    flat = flatten(np.concatenate([truth[:-1], truth[:1]]), matte)
    return Damage(flat, truth, repeats_last=True)


def islands(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Leave specks of colour in the matte, and of the matte in the figure."""
    damage = blur(truth, matte, rng)
    frames = damage.frames.copy()
    solid = truth[..., 3] > 0
    far, inner = ~_dilated(solid, 3), _eroded(_eroded(solid))
    for at in range(len(frames)):
        for mask, shade in ((far[at], truth[at][solid[at]][:, :3]), (inner[at], np.array([matte]))):
            places = np.argwhere(mask)
            if not len(places) or not len(shade):
                continue
            y, x = places[rng.integers(len(places))]
            frames[at, y, x] = shade[rng.integers(len(shade))]
    return Damage(frames, truth)


def spill(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Mix 35 to 60 % of the matte into a few pixels inside each frame's figure; 64 colours."""
    flat = flatten(truth, matte).astype(float)
    inner = _eroded(_eroded(truth[..., 3] > 0))
    for at, places in enumerate(np.argwhere(mask) for mask in inner):
        for y, x in places[rng.integers(0, max(1, len(places)), 2)] if len(places) else ():
            share = rng.uniform(0.35, 0.6)
            for right in range(x, x + 1 + int(inner[at, y, x + 1 : x + 2].any())):
                flat[at, y, right] = flat[at, y, right] * (1 - share) + np.array(matte) * share
    return Damage(quantise(flat.round().astype(np.uint8), 64), truth)


def codec(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Paint 4 times as large, store as JPEG with 4:2:0, average each cell, 32 colours."""
    flat = flatten(truth, _painted(matte, rng))
    large = np.stack([_stored(frame.repeat(4, axis=0).repeat(4, axis=1), 85) for frame in flat])
    count, height, width = flat.shape[:3]
    cells = large.astype(float).reshape(count, height, 4, width, 4, 3)
    return Damage(quantise(cells.mean(axis=(2, 4)).round().astype(np.uint8), 32), truth)


def scaled(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Scale up 4 times and down again with Lanczos, as an editor would; median cut to 24."""
    flat = flatten(truth, _painted(matte, rng))
    return Damage(np.stack([_rescaled(frame) for frame in flat]), truth)


def service(truth: U8, matte: Rgb, rng: np.random.Generator) -> Damage:
    """Do everything at once: smear, tint, 4:2:0, 24 colours, and one frame shifted."""
    shifts = [(0, 0)] * len(truth)
    shifts[int(rng.integers(1, len(truth)))] = _step(rng)
    moved = np.stack(
        [np.roll(frame, (dy, dx), (0, 1)) for frame, (dx, dy) in zip(truth, shifts, strict=True)]
    )
    soft = _reduced(moved, matte, rng, slice(1, 7)) * rng.uniform(0.95, 1.04, 3)
    tinted = soft.round().clip(0, 255).astype(np.uint8)
    frames = quantise(np.stack([_subsample(frame) for frame in tinted]), 24)
    return Damage(frames, truth, tuple(shifts))


DAMAGES: dict[str, Callable[[U8, Rgb, np.random.Generator], Damage]] = {
    function.__name__: function
    for function in (
        clean,
        blur,
        smear,
        fringe,
        chroma,
        cast,
        offset,
        jumps,
        drift,
        repeated,
        islands,
        spill,
        codec,
        scaled,
        service,
    )
}


def quantise(frames: U8, colors: int) -> U8:
    """Reduce each frame to a palette of its own, which covers all of its colours."""
    return np.stack(
        [
            np.asarray(
                Image.fromarray(frame)
                .quantize(colors, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
                .convert("RGB")
            )
            for frame in frames
        ]
    )


def _painted(matte: Rgb, rng: np.random.Generator) -> Rgb:
    near = np.clip(np.array(matte) + rng.integers(-14, 15, 3), 0, 255)
    return int(near[0]), int(near[1]), int(near[2])


def _reduced(truth: U8, matte: Rgb, rng: np.random.Generator, part: slice) -> U8:
    """Average the given part of each 8x8 cell of the frames as they were painted."""
    flat = flatten(truth, _painted(matte, rng))
    large = np.stack([_soften(frame, rng) for frame in flat]).astype(float)
    count, height, width = flat.shape[:3]
    cells = large.reshape(count, height, 8, width, 8, 3)[:, :, part, :, part]
    means: U8 = cells.mean(axis=(2, 4)).round().astype(np.uint8)
    return means


def _soften(frame: U8, rng: np.random.Generator) -> U8:
    height, width = frame.shape[:2]
    large = Image.fromarray(frame).resize((width * 8, height * 8), Image.Resampling.NEAREST)
    soft = np.asarray(large.filter(ImageFilter.GaussianBlur(2.2)))
    return (soft + rng.normal(0, 5, soft.shape)).round().clip(0, 255).astype(np.uint8)


def _subsample(frame: U8) -> U8:
    image = Image.fromarray(frame).convert("YCbCr")
    luma, *chromas = image.split()
    half = ((frame.shape[1] + 1) // 2, (frame.shape[0] + 1) // 2)
    small = [c.resize(half, Image.Resampling.BOX) for c in chromas]
    back = [c.resize(image.size, Image.Resampling.BILINEAR) for c in small]
    return np.asarray(Image.merge("YCbCr", [luma, *back]).convert("RGB"))


def _stored(frame: U8, quality: int) -> U8:
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file).convert("RGB"))


def _rescaled(frame: U8) -> U8:
    image = Image.fromarray(frame)
    large = image.resize((image.width * 4, image.height * 4), Image.Resampling.LANCZOS)
    small = large.filter(ImageFilter.BoxBlur(1)).resize(image.size, Image.Resampling.LANCZOS)
    return np.asarray(small.quantize(24, Image.Quantize.MEDIANCUT).convert("RGB"))


def _step(rng: np.random.Generator) -> tuple[int, int]:
    while True:
        dx, dy = (int(v) for v in rng.integers(-3, 4, 2))
        if dx or dy:
            return dx, dy


def _moved(truth: U8, matte: Rgb, shifts: list[tuple[int, int]]) -> Damage:
    """Shift frames over a canvas that is wide enough to lose nothing."""
    frames = np.stack(
        [
            np.roll(frame, (dy, dx), axis=(0, 1))
            for frame, (dx, dy) in zip(truth, shifts, strict=True)
        ]
    )
    return Damage(flatten(frames, matte), truth, tuple(shifts))


def _dilated(mask: NDArray[np.bool_], steps: int = 1) -> NDArray[np.bool_]:
    for _ in range(steps):
        padded = np.pad(mask, [(0, 0), (1, 1), (1, 1)])
        mask = np.any(
            [
                padded[:, 1 + y : 1 + y + mask.shape[1], 1 + x : 1 + x + mask.shape[2]]
                for y in (-1, 0, 1)
                for x in (-1, 0, 1)
            ],
            axis=0,
        )
    return mask


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    inner: NDArray[np.bool_] = ~_dilated(~mask)
    return inner
