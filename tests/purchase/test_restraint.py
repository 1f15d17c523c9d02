"""A watch keeps purchases back: edits of what was bought, and too many at once; placeholders show
meanwhile, and never hide or replace a purchase."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
from game import TWO_CLIPS, Game, Shop, shop_serving

from pipeline.api import Project, Wish
from pipeline.core.model import Kept
from pipeline.purchase.connect import Connection
from pipeline.run import placeholders
from pipeline.run.report import Report
from pipeline.storage.ledger import Ledger

LIMIT_S = 60.0
CALM = Wish(yes=True, buy_after_s=600.0, burst=50)


class Watch:
    """What a watch does with one settled set, without waiting for it to settle."""

    def __init__(self, game: Game, connection: Connection) -> None:
        self.game = game
        self.connection = connection

    def settle(self, wish: Wish = CALM) -> tuple[Report | None, Report]:
        """Show placeholders, then build as `wish` says."""
        project = Project(self.game.root, environment=self.game.variables())
        return project.placeholders(wish, self.connection), project.build(wish)


@contextmanager
def _watch(game: Game) -> Iterator[Watch]:
    project = Project(game.root, environment=game.variables())
    workspace = placeholders.stand_in(project.workspace)
    with Connection(workspace, game.variables()) as connection:
        yield Watch(game, connection)


def _kept(game: Game, *, released: bool = False) -> list[Kept]:
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        return ledger.kept_back(str(game.root), released=released)


def _let_due(game: Game) -> None:
    """Let ten minutes pass for everything that is kept back."""
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        kept = ledger.kept_back(str(game.root))
        ledger.forget_kept(str(game.root), [one.request_key for one in kept])
        past = [msgspec.structs.replace(one, due=time.time() - 1) for one in kept]
        ledger.keep_back(str(game.root), past, now=0.0)


def _paid(game: Game) -> dict[tuple[str, str], bool]:
    return {
        (str(line["source"]).rpartition("/")[2], str(line["clip"])): bool(line.get("paid"))
        for line in game.locked()
        if "clip" in line
    }


def test_new_sprites_are_shown_and_bought_at_once(paying: Game, shop: Shop) -> None:
    """The placeholder is marked in the lock; the purchase replaces it in the same settling."""
    with _watch(paying) as watch:
        shown, built = watch.settle()
        assert shown is not None
        assert shown.exit == 0
        assert shown.charged == 0
        assert [result.state for result in shown.results] == ["done"] * 3
        assert built.charged == 60
        assert set(_paid(paying).values()) == {True}
        assert watch.settle()[0] is None, "nothing is to be bought: nothing stands in"
    assert shop.calls == 3


def test_edit_of_a_bought_sprite_shows_a_placeholder_and_waits(paying: Game, shop: Shop) -> None:
    """Twenty saves while working cost nothing; after the quiet time exactly the last is bought."""
    with _watch(paying) as watch:
        watch.settle()
        outputs = [(paying.root / "assets/hero.anim.png").read_bytes()]
        for tint in (40, 41, 42):
            paying.draw("hero.png", tint=tint)
            shown, built = watch.settle()
            assert shown is not None
            assert built.exit == 5
            assert built.charged == 0
            (left,) = [result for result in built.results if result.state == "left"]
            assert "bought before and edited" in (left.step.error or "")
            outputs.append((paying.root / "assets/hero.anim.png").read_bytes())
            assert _paid(paying)["hero.png", "idle"] is False
            assert len(_kept(paying)) == 1, "only the newest picture waits"
        assert len(set(outputs)) == 4, "each save is seen at once"
        assert shop.calls == 3
        _let_due(paying)
        shown, built = watch.settle()
        assert shown is None
        assert built.exit == 0
        assert shop.calls == 4
        assert _paid(paying)["hero.png", "idle"] is True
        assert _kept(paying) == []


def test_edit_that_is_undone_brings_the_purchase_back(paying: Game, shop: Shop) -> None:
    """A placeholder hides no purchase: the old picture has its old clip, for nothing."""
    with _watch(paying) as watch:
        watch.settle()
        before = (paying.root / "assets/hero.png").read_bytes()
        bought = (paying.root / "assets/hero.anim.png").read_bytes()
        paying.draw("hero.png", tint=40)
        watch.settle()
        paying.write("assets/hero.png", before)
        shown, built = watch.settle()
        assert shown is None
        assert built.exit == 0
        assert (paying.root / "assets/hero.anim.png").read_bytes() == bought
        assert _paid(paying)["hero.png", "idle"] is True
        assert _kept(paying) == []
    assert shop.calls == 3


def test_new_clip_of_a_bought_sprite_keeps_the_bought_ones(paying: Game, shop: Shop) -> None:
    """Only the missing clip is a placeholder; the bought one stays in the same sheet."""
    with _watch(paying) as watch:
        watch.settle()
        paying.rules(TWO_CLIPS)
        watch.settle()
        paid = _paid(paying)
        assert paid["hero.png", "idle"] is True
        assert paid["hero.png", "hop"] is False
    assert shop.calls == 3


def test_new_clip_beside_an_undone_edit_keeps_the_purchase(paying: Game, shop: Shop) -> None:
    """The lock names only the placeholder by now: what was bought is known to the ledger."""
    with _watch(paying) as watch:
        watch.settle()
        before = (paying.root / "assets/hero.png").read_bytes()
        paying.draw("hero.png", tint=40)
        watch.settle()
        paying.write("assets/hero.png", before)
        paying.rules(TWO_CLIPS)
        watch.settle()
        paid = _paid(paying)
        assert paid["hero.png", "idle"] is True
        assert paid["hero.png", "hop"] is False
    assert shop.calls == 3


def test_a_command_buys_what_waits(paying: Game, shop: Shop) -> None:
    """`pixelpipe build` is a command: it buys at once, and nothing waits any more."""
    with _watch(paying) as watch:
        watch.settle()
        paying.draw("hero.png", tint=40)
        watch.settle()
        assert paying.build("--yes").exit == 0
        assert shop.calls == 4
        assert _kept(paying) == []


def test_too_many_at_once_wait_for_a_person(paying: Game, shop: Shop) -> None:
    """A folder unpacked into the project buys nothing; later single sprites are bought;
    `jobs release` lets the others go, once for all."""
    few = Wish(yes=True, buy_after_s=600.0, burst=2)
    with _watch(paying) as watch:
        shown, built = watch.settle(few)
        assert shown is not None
        assert built.exit == 5
        assert "pixelpipe jobs release" in (built.results[0].step.error or "")
        paying.draw("later.png", tint=70)
        assert watch.settle(few)[1].charged == 20
        assert shop.calls == 1
        assert "3 purchases for 60 credits kept back" in paying.run("jobs").stdout
        assert "Released 3 purchases" in paying.run("jobs", "release").stdout
        assert watch.settle(few)[1].exit == 0
        assert shop.calls == 4
        assert _kept(paying) == _kept(paying, released=True) == []


def test_yes_lifts_the_burst_guard_but_not_the_quiet_time(paying: Game, shop: Shop) -> None:
    """`watch --yes` buys many at once; an edit waits all the same."""
    free = Wish(yes=True, buy_after_s=600.0, burst=None)
    with _watch(paying) as watch:
        assert watch.settle(Wish(yes=True, buy_after_s=600.0, burst=1))[1].charged == 0
        assert watch.settle(free)[1].charged == 60
        paying.draw("hero.png", tint=40)
        assert watch.settle(free)[1].charged == 0
    assert shop.calls == 3


def test_checkout_that_edits_many_bought_sprites_waits_for_a_person(
    paying: Game, shop: Shop
) -> None:
    """Quiet time alone would buy all of them ten minutes later."""
    few = Wish(yes=True, buy_after_s=0.001, burst=2)
    with _watch(paying) as watch:
        watch.settle()
        for number, name in enumerate(("hero", "slime", "chest")):
            paying.draw(f"{name}.png", tint=40 + number)
        watch.settle(few)
        time.sleep(0.01)
        assert watch.settle(few)[1].charged == 0
        assert watch.settle(few)[1].charged == 0
    assert shop.calls == 3


def test_placeholder_false_shows_nothing_before_the_purchase(paying: Game) -> None:
    """The setting, and a rule's own word against it."""
    paying.settings(placeholder=False)
    with _watch(paying) as watch:
        project = Project(paying.root, environment=paying.variables())
        shown = project.placeholders(Wish(), watch.connection)
        assert shown is None
        assert paying.outputs() == set()


def test_placeholder_gives_way_to_what_was_published_meanwhile(paying: Game) -> None:
    """A placeholder that comes late must not replace the purchase that was quicker."""
    project = Project(paying.root, environment=paying.variables())
    with _watch(paying) as watch:
        late = watch.connection.service

        class Late:
            url = None

            def service(self, expected: int) -> object:
                """Let the purchase be published before the placeholder is made."""
                paying.make()
                return late(expected)

        shown = project.placeholders(
            Wish(),
            Late(),  # type: ignore[arg-type]  # a connection that is late
        )
        assert shown is not None
        assert {result.state for result in shown.results} == {"superseded"}
    assert set(_paid(paying).values()) == {True}


# -- the watch itself ---------------------------------------------------------------------------


def test_watch_shows_waits_and_goes_on_after_a_release(game: Game, tmp_path: Path) -> None:
    """The whole chain with the real command: a placeholder while the purchase runs, an edit that
    is kept back, and `jobs release` from another terminal."""
    with shop_serving(tmp_path, "--latency", "6") as shop:
        shop.fund(1000)
        game.use(shop)
        game.settings(watch={"settle": 0.2})
        process = game.start("watch", "--yes")
        try:
            _until(process, lambda: "hero.anim.png" in game.outputs())
            assert shop.charged == 0, "shown before anything is charged"
            _until(process, lambda: _is_all_paid(game))
            game.draw("hero.png", tint=40)
            _until(process, lambda: len(_kept(game)) == 1)
            _until(process, lambda: not _paid(game)["hero.png", "idle"])
            assert shop.calls == 3
            assert game.run("jobs", "release").exit == 0
            _until(process, lambda: shop.calls == 4 and _is_all_paid(game))
        finally:
            process.terminate()
            _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "bought before and edited" in stderr


def test_placeholders_wait_for_no_purchase(game: Game, tmp_path: Path) -> None:
    """Purchases take minutes; however many are on their way, the next sprite is shown at once."""
    with shop_serving(tmp_path, "--latency", "30") as shop:
        shop.fund(1000)
        game.use(shop)
        game.settings(watch={"settle": 0.2})
        process = game.start("watch", "--yes")
        try:
            _until(process, lambda: "hero.anim.png" in game.outputs())
            for number in range(6):
                game.draw(f"new{number}.png", tint=50 + number)
                _until(process, partial(_has, game, f"new{number}.anim.png"))
            assert shop.charged == 0
        finally:
            process.kill()
            process.communicate()


def _has(game: Game, output: str) -> bool:
    return output in game.outputs()


def _is_all_paid(game: Game) -> bool:
    return (game.root / "pixelpipe.lock").exists() and all(_paid(game).values())


def _until(process: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + LIMIT_S
    while not is_so():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
        time.sleep(0.05)
