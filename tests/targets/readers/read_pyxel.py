"""Draw each frame of a sheet with Pyxel; print the numbers that show."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

pyxel = importlib.import_module("pyxel")
document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
pyxel.init(64, 64, headless=True)
sheet = pyxel.Image.from_image(str(Path(sys.argv[1]).parent / document["meta"]["image"]))
numbers = []
for cell in document["frames"].values():
    frame = cell["frame"]
    pyxel.cls(1)
    pyxel.blt(0, 0, sheet, frame["x"], frame["y"], frame["w"], frame["h"])
    bits = [pyxel.pget(5 + 2 * bit, 7) for bit in range(4)]
    numbers.append(sum((color == 7) << bit for bit, color in enumerate(bits)))
print(json.dumps({"numbers": numbers, "size": [sheet.width, sheet.height]}))
