"""Cut a sheet with arcade and time its clips: prints pixels, ms of each clip, frames by time."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

os.environ["ARCADE_HEADLESS"] = "True"
arcade = importlib.import_module("arcade")
document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
frames = list(document["frames"].values())
size = (frames[0]["sourceSize"]["w"], frames[0]["sourceSize"]["h"])
columns = document["meta"]["size"]["w"] // size[0]
sheet = arcade.load_spritesheet(Path(sys.argv[1]).parent / document["meta"]["image"])
textures = sheet.get_texture_grid(size=size, columns=columns, count=len(frames))


def decode(texture: object) -> int:
    """Return the number that a texture shows."""
    image = getattr(texture, "image_data").image.convert("RGBA")  # noqa: B009
    return sum((image.getpixel((5 + 2 * bit, 7))[0] > 128) << bit for bit in range(4))


found = {}
for tag in document["meta"]["frameTags"]:
    keys = [
        arcade.TextureKeyframe(textures[int(name)], frames[int(name)]["duration"])
        for name in document["animations"][tag["name"]]
    ]
    animation = arcade.TextureAnimation(keys)
    times = range(5, animation.duration_ms, 10)
    shown = [decode(animation.get_keyframe(ms / 1000, loop=True)[1].texture) for ms in times]
    found[tag["name"]] = {"ms": animation.duration_ms, "shown": shown}
print(json.dumps({"pixels": [decode(texture) for texture in textures], "clips": found}))
