"""Takes: another result of the same wish is bought on purpose, and no result is thrown away."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command import call
from followed import Followed
from game import TWO_CLIPS, Game, Run, Shop

from pipeline.api import Project, Wish
from pipeline.commands import takes
from pipeline.core.errors import RefusedError, UsageError
from pipeline.core.model import Resolved
from pipeline.run.report import Report

HERO = "assets/hero.png"


def opened(game: Game) -> Project:
    """Open the game in this process."""
    return Project(game.root, environment=game.variables())


def sheet(game: Game) -> bytes:
    """Return what is published for the hero."""
    return (game.root / "assets/hero.anim.png").read_bytes()


def locked(game: Game, clip: str = "idle") -> list[int]:
    """Return the takes that the lock file names for a clip of the hero."""
    lines = [line for line in game.locked() if line.get("clip") == clip]
    return [int(str(line.get("take", 0))) for line in lines if line["source"] == HERO]


def reroll(game: Game, clip: str | None = None) -> Report:
    """Buy another take of the hero, with a yes."""
    return takes.reroll(opened(game), HERO, clip=clip, wish=Wish(yes=True))


def listed(game: Game) -> dict[str, tuple[tuple[int, ...], int | None]]:
    """Return what `pick` lists for the hero: takes by clip, and the one in use."""
    return {one.clip: (one.takes, one.current) for one in takes.known(opened(game), HERO)}


def command(game: Game, *arguments: str) -> Run:
    """Run a command on the hero."""
    name, *rest = arguments
    return game.run(name, HERO, *rest)


def test_reroll_buys_the_next_take_and_publishes_it(paying: Game, shop: Shop) -> None:
    """A deliberate second purchase: new bytes, recorded as take 1."""
    paying.make()
    before = sheet(paying)
    run = command(paying, "reroll", "--yes")
    assert run.exit == 0, run.stderr
    assert "20 credits" in run.stdout
    assert shop.calls == 4
    assert locked(paying) == [1]
    assert sheet(paying) != before


def test_every_later_take_sends_a_seed_of_its_own(paying: Game, shop: Shop) -> None:
    """The service answers an unchanged request with the same frames: that would be money lost."""
    paying.rules(TWO_CLIPS.replace("frames: 4", "frames: 4, seed: 7"))
    paying.make()
    for _ in range(2):
        assert reroll(paying, clip="hop").exit == 0
    assert shop.bought_twice() == {}
    found = {line["key"] for line in paying.locked() if line.get("clip") == "hop"}
    assert len(found) == 3
    store = opened(paying).workspace.store()
    seeds = {
        record.take: record.resolved.seed
        for _, record in store.records(opened(paying).workspace.bought[0])
        if "hopping" in record.resolved.prompt and record.take
    }
    assert set(seeds) == {1, 2}
    assert len({7, None, *seeds.values()}) == 4


def bought(game: Game, take: int) -> Resolved:
    """Return how the hero's take was resolved, as it is committed beside the bought bytes."""
    project = opened(game)
    (key,) = {
        line["key"] for line in game.locked() if line.get("take", 0) == take and "clip" in line
    }
    records = project.workspace.store().records(project.workspace.bought[0])
    (found,) = (record for _, record in records if record.request_key == key)
    return found.resolved


def test_reroll_takes_matte_room_and_seed_of_its_own(paying: Game, shop: Shop) -> None:
    """What went wrong may be the matte or the room: the rule stays, and nothing else is bought."""
    paying.make()
    first = sheet(paying)
    said = ("--matte", "00FFff", "--fit", "9", "--seed", "77", "--yes")
    run = command(paying, "reroll", *said)
    assert run.exit == 0, run.stderr
    resolved = bought(paying, 1)
    # Three of the nine px are in the drawing already.
    assert (resolved.matte, resolved.seed, resolved.pad[0]) == ("#00ffff", 77, 6)
    assert paying.build().totals["fresh"] == 3
    assert paying.run("clean").exit == 0
    paying.make()
    assert shop.calls == 4
    takes.pick(opened(paying), HERO, 0)
    assert sheet(paying) == first


def test_matte_that_would_eat_the_sprite_is_not_bought(paying: Game, shop: Shop) -> None:
    """A colour of the sprite as background takes the sprite away, for twenty credits."""
    paying.make()
    before = paying.files()
    run = command(paying, "reroll", "--matte", "28143c", "--yes")
    assert run.exit == 4
    assert "is a colour of the sprite" in run.stderr
    assert (paying.files(), shop.calls) == (before, 3)


def test_option_that_makes_no_sense_ends_before_anything(paying: Game, shop: Shop) -> None:
    """A typing error is exit 2, not a purchase with something else."""
    for option, value in (
        ("--matte", "pink"),
        ("--matte", "#12345"),
        ("--fit", "-1"),
        ("--fit", "500"),
        ("--fit", "wide"),
        ("--seed", "0"),
    ):
        said = ("reroll", paying.root / HERO, option, value, "--yes")
        assert call(*said, environment=paying.variables()).code == 2, (option, value)
    assert shop.calls == 0


def test_the_next_build_keeps_the_take(paying: Game, shop: Shop) -> None:
    """Take 1 answers the rule as well as take 0 does: nothing is due after a reroll."""
    paying.make()
    reroll(paying)
    before = paying.files()
    run = paying.build()
    assert (run.exit, run.totals["fresh"], shop.calls) == (0, 3, 4)
    assert paying.files() == before


def test_reroll_of_one_clip_leaves_the_other(paying: Game, shop: Shop) -> None:
    """A user who likes the idle does not pay for it again."""
    paying.rules(TWO_CLIPS)
    paying.make()
    calls = shop.calls
    assert reroll(paying, clip="hop").exit == 0
    assert shop.calls == calls + 1
    assert (locked(paying), locked(paying, "hop")) == ([0], [1])


@pytest.mark.parametrize("to", ["knight.png", "people/knight.png"])
@pytest.mark.parametrize("has_key", [True, False])
def test_a_renamed_sprite_keeps_the_take_that_was_chosen(
    paying: Game, shop: Shop, to: str, has_key: bool
) -> None:
    """The second take was paid for and chosen; the first one must not come back by itself."""
    paying.make()
    reroll(paying, "idle")
    chosen = json.loads((paying.root / "assets/hero.anim.json").read_text())["frames"].values()
    before = sheet(paying)
    place = paying.root / "assets" / to
    place.parent.mkdir(exist_ok=True)
    (paying.root / HERO).rename(place)
    if not has_key:
        paying.use_none()
    bought = shop.calls
    assert paying.run("build").exit == 0
    assert shop.calls == bought
    assert place.with_name("knight.anim.png").read_bytes() == before
    after = json.loads(place.with_name("knight.anim.json").read_text())["frames"].values()
    assert list(after) == list(chosen)
    assert [line["take"] for line in paying.locked() if line.get("take")] == [1]
    assert paying.run("plan", "--check").exit == 0


def test_a_copy_of_a_sprite_takes_the_chosen_take_and_leaves_the_others(
    paying: Game, shop: Shop
) -> None:
    """Unless somebody uses the first one: then nobody knows which is meant, and it is the first."""
    paying.make()
    reroll(paying, "idle")
    bought = shop.calls
    shutil.copy(paying.root / HERO, paying.root / "assets/twin.png")
    paying.make()
    assert takes_of(paying, "twin") == [1]
    takes.pick(opened(paying), "assets/twin.png", 0, clip="idle")
    shutil.copy(paying.root / HERO, paying.root / "assets/third.png")
    paying.make()
    assert (takes_of(paying, "hero"), takes_of(paying, "third")) == ([1], [0])
    (paying.root / HERO).rename(paying.root / "assets/last.png")
    paying.make()
    assert (takes_of(paying, "last"), takes_of(paying, "twin")) == ([1], [0])
    assert shop.calls == bought


def test_a_sprite_that_is_put_back_later_has_the_take_that_was_chosen(
    paying: Game, shop: Shop
) -> None:
    """Cut, and pasted after its outputs had been removed: by a build, or a watch that waits 3 s."""
    paying.make()
    reroll(paying, "idle")
    bought, picture, before = shop.calls, (paying.root / HERO).read_bytes(), sheet(paying)
    for place in (HERO, "assets/people/hero.png", HERO):
        for old in paying.root.rglob("hero.png"):
            old.unlink()
        paying.make()
        assert "hero.anim.png" not in paying.outputs()
        paying.write(place, picture)
        paying.make()
        name = place.removeprefix("assets/").removesuffix(".png")
        assert takes_of(paying, name) == [1]
        made = (paying.root / place).with_name("hero.anim.png")
        assert made.read_bytes() == before
    takes.pick(opened(paying), HERO, 0, clip="idle")
    (paying.root / HERO).unlink()
    paying.make()
    paying.write(HERO, picture)
    paying.make()
    assert takes_of(paying, "hero") == [0], "the last choice counts"
    assert shop.calls == bought


def test_another_picture_or_prompt_has_no_take_of_what_had_gone(paying: Game, shop: Shop) -> None:
    paying.make()
    reroll(paying, "idle")
    (paying.root / HERO).unlink()
    paying.make()
    paying.draw("hero.png", tint=99)
    assert paying.plan().states()["hero.png", "idle"][0] == "buy"


def test_a_watch_keeps_the_take_of_a_sprite_that_is_renamed(paying: Game) -> None:
    """It looks at the new name before the old one is given up."""
    paying.make()
    reroll(paying, "idle")
    (paying.root / HERO).rename(paying.root / "assets/knight.png")
    paying.make(Wish(paths=frozenset(["assets/knight.png"]), max_credits=0))
    assert takes_of(paying, "knight") == [1]


def test_a_watch_keeps_the_take_of_a_moved_sprite_whose_picture_another_has(paying: Game) -> None:
    """The other one uses the first take: which is meant follows from what is gone."""
    shutil.copy(paying.root / HERO, paying.root / "assets/twin.png")
    paying.make()
    reroll(paying, "idle")
    (paying.root / "assets/people").mkdir()
    (paying.root / HERO).rename(paying.root / "assets/people/hero.png")
    paying.make(Wish(paths=frozenset(["assets/people/hero.png"]), max_credits=0))
    assert (takes_of(paying, "people/hero"), takes_of(paying, "twin")) == ([1], [0])


def test_what_is_gone_stays_while_a_new_sprite_may_be_it(paying: Game) -> None:
    """A watch hears of the old place first where the new one takes longer to come to rest."""
    paying.make()
    reroll(paying, "idle")
    before = sheet(paying)
    to = paying.root / "assets/people/hero.png"
    to.parent.mkdir()
    (paying.root / HERO).rename(to)
    report = paying.make(Wish(settle_s=1000.0, max_credits=0))
    assert (report.exit, takes_of(paying, "hero"), sheet(paying)) == (0, [1], before)
    assert "assets/hero.png" not in {step.source for step in report.plan.steps}
    settled = frozenset(["assets/people/hero.png"])
    paying.make(Wish(settle_s=1000.0, settled=settled, max_credits=0))
    assert (takes_of(paying, "people/hero"), takes_of(paying, "hero")) == ([1], [])
    assert to.with_name("hero.anim.png").read_bytes() == before


def test_a_watch_gives_up_the_old_place_of_a_moved_sprite_in_the_end(paying: Game) -> None:
    """Its files go when the new place has been looked at, although nothing changes any more."""
    paying.settings(watch={"settle": 3.5})  # the old place is given up after 3 s
    paying.make()
    reroll(paying, "idle")
    to = paying.root / "assets/people/hero.png"
    to.parent.mkdir()
    with Followed(paying, Wish(max_credits=0)) as followed:
        followed.until(lambda _: True)
        (paying.root / HERO).rename(to)
        followed.until(lambda report: any(one.state == "removed" for one in report.results))
    assert (takes_of(paying, "people/hero"), takes_of(paying, "hero")) == ([1], [])
    assert not (paying.root / "assets/hero.anim.png").exists()


def takes_of(game: Game, name: str) -> list[object]:
    """Return the takes of a sprite's idle that the lock file names."""
    lines = [line for line in game.locked() if line.get("clip") == "idle"]
    return [line.get("take", 0) for line in lines if line["source"] == f"assets/{name}.png"]


def test_pick_goes_back_for_nothing(paying: Game, shop: Shop) -> None:
    """Both takes were paid for; choosing costs nothing, in either direction."""
    paying.make()
    first = sheet(paying)
    reroll(paying)
    second = sheet(paying)
    run = command(paying, "pick", "--take", "0")
    assert run.exit == 0, run.stderr
    assert (sheet(paying), locked(paying)) == (first, [0])
    takes.pick(opened(paying), HERO, 1)
    assert (sheet(paying), locked(paying)) == (second, [1])
    assert shop.calls == 4
    assert paying.build().totals["fresh"] == 3


def test_pick_without_a_take_lists_them(paying: Game) -> None:
    """The user must see what there is, and which one is in use."""
    paying.make()
    reroll(paying)
    assert "takes 0, 1 (in use)" in command(paying, "pick").stdout


def test_a_take_that_was_not_bought_cannot_be_picked(paying: Game, shop: Shop) -> None:
    """`pick` never buys."""
    paying.make()
    run = command(paying, "pick", "--take", "3")
    assert run.exit == 2
    assert "take 3 was not bought; there are: 0" in run.stderr
    assert shop.calls == 3


def test_picked_take_comes_back_after_clean(paying: Game, shop: Shop) -> None:
    """The lock file records the choice, not whatever was bought last."""
    paying.make()
    first = sheet(paying)
    reroll(paying)
    takes.pick(opened(paying), HERO, 0)
    assert paying.run("clean").exit == 0
    assert "hero.anim.png" not in paying.outputs()
    paying.make()
    assert (sheet(paying), shop.calls) == (first, 4)


@pytest.mark.parametrize("has_ledger", [True, False])
def test_a_colleague_picks_without_a_key(paying: Game, has_ledger: bool, shop: Shop) -> None:
    """The bytes of every take are committed: choosing needs neither key, network nor ledger."""
    paying.make()
    first = sheet(paying)
    reroll(paying)
    second = sheet(paying)
    paying.use_none()
    if not has_ledger:
        shutil.rmtree(paying.variables()["PIXELPIPE_STATE"])
    assert listed(paying) == {"idle": ((0, 1), 1)}
    for take, there in ((0, first), (1, second)):
        assert takes.pick(opened(paying), HERO, take).exit == 0
        assert (sheet(paying), locked(paying)) == (there, [take])
    assert all(line["paid"] for line in paying.locked() if "clip" in line)
    assert shop.calls == 4


def test_reroll_without_a_key_does_not_replace_a_purchase(paying: Game) -> None:
    """The built-in engine's frames never take the place of paid ones, asked for or not."""
    paying.make()
    before = paying.files()
    paying.use_none()
    with pytest.raises(RefusedError, match="no key is set"):
        reroll(paying)
    assert paying.files() == before


def test_reroll_without_a_yes_buys_nothing(paying: Game, shop: Shop) -> None:
    """Twenty credits are twenty credits: no terminal, no budget, no purchase; what stands stays."""
    paying.make()
    before = paying.files()
    run = command(paying, "reroll")
    assert run.exit == 5
    assert "--max-credits" in run.stderr
    assert (paying.files(), shop.calls) == (before, 3)


def test_reroll_is_free_on_the_built_in_engine(game: Game) -> None:
    """Trying it costs nothing, and works offline."""
    game.make()
    before = sheet(game)
    assert reroll(game).exit == 0
    assert locked(game) == [1]
    takes.pick(opened(game), HERO, 0)
    assert sheet(game) == before


def test_takes_belong_to_the_pixels_and_the_wish(paying: Game, shop: Shop) -> None:
    """A new drawing starts at take 0 again; the old drawing's takes wait for its return."""
    paying.make()
    old = (paying.root / HERO).read_bytes()
    reroll(paying)
    paying.draw("hero.png", tint=50)
    paying.make()
    assert (listed(paying), locked(paying)) == ({"idle": ((0,), 0)}, [0])
    paying.write(HERO, old)
    assert listed(paying)["idle"][0] == (0, 1)
    calls = shop.calls
    takes.pick(opened(paying), HERO, 1)
    assert (locked(paying), shop.calls) == ([1], calls)


def test_names_that_look_like_globs_are_names(game: Game, tmp_path: Path) -> None:
    """`hero[1].png` is a file that many tools write."""
    game.draw("hero[1].png", tint=9)
    game.make()
    path = "assets/hero[1].png"
    report = takes.reroll(opened(game), path, wish=Wish(yes=True))
    assert [(one.step.source, one.state) for one in report.results] == [(path, "done")]


def test_unknown_clip_is_named_beside_the_known_ones(game: Game) -> None:
    """A typing error must not reroll everything."""
    game.make()
    with pytest.raises(UsageError, match="has no clip 'iddle'; it has idle"):
        reroll(game, clip="iddle")
