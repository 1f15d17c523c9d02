"""Art of the worst kind is finished in bounded memory and time: colours are no measure of work."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from pipeline.imaging.picture import color, nearest
from pipeline.imaging.picture.raster import U8

#: The largest canvas of the service and the most frames.
SIDE_PX, FRAMES = 256, 16
#: What they may take; 1 to 3 s are usual, and a busy machine's seconds are long.
MOST_MIB, MOST_S = 300, 10.0

#: Runs in a process of its own: what it takes is then its own.
_FINISH = """
import json, resource, sys, time
import numpy as np
from pipeline.run import finish
from pipeline.imaging.picture import png, raster
from pipeline.core.model import Clip, Request, Rule, TargetChoice
from pipeline.purchase import resolve

kind, sent, side, frames, stages = json.loads(sys.argv[1])
rng = np.random.default_rng(1)
y, x = np.mgrid[:side, :side]
noise = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
odd = ((x + y) & 1).astype(bool)
rgba = np.full((side, side, 4), 255, np.uint8)
rgba[..., :3] = {
    "noise": noise,
    "holes": noise,
    "gradient": np.stack([x * 255 // side, y * 255 // side, (x + y) & 255], axis=-1),
    "one colour": np.full((side, side, 3), 90),
    "checkerboard": odd[..., None] * 255,
    "lattice": np.full((side, side, 3), 90),
}[kind]
if kind == "holes":
    rgba[..., 3] = rng.integers(0, 2, (side, side)) * 255
if kind == "lattice":
    rgba[..., 3] = odd * 255
pixels = raster.pixels(rgba)
asked = Request(source="x.png", pixel_digest="0" * 64, clip="idle", rule="r",
                prompt="breathing calmly", frames=frames, fit="tight")
plan = resolve.request(asked, pixels, request_key="f00d", open_key=None)
matte = np.frombuffer(bytes.fromhex(plan.matte[1:]), np.uint8)
moved = np.stack([np.roll(rgba, at % 4, 0) for at in range(frames)])
shape = (frames, plan.canvas[1], plan.canvas[0], 3)
flat = np.where(moved[..., 3:] > 0, moved[..., :3], matte).astype(np.uint8)
if sent == "noise":
    flat = rng.integers(0, 256, shape, dtype=np.uint8)
assert flat.shape == shape, (flat.shape, shape)
row = np.full((shape[1], frames * shape[2], 4), 255, np.uint8)
row[..., :3] = flat.swapaxes(0, 1).reshape(shape[1], frames * shape[2], 3)
content = png.write(row.shape[1], row.shape[0], row.tobytes())
clip = Clip(name="idle", prompt="breathing calmly", colors=250 if sent == "noise" else "source",
            stages=dict.fromkeys(stages, False))
rule = Rule(name="r", match=("*",), clips=(clip,))
bought = finish.BoughtClip(clip="idle", take=0, content=content, resolved=plan, digest="0" * 64,
                           service="paid", model="m")
targets = tuple(TargetChoice(name=name) for name in ("aseprite", "ase", "gif"))
task = finish.Task(stem="x", pixels=pixels, rule=rule, bought=(bought,), targets=targets)
start = time.process_time()
finish.make(task)
spent = time.process_time() - start
try:  # what getrusage counts begins with what the parent had before this became a program
    lines = open("/proc/self/status", encoding="ascii").read().splitlines()
    peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / (1 << 10)
except OSError:
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(json.dumps([peak, spent]))
"""


def _finished(kind: str, sent: str, stages: tuple[str, ...]) -> tuple[float, float]:
    """Finish a clip in another process; returns its peak in MiB and the CPU seconds."""
    asked = json.dumps([kind, sent, SIDE_PX, FRAMES, stages])
    done = subprocess.run(
        [sys.executable, "-c", _FINISH, asked], capture_output=True, text=True, check=True
    )
    peak, spent = json.loads(done.stdout)
    return float(peak), float(spent)


@pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
@pytest.mark.parametrize(
    ("kind", "sent", "stages"),
    [
        ("noise", "as drawn", ()),
        ("holes", "noise", ()),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("gradient", "as drawn", ()),
                ("lattice", "noise", ()),
                # A rule may leave stages out: none holds the bound for the others.
                ("noise", "noise", ("palette",)),
                ("holes", "noise", ("fringe", "align", "specks")),
            )
        ),
    ],
)
def test_the_largest_clip_of_any_colours_stays_within_bounds(
    kind: str, sent: str, stages: tuple[str, ...]
) -> None:
    """Every pixel had a colour of its own: tables over pairs of colours took 17 GB."""
    peak, spent = _finished(kind, sent, stages)
    assert peak < MOST_MIB
    assert spent < MOST_S


def _noise(count: int, seed: int) -> U8:
    return np.random.default_rng(seed).integers(0, 256, (count, 3), dtype=np.uint8)


def test_nearest_colours_of_a_huge_palette_are_near_enough() -> None:
    """Members are found exactly; others are off by less than an eye can tell (0.02)."""
    palette = np.unique(_noise(60_000, 1), axis=0)
    colors = np.concatenate([palette[::100], _noise(2_000, 2)])
    assert len(colors) * len(palette) > nearest.PAIRS
    found = nearest.find(colors, palette)
    members = len(palette[::100])
    assert (palette[found.first[:members]] == colors[:members]).all()
    assert not found.away[:members].any()
    for at in range(0, len(colors), 250):
        every = color.distances(color.lab_of(colors[at : at + 1]), color.lab_of(palette))[0]
        assert found.away[at] == pytest.approx(float(every[found.first[at]]), abs=1e-6)
        assert found.away[at] - every.min() < 0.02


def test_nearest_colours_of_a_few_are_those_of_every_pair() -> None:
    """Two ways to the same answer: parts of a table, and the whole of it."""
    palette, colors = np.unique(_noise(300, 3), axis=0), _noise(9_000, 4)
    every = color.distances(color.lab_of(colors), color.lab_of(palette))
    found = nearest.find(colors, palette)
    assert (found.first == every.argmin(axis=1)).all()
    assert (found.away == every.min(axis=1)).all()
    others = np.sort(every, axis=1)[:, 1]
    assert (found.farther[found.away > 0] == others[found.away > 0]).all()
