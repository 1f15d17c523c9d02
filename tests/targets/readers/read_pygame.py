"""Cut and play Aseprite's JSON with pygame-ce: prints pixels, pivot, and frame changes."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

pygame = importlib.import_module("pygame")
document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
listed = document["frames"]
frames = listed if isinstance(listed, list) else list(listed.values())
image = pygame.image.load(Path(sys.argv[1]).parent / document["meta"]["image"])


def decode(box: dict[str, int]) -> int:
    """Cut one frame and return the number that it shows."""
    cut = image.subsurface((box["x"], box["y"], box["w"], box["h"]))
    return sum((cut.get_at((5 + 2 * bit, 7)).r > 128) << bit for bit in range(4))


def order(tag: dict[str, int | str]) -> list[int]:
    """Return one round of a tag as Aseprite plays it."""
    forth = list(range(int(tag["from"]), int(tag["to"]) + 1))
    if str(tag["direction"]).endswith("reverse"):
        forth.reverse()
    if not str(tag["direction"]).startswith("pingpong"):
        return forth
    back = forth[::-1][1:]
    return forth + (back if "repeat" in tag else back[:-1])


def changes(tag: dict[str, int | str]) -> list[list[int]]:
    """Return [ms, frame] of one round."""
    at, found = 0, []
    for frame in order(tag):
        found.append([at, frame])
        at += frames[frame]["duration"]
    return [*found, [at, -1]]


print(
    json.dumps(
        {
            "pixels": [decode(entry["frame"]) for entry in frames],
            "pivot": document["meta"]["slices"][0]["keys"][0]["pivot"],
            "tags": {tag["name"]: changes(tag) for tag in document["meta"]["frameTags"]},
            "once": [tag["name"] for tag in document["meta"]["frameTags"] if "repeat" in tag],
        }
    )
)
