"""A drawing in the middle of a large empty picture: its border is cut away before it is sent.

What was bought of one could never be read back: its record speaks of margins below nothing.
"""

from __future__ import annotations

import json

import pytest
from game import Game, Shop, png, sprite
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.core.errors import SourceError
from pipeline.core.model import Pixels, Request
from pipeline.purchase import resolve
from pipeline.storage import store

#: Size of the picture, and where the sprite of 12x14 px lies in it.
BORDERS = {
    "all around": ((600, 600), (290, 300)),
    "below": ((40, 2000), (10, 5)),
    "above and left": ((400, 257), (380, 240)),
    "largest": ((2048, 1100), (1000, 40)),
}


def _bordered(size: tuple[int, int], at: tuple[int, int]) -> Image.Image:
    picture = Image.new("RGBA", size)
    picture.paste(sprite(), at)
    return picture


@pytest.mark.parametrize("border", BORDERS)
def test_a_sprite_in_a_large_empty_picture_is_published_once_it_is_bought(
    game: Game, shop: Shop, border: str
) -> None:
    """It took 20 credits, and said "the bought bytes are damaged" for ever."""
    for name in ("hero", "slime", "chest"):
        game.root.joinpath(f"assets/{name}.png").unlink()
    game.write("assets/boss.png", png(_bordered(*BORDERS[border])))
    game.use(shop)
    bought = game.build("--yes")
    assert bought.exit == 0, bought.report
    assert game.outputs() == {"boss.anim.png", "boss.anim.json"}
    assert shop.charged == 20
    game.run("clean")
    game.use_none()
    assert game.build("--frozen").exit == 0
    assert game.outputs() == {"boss.anim.png", "boss.anim.json"}
    assert game.run("verify").exit == 0


def test_the_clip_lies_where_the_drawing_lies(game: Game, shop: Shop) -> None:
    """The pivot is that of the source: its foot, or an engine would show it elsewhere."""
    game.write("assets/hero.png", png(_bordered((300, 290), (100, 200))))
    game.use(shop)
    assert game.build("--only", "assets/hero.png", "--yes").exit == 0
    told = json.loads((game.root / "assets/hero.anim.json").read_text("utf-8"))
    first = next(iter(told["frames"].values()))["frame"]
    sheet = Image.open(game.root / "assets/hero.anim.png").convert("RGBA")
    shown = sheet.crop((first["x"], first["y"], first["x"] + first["w"], first["y"] + first["h"]))
    drawn = _bordered((300, 290), (100, 200))
    assert shown.size == drawn.size
    assert shown.getbbox() == drawn.getbbox()


@given(
    size=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    corner=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    ink=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    fit=st.sampled_from(["tight", "pad", None, 3, 200]),
    factor=st.sampled_from([1, 1, 1, 2, 4]),
)
def test_whatever_can_be_sent_can_be_read_back(
    size: tuple[int, int],
    corner: tuple[float, float],
    ink: tuple[int, int],
    fit: object,
    factor: int,
) -> None:
    """A record that is not believed is a purchase that is lost."""
    picture = Image.new("RGBA", size)
    x, y = int(corner[0] * (size[0] - 1)), int(corner[1] * (size[1] - 1))
    picture.paste((200, 60, 80, 255), (x, y, x + ink[0], y + ink[1]))
    picture.putpixel((x, y), (40, 20, 60, 255))
    large = picture.resize((size[0] * factor, size[1] * factor), Image.Resampling.NEAREST)
    pixels = Pixels(width=large.width, height=large.height, rgba=large.tobytes())
    request = Request(
        source="assets/a.png",
        clip="idle",
        rule="all",
        pixel_digest="0" * 64,
        prompt="turns",
        fit=fit,  # type: ignore[arg-type]
    )
    try:
        resolved = resolve.request(request, pixels, request_key="0" * 64, open_key=None)
    except SourceError:
        return
    assert resolved.fits(pixels.width, pixels.height)
    assert store.is_possible(resolved)
