"""Play the sprite's clips side by side: `pip install pygame-ce`, then `python play.py`."""

import json
import sys
from pathlib import Path

import pygame

ZOOM, SIZE, FLOOR_Y = 4, (160, 100), 80


def frames(sheet, image, name):
    """Return (picture, ms) of each frame of a clip."""
    tag = next(tag for tag in sheet["meta"]["frameTags"] if tag["name"] == name)
    cells = list(sheet["frames"].values())[tag["from"] : tag["to"] + 1]
    places = [(cell["frame"], cell["duration"]) for cell in cells]
    return [(image.subsurface((f["x"], f["y"], f["w"], f["h"])), ms) for f, ms in places]


def moment(clip, ms):
    """Return the picture that shows at `ms`."""
    ms %= sum(length for _, length in clip)
    for picture, length in clip:
        ms -= length
        if ms < 0:
            return picture


pygame.display.init()
screen = pygame.display.set_mode((SIZE[0] * ZOOM, SIZE[1] * ZOOM))
path = Path(__file__).parent / "assets" / "hero.anim.json"
clock, now, loaded = pygame.time.Clock(), 0, None
while not any(event.type == pygame.QUIT for event in pygame.event.get()):
    if loaded != path.stat().st_mtime_ns:  # a new animation shows at once
        loaded = path.stat().st_mtime_ns
        sheet = json.loads(path.read_text(encoding="utf-8"))
        image = pygame.image.load(path.parent / sheet["meta"]["image"]).convert_alpha()
        pivot = sheet["meta"]["slices"][0]["keys"][0]["pivot"]
        clips = [(x, frames(sheet, image, name)) for x, name in ((50, "idle"), (110, "walk"))]
    stage = pygame.Surface(SIZE)
    stage.fill("#253b5c")
    for x, clip in clips:
        stage.blit(moment(clip, now), (x - pivot["x"], FLOOR_Y - pivot["y"]))
    screen.blit(pygame.transform.scale_by(stage, ZOOM), (0, 0))
    pygame.display.flip()
    now += clock.tick(60)
    if len(sys.argv) > 2 and now > int(sys.argv[2]):  # `play.py PICTURE MS` saves what shows then
        pygame.image.save(screen, sys.argv[1])
        break
