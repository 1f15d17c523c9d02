"""Projects of many small sprites: to be built for the first time, or up to date already.

Nothing heavy is loaded before it is used: a child's peak memory begins with that of the process
that starts it, so the one that measures has to stay small.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import peers
from costs import run

if TYPE_CHECKING:
    from PIL import Image

CONFIG = "service: built-in\npacks: []\nrules: [rules.yaml]\ntargets: [aseprite]\n"
RULES = """\
rules:
  - name: all
    match: "**/*.png"
    clips:
      idle: {prompt: "breathing calmly, a subtle idle loop", frames: 8}
"""
OLD_NS = 1_600_000_000_000_000_000
#: Written last: a tree without it was left half made.
_MARK = "complete"


def build_command(root: Path) -> list[str]:
    """Return the command that brings a project up to date."""
    return [sys.executable, "-m", "pipeline", "build", str(root)]


def set_up(root: Path, size: int, *, is_built: bool, with_peers: bool) -> None:
    """Make a tree of `size` sprites, and bring it and the peers up to date; once made it stays.

    Without `is_built` the outputs are stand-ins, and only files can be compared.
    """
    if (root / _MARK).exists():
        return
    if not (root / ".pixelpipe").exists():  # else a first build was measured here
        shutil.rmtree(root, ignore_errors=True)
        draw(root, size)
        if is_built:
            _build(root)
    sprites = sorted((root / "assets").rglob("*[0-9].png"))
    for place in sprites:
        for suffix in (".anim.png", ".anim.json"):
            output = place.with_suffix(suffix)
            if not output.exists():
                output.write_bytes(place.read_bytes())
    for place in (root / "assets").rglob("*.*"):
        os.utime(place, ns=(OLD_NS, OLD_NS))
    _remember(root)
    if with_peers:
        peers.start(root, [path.relative_to(root).as_posix() for path in sprites])
    for _ in range(2 if is_built else 0):  # what is young is compared by content: two runs age it
        time.sleep(2.5)
        _build(root)
    (root / _MARK).touch()


def draw(root: Path, size: int, side: int = 16, frames: int = 8) -> None:
    """Write `size` different figures of `side` px, a hundred to a folder, and rules for them."""
    for number in range(size):
        place = sprite_place(root, number)
        place.parent.mkdir(parents=True, exist_ok=True)
        figure(random.Random(f"{size} {number}"), side).save(place)
    (root / "pixelpipe.yaml").write_text(CONFIG, encoding="utf-8")
    rules = RULES.replace("frames: 8", f"frames: {frames}")
    (root / "rules.yaml").write_text(rules, encoding="utf-8")


def draw_over(root: Path, number: int) -> None:
    """Draw a figure anew that was never there before."""
    from PIL import Image

    place = sprite_place(root, number)
    with Image.open(place) as image:
        side = image.width
    figure(random.Random(time.time_ns()), side).save(place)


def sprite_place(root: Path, number: int) -> Path:
    """Return where the sprite of this number lies."""
    return root / f"assets/{number // 100:04}/figure{number:06}.png"


def figure(chance: random.Random, side: int) -> Image.Image:
    """Draw a head on a body in three colours and an outline."""
    from PIL import Image

    image = Image.new("RGBA", (side, side))
    ink = (30, 20, 40, 255)
    skin, cloth, boots = ((*chance.choices(range(60, 250), k=3), 255) for _ in range(3))
    middle, unit = side // 2, side // 8
    boxes = (
        ((middle - unit, unit, middle + unit, 3 * unit), skin),
        ((middle - 2 * unit, 3 * unit, middle + 2 * unit, 6 * unit), cloth),
        ((middle - 2 * unit, 6 * unit, middle - unit // 2, 7 * unit), boots),
        ((middle + unit // 2, 6 * unit, middle + 2 * unit, 7 * unit), boots),
    )
    for (left, top, right, bottom), colour in boxes:
        image.paste(ink, (left - 1, top - 1, right + 1, bottom + 1))
        image.paste(colour, (left, top, right, bottom))
    image.putpixel((middle, 2 * unit), ink)
    return image


def _build(root: Path) -> None:
    run(build_command(root))


def _remember(root: Path) -> None:
    """Fill what is remembered; what a real build has put there stays."""
    from pipeline.core import keys
    from pipeline.storage import files
    from pipeline.storage.remembered import Facts
    from pipeline.storage.state import State

    state = State.open(root, Path(os.environ["PIXELPIPE_STATE"]))
    for path, stat in files.scan(root, ["assets"], []).files.items():
        digest = keys.digest((root / path).read_bytes())
        state.remember(path, stat, digest)
        if files.is_source(path) and state.facts(path, digest) is None:
            state.learn(path, digest, Facts(pixel_digest=digest, width=16, height=16, colors=2))
    state.save()


def write_bare(root: Path) -> None:
    """Write the index of the bare script anew."""
    database = sqlite3.connect(root / "bare.sqlite")
    database.execute("DROP TABLE IF EXISTS files")
    database.execute("CREATE TABLE files(path TEXT, size INT, mtime INT, inode INT)")
    rows = (
        (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino)
        for path in (root / "assets").rglob("*")
        if path.is_file() and (stat := path.stat())
    )
    with database:
        database.executemany("INSERT INTO files VALUES(?, ?, ?, ?)", rows)
    database.close()
