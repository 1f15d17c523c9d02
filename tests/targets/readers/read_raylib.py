"""Draw each frame of a sheet with raylib's software renderer; print the numbers that show."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

rl = importlib.import_module("pyray")
document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
rl.set_trace_log_level(rl.TraceLogLevel.LOG_ERROR)
rl.init_window(64, 64, "sheet")
sheet = rl.load_texture(str(Path(sys.argv[1]).parent / document["meta"]["image"]))
rl.set_texture_filter(sheet, rl.TextureFilter.TEXTURE_FILTER_POINT)
numbers = []
for cell in document["frames"].values():
    frame = cell["frame"]
    rl.begin_drawing()
    rl.clear_background(rl.Color(10, 20, 30, 255))
    source = rl.Rectangle(frame["x"], frame["y"], frame["w"], frame["h"])
    rl.draw_texture_rec(sheet, source, rl.Vector2(0, 0), rl.WHITE)
    rl.end_drawing()
    image = rl.load_image_from_screen()
    rl.image_flip_vertical(image)  # the software renderer's picture stands on its head
    colors = [rl.get_image_color(image, 5 + 2 * bit, 7).r for bit in range(4)]
    numbers.append(sum((red > 128) << bit for bit, red in enumerate(colors)))
    rl.unload_image(image)
rl.close_window()
print(json.dumps({"numbers": numbers, "size": [sheet.width, sheet.height]}))
