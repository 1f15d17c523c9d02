"""Choose the matte: the flat colour that is farthest from all colours of the sprite.

The service leaves it in the picture, and paints it only nearly: it must be told from the art again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ...core.model import Record
from ..picture import color
from ..picture.raster import U8, Floats, Ints

CANDIDATES = (
    "#ff00ff", "#00ff00", "#0000ff", "#00ffff", "#ffff00",
    "#ff0000", "#808080", "#ff8000", "#8000ff", "#00ff80",
)  # fmt: skip
#: Colours that words of a prompt will bring into the picture.
WORDS = (
    (
        ("fire", "flame", "torch", "burn", "lava", "explo", "ember", "candle"),
        ("#ff8000", "#ffff00", "#ff0000"),
    ),
    (("lightning", "electr", "ice", "frost", "water", "splash", "rain"), ("#00ffff", "#4080ff")),
    (("poison", "acid", "toxic", "leaf", "leaves", "vine"), ("#00ff00",)),
    (("gold", "sparkl", "glint", "shine", "coin", "star"), ("#ffff80",)),
    (("blood", "red"), ("#ff0000",)),
    (("green",), ("#00ff00",)),
    (("blue",), ("#0000ff",)),
    (("cyan", "teal", "turquoise"), ("#00ffff",)),
    (("yellow",), ("#ffff00",)),
    (("orange",), ("#ff8000",)),
    (("purple", "violet"), ("#8000ff",)),
    (("pink", "magenta"), ("#ff00ff",)),
    (("smoke", "dust", "grey", "gray"), ("#808080",)),
)  # fmt: skip
#: Shares of a blend at the edge, and how near it must come to another colour to look like art.
BLENDS = (0.35, 0.5, 0.65)
LOOKALIKE = 0.06
MIX_COST = 0.02
#: The blends of more colours than this are not counted, only their distance.
MAX_MIXED = 64


class Matte(Record, frozen=True, kw_only=True):
    """The choice as "#rrggbb", its least distance to the sprite in deltaE2, and the next best."""

    color: str
    distance: float
    runner_up: str


def choose(palette: U8, prompt: str, *, stated: str | None = None) -> Matte:
    """Choose the matte for a palette (n, 3); `stated` is the rule's own choice and is kept."""
    art, candidates = color.lab_of(palette), _lab(CANDIDATES)
    near = color.distances(candidates, art).min(axis=1)
    score = near - MIX_COST * _lookalikes(palette, art)
    if expected := _expected(prompt):
        score = np.minimum(score, color.distances(candidates, _lab(expected)).min(axis=1))
    order = [CANDIDATES[i] for i in np.argsort(-score, kind="stable")]
    best = (stated or order[0]).lower()
    return Matte(
        color=best,
        distance=round(_nearest(best, art), 4),
        runner_up=next(text for text in order if text != best),
    )


def distance(matte: str, palette: U8) -> float:
    """Return the deltaE2 of a matte to the nearest colour of the sprite."""
    return _nearest(matte, color.lab_of(palette))


def _nearest(matte: str, art: Floats) -> float:
    return float(color.distances(_lab((matte,)), art).min())


@lru_cache(maxsize=64)
def _lab(shades: Sequence[str]) -> Floats:
    """Return the OKLab (n, 3) of colours that are asked for again and again."""
    return color.lab_of(np.array([color.from_hex(text) for text in shades]))


@lru_cache(maxsize=64)
def _expected(prompt: str) -> tuple[str, ...]:
    text = prompt.lower()
    begins = [at for at in range(len(text)) if not (at and "a" <= text[at - 1] <= "z")]
    return tuple(
        shade
        for stems, shades in WORDS
        if any(text.startswith(stems, at) for at in begins)
        for shade in shades
    )


def _lookalikes(palette: U8, art: Floats) -> Ints:
    """Count for each candidate the pairs of colours of which one, blended with it, looks like the
    other; `art` is the palette's OKLab."""
    count = len(palette)
    found = np.zeros(len(CANDIDATES), dtype=np.int64)
    if count > MAX_MIXED:
        return found
    light = color.linear(palette)
    flats = color.linear(np.array([color.from_hex(text) for text in CANDIDATES]))[:, None]
    for share in BLENDS:
        blends = color.lab((1 - share) * light + share * flats)
        close = color.distances(blends.reshape(-1, 3), art) < LOOKALIKE
        pairs = close.reshape(len(CANDIDATES), count, count)
        pairs[:, np.arange(count), np.arange(count)] = False
        found += pairs.sum(axis=(1, 2))
    return found
