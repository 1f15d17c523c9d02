"""Print the animations that PyTMX or pytiled_parser finds in a map."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

animations: dict[str, list[list[int]]] = {}
loops: dict[str, bool] = {}
if sys.argv[1] == "pytmx":
    tmx = importlib.import_module("pytmx").TiledMap(sys.argv[2])
    # PyTMX numbers tiles anew; `tiledgidmap` leads back to Tiled's numbers, which start at 1.
    for properties in tmx.tile_properties.values():
        if properties.get("frames"):
            name = properties["type"]
            frames = properties["frames"]
            animations[name] = [
                [tmx.tiledgidmap[frame.gid] - 1, frame.duration] for frame in frames
            ]
            loops[name] = properties["loop"]
else:
    parser = importlib.import_module("pytiled_parser")
    for tileset in parser.parse_map(Path(sys.argv[2])).tilesets.values():
        for tile in tileset.tiles.values():
            animations[tile.class_] = [[f.tile_id, int(f.duration)] for f in tile.animation]
            loops[tile.class_] = tile.properties["loop"]
print(json.dumps({"animations": animations, "loops": loops}))
