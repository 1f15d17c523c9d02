"""Time and rounding.

Phases of a clip, whole-pixel rounding that is equal on every platform, seeded numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..parts.types import Floats, Ints

TURN = 2 * np.pi


def phases(frames: int, cycles: int = 1) -> Floats:
    """Return the phase of each frame in radians: 0 at frame 0, `cycles` whole turns over the clip.

    Reduced to one turn before any trigonometry, so that a loop closes exactly.
    """
    return TURN * (np.arange(frames) * cycles % frames) / frames


def shares(frames: int) -> Floats:
    """Return how much of the clip has passed at each frame, 0..1 without 1."""
    return np.arange(frames) / frames


def half_up(values: float | Floats) -> Ints:
    """Round to whole numbers, halves up, after removing float noise."""
    rounded = np.round(np.asarray(values, dtype=np.float64), 9)
    whole: Ints = np.floor(rounded + 0.5).astype(np.intp)
    return whole


def symmetric(values: float | Floats) -> Ints:
    """Round halves away from zero, so that left and right, up and down get equal shares."""
    rounded = np.round(np.asarray(values, dtype=np.float64), 9)
    return (np.sign(rounded) * np.floor(np.abs(rounded) + 0.5)).astype(np.intp)


def rise(frames: int, cycles: int = 1) -> Floats:
    """Return (1 - cos)/2 of each frame: 0 at rest, 1 half-way, slow at both ends."""
    return (1 - np.cos(phases(frames, cycles))) / 2


def swing(frames: int, cycles: int = 1) -> Floats:
    """Return the sine of each frame's phase."""
    return np.sin(phases(frames, cycles))


def along(table: Sequence[float], shares_: Floats) -> Floats:
    """Read a table of key values at shares 0..1 of its length, linear in between."""
    keys = np.linspace(0.0, 1.0, len(table))
    return np.interp(
        np.asarray(shares_, dtype=np.float64), keys, np.asarray(table, dtype=np.float64)
    )


def scatter(seed: int, count: int, salt: int = 0) -> NDArray[np.uint32]:
    """Return `count` seeded 32-bit numbers, equal on every platform.

    Source: the 32-bit finaliser of MurmurHash3 (Appleby, public domain).
    """
    value = (
        np.arange(count, dtype=np.uint64)
        + np.uint64(seed % 2**32) * np.uint64(0x9E3779B1)
        + np.uint64(salt) * np.uint64(0x85EBCA77)
    ) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        value ^= value >> np.uint64(shift)
        value = (value * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return value.astype(np.uint32)


def chances(seed: int, count: int, salt: int = 0) -> Floats:
    """Return `count` seeded numbers in 0..1 without 1."""
    return scatter(seed, count, salt) / 2.0**32


def eighths(frames: int, cycles: int) -> Ints:
    """Return for each frame which eighth of a turn it shows; four frames show the even ones."""
    return (np.arange(frames) * cycles * 8 // frames % 8).astype(np.intp)
