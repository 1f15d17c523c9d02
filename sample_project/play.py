"""Play every clip that `pixelpipe build` made: `pip install pygame-ce`, then `python play.py`.

`python play.py picture.png` saves what the window shows after a second, and ends.
"""

import json
import sys
from pathlib import Path

import pygame

COLUMNS, STAGE, ZOOM, FLOOR, LEAST_MS = 8, 150, 2, 118, 2000


def order(tag):
    """One round of a clip; a ping-pong that plays once comes back to its start."""
    forth = list(range(tag["from"], tag["to"] + 1))
    forth = forth[::-1] if tag["direction"].endswith("reverse") else forth
    back = forth[-2::-1] if "repeat" in tag else forth[-2:0:-1]
    return forth + back if tag["direction"].startswith("pingpong") else forth


def timeline(path):
    """Return (picture, name, ms) of all that a sheet shows: its clips in turn, for 2 s or more."""
    sheet, shown = json.loads(path.read_text(encoding="utf-8")), []
    image = pygame.image.load(path.parent / sheet["meta"]["image"]).convert_alpha()
    cells = [(cell["frame"], cell["duration"]) for cell in sheet["frames"].values()]
    cut = [(image.subsurface((f["x"], f["y"], f["w"], f["h"])), ms) for f, ms in cells]
    for tag in sheet["meta"]["frameTags"]:
        name = f"{path.name.removesuffix('.anim.json')}  {tag['name']}"
        once = [(pygame.transform.scale_by(cut[i][0], ZOOM), name, cut[i][1]) for i in order(tag)]
        rounds = -(-LEAST_MS // sum(ms for _, _, ms in once))
        rest = [(*once[-1][:2], LEAST_MS)] if "repeat" in tag else once * (rounds - 1)
        shown += once + rest
    return shown


def moment(shown, ms):
    """Return the picture and the name of the moment."""
    ms %= sum(length for _, _, length in shown)
    for picture, name, length in shown:
        ms -= length
        if ms < 0:
            return picture, name


pygame.display.init()
pygame.font.init()
sheets = sorted((Path(__file__).parent / "assets").rglob("*.anim.json"))
if not sheets:
    sys.exit("No animations yet. Run: pixelpipe build sample_project")
screen = pygame.display.set_mode((COLUMNS * STAGE, -(-len(sheets) // COLUMNS) * STAGE))
font, clock, now = pygame.font.Font(None, 18), pygame.time.Clock(), 0
stages = [timeline(path) for path in sheets]
while not any(event.type == pygame.QUIT for event in pygame.event.get()):
    screen.fill("#1d1f2b")
    for i, shown in enumerate(stages):
        picture, name = moment(shown, now)
        middle, floor = (i % COLUMNS + 0.5) * STAGE, i // COLUMNS * STAGE + FLOOR
        screen.blit(picture, picture.get_rect(midbottom=(middle, floor)))
        text = font.render(name, True, "#9aa0b5")
        screen.blit(text, text.get_rect(midtop=(middle, floor + 8)))
    pygame.display.flip()
    now += clock.tick(60)
    if len(sys.argv) > 1 and now > 1000:
        pygame.image.save(screen, sys.argv[1])
        break
