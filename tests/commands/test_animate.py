"""`animate`: one PNG and one prompt, without a project; and what derived clips and alpha give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from game import RULES, Game, Run, Shop, png, sprite
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline import imaging
from pipeline.imaging.picture import raster


@pytest.fixture
def folder(tmp_path: Path) -> Game:
    """Make a folder with one picture and nothing else."""
    made = Game(tmp_path / "pictures")
    made.write("hero.png", png(sprite()))
    return made


def animate(folder: Game, *options: str, prompt: str = "hopping on the spot") -> Run:
    """Animate the hero."""
    return folder.run("animate", "hero.png", prompt, *options)


def names(folder: Game) -> set[str]:
    """Return all files in the folder."""
    return {path.relative_to(folder.root).as_posix() for path in folder.root.rglob("*")}


def test_one_command_makes_an_animation_and_leaves_nothing_else(folder: Game) -> None:
    """The quickest way to see it work must not litter a folder."""
    run = animate(folder)
    assert run.exit == 0, run.stderr
    assert names(folder) == {"hero.png", "hero.anim.png", "hero.anim.json"}
    assert "0 credits" in run.stdout
    assert "hero.anim.png" in run.stdout


def test_the_same_wish_again_is_bought_once(folder: Game, shop: Shop) -> None:
    """The state folder remembers, although there is no project and no lock file."""
    folder.use(shop)
    assert animate(folder, "--yes").exit == 0
    before = (folder.root / "hero.anim.png").read_bytes()
    (folder.root / "hero.anim.png").unlink()
    run = animate(folder, "--json")
    assert (run.exit, run.totals["reuse"], run.totals["credits_charged"]) == (0, 1, 0)
    assert ((folder.root / "hero.anim.png").read_bytes(), shop.calls) == (before, 1)


def sheet_of(folder: Game) -> dict[str, tuple[int, int]]:
    """Return first and last frame of each clip, as the JSON says."""
    document = json.loads((folder.root / "hero.anim.json").read_text())
    with Image.open(folder.root / "hero.anim.png") as image:
        assert image.size == tuple(document["meta"]["size"].values())
    return {tag["name"]: (tag["from"], tag["to"]) for tag in document["meta"]["frameTags"]}


def test_a_further_clip_is_added_and_every_output_fits_it(folder: Game, shop: Shop) -> None:
    """Another target must not leave a JSON that describes another sheet."""
    folder.use(shop)
    assert animate(folder, "--yes", "--clip", "idle", "--once", "--fps", "10").exit == 0
    first = sheet_of(folder)
    run = animate(folder, "--yes", "--clip", "hop", "--target", "gif", prompt="leaping high")
    assert run.exit == 0, run.stderr
    assert shop.calls == 2
    found = sheet_of(folder)
    assert set(found) == {"idle", "hop"}
    assert found["idle"] == first["idle"]
    assert {"hero.anim.idle.gif", "hero.anim.hop.gif"} <= names(folder)
    document = json.loads((folder.root / "hero.anim.json").read_text())
    idle = document["meta"]["frameTags"][0]
    assert idle["repeat"] == "1"
    assert {cell["duration"] for cell in list(document["frames"].values())[: idle["to"] + 1]} <= {
        *(100 * n for n in range(1, 9))
    }
    again = animate(folder, "--yes", "--clip", "hop", "--target", "godot", prompt="leaping high")
    assert (again.exit, shop.calls) == (0, 2)
    assert {"hero.anim.tres", "hero.anim.json", "hero.anim.hop.gif"} <= names(folder)
    assert set(sheet_of(folder)) == {"idle", "hop"}


def test_the_same_clip_with_another_prompt_takes_its_place(folder: Game) -> None:
    """And nothing of it stays in any output."""
    assert animate(folder, "--clip", "idle", "--target", "gif").exit == 0
    assert animate(folder, "--clip", "idle", prompt="swaying in the wind").exit == 0
    assert set(sheet_of(folder)) == {"idle"}


def test_another_sprite_under_the_name_starts_anew(folder: Game) -> None:
    """Clips of other pixels are not put beside those of this one."""
    assert animate(folder).exit == 0
    folder.write("hero.png", png(sprite(3)))
    assert animate(folder, "--clip", "hop").exit == 0
    assert set(sheet_of(folder)) == {"hop"}


def test_without_a_yes_nothing_is_bought(folder: Game, shop: Shop) -> None:
    """A one-shot command is a purchase like any other."""
    folder.use(shop)
    run = animate(folder)
    assert (run.exit, shop.calls) == (5, 0)
    assert "--max-credits" in run.stderr
    assert names(folder) == {"hero.png"}


def test_options_reach_the_clip(folder: Game) -> None:
    """Frames, name, speed, once, and forms."""
    run = animate(
        folder, "--clip", "jump", "--frames", "4", "--fps", "10", "--once", "--target", "godot",
        "--target", "aseprite",
    )  # fmt: skip
    assert run.exit == 0, run.stderr
    assert "hero.anim.tres" in names(folder)
    data = json.loads((folder.root / "hero.anim.json").read_text())
    (tag,) = data["meta"]["frameTags"]
    assert (tag["name"], tag["repeat"]) == ("jump", "1")
    assert sum(frame["duration"] for frame in data["frames"].values()) == 400


def test_braces_in_a_prompt_are_braces(folder: Game) -> None:
    """On the command line there are no captures to fill in."""
    assert animate(folder, prompt="hops {high} and {low").exit == 0


def test_stages_show_the_way_from_bought_bytes_to_frames(folder: Game, tmp_path: Path) -> None:
    """Every stage can be looked at, as a strip; the pictures are no outputs."""
    run = animate(folder, "--stages", str(tmp_path / "stages"))
    assert run.exit == 0
    found = sorted(path.name for path in (tmp_path / "stages").iterdir())
    assert len(found) > 1
    assert [int(name.split("-")[0]) for name in found] == list(range(len(found)))
    for name in found:
        with Image.open(tmp_path / "stages" / name) as strip:
            assert strip.width >= 8 * 12
    assert run.stderr.count("stage: ") == len(found)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("heroo.png", "hops"), 2, "heroo.png: there is no such file; did you mean hero.png?"),
        ((".", "hops"), 2, ".: is a folder; name one PNG"),
        (("hero.png", "hops", "--frames", "5"), 2, "--frames: must be an even number from 2 to 16"),
        (("hero.png", "hops", "--fps", "99"), 2, "--fps: must be a number from 0.5 to 60"),
        (("hero.png", "hops", "--fps", "nan"), 2, "--fps: must be a number from 0.5 to 60"),
        (("hero.png", "hops", "--clip", "a b"), 2, "--clip a b: is not a clip's name"),
        (("hero.png", "hops", "--service", "nobody"), 2, "--service: must be auto"),
        (("hero.png", " "), 2, "prompt"),
        (("hero.png", "hops", "--target", "godott"), 2, "--target: there is no target 'godott'"),
    ],
)
def test_wrong_wishes_are_sentences(
    folder: Game, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """What is wrong, in words, and nothing is made."""
    run = folder.run("animate", *arguments)
    assert run.exit == code
    assert words in run.stderr
    assert names(folder) == {"hero.png"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.jpg", "only PNG files are animated: save it as PNG with a transparent background"),
        ("x.gif", "only PNG files are animated: save it as PNG"),
        ("x.aseprite", "`aseprite -b x.aseprite --save-as x.png`"),
        ("x.Png", "rename it to x.png"),
        ("hero.anim.png", "is an output of pixelpipe"),
    ],
)
def test_a_file_that_is_no_source_says_what_to_do(folder: Game, name: str, words: str) -> None:
    """A missing file, a folder and a photograph are three different mistakes."""
    folder.write(name, b"")
    run = folder.run("animate", name, "hops")
    assert (run.exit, words in run.stderr) == (2, True), run.stderr


def test_bad_picture_is_a_sentence(folder: Game) -> None:
    """Half a PNG is no bug of ours."""
    folder.write("hero.png", png(sprite())[:60])
    run = animate(folder)
    assert (run.exit, run.stderr.count("hero.png")) == (4, 1)


def test_foreign_file_in_the_way_is_left_alone(folder: Game) -> None:
    """Without a lock file nobody knows it for ours."""
    folder.write("hero.anim.json", "mine")
    run = animate(folder)
    assert run.exit == 1
    assert "not ours" in run.stderr
    assert (folder.root / "hero.anim.json").read_text() == "mine"


# -- derived clips and alpha, through `build` ---------------------------------------------------

DERIVED = """\
rules:
  - name: heroes
    match: hero.png
    pivot: [5, 13]
    clips:
      hop: {prompt: "hopping on the spot", frames: 8}
      left: {from: hop, flip: x}
      back: {from: hop, reverse: true}
      slow: {from: hop, fps: 4}
      held: {from: hop, hold: {2: 900}}
      both: {from: hop, direction: pingpong, loop: true}
      upside: {from: left, flip: y, reverse: true}
"""


class Drawn:
    """A published sheet read back through its JSON, as an engine reads it."""

    def __init__(self, game: Game) -> None:
        data = json.loads((game.root / "assets/hero.anim.json").read_text())
        content = (game.root / "assets/hero.anim.png").read_bytes()
        sheet = raster.array(imaging.decode(content, "hero.anim.png"))
        self.pivot = data["meta"]["slices"][0]["keys"][0]["pivot"]
        self.tags = {tag["name"]: tag for tag in data["meta"]["frameTags"]}
        self.cells = []
        for cell in data["frames"].values():
            x, y, w, h = (cell["frame"][side] for side in "xywh")
            self.cells.append((sheet[y : y + h, x : x + w], cell["duration"]))

    def play(self, clip: str) -> list[tuple[bytes, int]]:
        """Return the frames of a clip with their ms; equal neighbours are one."""
        tag = self.tags[clip]
        return [
            (rgba.tobytes(), ms) for rgba, ms in self.cells[int(tag["from"]) : int(tag["to"]) + 1]
        ]

    def pictures(self, clip: str) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
        """Return the frames of a clip."""
        tag = self.tags[clip]
        return [rgba for rgba, _ in self.cells[int(tag["from"]) : int(tag["to"]) + 1]]


@pytest.fixture
def derived(paying: Game) -> Game:
    """Build a hero with one bought clip and six derived ones."""
    paying.settings(targets=["aseprite"])
    paying.rules(DERIVED)
    assert paying.make().exit == 0
    return paying


def test_derived_clips_are_free_and_right(derived: Game, shop: Shop) -> None:
    """One purchase, seven animations, each exactly what its rule says, read back from disk."""
    drawn = Drawn(derived)
    assert (shop.calls, set(drawn.tags)) == (
        1,
        {"hop", "left", "back", "slow", "held", "both", "upside"},
    )
    hop = drawn.play("hop")
    assert len({picture for picture, _ in hop}) > 2
    assert drawn.play("back") == hop[::-1]
    assert [picture for picture, _ in drawn.play("slow")] == [picture for picture, _ in hop]
    assert sum(ms for _, ms in drawn.play("slow")) == 8 * 250
    assert sum(ms for _, ms in hop) == 8 * 125
    assert (drawn.tags["both"]["direction"], drawn.play("both")) == ("pingpong", hop)
    assert drawn.tags["hop"]["direction"] == "forward"


def test_flips_mirror_about_the_pivot(derived: Game) -> None:
    """A flipped walk stands on the same spot: the pivot's column is the mirror."""
    drawn = Drawn(derived)
    for hop, left in zip(drawn.pictures("hop"), drawn.pictures("left"), strict=True):
        width = hop.shape[1]
        solid = [np.flatnonzero(frame[..., 3].any(axis=0)) for frame in (hop, left)]
        shift = solid[1][0] - (width - 1 - solid[0][-1])
        mirrored = np.roll(hop[:, ::-1], shift, axis=1)
        assert (mirrored == left).all()
        middle = (solid[0][0] + solid[1][-1]) / 2
        assert abs(middle - drawn.pivot["x"]) <= 0.5
    lefts, upside = drawn.pictures("left")[::-1], drawn.pictures("upside")
    for left, turned in zip(lefts, upside, strict=True):
        assert (left[..., 3] > 0).sum() == (turned[..., 3] > 0).sum()
        assert not (left == turned).all()


def test_hold_keeps_one_frame_longer(derived: Game) -> None:
    """The held frame has its time; all others keep theirs."""
    drawn = Drawn(derived)
    hop, held = drawn.play("hop"), drawn.play("held")
    assert sum(ms for _, ms in held) == sum(ms for _, ms in hop) - 125 + 900
    assert [picture for picture, _ in held] == [picture for picture, _ in hop]
    assert sum(1 for (_, a), (_, b) in zip(hop, held, strict=True) if a != b) == 1


def test_changing_a_derived_clip_needs_no_service(derived: Game, shop: Shop) -> None:
    """Derived from what was bought: also without a key, and offline."""
    derived.use_none()
    derived.rules(DERIVED.replace("fps: 4", "fps: 5") + "      down: {from: hop, flip: y}\n")
    run = derived.build()
    assert (run.exit, run.report["service"]["url"], shop.calls) == (0, None, 1)  # type: ignore[index]
    drawn = Drawn(derived)
    assert sum(ms for _, ms in drawn.play("slow")) == 8 * 200
    assert "down" in drawn.tags


@pytest.mark.parametrize(("alpha", "has_soft"), [("cut", False), ("keep", True)])
def test_alpha_keep_puts_soft_pixels_back(game: Game, alpha: str, has_soft: bool) -> None:
    """Soft edges of a source survive where nothing changed; `cut` gives hard ones."""
    soft = sprite()
    soft.putpixel((2, 12), (200, 60, 80, 160))
    game.write("assets/hero.png", png(soft))
    game.settings(targets=["aseprite"])
    wish = f'{{prompt: "the top half flickers", alpha: {alpha}}}'
    game.rules(RULES.replace('"breathing calmly, a subtle idle loop"', wish))
    assert game.make().exit == 0
    first = Drawn(game).pictures("idle")[0]
    assert bool(((first[..., 3] > 0) & (first[..., 3] < 255)).any()) is has_soft
    if has_soft:
        source = raster.array(imaging.decode(png(soft), "hero.png"))
        assert (first == source).all()


def test_alpha_keep_costs_nothing(paying: Game, shop: Shop) -> None:
    """It is applied afterwards: switching it on buys nothing."""
    paying.make()
    wish = '{prompt: "breathing calmly, a subtle idle loop", alpha: keep, loop: true}'
    paying.rules(RULES.replace('"breathing calmly, a subtle idle loop"', wish))
    assert paying.make().exit == 0
    assert shop.calls == 3


def test_a_build_tells_what_animate_made_from_what_a_person_edited(game: Game) -> None:
    """Both stay as they are; only one of them was a person's hand."""
    assert game.run("build").exit == 0
    assert game.run("animate", "assets/hero.png", "jumping up").exit == 0
    told = json.loads(game.plan("--only", "assets/hero.png").stdout)["steps"][0]
    assert told["step"] == "blocked"
    assert "was made beside the rules, as by `pixelpipe animate`" in told["reason"]
    place = game.root / "assets/hero.anim.png"
    with Image.open(place) as opened:
        painted = opened.convert("RGBA")
    painted.putpixel((0, 0), (1, 2, 3, 255))
    chunks = PngInfo()
    for name, text in opened.info.items():
        chunks.add_itxt(str(name), str(text))
    painted.save(place, pnginfo=chunks)
    told = json.loads(game.plan("--only", "assets/hero.png").stdout)["steps"][0]
    assert "was edited by hand" in told["reason"]
    assert game.run("restore", "assets/hero.png").exit == 0
    assert game.run("build").exit == 0
