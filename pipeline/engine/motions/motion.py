"""What a motion is: a pure function with a declaration of what it needs and does."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec
import numpy as np
from msgspec.structs import replace

from ..parts import Sprite
from ..parts.types import Ints
from . import waves

AMPLITUDE_SHARE = 0.05


class Layer(StrEnum):
    """Where a motion acts: it moves the whole, bends the form, or changes colours.

    Two motions of different layers can be performed at once: colours first, then the form, then the
    whole.
    """

    COLOUR = "colour"
    FORM = "form"
    WHOLE = "whole"


class Parameters(msgspec.Struct, frozen=True):
    """How a motion is to be done, as the prompt was read.

    `strength` multiplies the motion's own amplitude; `across` and `down` are -1, 0 (not said) or 1;
    `cycles` whole periods fit into the clip; `once` asks for a one-shot where the motion has one.
    `facing` is where the sprite looks: -1 left, 1 right, 0 not known; `part` names the part that is
    to move.
    """

    strength: float = 1.0
    across: int = 0
    down: int = 0
    cycles: int = 1
    once: bool = False
    variant: str = ""
    facing: int = 0
    part: str = ""


Render = Callable[[Sprite, int, Parameters, int], Ints]


class Motion(msgspec.Struct, frozen=True):
    """One motion, and what it needs.

    `smallest` is the least even frame count that shows it; below it `fallback` is used. `loops`
    says that it can be a loop, `shoots` that it can be a one-shot. `margin` is the room it wants on
    each side as a share of the box. `needs` names the parts without which the fallback is shown.
    `arrives` says that a one-shot ends with the source instead of beginning with it. `acts` says
    that it is shown once unless a loop is asked for.
    """

    name: str
    render: Render
    smallest: int
    fallback: str
    layer: Layer = Layer.FORM
    loops: bool = True
    shoots: bool = False
    margin: float = 0.10
    needs: tuple[str, ...] = ()
    arrives: bool = False
    acts: bool = False


def repeating(render: Render) -> Render:
    """Return a motion drawn frame by frame so that `cycles` play it that often, each in its share.

    Where the frames cannot be shared evenly it is played once.
    """

    def repeated(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
        times = parameters.cycles
        if times <= 1 or frames % times or frames // times < 2:
            return render(sprite, frames, parameters, seed)
        single = render(sprite, frames // times, replace(parameters, cycles=1), seed)
        return np.tile(single, (times, 1, 1))

    return repeated


def amplitude(sprite: Sprite, parameters: Parameters, share: float = AMPLITUDE_SHARE) -> int:
    """Return the amplitude in whole pixels.

    `share` of the height times the strength, at least 1.
    """
    return max(1, int(waves.half_up(share * sprite.box.height * parameters.strength)))
