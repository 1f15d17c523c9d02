"""Animate one still sprite by reading a prompt.

The built-in engine's answer to a request, as a pure function.
"""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from .. import parts
from .. import prompt as prompts
from ..contract.orders import Described
from ..motions import MOTIONS, Layer, Parameters, gather, perform
from ..parts import Room, Sprite
from ..parts.types import Ints, Pixels
from ..prompt import Reading

NOTHING_SAID = Described()
ORDER = (Layer.COLOUR, Layer.FORM, Layer.WHOLE)


class Animation(msgspec.Struct, frozen=True):
    """A finished clip and how the prompt was understood.

    `map_` is (count, height, width) of numbers in `words`, each RGBA as one word; -1 is the last.
    `interpretation` is a sentence for people; `needs_ai` says what was asked that one still cannot
    give, or is None; `not_shown` are the words that the clip is about and does not show, `left_out`
    those beside what it shows.
    """

    map_: Ints
    words: NDArray[np.uint32]
    interpretation: str
    needs_ai: str | None
    fps: int
    loops: bool
    motions: tuple[str, ...]
    not_shown: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def frames(self) -> Pixels:
        """Return (count, height, width, 4) uint8 with alpha 0 or 255; frame 0 is the source."""
        return gather.painted(self.words, self.map_)


def animate(
    sprite: Pixels,
    prompt: str,
    *,
    frames: int = 8,
    negative_prompt: str = "",
    seed: int | None = None,
    described: Described = NOTHING_SAID,
) -> Animation:
    """Animate a (height, width, 4) uint8 straight RGBA sprite on its own canvas.

    Alpha is cut at 128. Without a seed one is derived from pixels and prompt, so that equal
    requests look equal. `described` is what the request says of the sprite itself.
    """
    cut = replace(
        parts.cut(sprite),
        kind=described.kind,
        facing=described.facing,
        boxes=described.parts,
        extra_colours=described.extra_colors,
    )
    reading = prompts.read(prompt, cut, negative_prompt)
    source = reading.sprite
    number = derived_seed(source.pixels, prompt) if seed is None else seed
    map_, done = _performed(source, frames, reading, number)
    return Animation(
        map_,
        gather.named(source),
        _told(reading, done),
        reading.needs_ai,
        reading.fps,
        reading.loops,
        done,
        reading.not_shown(done),
        reading.left_out(done),
    )


def derived_seed(pixels: Pixels, text: str) -> int:
    """Return a 32-bit seed that depends on nothing but the pixels and the prompt."""
    digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes() + text.encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _performed(
    source: Sprite, frames: int, reading: Reading, seed: int
) -> tuple[Ints, tuple[str, ...]]:
    """Perform the leading motion, with the others that fit beside it.

    Colours, then form, then the whole.
    """
    name, parameters = reading.motions[0]
    leading, map_ = perform(name, source, frames, _within(name, parameters, frames), seed)
    layers: dict[Layer, tuple[str, Ints]] = {MOTIONS[leading].layer: (leading, map_)}
    for other, how in reading.motions[1:]:
        layer = MOTIONS[other].layer
        if layer in layers or frames < MOTIONS[other].smallest:
            continue
        beside = replace(source, taken=_taken(source, map_)) if layer is Layer.WHOLE else source
        if MOTIONS[leading].layer is Layer.WHOLE and layer is Layer.FORM:
            continue
        layers[layer] = (
            other,
            MOTIONS[other].render(beside, frames, _within(other, how, frames), seed),
        )
    ordered = [layers[layer] for layer in ORDER if layer in layers]
    map_ = ordered[0][1]
    for _, outer in ordered[1:]:
        map_ = gather.through(outer, map_)
    return map_, tuple(dict.fromkeys([leading, *(name for name, _ in ordered)]))


def _within(name: str, parameters: Parameters, frames: int) -> Parameters:
    """Drop a second cycle when the frames are too few to show it."""
    fits = frames // parameters.cycles >= MOTIONS[name].smallest and frames % parameters.cycles == 0
    return parameters if fits else replace(parameters, cycles=1)


def _taken(source: Sprite, map_: Ints) -> Room:
    """Return how far a motion reaches out of the sprite's box on each side."""
    shown = np.any(gather.solid(source, map_), axis=0)
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not rows.size:
        return Room(0, 0, 0, 0)
    box = source.box
    return Room(
        max(0, box.left - int(columns[0])),
        max(0, box.top - int(rows[0])),
        max(0, int(columns[-1]) + 1 - box.right),
        max(0, int(rows[-1]) + 1 - box.bottom),
    )


def _told(reading: Reading, done: tuple[str, ...]) -> str:
    """Add to the sentence what was performed instead when frames or room were too few."""
    wanted = reading.motions[0][0]
    if done[0] == wanted:
        return reading.told(done)
    instead = f"Shown as {done[0]}: {wanted} needs more frames or room, or finds nothing to move."
    return f"{reading.told(done)} {instead}"
