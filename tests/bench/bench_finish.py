"""Damage true clips as a service would, finish them, and count what is still wrong.

    python tests/bench/bench_finish.py                       # a third of the sprites, all motions
    python tests/bench/bench_finish.py --every 1             # all of them: some 20 minutes
    python tests/bench/bench_finish.py --off calibrate --off steady
    python tests/bench/bench_finish.py --times               # ms of every stage

Truth are the built-in engine's motions on the shared sprites; targets are those of the tracker's
issue 5. Shares of wrong alpha are of the pixels that are opaque in truth or result: the median over
sprites of the mean over motions, and in brackets the median over clips.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import degrade
from degraded_clips import damaged, finished, planned, strip, true_frames

from pipeline import finish, imaging, resolve
from pipeline.imaging import raster
from pipeline.imaging.raster import U8
from pipeline.model import Pixels, Request

SPRITES = Path(__file__).parents[3] / "shared" / "sprites"
MOTIONS = {
    "breathe": "breathing calmly", "bob": "bobbing", "float": "floating",
    "hover8": "drifting lazily", "hop": "hopping", "squash": "squash and stretch",
    "pulse": "pulsing", "heartbeat": "heart beating", "sway": "swaying in the breeze",
    "wobble": "wobbling", "wave": "flag flapping", "ripple": "rippling under water",
    "flicker": "flame flickering", "spin": "coin spinning", "rotate": "wheel rolling",
    "pendulum": "lantern swinging", "tilt": "tilting", "nod": "nodding", "walk2": "walking",
    "flap": "flapping wings", "glow": "glowing softly", "glint": "glint",
    "cycle": "rainbow colour cycle", "shake": "shaking", "flash": "hurt flash",
    "dissolve": "dissolving", "lunge": "lunging", "blink": "blinking", "sparkle": "sparkling",
    "scroll": "scrolling",
}  # fmt: skip


@dataclass(frozen=True)
class Score:
    """What is wrong in one finished clip: shares 0..1 of pixels, and whether it is shifted."""

    alpha: float
    color: float
    is_shifted: bool
    is_mended: bool


def sprites(every: int, largest: int) -> Iterator[tuple[str, Pixels]]:
    """Yield every n-th shared sprite up to a width in px."""
    paths = sorted(SPRITES.rglob("*.png"))[::every]
    for path in paths:
        picture = imaging.decode(path.read_bytes(), path.name)
        if picture.width <= largest:
            yield f"{path.parent.name}/{path.stem}", picture


def score(got: U8, damage: degrade.Damage) -> Score:
    """Compare a finished clip with the truth, frame by frame."""
    truth = damage.truth
    is_mended = not damage.repeats_last or len(got) < len(truth) or _holds(truth)
    truth = truth[: len(got)]
    solid, known = got[..., 3] > 0, truth[..., 3] > 0
    both = solid & known
    return Score(
        alpha=float((solid != known).sum() / max(1, (solid | known).sum())),
        color=float(((got != truth).any(axis=-1) & both).sum() / max(1, both.sum())),
        is_shifted=any(_is_shifted(a, b) for a, b in zip(got, truth, strict=True)),
        is_mended=is_mended,
    )


def _holds(truth: U8) -> bool:
    """Say whether the true clip holds a pose anyway, so that a repeated frame is no fault."""
    return any((a == b).all() for a, b in zip(truth, np.roll(truth, -1, axis=0), strict=True))


def _is_shifted(got: U8, truth: U8) -> bool:
    """Say whether another place than its own fits a frame better."""
    own = (got != truth).any(axis=-1).sum()
    if own == 0:
        return False
    around = [(y, x) for y in range(-3, 4) for x in range(-3, 4) if y or x]
    return bool(min((np.roll(got, at, (0, 1)) != truth).any(axis=-1).sum() for at in around) < own)


def measure(every: int, largest: int, damages: list[str], stages: tuple[str, ...]) -> None:
    """Print one line of results for each kind of damage, and the motions left shifted."""
    found: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    shifted: dict[str, list[bool]] = defaultdict(list)
    for name, pixels in sprites(every, largest):
        for motion, prompt in MOTIONS.items():
            plan = planned(pixels, prompt)
            truth = true_frames(pixels, plan)
            for damage in damages:
                sent = damaged(name, damage, truth, plan)
                got, _ = finished(pixels, plan, strip(sent.frames), stages)
                found[damage][name].append(score(got, sent))
                if sent.shifts:
                    shifted[motion].append(found[damage][name][-1].is_shifted)
    for damage in damages:
        _report(damage, found[damage])
    if shifted:
        print("share of shifted clips put right, by motion:")
        print("  " + ", ".join(f"{m} {1 - np.mean(v):.2f}" for m, v in shifted.items()))


def _report(damage: str, found: dict[str, list[Score]]) -> None:
    alpha = np.median([np.mean([s.alpha for s in scores]) for scores in found.values()])
    color = np.median([np.mean([s.color for s in scores]) for scores in found.values()])
    clips = [s for scores in found.values() for s in scores]
    middle = np.median([s.alpha for s in clips])
    print(
        f"{damage:9} {len(clips):5} clips  alpha {alpha:7.3%} ({middle:6.3%})  "
        f"colour {color:7.3%}  "
        f"exact {np.mean([not s.alpha and not s.color for s in clips]):6.1%}  "
        f"unshifted {np.mean([not s.is_shifted for s in clips]):6.1%}  "
        f"loop {np.mean([s.is_mended for s in clips]):6.1%}",
        flush=True,
    )


def times() -> None:
    """Print the CPU ms of every stage for 16 frames of 64x64 and 256x256 px, sound and damaged."""
    rng = np.random.default_rng(1)
    for side in (64, 256):
        pixels = _drawn(side - side // 4)
        first = Request(
            source="x.png", pixel_digest="", clip="idle", rule="r", prompt="swaying", frames=16,
            fit=side // 8,
        )  # fmt: skip
        plan = resolve.request(first, pixels, request_key="bench", open_key=None)
        truth = true_frames(pixels, plan)
        matte = bytes.fromhex(plan.matte[1:])
        for damage in ("clean", "fringe", "blur", "cast"):
            sent = degrade.DAMAGES[damage](truth, (matte[0], matte[1], matte[2]), rng)
            runs = [finished(pixels, plan, strip(sent.frames), finish.STAGES)[1] for _ in range(5)]
            best = {name: min(dict(run)[name] for run in runs) for name, _ in runs[0]}
            parts = "  ".join(f"{name} {1000 * s:.0f}" for name, s in best.items())
            print(
                f"{side:3} px {damage:7} {1000 * sum(best.values()):5.0f} ms: {parts}", flush=True
            )


def _drawn(side: int) -> Pixels:
    """Draw a figure of ten colours with patches, a hole and an outline."""
    y, x = np.mgrid[:side, :side] / side
    rgba = np.zeros((side, side, 4), dtype=np.uint8)
    inside = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.24
    shade = ((x * 5).astype(int) + 2 * (y * 4).astype(int)) % 10
    colors = np.random.default_rng(5).integers(20, 220, (10, 3))
    rgba[..., :3] = colors[shade]
    rgba[..., 3] = np.where(inside & ((x - 0.4) ** 2 + (y - 0.5) ** 2 > 0.01), 255, 0)
    return raster.pixels(rgba)


def main() -> None:
    """Run the benchmark as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--every", type=int, default=3, help="take every n-th sprite")
    parser.add_argument("--largest", type=int, default=80, help="widest sprite in px")
    parser.add_argument("--damage", action="append", choices=list(degrade.DAMAGES))
    parser.add_argument("--off", action="append", default=[], choices=finish.STAGES)
    parser.add_argument("--times", action="store_true", help="time the stages instead")
    asked = parser.parse_args()
    if asked.times:
        times()
        return
    stages = tuple(stage for stage in finish.STAGES if stage not in asked.off)
    start = time.perf_counter()
    measure(asked.every, asked.largest, asked.damage or list(degrade.DAMAGES), stages)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
