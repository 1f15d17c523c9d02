"""Cells of a sheet: each is a picture of its own, and the sheet keeps one output set."""

from __future__ import annotations

import io
import json

import pytest
from game import Game, Shop, png
from PIL import Image, ImageChops

from pipeline.api import Project
from pipeline.commands import takes
from pipeline.config import cells
from pipeline.core.model import Clip, Pixels, Rule, StepKind
from pipeline.run.report import Report

SHEET = "assets/items.png"
RULE = """\
rules:
  - name: items
    match: items.png
    cells: 16x16
    pick: [0, 5]
    clips:
      bob: {prompt: "a {clip} item of {width} px, bobbing up and down", frames: 4}
      back: {from: bob, reverse: true}
"""


def figure(tint: int) -> Image.Image:
    """Draw one 16x16 item; `tint` makes it another one."""
    image = Image.new("RGBA", (16, 16))
    for y in range(4, 13):
        for x in range(4 + tint % 3, 12):
            image.putpixel((x, y), (40 + 30 * tint % 200, 200 - 20 * tint, 60 + 9 * y, 255))
    return image


def sheet(*tints: int) -> bytes:
    """Lay eight items out in two rows of four."""
    image = Image.new("RGBA", (64, 32))
    for cell, tint in enumerate(tints or range(8)):
        image.paste(figure(tint), (cell % 4 * 16, cell // 4 * 16))
    return png(image)


@pytest.fixture
def items(paying: Game) -> Game:
    """Return a project with one sheet of eight items and a rule for two of them."""
    for name in ("hero", "slime", "chest"):
        (paying.root / f"assets/{name}.png").unlink()
    paying.settings(targets=["aseprite", "godot"])
    paying.write(SHEET, sheet())
    paying.rules(RULE)
    return paying


def opened(game: Game) -> Project:
    """Open the game in this process."""
    return Project(game.root, environment=game.variables())


def states(report: Report) -> dict[str, tuple[StepKind, str]]:
    """Return step and state of each clip."""
    return {one.step.clip: (one.step.kind, one.state) for one in report.results}


def frames(game: Game, clip: str) -> list[Image.Image]:
    """Return the frames of a clip as an engine cuts them out of the published sheet."""
    data = json.loads((game.root / "assets/items.anim.json").read_text())
    with Image.open(game.root / "assets/items.anim.png") as image:
        whole = image.convert("RGBA")
    (tag,) = (tag for tag in data["meta"]["frameTags"] if tag["name"] == clip)
    boxes = [cell["frame"] for cell in data["frames"].values()][tag["from"] : tag["to"] + 1]
    return [whole.crop((b["x"], b["y"], b["x"] + b["w"], b["y"] + b["h"])) for b in boxes]


def test_each_picked_cell_is_bought_by_itself(items: Game, shop: Shop) -> None:
    """Two cells, one bought clip each, 40 credits; the derived clips and all else is free."""
    run = items.plan()
    assert run.totals["credits_planned"] == 40
    report = items.make()
    assert report.exit == 0
    assert shop.calls == 2
    assert set(states(report)) == {"bob_0", "bob_5"}
    assert items.outputs() == {"items.anim.png", "items.anim.json", "items.anim.tres"}
    for clip, tint in (("bob_0", 0), ("bob_5", 5)):
        made = frames(items, clip)
        assert made[0].size == (16, 16)
        assert ImageChops.difference(made[0], figure(tint)).getbbox(alpha_only=False) is None
        assert len({image.tobytes() for image in made}) > 1
        assert [image.tobytes() for image in frames(items, clip.replace("bob", "back"))] == [
            image.tobytes() for image in made[::-1]
        ]


def test_what_is_sent_is_the_cell_and_its_own_words(items: Game, shop: Shop) -> None:
    """The service sees one item, and the prompt speaks of one item."""
    items.make()
    prompts = {line["clip"]: line for line in items.locked() if "clip" in line}
    store = opened(items).workspace.store()
    for line in prompts.values():
        record = store.record(str(line["key"]), str(line["digest"]))
        assert record is not None
        assert record.resolved.prompt == "a bob item of 16 px, bobbing up and down"
        assert max(record.resolved.canvas) < 64


def test_second_build_has_nothing_to_do(items: Game, shop: Shop) -> None:
    """Sheets are as quiet as sprites; the cells' digests are remembered."""
    items.make()
    before = items.files()
    run = items.build()
    assert (run.exit, run.totals["fresh"], shop.calls) == (0, 2, 2)
    assert items.files() == before


def test_edit_of_another_cell_costs_nothing_and_changes_nothing(items: Game, shop: Shop) -> None:
    """The artist goes on with the sheet; only what is animated counts."""
    items.make()
    before = {path: items.files()[path] for path in items.files() if ".anim." in path}
    items.write(SHEET, sheet(0, 11, 2, 3, 4, 5, 6, 12))
    report = items.make()
    assert {kind for kind, _ in states(report).values()} == {StepKind.FRESH}
    assert {path: items.files()[path] for path in before} == before
    assert shop.calls == 2


def test_edit_of_a_picked_cell_buys_that_cell(items: Game, shop: Shop) -> None:
    """Twenty credits for the cell that changed, and none for the other."""
    items.make()
    items.write(SHEET, sheet(0, 1, 2, 3, 4, 9, 6, 7))
    report = items.make()
    assert states(report)["bob_5"][0] is StepKind.BUY
    assert states(report)["bob_0"][0] is StepKind.FRESH
    assert shop.calls == 3
    made = frames(items, "bob_5")[0]
    assert ImageChops.difference(made, figure(9)).getbbox(alpha_only=False) is None


def test_one_more_cell_buys_one_more_clip(items: Game, shop: Shop) -> None:
    """`pick` grows: what is there is reused. It shrinks: nothing is bought, nothing is lost."""
    items.make()
    items.rules(RULE.replace("[0, 5]", "[5, 0, 7]"))
    assert items.make().exit == 0
    assert shop.calls == 3
    items.rules(RULE.replace("[0, 5]", "[7]"))
    assert items.make().exit == 0
    assert shop.calls == 3
    assert {line["clip"] for line in items.locked() if "clip" in line} == {"bob_7"}


def test_equal_cells_are_bought_once(items: Game, shop: Shop) -> None:
    """A sheet repeats things; the purchase belongs to the pixels."""
    items.write(SHEET, sheet(0, 1, 2, 3, 4, 0, 6, 7))
    report = items.make()
    assert (report.exit, shop.calls) == (0, 1)
    assert frames(items, "bob_5")[1].tobytes() == frames(items, "bob_0")[1].tobytes()


def test_moved_items_follow_their_pixels(items: Game, shop: Shop) -> None:
    """An item that moves to another cell was bought already."""
    items.make()
    items.write(SHEET, sheet(5, 1, 2, 3, 4, 0, 6, 7))
    assert items.make().exit == 0
    assert shop.calls == 2
    assert ImageChops.difference(frames(items, "bob_0")[0], figure(5)).getbbox() is None


def test_takes_are_of_one_cell(items: Game, shop: Shop) -> None:
    """`reroll --clip bob_5` buys that one again."""
    items.make()
    run = items.run("reroll", SHEET, "--clip", "bob_5", "--yes")
    assert run.exit == 0, run.stderr
    assert shop.calls == 3
    listed = {one.clip: one.takes for one in takes.known(opened(items), SHEET)}
    assert listed == {"bob_0": (0,), "bob_5": (0, 1)}


def test_why_explains_a_cell(items: Game) -> None:
    """The rule's line is that of the clip as written."""
    items.make()
    text = items.run("why", SHEET).stdout
    assert f"{SHEET} [bob_0]" in text
    assert f"{SHEET} [bob_5]" in text
    assert "(rules/own.yaml:7)" in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("16x16", "24x16", "cells of 24x16 px do not fill 64x32 px"),
        ("[0, 5]", "[0, 8]", "there is no cell 8; the last one is 7"),
        ("[0, 5]", "[0, 3]", "cell 3: "),
    ],
)
def test_cells_that_are_not_there_are_named(
    items: Game, shop: Shop, old: str, new: str, words: str
) -> None:
    """A wrong size would animate halves of things, for money."""
    with Image.open(io.BytesIO(sheet())) as whole:
        whole.paste((0, 0, 0, 0), (48, 0, 64, 16))
        items.write(SHEET, png(whole))
    items.rules(RULE.replace(old, new))
    run = items.build("--yes")
    assert (run.exit, shop.calls) == (4, 0)
    assert words in run.stdout


def test_cells_without_pick_are_asked_about(items: Game, shop: Shop) -> None:
    """A tileset of 400 cells is never bought as a whole, not even cell by cell."""
    items.rules(RULE.replace("    pick: [0, 5]\n", ""))
    run = items.build("--yes")
    assert (run.exit, run.totals["ask"], shop.calls) == (0, 1, 0)
    assert "state `pick` as well" in run.stdout


def test_sheet_larger_than_the_service_takes_can_have_cells(items: Game, shop: Shop) -> None:
    """Limits are those of what is sent."""
    large = Image.new("RGBA", (512, 512))
    for cell in range(64):
        large.paste(figure(cell), (cell % 32 * 16, cell // 32 * 16))
    items.write(SHEET, png(large))
    items.rules(RULE.replace("[0, 5]", "[33]"))
    assert items.make().exit == 0
    assert shop.calls == 1


def test_cells_are_cut_row_by_row() -> None:
    """Numbers count as one reads; every pixel lies in exactly one cell."""
    dots = bytes(value for at in range(4 * 6) for value in (at, 0, 0, 255))
    whole = Pixels(width=6, height=4, rgba=dots)
    rule = Rule(name="r", match=("*",), clips=(Clip(name="a"),), cells=(3, 2), pick=(0, 3))
    assert [cells.picture(whole, rule, n).rgba[::4] for n in range(4)] == [
        bytes([0, 1, 2, 6, 7, 8]),
        bytes([3, 4, 5, 9, 10, 11]),
        bytes([12, 13, 14, 18, 19, 20]),
        bytes([15, 16, 17, 21, 22, 23]),
    ]
    assert cells.picture(whole, rule, None) is whole
    assert [clip.name for clip in cells.expand(rule).clips] == ["a_0", "a_3"]
