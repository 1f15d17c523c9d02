"""A sprite that is saved hundreds of times under a watch leaves as little as one that is not."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from game import RULES, Game, folder_in_memory, png, sprite

SAVES = 747
#: Within so many seconds the last save is published, or it is lost.
_LIMIT_S = 30.0


def saved(game: Game, number: int) -> None:
    """Save another picture, as an editor does: whole, by renaming."""
    drawn = sprite()
    drawn.putpixel((5, 5), (number % 256, number // 256, 7, 255))
    fresh = game.root / "assets/hero.png.part"
    fresh.write_bytes(png(drawn))
    fresh.replace(game.root / "assets/hero.png")


def kept(game: Game) -> Counter[str]:
    """Count the files of the project and of its user by folder; shards of stores are one."""
    home = game.root.parent
    found = (one.relative_to(home) for one in home.rglob("*") if one.is_file())
    return Counter(
        (one.parent.parent if len(one.parent.name) == 2 else one.parent).as_posix() for one in found
    )


def published(game: Game) -> int:
    """Return when the sheet was written last."""
    return (game.root / "assets/hero.anim.png").stat().st_mtime_ns


def until(is_so: Callable[[], bool]) -> None:
    """Wait for it."""
    ends = time.monotonic() + _LIMIT_S
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.slow
def test_hundreds_of_saves_pile_nothing_up() -> None:
    """Whether a result was published, replaced, or came when its picture was gone."""
    with folder_in_memory() as home:
        game = Game(home / "game", {"PIXELPIPE_STATE": str(home / "state")})
        game.settings(watch={"settle": "0.05s"})
        game.rules(RULES)
        game.draw("hero.png")
        assert game.make().exit == 0
        before, shown = kept(game), set[int]()
        process = game.start("watch")
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.extend(process.communicate()))
        reader.start()
        for number in range(SAVES):
            before_it = published(game)
            saved(game, number)
            if number % 25 == 0:  # an artist looks at it
                until(lambda: published(game) != before_it)  # noqa: B023
            shown.add(published(game))
            time.sleep(0.06 if number % 5 == 0 else 0.01)
        until(lambda: game.plan("--check").exit == 0)
        process.send_signal(signal.SIGTERM)
        reader.join(_LIMIT_S)
        assert process.returncode == 130, said
        assert len(shown) > 5, "too few were published to tell"
        after = kept(game)
        # The picture of the first build is another run's; two builds may be under way at the end.
        assert sum((after - before).values()) <= 12, after - before
