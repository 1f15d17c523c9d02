"""Play the sprite's clips side by side: `pip install raylib`, then `python play.py`."""

import json
import sys
from pathlib import Path

import pyray as rl

ZOOM, SIZE, FLOOR_Y = 4, (160, 100), 80


def frames(sheet, name):
    """Return (place, ms) of each frame of a clip."""
    tag = next(tag for tag in sheet["meta"]["frameTags"] if tag["name"] == name)
    cells = list(sheet["frames"].values())[tag["from"] : tag["to"] + 1]
    return [(cell["frame"], cell["duration"]) for cell in cells]


def moment(clip, ms):
    """Return the place that shows at `ms`."""
    ms %= sum(length for _, length in clip)
    for place, length in clip:
        ms -= length
        if ms < 0:
            return place


rl.set_trace_log_level(rl.TraceLogLevel.LOG_WARNING)
rl.init_window(SIZE[0] * ZOOM, SIZE[1] * ZOOM, "pixelpipe")
rl.set_target_fps(60)
path = Path(__file__).parent / "assets" / "hero.anim.json"
now, loaded = 0.0, None
while not rl.window_should_close():
    if loaded != path.stat().st_mtime_ns:  # a new animation shows at once
        loaded = path.stat().st_mtime_ns
        sheet = json.loads(path.read_text(encoding="utf-8"))
        texture = rl.load_texture(str(path.parent / sheet["meta"]["image"]))
        pivot = sheet["meta"]["slices"][0]["keys"][0]["pivot"]
        clips = [(x, frames(sheet, name)) for x, name in ((50, "idle"), (110, "walk"))]
    rl.begin_drawing()
    rl.clear_background(rl.Color(37, 59, 92, 255))
    for x, clip in clips:
        cell = moment(clip, now)
        source = rl.Rectangle(cell["x"], cell["y"], cell["w"], cell["h"])
        left, top = (x - pivot["x"]) * ZOOM, (FLOOR_Y - pivot["y"]) * ZOOM
        target = rl.Rectangle(left, top, cell["w"] * ZOOM, cell["h"] * ZOOM)
        rl.draw_texture_pro(texture, source, target, rl.Vector2(0, 0), 0, rl.WHITE)
    rl.end_drawing()
    now += min(rl.get_frame_time(), 0.05) * 1000
    if len(sys.argv) > 2 and now > int(sys.argv[2]):  # `play.py PICTURE MS` saves what shows then
        rl.export_image(rl.load_image_from_screen(), sys.argv[1])
        break
