"""Grade true loops, and loops with planted faults: does the grade tell them apart?

    python -m tests.bench.bench_grade                  # every second sprite of each half
    python -m tests.bench.bench_grade --every 1        # all of them: some 10 minutes
    python -m tests.bench.bench_grade --motions        # and what is missed, by motion
    python -m tests.bench.bench_grade --json

True are the built-in engine's 30 motions on the shared sprites, and the loops that were drawn by
hand (tests/loops). Faults are planted by tests/planted.py, which shares nothing with the grader; a
clip then goes the whole way of finishing, as if a service had sent it. What repairs have mended is
no fault any more, and a cut that leaves only steps of the true motion was never one to see: both
are counted by themselves. The grader was made with one half of the sprites; the other half shows
what that is worth. Below 85 points a clip is reported.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import degrade
import hand_drawn
import planted
from bench_finish import MOTIONS
from degraded_clips import strip
from places import art

from pipeline import imaging
from pipeline.core.model import MAX_SIDE_PX, Clip, Grade, Pixels, Request, Resolved
from pipeline.engine.render import animate
from pipeline.imaging import stages
from pipeline.imaging.grading import grade
from pipeline.imaging.picture import raster
from pipeline.imaging.picture.raster import U8
from pipeline.imaging.upload import fit
from pipeline.purchase import resolve

#: Below this a clip is reported.
WARN = 85
#: Room on each side for what is planted.
ROOM_PX = 8
#: True clips: as a service would send them, in other lengths too, and as the built-in engine's.
TRUE = {"sent": planted.FRAMES, "built in": planted.FRAMES, "6 frames": 6, "12 frames": 12}
#: What shakes goes on anywhere: its frames follow each other at random.
UNCUT = {("shake", "ended"), ("shake", "gapped")}
#: Draws of every fault on every loop that was drawn by hand.
DRAWS = 12


@dataclass(frozen=True)
class Subject:
    """A sprite with a motion: what is asked for, and the true cycle of any length."""

    half: str
    name: str
    motion: str
    pixels: Pixels
    plan: Resolved
    clip: Clip
    cycle: planted.Cycle
    #: Numbers the rounds of planting.
    draw: int = 0


def generated(every: int) -> Iterator[Subject]:
    """Yield every n-th shared sprite of each half with all motions of the built-in engine."""
    for number, path in enumerate(art()):
        if number // 2 % every:
            continue
        pixels = imaging.decode(path.read_bytes(), path.name)
        for motion, prompt in MOTIONS.items():
            plan = _plan(pixels, prompt, planted.FRAMES)
            laid = fit.canvas(raster.cut(raster.array(pixels)), stages.placement(plan))
            yield Subject(
                half="held out" if number % 2 else "tuning",
                name=path.stem,
                motion=motion,
                pixels=pixels,
                plan=plan,
                clip=Clip(name="clip", prompt=prompt),
                cycle=_cycle(laid, prompt),
            )


def drawn() -> Iterator[Subject]:
    """Yield the loops drawn by hand, a few times over."""
    for loop in hand_drawn.loops():
        pixels = raster.pixels(loop.frames[0])
        plan = _plan(pixels, loop.prompt, len(loop.frames))
        frames = np.stack([fit.canvas(one, stages.placement(plan)) for one in loop.frames])
        clip = Clip(name="clip", prompt=loop.prompt, colors=loop.colors)
        for draw in range(DRAWS):
            yield Subject(
                "drawn", loop.name, loop.name, pixels, plan, clip, _whole(frames), draw=draw
            )


def _cycle(laid: U8, prompt: str) -> planted.Cycle:
    return cache(lambda count: animate.animate(laid, prompt, frames=count).frames)


def _whole(frames: U8) -> planted.Cycle:
    return lambda _: frames


def _plan(pixels: Pixels, prompt: str, frames: int) -> Resolved:
    """Resolve a request with room for what is planted."""
    first = Request(
        source="x.png", pixel_digest="", clip="clip", rule="r", prompt=prompt, frames=frames
    )
    room = max(*resolve.request(first, pixels, request_key="k", open_key=None).pad, 4) + ROOM_PX
    most = (MAX_SIDE_PX - max(pixels.width, pixels.height)) // 2
    wide = msgspec.structs.replace(first, fit=min(room, most))
    return resolve.request(wide, pixels, request_key="k", open_key=None)


class Shown(NamedTuple):
    """A finished clip: its frames, whether it now plays to and fro, and its grade."""

    frames: U8
    to_and_fro: bool
    grade: Grade


def finished(one: Subject, frames: U8, *, is_procedural: bool = False) -> Shown:
    """Send frames the whole way of finishing."""
    matte = bytes.fromhex(one.plan.matte[1:])
    content = strip(degrade.flatten(frames, (matte[0], matte[1], matte[2])))
    plan = msgspec.structs.replace(one.plan, frames=len(frames))
    *_, last = stages.develop(
        content, one.pixels, plan, one.clip, name="x.png", is_procedural=is_procedural
    )
    return Shown(last.reel.rgba(), last.to_and_fro, grade.grade(last, loop=True))


class Count(Counter[str]):
    """What became of the clips of one kind."""

    def line(self) -> str:
        """Say it in one line of the table."""
        if not self["planted"]:
            return f"{self['clips']:6}  85 or more {self['fine'] / max(1, self['clips']):6.1%}"
        left = self["left"]
        return (
            f"{self['planted']:6}  unseen {self['unseen']:4}  mended {self['mended']:4}  "
            f"left {left:4}, below 85 {self['low'] / max(1, left):6.1%}, "
            f"of those named {self['named'] / max(1, self['low']):6.1%}"
        )


Counts = dict[tuple[str, str], Count]


def measure(subjects: Iterator[Subject]) -> tuple[Counts, dict[str, Counter[str]]]:
    """Grade everything; returns counts by half and kind, and what was not caught by motion."""
    counts: Counts = defaultdict(Count)
    missed: dict[str, Counter[str]] = defaultdict(Counter)
    for one in subjects:
        if not one.draw:
            for kind, frames in TRUE.items():
                shown = finished(one, one.cycle(frames), is_procedural=kind == "built in")
                is_fine = shown.grade.points >= WARN
                counts[one.half, f"true, {kind}"].update(clips=1, fine=is_fine)
                missed[f"true, {kind}"][one.motion] += not is_fine
        for kind, plant in planted.PLANTS.items():
            if (one.motion, kind) in UNCUT:
                continue
            seed = zlib.crc32(f"{one.name} {one.motion} {kind} {one.draw}".encode())
            fault = plant(one.cycle, np.random.default_rng(seed))
            if fault is not None:
                missed[kind][one.motion] += _judge(one, kind, fault, counts[one.half, kind])
    return counts, missed


def _judge(one: Subject, kind: str, fault: planted.Fault, count: Count) -> bool:
    """Count a spoilt clip; returns whether a fault that is left was not caught."""
    shown = finished(one, fault.frames)
    count["planted"] += 1
    if not fault.is_visible:
        count["unseen"] += 1
        return False
    # Played to and fro a clip has no seam; what is missing inside stays missing.
    if (kind == "ended" and shown.to_and_fro) or not fault.is_left_in(shown.frames):
        count["mended"] += 1
        return False
    is_low = shown.grade.points < WARN
    count.update(left=1, low=is_low, named=is_low and fault.is_named_by(shown.grade.faults))
    return not is_low


def main() -> None:
    """Run the benchmark as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--every", type=int, default=2, help="every n-th sprite of each half")
    parser.add_argument("--motions", action="store_true", help="name what was not caught")
    parser.add_argument("--drawn", action="store_true", help="the loops drawn by hand alone")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    counts: Counts = {}
    missed: dict[str, Counter[str]] = {}
    for subjects in (drawn(), *([] if asked.drawn else [generated(asked.every)])):
        found, lost = measure(subjects)
        if not found:
            raise SystemExit("nothing to measure: no clip of a sprite")
        counts |= found
        missed |= {kind: missed.get(kind, Counter()) + more for kind, more in lost.items()}
    if asked.json:
        rows = {f"{half}: {kind}": dict(count) for (half, kind), count in counts.items()}
        sys.stdout.write(json.dumps(rows) + "\n")
        return
    for (half, kind), count in sorted(counts.items(), key=lambda one: one[0][::-1]):
        sys.stdout.write(f"{kind:15} {half:9} {count.line()}\n")
    if asked.motions:
        for kind, motions in missed.items():
            named = ", ".join(f"{motion} {many}" for motion, many in motions.most_common() if many)
            sys.stdout.write(f"{kind}: {named}\n")


if __name__ == "__main__":
    main()
