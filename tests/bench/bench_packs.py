"""Grade every prompt of the shipped packs on the shared sprites that it fits.

    python -m tests.bench.bench_packs                  # sprites up to 80 px
    python -m tests.bench.bench_packs --sheet weak.png # and a contact sheet of the weakest
    python -m tests.bench.bench_packs --json

The built-in engine draws, and the whole of finishing runs, as in a build without a key. A prompt
fits the sprites of the folders that its pack is for, whatever their names say. Median and worst
grade of each prompt, the motions that it was read as, and what the worst one lacks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import contact_sheet
import degrade
from degraded_clips import strip
from places import art, some

from pipeline import imaging
from pipeline.config import matching, packs, rule_file, yaml_document
from pipeline.core.model import Clip, Grade, Pixels, Request, Rule
from pipeline.engine.render import animate
from pipeline.imaging import stages
from pipeline.imaging.grading import grade
from pipeline.imaging.picture import raster
from pipeline.imaging.picture.raster import U8
from pipeline.imaging.upload import fit
from pipeline.purchase import resolve

#: Folders of the art that a pack is for.
FITTING = {
    "characters": ("characters",),
    "creatures": ("monsters", "animals", "creatures"),
    "vehicles": ("ships", "vehicles"),
    "items": ("items",),
    "props": ("props",),
    "environment": ("props", "environment"),
    "effects": ("items", "effects"),
}
WARN, SHOWN = 85, 12


@dataclass(frozen=True)
class Pair:
    """A prompt on a sprite: the frames, what they were read as, and the grade."""

    prompt: str
    sprite: str
    motions: tuple[str, ...]
    frames: U8
    grade: Grade

    @property
    def fault(self) -> str:
        """The largest fault, if there is one."""
        return self.grade.faults[0] if self.grade.faults else ""


def pairs(largest: int) -> Iterator[Pair]:
    """Yield every prompt with every sprite that it fits."""
    sprites = {path: imaging.decode(path.read_bytes(), path.name) for path in art()}
    for rule in _rules():
        folders = FITTING[rule.pack.partition("@")[0]]
        for clip in rule.clips:
            for path, pixels in sprites.items():
                fits = path.parent.name in folders and max(pixels.width, pixels.height) <= largest
                if fits and clip.derived_from is None:
                    yield _pair(rule, clip, path, pixels)


def _rules() -> tuple[Rule, ...]:
    names = packs.newest()
    return rule_file.load([(yaml_document.read(packs.path(name), name), name) for name in names])


def _pair(rule: Rule, clip: Clip, path: Path, pixels: Pixels) -> Pair:
    request = Request(
        source=path.name,
        pixel_digest="",
        clip=clip.name,
        rule=rule.name,
        prompt=clip.prompt,
        negative_prompt=clip.negative_prompt,
        frames=clip.frames,
        colors=clip.colors,
    )
    plan = resolve.request(request, pixels, request_key="bench", open_key=None)
    laid = fit.canvas(raster.cut(raster.array(pixels)), stages.placement(plan))
    made = animate.animate(
        laid, plan.prompt, frames=plan.frames, negative_prompt=plan.negative_prompt, seed=plan.seed
    )
    matte = bytes.fromhex(plan.matte[1:])
    content = strip(degrade.flatten(made.frames, (matte[0], matte[1], matte[2])))
    *_, last = stages.develop(content, pixels, plan, clip, name=path.name, is_procedural=True)
    return Pair(
        prompt=f"{matching.label(rule)} {clip.name}",
        sprite=f"{path.parent.name}/{path.stem}",
        motions=made.motions,
        frames=made.frames,
        grade=grade.grade(last, loop=clip.loop is not False),
    )


def table(found: Sequence[Pair]) -> Iterator[str]:
    """Yield a line for each prompt, and the motions that are weak."""
    for prompt in dict.fromkeys(pair.prompt for pair in found):
        own = [pair for pair in found if pair.prompt == prompt]
        worst = min(own, key=lambda pair: pair.grade.points)
        read = Counter("+".join(pair.motions) for pair in own).most_common(1)[0][0]
        middle = statistics.median(pair.grade.points for pair in own)
        told = f"  {worst.sprite}: {worst.fault}" if worst.grade.points < WARN else ""
        yield (
            f"{prompt:28} {read:22} {len(own):3} sprites  median {middle:5.1f}  "
            f"worst {worst.grade.points:3}{told}"
        )
    yield f"all: {_summary(found)}"
    for motion in sorted({pair.motions[0] for pair in found}):
        yield f"  {motion:10} {_summary([pair for pair in found if pair.motions[0] == motion])}"


def _summary(found: Sequence[Pair]) -> str:
    points = [pair.grade.points for pair in found]
    low = sum(one < WARN for one in points)
    middle = statistics.median(points)
    return (
        f"{len(points):5} pairs  median {middle:5.1f}  worst {min(points):3}  "
        f"below {WARN}: {low:3} ({low / len(points):.1%})"
    )


def _show(found: Sequence[Pair], path: Path) -> None:
    weakest = sorted(found, key=lambda pair: pair.grade.points)[:SHOWN]
    contact_sheet.stacked(
        [
            contact_sheet.strip(
                pair.frames, f"{pair.grade.points} {pair.prompt} {pair.sprite}: {pair.fault}"
            )
            for pair in weakest
        ],
        path,
    )


def main() -> None:
    """Run the benchmark as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--largest", type=int, default=80, help="widest sprite in px")
    parser.add_argument("--sheet", type=Path, help="write the weakest clips as a picture")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args()
    found = some(pairs(asked.largest), f"prompt fits a sprite of {asked.largest} px or less")
    if asked.sheet:
        _show(found, asked.sheet)
    if asked.json:
        rows = [
            {"prompt": one.prompt, "sprite": one.sprite, "motions": one.motions,
             "grade": one.grade.points, "faults": one.grade.faults}
            for one in found
        ]  # fmt: skip
        sys.stdout.write(json.dumps({"pairs": rows}) + "\n")
        return
    sys.stdout.writelines(f"{line}\n" for line in table(found))


if __name__ == "__main__":
    main()
