"""What no palette holds is blocked where it is planned: nothing is bought, no price named."""

from __future__ import annotations

import pytest
from game import RULES, Game, Shop, png
from PIL import Image

pytestmark = pytest.mark.usefixtures("in_process")


def _of_colors(count: int) -> bytes:
    picture = Image.new("RGBA", (32, 16))
    for number in range(count):
        picture.putpixel((number % 32, number // 32), (number % 256, 40 + number // 256, 90, 255))
    return png(picture)


@pytest.mark.parametrize(("count", "price"), [(255, 20), (256, 0), (300, 0)])
def test_plan_and_build_say_the_same_of_many_colours(
    paying: Game, shop: Shop, count: int, price: int
) -> None:
    """`plan` named 20 credits for what `build` could not send."""
    paying.write("assets/hero.png", _of_colors(count))
    paying.rules(RULES.replace("    clips:", "    defaults: {colors: source}\n    clips:"))
    plan = paying.plan("--only", "hero.png")
    assert plan.totals["credits_planned"] == price
    assert plan.totals["blocked"] == (not price)
    built = paying.build("--only", "hero.png", "--yes")
    assert shop.charged == built.totals["credits_charged"] == price
    assert (f"{count} colours are too many for `colors: source`" in built.stdout) is (not price)
    paying.rules(RULES.replace("    clips:", "    defaults: {colors: 64}\n    clips:"))
    assert paying.plan("--only", "hero.png").totals["blocked"] == 0
