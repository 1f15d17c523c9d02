"""What a motion is: a pure function with a declaration of what it needs and does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True)
class Parameters:
    """How a motion is to be done, as the prompt was read.

    `strength` multiplies the motion's own amplitude; `across` and `down` are -1, 0 (not said) or 1;
    `cycles` whole periods fit into the clip; `once` asks for a one-shot where the motion has one.
    """

    strength: float = 1.0
    across: int = 0
    down: int = 0
    cycles: int = 1
    once: bool = False
    variant: str = ""


Render = Callable[[Sprite, int, Parameters, int], Ints]


@dataclass(frozen=True)
class Motion:
    """One motion, and what it needs.

    `smallest` is the least even frame count that shows it; below it `fallback` is used. `loops`
    says that it can be a loop, `shoots` that it can be a one-shot. `margin` is the room it wants on
    each side as a share of the box.
    """

    name: str
    render: Render
    smallest: int
    fallback: str
    layer: Layer = Layer.FORM
    loops: bool = True
    shoots: bool = False
    margin: float = 0.10


def amplitude(sprite: Sprite, parameters: Parameters, share: float = AMPLITUDE_SHARE) -> int:
    """Return the amplitude in whole pixels.

    `share` of the height times the strength, at least 1.
    """
    return max(1, int(waves.half_up(share * sprite.box.height * parameters.strength)))
