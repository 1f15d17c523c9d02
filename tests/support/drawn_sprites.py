"""Small sprites drawn in code, so that tests of motions need no files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

COLOURS = {
    ".": (0, 0, 0, 0),
    "#": (26, 20, 32, 255),
    "h": (122, 72, 40, 255),
    "s": (240, 190, 150, 255),
    "S": (214, 150, 112, 255),
    "b": (58, 96, 180, 255),
    "B": (92, 140, 220, 255),
    "p": (88, 72, 60, 255),
    "g": (88, 180, 72, 255),
    "G": (140, 220, 100, 255),
    "y": (240, 190, 50, 255),
    "Y": (255, 232, 130, 255),
    "o": (220, 130, 40, 255),
    "r": (200, 60, 50, 255),
    "w": (250, 250, 250, 255),
    "t": (120, 84, 52, 255),
}

HERO = """
....######....
...#hhhhhh#...
..#hhhhhhhh#..
..#hssssssh#..
..#ss#ss#ss#..
..#ss#ss#ss#..
...#ssSSss#...
....######....
...#bbBBbb#...
..#sbbBBbbs#..
..#sbbbbbbs#..
..##bbbbbb##..
....#pppp#....
....#p##p#....
....#p..p#....
....#p..p#....
...##p..p##...
...####.####..
"""

SLIME = """
....######....
..##GGGggg##..
.#GGggggggggg#
.#Gg##gg##ggg#
#ggg##gg##gggg
#gggggggggggg#
#gggggggggggg#
##gggggggggg##
.############.
"""

COIN = """
....####....
..##YYyy##..
.#YYyyyyyo#.
.#YyyooyYo#.
#YyyooYyyyo#
#YyyooYyyyo#
#YyyooYyyyo#
#YyyooYyyyo#
.#YyooYyyo#.
.#yyyyyyoo#.
..##yyoo##..
....####....
"""

FLAME = """
.....r......
....rr..r...
...rro.rr...
..rroo.rr...
..roooorrr..
.rrooyyoorr.
.rooyyyyoor.
.rooyYYyoor.
.roYYYYYYor.
..roYYYYor..
...rrrrrr...
"""

TORCH = """
...rr...
..royr..
..oyYo..
..oYYo..
...oo...
..####..
..#tt#..
..#tt#..
..#tt#..
..#tt#..
..#tt#..
..####..
"""

FLAG = """
t...........
tbbbbbbbbbbb
tbBBBBBBBBBb
tbBwwwwwwwBb
tbBBBBBBBBBb
tbbbbbbbbbbb
t...........
t...........
t...........
t...........
"""

PLANT = """
....gg....
...gGGg...
..gGGGGg..
..gGgGGg..
...ggGg...
....tt....
....tt....
....tt....
"""


def drawn(picture: str) -> Pixels:
    """Return a picture of letters as (height, width, 4) uint8."""
    rows = picture.strip("\n").split("\n")
    width = max(map(len, rows))
    return np.array(
        [[COLOURS[letter] for letter in row.ljust(width, ".")] for row in rows], np.uint8
    )


def padded(pixels: Pixels, share: float = 0.3, least: int = 3) -> Pixels:
    """Add the margin that a caller leaves round a sprite before it asks for a motion."""
    margin = max(least, int(share * max(pixels.shape[:2])))
    return np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)))


ALL = {
    "hero": HERO,
    "slime": SLIME,
    "coin": COIN,
    "flame": FLAME,
    "torch": TORCH,
    "flag": FLAG,
    "plant": PLANT,
}


def every() -> dict[str, Pixels]:
    """Return all drawn sprites by name, padded."""
    return {name: padded(drawn(picture)) for name, picture in ALL.items()}
