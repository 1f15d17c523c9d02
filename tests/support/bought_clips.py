"""Requests and tasks of finishing, for sprites that a test draws."""

from __future__ import annotations

import numpy as np

from pipeline.core.model import Clip, Pixels, Request, Resolved, Rule
from pipeline.imaging.picture import png
from pipeline.imaging.picture.raster import U8
from pipeline.purchase import resolve
from pipeline.run import finish


def asked(pixels: Pixels, prompt: str, frames: int) -> Resolved:
    """Resolve a request for the picture."""
    request = Request(
        source="x.png", pixel_digest="0" * 64, clip="idle", rule="r", prompt=prompt, frames=frames
    )
    return resolve.request(request, pixels, request_key="f00d", open_key=None)


def task(pixels: Pixels, plan: Resolved, frames: U8, clip: Clip) -> finish.Task:
    """Return the task of one clip that was bought for these frames."""
    count, height, width = frames.shape[:3]
    row = np.full((height, count * width, 4), 255, dtype=np.uint8)
    row[..., :3] = frames.swapaxes(0, 1).reshape(height, count * width, 3)
    bought = finish.BoughtClip(
        clip=clip.name,
        take=0,
        content=png.write(count * width, height, row.tobytes()),
        resolved=plan,
        digest="0" * 64,
        service="pixel-engine",
        model="m",
    )
    rule = Rule(name="r", match=("*",), clips=(clip,))
    return finish.Task(stem="x", pixels=pixels, rule=rule, bought=(bought,), targets=())
