"""Numbered frames that are there become a clip as they are, for nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from game import Game, Shop, png
from PIL import Image
from slimes import pose

from pipeline.api import Wish
from pipeline.core import keys
from pipeline.core.model import Clip, Direction, Rule, TargetChoice
from pipeline.run.uptodate import quick
from pipeline.storage import files, lock

pytestmark = pytest.mark.usefixtures("in_process")
FRAMES = [f"slime_walk_{number:02d}.png" for number in range(4)]
FIELD = 'frames_from: "slime_walk_{n}.png"'
RULE = f"rules: [{{name: slimes, match: 'slime_*.png', clips: {{walk: {{{FIELD}, fps: 8}}}}}}]"
OUTPUTS = {"slime_walk_00.anim.png", "slime_walk_00.anim.json"}


@pytest.fixture
def walking(tmp_path: Path) -> Game:
    """A project of four frames of one figure, which a rule states to be a clip."""
    made = Game(tmp_path / "game")
    made.settings()
    made.rules(RULE)
    for number, name in enumerate(FRAMES):
        made.write(f"assets/{name}", png(pose(number)))
    return made


def cells(game: Game, stem: str = "slime_walk_00", clip: str = "walk") -> list[Image.Image]:
    """Cut the published sheet into the frames of a clip."""
    said = json.loads((game.root / f"assets/{stem}.anim.json").read_text("utf-8"))
    sheet = Image.open(game.root / f"assets/{stem}.anim.png").convert("RGBA")
    tag = next(tag for tag in said["meta"]["frameTags"] if tag["name"] == clip)
    boxes = [one["frame"] for one in said["frames"].values()][tag["from"] : tag["to"] + 1]
    corners = ((box["x"], box["y"], box["w"], box["h"]) for box in boxes)
    return [sheet.crop((x, y, x + w, y + h)) for x, y, w, h in corners]


def kinds(game: Game) -> dict[tuple[str, str], str]:
    return {name: step for name, (step, _) in game.plan().states().items()}


def test_frames_become_a_clip_as_they_are(walking: Game) -> None:
    ended = walking.build()
    assert ended.exit == 0, ended.stderr
    assert ended.states() == {("slime_walk_00.png", "walk"): ("reuse", "done")}
    assert ended.totals["credits_planned"] == 0
    assert walking.outputs() == OUTPUTS
    shown = cells(walking)
    assert [one.tobytes() for one in shown] == [pose(at).tobytes() for at in range(4)]
    said = json.loads((walking.root / "assets/slime_walk_00.anim.json").read_text("utf-8"))
    assert {one["duration"] for one in said["frames"].values()} == {125}


def test_nothing_is_done_twice(walking: Game) -> None:
    walking.build()
    before = walking.files()
    for _ in range(3):
        ended = walking.build()
        assert ended.states() == {("slime_walk_00.png", "walk"): ("fresh", "fresh")}
        assert walking.run("build").exit == 0
    assert walking.files() == before
    assert walking.plan("--check").exit == 0


@pytest.mark.parametrize("edited", FRAMES)
def test_an_edit_of_any_frame_makes_the_clip_again(walking: Game, edited: str) -> None:
    walking.build()
    walking.run("build")
    new = pose(2, tint=60)
    walking.write(f"assets/{edited}", png(new))
    assert walking.plan("--check").exit == 9
    ended = walking.run("build")
    assert ended.exit == 0, ended.stderr
    assert cells(walking)[FRAMES.index(edited)].tobytes() == new.tobytes()
    assert walking.build().states() == {("slime_walk_00.png", "walk"): ("fresh", "fresh")}


def test_a_frame_that_goes_or_comes_changes_the_clip(walking: Game) -> None:
    walking.build()
    walking.run("build")
    (walking.root / "assets" / FRAMES[2]).unlink()
    assert walking.run("build").exit == 0
    assert [one.tobytes() for one in cells(walking)] == [pose(at).tobytes() for at in (0, 1, 3)]
    walking.write("assets/slime_walk_10.png", png(pose(5)))
    assert walking.run("build").exit == 0
    assert cells(walking)[3].tobytes() == pose(5).tobytes()
    assert walking.outputs() == OUTPUTS


def test_when_the_first_frame_goes_the_next_one_owns_the_clip(walking: Game) -> None:
    walking.build()
    (walking.root / "assets" / FRAMES[0]).unlink()
    assert walking.build().exit == 0
    assert walking.outputs() == {name.replace("_00", "_01") for name in OUTPUTS}
    for name in FRAMES[1:]:
        (walking.root / "assets" / name).unlink()
    walking.build()
    assert walking.outputs() == set()
    assert walking.locked() == []


def test_numbers_count_and_not_letters(walking: Game) -> None:
    for name in FRAMES:
        (walking.root / "assets" / name).unlink()
    for number in (1, 2, 10):
        walking.write(f"assets/slime_walk_{number}.png", png(pose(number % 7)))
    assert walking.build().exit == 0
    shown = [one.tobytes() for one in cells(walking, "slime_walk_1")]
    assert shown == [pose(at).tobytes() for at in (1, 2, 3)]
    walking.write("assets/slime_walk_02.png", png(pose(2)))
    ended = walking.run("build")
    assert ended.exit != 0
    assert "have one number" in ended.stderr


def test_a_frame_of_another_size_is_named(walking: Game) -> None:
    walking.build()
    before = walking.files()["assets/slime_walk_00.anim.png"]
    walking.write(f"assets/{FRAMES[2]}", png(pose(1).resize((20, 18))))
    ended = walking.run("build")
    assert ended.exit == 4, ended.stderr
    assert "gets no file" not in ended.stderr
    assert "slime_walk_02.png is 20x18 px, the others are 16x16 px" in ended.stderr
    assert walking.files()["assets/slime_walk_00.anim.png"] == before
    walking.write(f"assets/{FRAMES[2]}", png(pose(2)))
    assert walking.run("build").exit == 0


def test_a_frame_that_is_no_picture_is_named(walking: Game) -> None:
    walking.write(f"assets/{FRAMES[3]}", b"no picture")
    ended = walking.run("build")
    assert ended.exit == 4
    assert FRAMES[3] in ended.stderr
    assert walking.outputs() == set()


def test_equal_frames_stay_and_derived_clips_follow(walking: Game) -> None:
    walking.rules(
        f"rules: [{{name: slimes, match: 'slime_*.png', clips: {{walk: {{{FIELD}}}, "
        "back: {from: walk, reverse: true}}}]"
    )
    walking.write(f"assets/{FRAMES[1]}", png(pose(0)))
    assert walking.build().exit == 0
    poses = [pose(at).tobytes() for at in (0, 0, 2, 3)]
    assert [one.tobytes() for one in cells(walking)] == poses
    assert [one.tobytes() for one in cells(walking, clip="back")] == poses[::-1]


def test_frames_beside_a_bought_clip_cost_nothing(walking: Game, shop: Shop) -> None:
    walking.rules(
        f"rules: [{{name: slimes, match: 'slime_*.png', clips: {{walk: {{{FIELD}}}, "
        "idle: {prompt: breathing, frames: 4}}}]"
    )
    walking.use(shop)
    planned = walking.plan()
    assert planned.totals["credits_planned"] == 20
    assert walking.build("--yes").exit == 0
    assert shop.charged == 20
    assert shop.calls == 1
    assert [one.tobytes() for one in cells(walking)][1] is not None
    paid = [line for line in walking.locked() if "key" in line]
    walking.write(f"assets/{FRAMES[2]}", png(pose(2, tint=90)))
    assert walking.build("--yes").exit == 0
    assert shop.charged == 20
    assert [line for line in walking.locked() if "key" in line] == paid
    walking.use_none()
    assert walking.build("--frozen").exit == 0


def test_a_clean_clone_makes_it_without_a_key_and_frozen(walking: Game, tmp_path: Path) -> None:
    walking.build()
    clone = Game(tmp_path / "clone", walking.environment)
    shutil.copytree(
        walking.root, clone.root, ignore=shutil.ignore_patterns("*.anim.*", ".pixelpipe*")
    )
    for options in (["--frozen"], ["--locked"], []):
        ended = clone.build(*options)
        assert ended.exit == 0, ended.stdout
        assert clone.outputs() == OUTPUTS
    assert clone.locked() == walking.locked()


@pytest.mark.parametrize("option", ["--frozen", "--locked"])
def test_a_changed_frame_passes_no_gate(walking: Game, option: str) -> None:
    walking.build()
    walking.write(f"assets/{FRAMES[1]}", png(pose(1, tint=70)))
    before = walking.locked()
    ended = walking.build(option)
    assert walking.locked() == before
    assert ended.exit == (9 if option == "--locked" else 0)


def test_an_override_states_it_as_the_question_says(walking: Game) -> None:
    walking.rules("rules: [{name: all, match: '*.png', clips: {idle: breathing}}]")
    ended = walking.plan()
    assert set(kinds(walking).values()) == {"ask"}
    line = 'clips: {walk: {frames_from: "slime_walk_{n}.png"}, idle: null}'
    reason = ended.report["steps"][0]["reason"]  # type: ignore[index]
    assert f"`{line}` in assets/slime_walk_00.png.yaml" in reason
    walking.write("assets/slime_walk_00.png.yaml", line)
    assert walking.build().states() == {("slime_walk_00.png", "walk"): ("reuse", "done")}
    assert walking.outputs() == OUTPUTS
    assert walking.run("build").exit == 0
    walking.write(f"assets/{FRAMES[3]}", png(pose(3, tint=50)))
    walking.run("build")
    assert cells(walking)[3].tobytes() == pose(3, tint=50).tobytes()


def test_the_last_frame_alone_is_looked_at_with_its_owner(walking: Game) -> None:
    walking.build()
    walking.write(f"assets/{FRAMES[3]}", png(pose(3, tint=50)))
    ended = walking.build("--only", f"assets/{FRAMES[3]}")
    assert ended.states() == {("slime_walk_00.png", "walk"): ("reuse", "done")}
    assert cells(walking)[3].tobytes() == pose(3, tint=50).tobytes()


def test_a_sprite_that_is_no_frame_may_own_them(walking: Game) -> None:
    walking.rules(
        "rules: [{name: all, match: '[!_]*.png', clips: "
        '{idle: {prompt: breathing, frames: 4}, walk: {frames_from: "{stem}_walk_{n}.png"}}, '
        "when: {path: '^slime.png$'}}]"
    )
    walking.write("assets/slime.png", png(pose(1)))
    ended = walking.build()
    assert set(ended.states()) == {("slime.png", "idle"), ("slime.png", "walk")}
    assert len(cells(walking, "slime")) == 4


def test_why_names_the_frames(walking: Game) -> None:
    walking.build()
    for name in FRAMES:
        said = walking.run("why", f"assets/{name}")
        assert said.exit == 0
        assert "assets/slime_walk_00.png [walk]" in said.stdout
        assert "frames  " + ", ".join(f"assets/{one}" for one in FRAMES) in said.stdout
    walking.write(f"assets/{FRAMES[1]}", png(pose(1, tint=70)))
    assert "its frames changed" in walking.run("why", f"assets/{FRAMES[0]}").stdout
    assert json.loads(walking.run("why", f"assets/{FRAMES[0]}", "--json").stdout)


def test_a_lost_lock_file_is_made_again(walking: Game) -> None:
    walking.build()
    before = walking.locked()
    (walking.root / "pixelpipe.lock").unlink()
    assert walking.build().exit == 0
    assert walking.locked() == before
    (walking.root / "pixelpipe.lock").unlink()
    assert walking.run("verify", "--rebuild-lock").exit == 0
    assert walking.locked() == before


def test_the_line_in_the_lock_file_is_none_that_others_read(walking: Game) -> None:
    walking.build()
    text = (walking.root / "pixelpipe.lock").read_text("utf-8")
    line = next(one for one in text.splitlines() if '"clip"' in one)
    # What a release knows that has clips, files and the first line alone.
    for decoder in (lock._clip_line, lock._file_line):
        with pytest.raises(Exception, match="missing required field"):
            decoder.decode(line)
    assert lock._header.decode(line) == lock._header.decode(lock.HEAD)


def test_a_statement_claims_no_tool_for_what_was_drawn(walking: Game) -> None:
    walking.build()
    said = walking.run("disclose").stdout
    assert "put together of frames that we drew" in said
    assert "procedurally" not in said


def test_the_gallery_shows_it(walking: Game) -> None:
    walking.build()
    assert walking.run("gallery", "--out", "page.html").exit == 0
    page = (walking.root / "page.html").read_text("utf-8")
    assert '"walk"' in page


def test_other_commands_know_such_a_clip(walking: Game) -> None:
    walking.build()
    for command in (["verify"], ["clean", "--orphans"], ["doctor", "--offline"], ["prune"]):
        assert walking.run(*command).exit == 0, command
    assert walking.run("build").exit == 0
    assert walking.outputs() == OUTPUTS
    reroll = walking.run("reroll", f"assets/{FRAMES[0]}", "--clip", "walk")
    assert reroll.exit == 2
    assert "has no clip 'walk'" in reroll.stderr or "no rule" in reroll.stderr


def test_frames_are_sources_again_when_nothing_adopts_them(walking: Game) -> None:
    walking.rules("rules: [{name: all, match: '*.png', clips: {idle: {prompt: breathing}}}]")
    override = "assets/slime_walk_00.png.yaml"
    walking.write(override, f"sheet: false\nclips: {{walk: {{{FIELD}}}}}\n")
    walking.run("build")
    walking.run("build")
    assert walking.outputs() == OUTPUTS
    walking.write(override, "sheet: false\n")
    ended = walking.build()
    assert {source for source, _ in ended.states()} == set(FRAMES)
    assert len(cells(walking, clip="idle")) > 1


def _edit(game: Game) -> None:
    game.write(f"assets/{FRAMES[2]}", png(pose(2, tint=60)))


def _remove(game: Game) -> None:
    (game.root / "assets" / FRAMES[2]).unlink()


def _add(game: Game) -> None:
    game.write("assets/slime_walk_04.png", png(pose(1)))


def _enlarge(game: Game) -> None:
    game.write(f"assets/{FRAMES[1]}", png(pose(1).resize((20, 20))))


def _disown(game: Game) -> None:
    game.write(OVERRIDE, "sheet: false\n")


def _shorten(game: Game) -> None:
    game.write(OVERRIDE, f"sheet: false\nclips: {{walk: {{{FIELD}, fps: 4}}}}\n")


OVERRIDE = "assets/slime_walk_00.png.yaml"


@pytest.mark.parametrize("change", [_edit, _remove, _add, _enlarge, _disown, _shorten])
def test_what_is_remembered_never_hides_a_change(
    walking: Game, monkeypatch: pytest.MonkeyPatch, change: Callable[[Game], None]
) -> None:
    monkeypatch.setattr(files, "RACY_NS", 0)  # nothing has to age
    walking.rules("rules: [{name: all, match: '*.png', clips: {idle: {prompt: breathing}}}]")
    walking.write(OVERRIDE, f"sheet: false\nclips: {{walk: {{{FIELD}}}}}\n")
    walking.draw("hero.png")
    for _ in range(3):
        assert walking.run("build").exit == 0
    found = quick.look(["build", str(walking.root)], walking.variables())
    assert found is not None
    assert not found.differing
    change(walking)
    first = walking.run("build")
    after = walking.files()
    shutil.rmtree(walking.root / ".pixelpipe", ignore_errors=True)
    again = walking.build()
    assert first.exit == again.exit
    assert {state for _, state in again.states().values()} <= {"fresh", "failed", "asked"}
    assert {k: v for k, v in walking.files().items() if ".anim." in k} == {
        k: v for k, v in after.items() if ".anim." in k
    }


def test_targets_that_number_frames_know_how_many_there_are(walking: Game) -> None:
    walking.settings(targets=["frames", "gif", "godot"])
    assert walking.build().exit == 0
    assert walking.build().states() == {("slime_walk_00.png", "walk"): ("fresh", "fresh")}
    numbered = [one for one in walking.outputs() if ".anim.walk_" in one]
    assert len(numbered) == 4


def test_the_depfile_names_every_frame(walking: Game) -> None:
    walking.build("--depfile", "made.d", "--stamp", "made")
    text = (walking.root / "made.d").read_text("utf-8")
    assert all(f"assets/{name}" in text for name in FRAMES)


def test_after_a_merge_of_two_edits_one_build_makes_it_right(walking: Game) -> None:
    walking.build()
    lines: set[str] = set()
    for number in (1, 2):
        walking.write(f"assets/{FRAMES[number]}", png(pose(number, tint=60)))
        assert walking.build().exit == 0
        lines |= set((walking.root / "pixelpipe.lock").read_text("utf-8").splitlines())
    walking.write("pixelpipe.lock", "\n".join(sorted(lines, key=lambda one: one != lock.HEAD)))
    assert len([line for line in walking.locked() if "clip" in line]) == 2
    assert walking.build().exit == 0
    assert len([line for line in walking.locked() if "clip" in line]) == 1
    assert walking.build().states() == {("slime_walk_00.png", "walk"): ("fresh", "fresh")}


@pytest.mark.parametrize("number", [0, 2])
def test_one_source_is_read_from_the_lock_file_as_all_are(walking: Game, number: int) -> None:
    """Only the lines about what is looked at are read, and exchanged in their place."""
    walking.write("assets/slime_run_1.png", png(pose(1)))
    walking.rules(
        "rules: [{name: s, match: 'slime_{motion}_*.png', "
        "clips: {move: {frames_from: 'slime_{motion}_{n}.png'}}}]"
    )
    assert set(walking.build().states()) == {
        ("slime_run_1.png", "move"),
        ("slime_walk_00.png", "move"),
    }
    walking.write(f"assets/{FRAMES[number]}", png(pose(number, tint=80)))
    report = walking.make(Wish(yes=True, paths=frozenset([f"assets/{FRAMES[number]}"])))
    assert [one.state for one in report.results] == ["done"]
    text = (walking.root / "pixelpipe.lock").read_text("utf-8")
    assert text == lock.text(lock.parse(text))
    assert len(lock.parse(text).adopted) == 2
    assert walking.plan("--check").exit == 0


@pytest.mark.parametrize(
    ("clip", "said"),
    [
        ("{frames_form: 'a_{n}.png'}", "did you mean `frames_from`"),
        ("{frames_from: 'a.png'}", "must have `{n}` once"),
        ("{frames_from: 'a_{n}.gif'}", "names no PNG"),
        ("{frames_from: 'b/a_{n}.png'}", "names a folder"),
        ("{frames_from: 'a_{n}.png', prompt: walking}", "cannot be stated with `frames_from`"),
        ("{frames_from: 'a_{n}.png', frames: 4}", "cannot be stated with `frames_from`"),
        ("{frames_from: 'a_{n}.png', stages: {align: off}}", "cannot be stated with"),
        ("{frames_from: '{who}_{n}.png'}", "uses {who}, which nothing fills"),
        ("{frames_from: 'a_{n}.png'}}, cells: 16x16, pick: [0], grade: {warn: 80", "with `cells`"),
        ("{frames_from: 'other_{n}.png'}", "no frame beside it is called `other_{n}.png`"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(walking: Game, clip: str, said: str) -> None:
    walking.rules(f'rules: [{{name: s, match: "*.png", clips: {{walk: {clip}}}}}]')
    ended = walking.run("build")
    assert ended.exit in (3, 4)
    assert said in ended.stderr
    assert walking.outputs() == set()


def test_build_keys_of_before_are_the_same() -> None:
    rule = Rule(
        name="hero",
        match=("*.png",),
        clips=(Clip(name="idle", prompt="breathing", fps=8, direction=Direction.PINGPONG),),
    )
    found = keys.build_key("hero", rule, [("idle", "a" * 64, "b" * 64)], [TargetChoice(name="gif")])
    assert found == "9e4fec06e0df10bb881edd875a3a34b8e41c0d6acb53bb7a37c9917a852e731a"
