"""A picture far too large to be sent is refused with a sentence, in a few times its memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from game import Game, png, sprite
from PIL import Image
from places import SUPPORT

SIDE_PX = 4000
#: MiB of one copy as RGBA; the picture itself, its bands, and one more stage may be there at once.
SIZE_MIB = 4 * SIDE_PX**2 / (1 << 20)
COPIES = 5.0


def _soft() -> Image.Image:
    """Colours that do not compress, half of them half transparent."""
    noise = np.random.default_rng(1).integers(0, 256, (SIDE_PX, SIDE_PX, 4), dtype=np.uint8)
    return Image.fromarray(noise)


def _tiles() -> Image.Image:
    """An opaque picture, which is looked at as a tileset."""
    tiles = np.random.default_rng(1).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    return Image.fromarray(tiles.repeat(50, axis=0).repeat(50, axis=1))


def _deep() -> Image.Image:
    """Sixteen bits a sample."""
    steps = np.arange(SIDE_PX, dtype=np.uint16) * 16
    return Image.fromarray(np.tile(steps, (SIDE_PX, 1)))


def _enlarged() -> Image.Image:
    """Pixel art exported at forty times its size."""
    return sprite(size=(100, 100)).resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST)


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "tiles": _tiles,
    "soft": _soft,
    "deep": _deep,
    "enlarged": _enlarged,
}
_SLOW = [pytest.param(kind, marks=pytest.mark.slow) for kind in PICTURES if kind != "tiles"]


def _peak_mib(game: Game, command: str) -> tuple[float, str]:
    done = subprocess.run(
        [sys.executable, str(SUPPORT / "measured.py"), command],
        cwd=game.root,
        env=game.variables(),
        capture_output=True,
        text=True,
    )
    return float(done.stderr.splitlines()[-1]), done.stdout + done.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("kind", ["tiles", *_SLOW])
def test_large_picture_takes_a_few_copies_of_itself(game: Game, kind: str) -> None:
    """It took fourteen: a folder of wallpapers would have ended a build on a small machine."""
    usual = {command: _peak_mib(game, command)[0] for command in ("plan", "doctor")}
    game.write("assets/large.png", png(PICTURES[kind](), compress_level=1))
    for command, least in usual.items():
        peak, said = _peak_mib(game, command)
        assert "large.png" in said
        assert "4000x4000" in said or "several pictures" in said
        assert peak - least < COPIES * SIZE_MIB, command
