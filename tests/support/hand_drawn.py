"""Loops that were drawn frame by frame for this project, as text: `tests/loops/*.txt`. CC0.

    python tests/hand_drawn.py OUT.png      # all of them, side by side, eight times as large

Nothing computed them: every pose was set pixel by pixel, as an artist does. The first line of a
file says what it shows; then come `prompt:`, `colors:` where the clip has more than frame 0, and a
line for each colour; then the frames, parted by empty lines. A dot is transparent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

U8 = NDArray[np.uint8]
FOLDER = Path(__file__).parent / "loops"
PAPER, SCALE, GAP = (96, 112, 124), 8, 4


@dataclass(frozen=True)
class Loop:
    """A loop as (frames, height, width, 4), and what one would ask a service for to get it."""

    name: str
    prompt: str
    frames: U8
    #: Colours of the whole clip, or None when frame 0 has them all.
    colors: int | None


def loops() -> Iterator[Loop]:
    """Yield all loops by name."""
    for path in sorted(FOLDER.glob("*.txt")):
        head, *pictures = path.read_text("utf-8").strip("\n").split("\n\n")
        stated = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        pairs = (line.split() for line in head.splitlines()[1:] if ": " not in line)
        ink = {sign: (*bytes.fromhex(code), 255) for sign, code in pairs} | {".": (0, 0, 0, 0)}
        frames = [[[ink[sign] for sign in row] for row in one.splitlines()] for one in pictures]
        colors = int(stated["colors"]) if "colors" in stated else None
        yield Loop(path.stem, stated["prompt"], np.array(frames, dtype=np.uint8), colors)


def main() -> None:
    """Write the contact sheet that the command line asks for."""
    rows = [np.concatenate([_large(frame) for frame in loop.frames], axis=1) for loop in loops()]
    widest = max(row.shape[1] for row in rows)
    filled = [np.pad(row, [(0, 0), (0, widest - row.shape[1]), (0, 0)]) for row in rows]
    Image.fromarray(np.concatenate(filled)).save(sys.argv[1])


def _large(frame: U8) -> U8:
    large = Image.fromarray(frame.repeat(SCALE, axis=0).repeat(SCALE, axis=1))
    paper = Image.new("RGB", (large.width + 2 * GAP, large.height + 2 * GAP), PAPER)
    paper.paste(large, (GAP, GAP), large)
    return np.asarray(paper)


if __name__ == "__main__":
    main()
