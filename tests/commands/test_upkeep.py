"""Upkeep: damage is found and mended, purchases are kept, the lock file can be had again."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path

import pytest
from game import RULES, TWO_CLIPS, Game, Shop, png
from PIL import Image, PngImagePlugin

from pipeline.api import Project, Wish
from pipeline.commands import edits, recover, takes, upkeep
from pipeline.core.model import StepKind

HERO = "assets/hero.png"
SHEET = "assets/hero.anim.png"
DATA = "assets/hero.anim.json"
LOCK = "pixelpipe.lock"
#: The built-in engine draws this one otherwise for every seed: each take has its own bytes.
SPARKLES = RULES.replace("breathing calmly, a subtle idle loop", "sparkling, with twinkling stars")


def opened(game: Game) -> Project:
    """Open the game in this process."""
    return Project(game.root, environment=game.variables())


def bought(game: Game, *, own: bool = True) -> list[Path]:
    """Return the bought bytes in the project, or in the user's state folder."""
    folder = game.root / ".pixelpipe" if own else Path(game.variables()["PIXELPIPE_STATE"])
    return sorted((folder / "bought").glob("??/*.png"))


def records(game: Game) -> list[Path]:
    """Return the records of purchases, in both places."""
    state = Path(game.variables()["PIXELPIPE_STATE"])
    found = [game.root / ".pixelpipe/bought", state / "bought"]
    return sorted(path for folder in found for path in folder.glob("??/*.json"))


def spoil(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def repaint(path: Path, *, keeps_text: bool) -> None:
    """Change a pixel as a paint program does; some keep a PNG's texts, some do not."""
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        texts, edited = dict(image.text), image.convert("RGBA")  # type: ignore[attr-defined]
    edited.putpixel((0, 0), (255, 0, 255, 255))
    kept = PngImagePlugin.PngInfo()
    for name, text in texts.items() if keeps_text else ():
        kept.add_itxt(name, text)
    path.write_bytes(png(edited, pnginfo=kept))


def is_fresh(game: Game) -> bool:
    """Tell whether a build has nothing to do."""
    report = game.make()
    return report.exit == 0 and all(one.step.kind is StepKind.FRESH for one in report.results)


def test_whole_project_is_said_to_be_whole(paying: Game) -> None:
    """The usual answer, so that the others stand out."""
    paying.make()
    run = paying.run("verify")
    assert (run.exit, run.stdout) == (0, "Everything is whole.\n")


def test_damaged_copy_is_mended_from_the_second_one(paying: Game, shop: Shop) -> None:
    """A bit that flipped in the repository costs nothing: the state folder has the bytes."""
    paying.make()
    for own in (True, False):
        place = bought(paying, own=own)[0]
        before = place.read_bytes()
        spoil(place)
        run = paying.run("verify")
        assert run.exit == 0
        assert f"{place.name}: was damaged; mended from the second copy" in run.stdout
        assert place.read_bytes() == before
    assert shop.calls == 3


def test_bytes_that_are_damaged_everywhere_are_named(paying: Game) -> None:
    """What cannot be mended must be known before the outputs are lost as well."""
    paying.make()
    for path in (*bought(paying), *bought(paying, own=False)):
        spoil(path)
    run = paying.run("verify")
    assert run.exit == 8
    assert f"{HERO} [idle]: the bought bytes are missing or damaged" in run.stdout
    assert run.stdout.count("damaged") == 3


def test_missing_record_is_named(paying: Game) -> None:
    """Bytes without their resolved request cannot be finished."""
    paying.make()
    for path in records(paying):
        path.unlink()
    found = upkeep.verify(opened(paying))
    assert f"{HERO} [idle]: the record of its purchase is missing or damaged" in found
    assert len(found) == 3


def test_purchases_that_are_not_in_use_are_looked_at(paying: Game) -> None:
    """The take that was not chosen was paid for, too."""
    paying.rules(SPARKLES)
    paying.make()
    takes.reroll(opened(paying), HERO, wish=Wish(yes=True))
    spare = upkeep.unused(opened(paying))[0].bought
    for own in (True, False):
        next(p for p in bought(paying, own=own) if p.stem == spare.digest).unlink()
    found = upkeep.verify(opened(paying))
    assert [one[:22] for one in found] == [f"purchase {spare.request_key[:12]},"]


def test_edited_and_missing_outputs_are_named(game: Game) -> None:
    """Both need somebody: one a decision, the other a build."""
    game.make()
    repaint(game.root / SHEET, keeps_text=True)
    (game.root / "assets/slime.anim.json").unlink()
    run = game.run("verify")
    assert run.exit == 8
    assert set(run.stdout.splitlines()) == {
        f"{SHEET}: is not what was published",
        "assets/slime.anim.json: is missing; `pixelpipe build` brings it back",
    }


@pytest.mark.parametrize("has_state", [True, False])
def test_rebuilt_lock_makes_the_next_build_free(paying: Game, shop: Shop, has_state: bool) -> None:
    """A lost lock file is had again from the outputs alone, and nothing is finished again."""
    paying.settings(targets=["aseprite", "gamemaker", "godot", "gif", {"sheet": {"gutter": 1}}])
    paying.rules(TWO_CLIPS.replace("frames: 4", "frames: 4, hold: {1: 375}"))
    paying.make()
    calls, before = shop.calls, paying.files()
    (paying.root / LOCK).unlink()
    if not has_state:
        shutil.rmtree(paying.variables()["PIXELPIPE_STATE"])
        shutil.rmtree(paying.root / ".pixelpipe")
        paying.use_none()
    run = paying.run("verify", "--rebuild-lock")
    assert f"with 6 clips and {len(paying.outputs())} files" in run.stdout
    if has_state:
        assert run.exit == 0, run.stdout
        assert paying.files()[LOCK][1] == before[LOCK][1]
    assert is_fresh(paying)
    assert shop.calls == calls
    after = paying.files()
    assert all(after[path] == before[path] for path in before if ".anim." in path)


def test_rebuilt_lock_keeps_what_only_the_lock_knew(paying: Game) -> None:
    """Adopted, detached and picked are decisions of a person: no PNG holds them."""
    paying.make()
    repaint(paying.root / SHEET, keeps_text=False)
    edits.adopt(opened(paying), HERO)
    edits.detach(opened(paying), "assets/slime.png")
    before = sorted(map(str, paying.locked()))
    recover.rebuild_lock(opened(paying))
    assert sorted(map(str, paying.locked())) == before


@pytest.mark.parametrize("keeps_text", [True, False])
def test_rebuilt_lock_does_not_give_an_edit_away(game: Game, keeps_text: bool) -> None:
    """An edited sheet that still carries our chunk is shown to be edited by its data file."""
    game.make()
    repaint(game.root / SHEET, keeps_text=keeps_text)
    there = (game.root / SHEET).read_bytes()
    (game.root / LOCK).unlink()
    recover.rebuild_lock(opened(game))
    game.rules(TWO_CLIPS)
    game.draw("hero.png", tint=30)
    assert game.make().exit == 1
    assert (game.root / SHEET).read_bytes() == there


def test_rebuilt_lock_takes_no_foreign_file_in(game: Game) -> None:
    """Only what is surely ours is ever replaced or removed."""
    game.make()
    game.write("assets/hero.anim.notes.txt", "mine")
    game.write("assets/hero.anim.old.png", png(Image.new("RGBA", (4, 4))))
    (game.root / LOCK).unlink()
    recover.rebuild_lock(opened(game))
    paths = {line["path"] for line in game.locked() if "path" in line}
    assert not {path for path in paths if "notes" in str(path) or "old" in str(path)}


def test_clean_removes_what_build_brings_back(paying: Game, shop: Shop) -> None:
    """Outputs are cheap, purchases and edits are not."""
    paying.make()
    before = paying.files()
    repaint(paying.root / SHEET, keeps_text=True)
    run = paying.run("clean")
    assert (run.exit, run.stdout) == (0, "Removed 5 files.\n")
    assert paying.outputs() == {"hero.anim.png"}
    edits.restore(opened(paying), HERO)
    paying.make()
    assert shop.calls == 3
    after = paying.files()
    assert {path: content for path, (_, content) in after.items()} == {
        path: content for path, (_, content) in before.items()
    }


def test_prune_says_what_would_be_forfeited_and_waits(paying: Game) -> None:
    """No limit of size evicts purchases; this alone does, after a yes, and tells the price."""
    paying.rules(SPARKLES)
    paying.make()
    takes.reroll(opened(paying), HERO, wish=Wish(yes=True))
    before = paying.files()
    run = paying.run("prune")
    assert run.exit == 0
    assert "1 purchases are not in use; they cost 20 credits." in run.stdout
    assert "--yes" in run.stdout
    assert paying.files() == before


def test_prune_removes_what_the_built_in_engine_made(game: Game) -> None:
    """Its records tell what the sprite is: a mapping, which no set takes."""
    game.rules(SPARKLES.replace("match:", "kind: biped\n    facing: left\n    match:"))
    assert game.run("build").exit == 0
    kept = len(bought(game))
    game.draw("hero.png", tint=70)
    assert game.run("build").exit == 0
    ended = game.run("prune", "--yes")
    assert (ended.exit, "Removed." in ended.stdout) == (0, True), ended
    assert len(bought(game)) == kept
    assert game.run("verify").exit == 0


def test_prune_never_removes_what_is_in_use(paying: Game, shop: Shop) -> None:
    """After pruning, everything can still be built from the project alone."""
    paying.rules(SPARKLES)
    paying.make()
    takes.reroll(opened(paying), HERO, wish=Wish(yes=True))
    assert len(bought(paying)) == 4
    assert "Removed." in paying.run("prune", "--yes").stdout
    assert len(bought(paying)) == 3
    shutil.rmtree(paying.variables()["PIXELPIPE_STATE"])
    paying.use_none()
    paying.run("clean")
    assert paying.make().exit == 0
    assert {"hero.anim.png", "slime.anim.png", "chest.anim.png"} <= paying.outputs()
    assert upkeep.unused(opened(paying)) == ()
    assert shop.calls == 4


def test_pruned_purchase_comes_back_from_the_state_folder(paying: Game, shop: Shop) -> None:
    """`prune` clears the repository; the second copy stays, and picking it is still free."""
    paying.rules(SPARKLES)
    paying.make()
    takes.reroll(opened(paying), HERO, wish=Wish(yes=True))
    upkeep.remove(opened(paying), upkeep.unused(opened(paying)))
    assert takes.pick(opened(paying), HERO, 0).exit == 0
    assert (shop.calls, len(bought(paying))) == (4, 4)


def test_bytes_that_two_purchases_share_outlive_one_of_them(paying: Game) -> None:
    """Two requests may be answered by the same bytes; removing one record keeps them."""
    paying.make()
    one = min(records(paying))
    store = opened(paying).workspace.store()
    record = next(
        r for p, r in store.records(opened(paying).workspace.bought[0]) if p.name == one.name
    )
    twin = json.loads(one.read_text())
    twin |= {"request_key": "f" * 64, "resolved": twin["resolved"] | {"request_key": "f" * 64}}
    name = f"{'f' * 64}.{record.digest[:16]}.json"
    place = paying.write(f".pixelpipe/bought/ff/{name}", json.dumps(twin))
    found = upkeep.unused(opened(paying))
    assert [entry.path for entry in found] == [place]
    upkeep.remove(opened(paying), found)
    assert record.digest in {path.stem for path in bought(paying)}


def test_disclose_tells_generated_procedural_and_edited_apart(game: Game, shop: Shop) -> None:
    """A store's form asks for exactly this, and a wrong answer is the developer's problem."""
    game.make()
    (game.root / "assets/slime.png").unlink()
    game.use(shop)
    game.settings(placeholder=False)
    game.draw("boss.png", tint=60)
    report = opened(game).build(only=["boss.png"], yes=True)
    assert report.exit == 0
    repaint(game.root / "assets/chest.anim.png", keeps_text=True)
    run = game.run("disclose", "--json")
    listed = {one["path"]: one for one in json.loads(run.stdout)}
    origins = {os.path.basename(path): one["origin"] for path, one in listed.items()}  # noqa: PTH119
    assert origins["boss.anim.png"] == "generated"
    assert origins["hero.anim.png"] == "procedural"
    assert origins["chest.anim.png"] == "edited"
    assert listed["assets/boss.anim.png"]["services"] == ["127.0.0.1"]
    text = game.run("disclose").stdout
    assert "2 files were generated by 127.0.0.1" in text
    assert "1 file was edited by hand" in text
    assert list(listed) == sorted(listed)


def test_game_without_ai_says_so(game: Game) -> None:
    """A form that claims a generative tool where there was none costs buyers."""
    game.make()
    text = game.run("disclose").stdout
    assert "No animation of this game was made with generative AI: " in text
    assert "animated procedurally, without AI" in text
    assert "generative tool" not in text
    assert "0 files" not in text
    assert upkeep.statement(()) == "No animation of this game was made with pixelpipe."
