"""One machine buys, the others take what was bought from the store that they share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import studio
from game import RULES, Game, Shop, shop_serving


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop_serving(tmp_path_factory.mktemp("shop")) as serving:
        yield serving


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return studio.store_in(tmp_path / "store")


@pytest.fixture
def bought(tmp_path: Path, store: Path, shop: Shop) -> Game:
    """A game whose two sprites were bought on one machine, and pushed."""
    game = studio.machine(tmp_path, "buyer", str(store))
    game.settings()
    game.rules(RULES)
    for number, name in enumerate(("hero", "slime")):
        game.draw(f"{name}.png", tint=number)
    shop.fund(100)
    game.use(shop)
    assert game.build("--yes").exit == 0
    assert studio.push(game, str(store)) == 2
    return game


def test_a_clean_checkout_builds_without_a_key_and_without_the_service(
    bought: Game, tmp_path: Path, store: Path
) -> None:
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(bought, other)
    ended = other.build("--frozen", environment={"CI": "true"})
    assert ended.exit == 0, ended.stdout
    assert ended.report["shared"] == {"hits": 2, "misses": 0, "errors": 0, "saved_credits": 40}
    assert other.outputs() == bought.outputs()
    assert other.locked() == bought.locked()
    assert not (tmp_path / "other/state/bought").exists()
    assert other.build().states() == {
        ("hero.png", "idle"): ("fresh", "fresh"),
        ("slime.png", "idle"): ("fresh", "fresh"),
    }
