"""Measure every motion: `python tests/bench/bench_motions.py`, or `--speed` for the speed alone.

Prints plain metrics for each motion on the sprites of ../shared that fit it, lowest to highest,
beside the ranges expected of it, counts what is outside, and then frames per second on one core.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import drawn_sprites as drawn
from places import art

from pipeline.engine import parts
from pipeline.engine.motions import MOTIONS, Layer, Parameters, gather, perform
from pipeline.engine.parts import Sprite, colour, regions
from pipeline.engine.parts.types import Bools, Pixels

FRAMES = 8
Array = NDArray[np.float64]
Range = tuple[float, float]

FITTING: Mapping[str, Callable[[Sprite], bool]] = MappingProxyType(
    {
        "breathe": lambda sprite: sprite.eyes is not None,
        "nod": lambda sprite: sprite.eyes is not None,
        "blink_eyes": lambda sprite: sprite.eyes is not None,
        "walk2": lambda sprite: len(sprite.legs) >= 2,
        "spin": lambda sprite: sprite.box.height <= 2 * sprite.box.width,
        "flap": lambda sprite: sprite.box.width >= sprite.box.height,
        "wave": lambda sprite: sprite.eyes is None,
        "ripple": lambda sprite: sprite.eyes is None,
        "flicker": lambda sprite: bool(sprite.palette.fiery.any()),
        "rotate": lambda sprite: sprite.eyes is None,
    }
)


@dataclass(frozen=True)
class Measures:
    """The plain metrics of one clip."""

    identity: float
    seam: float
    overlap: float
    adjacent: float
    area_low: float
    area_high: float
    floor: float
    flick: float
    parts: float
    changed: float
    distinct: float


# Ranges for small motions in place; wider ones by motion below.
COMMON: Mapping[str, Range] = MappingProxyType(
    {
        "identity": (1.0, 1.0),
        "seam": (0.0, 1.05),
        "overlap": (0.72, 1.0),
        "adjacent": (0.70, 1.0),
        "area_low": (0.93, 1.0),
        "area_high": (1.0, 1.08),
        "floor": (0.0, 0.5),
        "flick": (0.0, 0.02),
        "parts": (0.0, 0.0),
        "changed": (0.02, 0.60),
        "distinct": (2, FRAMES),
    }
)
FREE: Range = (0.0, 99.0)
#: What has a story, or is matter, has no ranges: tests of its poses hold it.
UNBOUND: Mapping[str, Range] = MappingProxyType(
    {name: FREE for name in COMMON if name not in ("identity", "distinct")}
)
#: Rules that draw each frame from the one before, cell by cell: frames a second at 64 and 256 px.
AUTOMATA = ("fire", "electric", "water", "lava")
AIRBORNE = {"floor": FREE, "overlap": (0.35, 1.0), "adjacent": (0.4, 1.0), "changed": (0.02, 0.93)}
#: Walks drawn by hand change 0.52 to 0.60 of their ink in every step.
STEPPING = {
    "area_low": (0.78, 1.0),
    "area_high": (1.0, 1.16),
    "changed": (0.05, 1.0),
    "flick": (0.0, 0.06),
}
EVENT = {"seam": FREE, "flick": FREE, "changed": (0.0, 1.0)}
OWN: Mapping[str, Mapping[str, Range]] = MappingProxyType(
    {
        **{name: AIRBORNE for name in ("bob", "float", "hover8")},
        **{name: {**AIRBORNE, **STEPPING} for name in ("run", "run_quad")},
        **{name: UNBOUND for name, motion in MOTIONS.items() if motion.acts},
        **dict.fromkeys((*AUTOMATA, "smoke", "dust", "charge"), UNBOUND),
        "slither": {"floor": FREE, "overlap": (0.5, 1)},
        "talk": EVENT,
        "look": EVENT,
        "hop": {**AIRBORNE, "overlap": (0.25, 1.0), "area_low": (0.8, 1.0), "area_high": (1, 1.2)},
        "shake": {**AIRBORNE, **EVENT, "changed": (0.1, 1.0)},
        "lunge": {**AIRBORNE, "seam": FREE},
        "afterimage": {**AIRBORNE, **EVENT, "area_high": FREE, "parts": FREE},
        "scroll": {**AIRBORNE, **EVENT, "overlap": FREE, "adjacent": FREE, "parts": FREE},
        "squash": {"overlap": (0.5, 1), "area_low": (0.85, 1), "area_high": (1, 1.15)},
        "pulse": {**AIRBORNE, "area_high": (1, 1.6), "overlap": (0.5, 1)},
        "heartbeat": {**AIRBORNE, "area_high": (1, 1.6), "overlap": (0.5, 1)},
        "spin": {**AIRBORNE, "overlap": (0.1, 1), "adjacent": (0.1, 1), "area_low": (0.15, 1)},
        "rotate": {**AIRBORNE, "overlap": FREE, "adjacent": (0.1, 1), "area_low": (0.9, 1)},
        "pendulum": {**AIRBORNE, "overlap": (0.35, 1)},
        "tilt": {"overlap": (0.5, 1.0), "floor": (0.0, 1.0)},
        "nod": {"area_low": (0.85, 1.0), "changed": (0.005, 0.6)},
        "flap": {"floor": FREE, "adjacent": (0.55, 1)},
        "wave": {"floor": FREE, "adjacent": (0.6, 1)},
        "flicker": {"area_low": (0.85, 1), "area_high": (1, 1.15), "changed": (0.005, 0.6)},
        "breathe": {"area_high": (1, 1.12), "changed": (0.01, 0.6)},
        "idle": {"area_low": (0.85, 1), "area_high": (1, 1.1)},
        **{name: STEPPING for name in ("walk2", "walk4", "walk_quad", "laugh", "sleep")},
        "flash": {**EVENT, "overlap": (1, 1)},
        "glint": EVENT,
        "sparkle": EVENT,
        "blink_eyes": EVENT,
        "cycle": EVENT,
        "glow": {"changed": (0.0, 0.6)},
        "dissolve": {
            **AIRBORNE,
            **EVENT,
            "overlap": FREE,
            "adjacent": FREE,
            "area_low": FREE,
            "parts": FREE,
        },
    }
)


def measure(sprite: Sprite, picture: Pixels) -> Measures:
    """Measure a clip against its source."""
    solid = picture[..., 3] > 0
    lab = colour.oklab(picture[..., :3])
    steps = np.array([_apart(lab, solid, i, (i + 1) % FRAMES) for i in range(FRAMES)])
    area = solid.sum(axis=(1, 2)) / max(1, sprite.area)
    union = np.maximum(1, (solid | np.roll(solid, -1, axis=0)).sum(axis=(1, 2)))
    differ = (picture != np.roll(picture, -1, axis=0)).any(axis=-1).sum(axis=(1, 2)) / union
    held = [_pieces(frame, 0.02 * sprite.area) for frame in solid]
    return Measures(
        identity=float((picture[0] == sprite.pixels).all()),
        seam=float(steps[-1] / max(1e-6, steps[:-1].max())),
        overlap=min(_overlap(solid[0], frame) for frame in solid),
        adjacent=min(_overlap(solid[i - 1], solid[i]) for i in range(FRAMES)),
        area_low=float(area.min()),
        area_high=float(area.max()),
        floor=float(np.std([_floor(frame) for frame in solid])) / max(1.0, sprite.box.height / 32),
        flick=_flick(picture, solid),
        parts=float(max(held) - held[0]) if max(held) > held[0] else 0.0,
        changed=float(differ.max()),
        distinct=float(len({frame.tobytes() for frame in picture})),
    )


def _apart(lab: Array, solid: Bools, one: int, other: int) -> float:
    """Return the mean difference of two frames over the union of their opaque pixels."""
    union, both = solid[one] | solid[other], solid[one] & solid[other]
    apart = np.where(both, np.minimum(1, colour.difference(lab[one], lab[other])), 1.0)
    return float(apart[union].mean()) if union.any() else 0.0


def _overlap(one: Bools, other: Bools) -> float:
    union = (one | other).sum()
    return float((one & other).sum() / union) if union else 1.0


def _floor(solid: Bools) -> int:
    """Return the lowest row with a run of three opaque pixels, or the lowest row at all."""
    runs = solid[:, 2:] & solid[:, 1:-1] & solid[:, :-2]
    rows = np.flatnonzero(runs.any(axis=1))
    rows = rows if rows.size else np.flatnonzero(solid.any(axis=1))
    return int(rows[-1]) if rows.size else 0


def _flick(picture: Pixels, solid: Bools) -> float:
    """Return the share of opaque pixels that change for one frame in spots under three pixels."""
    before, after = np.roll(picture, 1, axis=0), np.roll(picture, -1, axis=0)
    once = (before == after).all(axis=-1) & (picture != before).any(axis=-1)
    spots = 0
    for frame in once:
        labels, count = regions.label(np.where(frame, 0, -1).astype(np.intp), diagonal=True)
        size = regions.sizes(labels, count)
        spots += int(size[size < 3].sum())
    return spots / max(1, int(solid.sum()))


def _pieces(solid: Bools, least: float) -> int:
    labels, count = regions.label(np.where(solid, 0, -1).astype(np.intp), diagonal=True)
    return int((regions.sizes(labels, count) >= max(2.0, least)).sum())


def quality() -> int:
    """Print the table of metrics and return how many values are outside their range."""
    sprites = {
        f"{path.parent.name}/{path.stem}": parts.cut(
            drawn.padded(np.array(Image.open(path).convert("RGBA")))
        )
        for path in art()
    }
    outside = 0
    for name in MOTIONS:
        found: dict[str, Measures] = {}
        for label, sprite in sprites.items():
            if name not in FITTING or FITTING[name](sprite):
                done, map_ = perform(name, sprite, FRAMES, Parameters(), 7)
                if done == name:
                    found[label] = measure(sprite, gather.show(sprite, map_))
        outside += _report(name, found)
    print(f"outside in all: {outside}")
    return outside


def _report(name: str, found: Mapping[str, Measures]) -> int:
    ranges = {**COMMON, **OWN.get(name, {})}
    print(f"\n{name}: {len(found)} sprites")
    outside = 0
    for field in fields(Measures):
        low, high = ranges[field.name]
        values = {label: getattr(measures, field.name) for label, measures in found.items()}
        wrong = [k for k, v in values.items() if not low - 1e-9 <= v <= high + 1e-9]
        outside += len(wrong)
        spread = f"{min(values.values()):7.3f} .. {max(values.values()):7.3f}" if values else "-"
        told = f"  OUTSIDE {len(wrong)}: {', '.join(wrong[:6])}" if wrong else ""
        print(f"  {field.name:10} {spread}   range {low:g} .. {high:g}{told}")
    return outside


def _sized(side: int) -> Sprite:
    """Return the drawn hero enlarged into a square canvas of `side`."""
    source, inner = drawn.drawn(drawn.HERO), side * 3 // 4
    rows, columns = (np.arange(inner) * length // inner for length in source.shape[:2])
    margin = (side - inner) // 2
    rest = side - inner - margin
    square = np.pad(source[rows][:, columns], ((margin, rest), (margin, rest), (0, 0)))
    return parts.cut(square)


def speed() -> None:
    """Print frames per second of each motion, best of five, with and without finding the parts."""
    print("\nframes per second at 64x64 and 256x256 (with the parts still to be found)")
    for name, motion in MOTIONS.items():
        rates = []
        for side in (64, 256):
            sprite = _sized(side)
            rates += [_rate(name, sprite, fresh=False), _rate(name, sprite, fresh=True)]
        quick = motion.layer is Layer.WHOLE or "shears" in motion.render.__module__
        goals = (5000, 500) if quick else (500, 50) if name in AUTOMATA else (50, 50)
        slow = "  BELOW" if rates[0] < goals[0] or rates[2] < goals[1] else ""
        print(
            f"  {name:11} {rates[0]:8.0f} ({rates[1]:6.0f})   {rates[2]:7.0f} ({rates[3]:5.0f})"
            f"   goal {goals[0]}, {goals[1]}{slow}"
        )


def peers() -> None:
    """Print the same of scripts that use Pillow alone: a body stretched, a whole turned."""
    print("\nscripts of a few lines beside them, which find no parts and keep no palette of poses")
    for name, pose in (("a body stretched", _stretched), ("a whole turned", _turned)):
        rates = []
        for side in (64, 256):
            picture = Image.fromarray(_sized(side).pixels)
            best = float("inf")
            for _ in range(5):
                start = time.perf_counter()
                frames = [pose(picture, math.sin(math.tau * at / FRAMES)) for at in range(FRAMES)]
                best = min(best, time.perf_counter() - start)
            assert len({frame.tobytes() for frame in frames}) > 2, "nothing moved"
            rates.append(FRAMES / best)
        print(f"  {name:18} {rates[0]:8.0f}            {rates[1]:7.0f}")


def _stretched(picture: Image.Image, phase: float) -> Image.Image:
    """Stretch all above the feet by up to a twentieth, nearest neighbour."""
    width, height = picture.size
    feet, lift = height * 3 // 4, round(phase * height / 20)
    out = picture.copy()
    out.paste((0, 0, 0, 0), (0, 0, width, feet))
    body = picture.crop((0, 0, width, feet)).resize((width, feet + lift), Image.Resampling.NEAREST)
    out.paste(body, (0, -lift))
    return out


def _turned(picture: Image.Image, phase: float) -> Image.Image:
    return picture.rotate(20 * phase, Image.Resampling.NEAREST)


def _rate(name: str, sprite: Sprite, *, fresh: bool) -> float:
    best = float("inf")
    for _ in range(5):
        used = Sprite(sprite.pixels) if fresh else sprite
        start = time.perf_counter()
        gather.show(used, MOTIONS[name].render(used, FRAMES, Parameters(), 7))
        best = min(best, time.perf_counter() - start)
    return FRAMES / best


if __name__ == "__main__":
    if "--speed" not in sys.argv:
        quality()
    speed()
    peers()
