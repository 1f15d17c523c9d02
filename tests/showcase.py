"""Draw the README's picture: `python -m tests.showcase [GIF]` builds and shows the sample project.

Each pair is a source, still, and its first clip beside it, as published.
"""

from __future__ import annotations

import bisect
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from pipeline import Project

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / ".readme" / "showcase.gif"
#: In this order, by stem; what is not there, or loops otherwise, is passed over.
SHOWN = """
hero knight villager ghost slime mushroom bat wisp torch campfire lantern coin gem potion
portal palm sunflower grass boat airship
"""
#: Frames of the picture, and its length: a clip plays as often as fits best.
FRAMES, LENGTH_MS = 48, 4000
SCALE, GAP, WIDTH = 3, 8, 860
GROUND = (38, 34, 52)


def main(place: Path = PICTURE) -> None:
    """Build the sample project in a folder of its own, and write the picture to `place`."""
    with tempfile.TemporaryDirectory() as folder:
        game = Path(folder) / "game"
        shutil.copytree(ROOT / "sample_project", game, ignore=shutil.ignore_patterns(".pixelpipe"))
        state = {"PIXELPIPE_STATE": str(Path(folder) / "state")}
        Project(game, environment=state).build()
        pairs = dict(_pairs(game))
    shown = [pairs[stem] for stem in SHOWN.split() if stem in pairs]
    place.parent.mkdir(exist_ok=True)
    frames = [_picture(shown, number) for number in range(FRAMES)]
    colors = Image.new("RGB", (frames[0].width, frames[0].height * FRAMES))
    for number, frame in enumerate(frames):
        colors.paste(frame, (0, frame.height * number))
    palette = colors.quantize(256, dither=Image.Dither.NONE)
    cut = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [80, 80, 90] * (FRAMES // 3)  # GIF counts in 10 ms
    cut[0].save(place, save_all=True, append_images=cut[1:], duration=durations, loop=0)


def _pairs(game: Path) -> Iterator[tuple[str, list[Image.Image]]]:
    """Yield the stem with the source and the frames of its first clip."""
    for path in sorted(game.rglob("*.anim.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        cells = list(told["frames"].values())
        first = told["meta"]["frameTags"][0]
        span = range(first["from"], first["to"] + 1)
        durations = [cells[i]["duration"] for i in span]
        sheet = Image.open(path.with_suffix(".png")).convert("RGBA")
        stem = path.name.removesuffix(".anim.json")
        source = Image.open(path.with_name(f"{stem}.png")).convert("RGBA")
        boxes = [cells[i]["frame"] for i in span]
        frames = [sheet.crop((b["x"], b["y"], b["x"] + b["w"], b["y"] + b["h"])) for b in boxes]
        yield stem, [source, *_played(frames, durations)]


def _played(frames: list[Image.Image], durations: list[int]) -> Iterator[Image.Image]:
    """Yield what is seen at each tick."""
    ends = list(itertools.accumulate(durations))
    rounds = round(LENGTH_MS / ends[-1])
    for tick in range(FRAMES):
        time = tick * rounds * ends[-1] // FRAMES % ends[-1]
        yield frames[bisect.bisect_right(ends, time)]


def _picture(pairs: list[list[Image.Image]], number: int) -> Image.Image:
    """Lay the pairs out in rows, feet on one line, and draw frame `number` of each."""
    rows: list[list[list[Image.Image]]] = [[]]
    for pair in pairs:
        if sum(_width(one) for one in [*rows[-1], pair]) > WIDTH:
            rows.append([])
        rows[-1].append(pair)
    heights = [max(one.height for pair in row for one in pair) * SCALE + 3 * GAP for row in rows]
    picture = Image.new("RGB", (WIDTH, sum(heights)), GROUND)
    floor = 0
    for row, height in zip(rows, heights, strict=True):
        floor += height
        left = (WIDTH - sum(map(_width, row))) // 2 + GAP
        for pair in row:
            for one in (pair[0], pair[1 + number]):
                large = one.resize(
                    (one.width * SCALE, one.height * SCALE), Image.Resampling.NEAREST
                )
                picture.paste(large, (left, floor - GAP - large.height), large)
                left += large.width + GAP
            left += 2 * GAP
    return picture


def _width(pair: list[Image.Image]) -> int:
    return (pair[0].width + pair[1].width) * SCALE + 4 * GAP


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
