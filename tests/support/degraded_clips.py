"""True clips of the built-in engine, sent as a service would send them, and finished again."""

from __future__ import annotations

import time
import zlib

import degrade
import numpy as np

from pipeline.core.model import Clip, Pixels, Request, Resolved
from pipeline.engine.render import animate
from pipeline.imaging import stages
from pipeline.imaging.picture import png, raster
from pipeline.imaging.picture.raster import U8
from pipeline.imaging.upload import fit
from pipeline.purchase import resolve

#: Room for shifts of 3 px on all sides, beside what the motion needs.
SHIFT_ROOM_PX = 3


def planned(pixels: Pixels, prompt: str) -> Resolved:
    """Resolve a request with room for the damage."""
    first = Request(
        source="x.png", pixel_digest="", clip="clip", rule="r", prompt=prompt, colors="source"
    )
    plan = resolve.request(first, pixels, request_key="bench", open_key=None)
    room = max(*plan.pad, 4) + SHIFT_ROOM_PX
    wide = Request(**{**{f: getattr(first, f) for f in first.__struct_fields__}, "fit": room})
    return resolve.request(wide, pixels, request_key="bench", open_key=None)


def true_frames(pixels: Pixels, plan: Resolved) -> U8:
    """Return the engine's frames on the canvas, (frames, height, width, 4)."""
    laid = fit.canvas(raster.cut(raster.array(pixels)), stages.placement(plan))
    return animate.animate(laid, plan.prompt, frames=plan.frames).frames


def strip(frames: U8) -> bytes:
    """Lay opaque frames (frames, height, width, 3) side by side as a PNG."""
    count, height, width = frames.shape[:3]
    row = frames.swapaxes(0, 1).reshape(height, count * width, 3)
    opaque = np.full((height, count * width, 1), 255, dtype=np.uint8)
    return png.write(count * width, height, np.concatenate([row, opaque], axis=-1).tobytes())


def damaged(name: str, damage: str, truth: U8, plan: Resolved) -> degrade.Damage:
    """Damage a clip; the same clip always in the same way."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {plan.prompt} {damage}".encode()))
    matte = bytes.fromhex(plan.matte[1:])
    return degrade.DAMAGES[damage](truth, (matte[0], matte[1], matte[2]), rng)


def finished(
    pixels: Pixels, plan: Resolved, content: bytes, chosen: tuple[str, ...]
) -> tuple[U8, tuple[tuple[str, float], ...]]:
    """Return the frames on the canvas, and the CPU seconds of each stage."""
    clip = Clip(name="clip", prompt=plan.prompt)
    times = []
    start = time.process_time()
    for step in stages.develop(content, pixels, plan, clip, name="x.png", stages=chosen):
        times.append((step.name, time.process_time() - start))
        start = time.process_time()
    return step.reel.rgba(), tuple(times)
