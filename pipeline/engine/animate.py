"""Animate one still sprite by reading a prompt: the built-in engine's answer to a request, as a pure function."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from . import parts, prompt as prompts
from .motions import gather, perform
from .parts import Pixels


@dataclass(frozen=True)
class Animation:
    """A finished clip and how the prompt was understood.

    `frames` is (count, height, width, 4) uint8 with alpha 0 or 255; frame 0 is the source. `interpretation` is a
    sentence for people; `needs_ai` says what was asked that one still cannot give, or is None.
    """

    frames: Pixels
    interpretation: str
    needs_ai: str | None
    fps: int
    loops: bool
    motions: tuple[str, ...]


def animate(
    sprite: Pixels,
    prompt: str,
    *,
    frames: int = 8,
    negative_prompt: str = "",
    seed: int | None = None,
) -> Animation:
    """Animate a (height, width, 4) uint8 straight RGBA sprite in `frames` frames on the same canvas.

    Alpha is cut at 128. Without a seed one is derived from pixels and prompt, so that equal requests look equal.
    """
    source = parts.cut(sprite)
    reading = prompts.read(prompt, negative_prompt)
    number = derived_seed(source.pixels, prompt) if seed is None else seed
    map_ = gather.still(source, frames)
    names = []
    for name, parameters in reading.motions:
        done, moved = perform(name, source, frames, parameters, number)
        map_ = gather.through(moved, map_)
        names.append(done)
    return Animation(
        gather.show(source, map_), reading.sentence, reading.needs_ai, reading.fps, reading.loops, tuple(names)
    )


def derived_seed(pixels: Pixels, prompt: str) -> int:
    """Return a 32-bit seed that depends on nothing but the pixels and the prompt."""
    digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes() + prompt.encode()).digest()
    return int.from_bytes(digest[:4], "big")
