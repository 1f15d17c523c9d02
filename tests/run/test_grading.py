"""A low grade is told, and may keep a clip back; it never spends, and never takes away."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from game import RULES, Game, Run, Shop, png
from PIL import Image
from places import REPOSITORY

from pipeline.api import Project, Wish
from pipeline.commands import takes, upkeep
from pipeline.core import keys
from pipeline.core.model import Request
from pipeline.run.report import Report

HERO = "assets/hero.png"
IDLE = "breathing calmly, a subtle idle loop"
STRICT = RULES.replace("    clips:\n", "    grade: {warn: 85, hide: 60}\n    clips:\n").replace(
    "**/*.png", "hero.png"
)
TWO = STRICT + '      hop: {prompt: "hopping on the spot", frames: 4}\n'


def opened(game: Game) -> Project:
    """Open the game in this process."""
    return Project(game.root, environment=game.variables())


def output(game: Game) -> bytes:
    """Return the published sheet."""
    return (game.root / "assets/hero.anim.png").read_bytes()


def states(report: Report) -> dict[str, str]:
    """Return how each clip ended."""
    return {one.step.clip: one.state for one in report.results}


def wishes(game: Game) -> dict[str, Request]:
    """Return the requests of the hero's rule, by clip."""
    (source,) = opened(game).plan_of(HERO).plan.sources
    return {request.clip: request for request in source.wanted.requests}


def spoilt(content: bytes, frames: int) -> bytes:
    """Erase the figure from all frames but every third: nobody would call that an animation."""
    with Image.open(io.BytesIO(content)) as opened_image:
        strip = opened_image.convert("RGBA")
    width = strip.width // frames
    matte = strip.crop((0, 0, 1, 1)).resize(strip.size)
    for number in range(frames):
        height = strip.height if number % 3 else strip.height // 2
        box = (number * width, 0, (number + 1) * width, height)
        strip.paste(matte.crop(box), box)
    return png(strip)


def eaten(content: bytes, frames: int) -> bytes:
    """Paint the figure's commonest colour like the background, as a service may."""
    with Image.open(io.BytesIO(content)) as opened_image:
        strip = opened_image.convert("RGB")
    matte = strip.getpixel((0, 0))
    assert isinstance(matte, tuple)
    counts = {shade: count for count, shade in strip.getcolors(1 << 16) or [] if shade != matte}
    usual = max(counts, key=lambda shade: counts[shade])
    pixels = strip.load()
    assert pixels is not None
    for x in range(strip.width):
        for y in range(strip.height):
            if pixels[x, y] == usual:
                pixels[x, y] = matte
    return png(strip)


def plant(
    game: Game, *clips: str, take: int = 0, spoil: Callable[[bytes, int], bytes] = spoilt
) -> None:
    """Put bad frames into the store as what was bought for the rule's clips."""
    project = opened(game)
    store, service = project.workspace.store(), project.workspace.service.identity
    models = [record for folder in project.workspace.bought for _, record in store.records(folder)]
    for name in clips:
        request = msgspec.structs.replace(wishes(game)[name], take=take)
        key = keys.request_key(request, service)
        frames = request.frames or 8
        model = next(one for one in models if one.resolved.frames == frames)
        content = spoil(store.content(model.digest) or b"", frames)
        resolved = msgspec.structs.replace(model.resolved, request_key=key, prompt=request.prompt)
        record = msgspec.structs.replace(
            model,
            request_key=key,
            take=take,
            digest=keys.digest(content),
            recipe=keys.recipe(request, service),
            resolved=resolved,
        )
        store.put(record, content)


def locked_takes(game: Game) -> dict[object, bool]:
    """Return the idle's takes in the lock file, and whether they are hidden."""
    lines = [line for line in game.locked() if line.get("clip") == "idle"]
    return {line.get("take", 0): bool(line.get("hidden")) for line in lines}


def is_quiet(game: Game) -> bool:
    """Tell whether a build finds nothing to do, and writes nothing."""
    before = game.files()
    run = game.build()
    quiet = {state for _, state in run.states().values()} <= {"fresh", "hidden"}
    return run.exit == 0 and quiet and game.files() == before


@pytest.fixture
def strict(paying: Game) -> Game:
    """Return a game whose hero was published, and whose rule hides weak clips."""
    paying.rules(TWO)
    assert paying.make().exit == 0
    return paying


def swaying(game: Game, text: str = TWO) -> None:
    """Ask for another idle, which comes back bad."""
    game.rules(text.replace(IDLE, "swaying in the wind"))
    plant(game, "idle")


def test_hidden_clip_leaves_what_is_published(strict: Game, shop: Shop) -> None:
    """The game keeps its old idle; the report says why, what can be done, and for how much."""
    before, calls = output(strict), shop.calls
    swaying(strict)
    run = strict.run("build")
    assert run.exit == 0
    assert output(strict) == before
    assert f"{HERO} [idle]: graded " in run.stderr
    assert ", below 60: kept, and not shown." in run.stderr
    assert f"`pixelpipe pick {HERO} --clip idle --take 0` shows it" in run.stderr
    assert f"`pixelpipe reroll {HERO} --clip idle` buys another take (20 credits)" in run.stderr
    assert run.stderr.count("frame") >= 1
    assert shop.calls == calls
    hidden = [line for line in strict.locked() if line.get("hidden")]
    assert [line["clip"] for line in hidden] == ["idle"]
    assert len(upkeep.unused(opened(strict))) == 0


def test_a_low_grade_never_spends_and_is_not_told_twice(strict: Game, shop: Shop) -> None:
    """The next build has nothing to do; the lock file remembers the decision."""
    calls = shop.calls
    swaying(strict)
    assert states(strict.make()) == {"idle": "hidden", "hop": "left"}
    assert is_quiet(strict)
    run = strict.run("build")
    assert f"{HERO} [idle]: hidden: graded" in run.stdout
    assert shop.calls == calls


def test_first_publication_goes_without_the_hidden_clip(paying: Game) -> None:
    """With nothing to keep, the good clips are published, and the bad one is not."""
    paying.rules(TWO)
    paying.make()
    paying.draw("hero.png", tint=33)
    for path in paying.root.glob("assets/*.anim.*"):
        path.unlink()
    (paying.root / "pixelpipe.lock").unlink()
    plant(paying, "idle")
    report = paying.make()
    assert states(report) == {"idle": "hidden", "hop": "done"}
    data = (paying.root / "assets/hero.anim.json").read_text()
    assert '"hop"' in data
    assert '"idle"' not in data
    assert is_quiet(paying)


def test_nothing_is_published_when_all_is_hidden(paying: Game) -> None:
    """An only clip that is bad: no file, and no endless trying."""
    paying.rules(STRICT)
    paying.make()
    paying.run("clean")
    (paying.root / "pixelpipe.lock").unlink()
    paying.draw("hero.png", tint=34)
    plant(paying, "idle")
    assert states(paying.make()) == {"idle": "hidden"}
    assert paying.outputs() == set()
    assert is_quiet(paying)


def test_outputs_that_nothing_can_bring_back_are_let_go(strict: Game) -> None:
    """Their clips are not wanted any more, and the new one is hidden: "reuse" was never done."""
    strict.rules(STRICT.replace("idle:", "rest:").replace(IDLE, "swaying in the wind"))
    plant(strict, "rest")
    assert strict.run("clean").exit == 0
    assert states(strict.make()) == {"rest": "hidden"}
    assert is_quiet(strict)
    assert strict.run("verify").exit == 0


def test_clip_that_was_published_once_is_never_hidden(strict: Game) -> None:
    """A stricter rule, a new program, a deleted output: what was shown stays shown."""
    strict.rules(TWO.replace("hide: 60", "hide: 0").replace(IDLE, "swaying in the wind"))
    plant(strict, "idle")
    report = strict.make()
    assert states(report) == {"idle": "done", "hop": "done"}
    bad = output(strict)
    strict.rules(TWO.replace("hide: 60", "hide: 99").replace(IDLE, "swaying in the wind"))
    assert is_quiet(strict)
    (strict.root / "assets/hero.anim.png").unlink()
    assert states(strict.make())["idle"] == "done"
    assert output(strict) == bad
    (strict.root / HERO).rename(strict.root / "assets/knight.png")
    strict.rules(
        TWO.replace("hide: 60", "hide: 99")
        .replace(IDLE, "swaying in the wind")
        .replace("hero.png", "knight.png")
    )
    ended = {(one.step.source, one.state) for one in strict.make().results}
    assert ended == {("assets/knight.png", "done"), (HERO, "removed")}


def test_pick_shows_a_hidden_clip_for_good(strict: Game, shop: Shop) -> None:
    """A person's eye beats a number."""
    before, calls = output(strict), shop.calls
    swaying(strict)
    strict.make()
    run: Run = strict.run("pick", HERO, "--clip", "idle", "--take", "0")
    assert run.exit == 0, run.stderr
    assert output(strict) != before
    assert not [line for line in strict.locked() if line.get("hidden")]
    assert is_quiet(strict)
    assert shop.calls == calls


def test_lower_bar_shows_it_for_nothing(strict: Game, shop: Shop) -> None:
    """Changing the policy judges what was bought again; a looser one publishes it."""
    before, calls = output(strict), shop.calls
    swaying(strict)
    strict.make()
    strict.rules(TWO.replace("hide: 60", "hide: 0").replace(IDLE, "swaying in the wind"))
    assert states(strict.make()) == {"idle": "done", "hop": "done"}
    assert output(strict) != before
    assert shop.calls == calls
    assert is_quiet(strict)


def test_good_reroll_is_published(strict: Game, shop: Shop) -> None:
    """The proposal works: the next take is good, is shown, and the bad one is kept."""
    swaying(strict)
    strict.make()
    calls = shop.calls
    run = strict.run("reroll", HERO, "--clip", "idle", "--yes")
    assert run.exit == 0, run.stderr
    assert shop.calls == calls + 1
    assert locked_takes(strict) == {0: True, 1: False}
    assert takes.known(opened(strict), HERO, "idle")[0].current == 1
    assert is_quiet(strict)


def test_bad_reroll_leaves_the_take_in_use(strict: Game) -> None:
    """Trying again can only make it better."""
    before = output(strict)
    plant(strict, "idle", take=1)
    wish = Wish(paths=frozenset([HERO]), takes={(HERO, "idle"): 1})  # what `reroll` wants
    report = opened(strict).build(wish)
    assert states(report)["idle"] == "hidden"
    assert output(strict) == before
    assert takes.known(opened(strict), HERO, "idle")[0].current == 0
    assert locked_takes(strict) == {0: False, 1: True}
    assert is_quiet(strict)
    strict.settings(targets=["aseprite", "godot", "gif"])
    assert states(strict.make()) == {"idle": "done", "hop": "done"}
    assert output(strict) == before
    assert locked_takes(strict) == {0: False, 1: True}


def test_clean_checkout_shows_what_was_shown(strict: Game, tmp_path: Path) -> None:
    """Outputs need not be committed: the purchase that is shown is, beside the hidden one."""
    before = output(strict)
    swaying(strict)
    strict.make()
    twin = Game(tmp_path / "twin")
    shutil.copytree(strict.root, twin.root)
    for path in twin.root.glob("assets/*.anim.*"):
        path.unlink()
    shutil.rmtree(strict.variables()["PIXELPIPE_STATE"])
    assert twin.make().exit == 0
    assert output(twin) == before
    assert is_quiet(twin)


def test_new_drawing_with_a_bad_clip_leaves_the_whole_set(strict: Game) -> None:
    """Old and new frames do not fit each other: the sheet changes as a whole, or not at all."""
    before = output(strict)
    strict.draw("hero.png", tint=35)
    plant(strict, "idle")
    report = strict.make()
    assert states(report) == {"idle": "hidden", "hop": "left"}
    assert output(strict) == before
    assert is_quiet(strict)


def test_weak_clip_is_published_and_told(strict: Game) -> None:
    """Between `hide` and `warn` the user is asked to look, with the largest faults."""
    strict.rules(
        TWO.replace("warn: 85, hide: 60", "warn: 100").replace(IDLE, "swaying in the wind")
    )
    plant(strict, "idle")
    report = strict.make()
    (idle,) = (one for one in report.results if one.step.clip == "idle")
    assert idle.state == "done"
    assert 1 <= len(idle.warnings) <= 3
    assert all(sentence.startswith(f"{HERO} [idle]: ") for sentence in idle.warnings)


def test_eaten_colour_proposes_the_next_best_matte_with_its_price(strict: Game, shop: Shop) -> None:
    """The key took a colour: another matte may keep it, and only a person may buy that."""
    calls = shop.calls
    strict.rules(TWO.replace("hide: 60", "hide: 0").replace(IDLE, "swaying in the wind"))
    plant(strict, "idle", spoil=eaten)
    report = strict.make()
    (idle,) = (one for one in report.results if one.step.clip == "idle")
    (told,) = (one for one in idle.warnings if "taken for the background" in one)
    store = opened(strict).workspace.store()
    record = next(
        record
        for folder in opened(strict).workspace.bought
        for _, record in store.records(folder)
        if record.resolved.prompt == "swaying in the wind"
    )
    other = record.resolved.runner_up.removeprefix("#")
    assert told.endswith(
        f"; `pixelpipe reroll {HERO} --clip idle --matte {other}` buys another take on #{other} "
        "(20 credits)"
    )
    assert idle.grade is not None
    assert idle.grade < 85
    assert shop.calls == calls
    run = strict.run("reroll", HERO, "--clip", "idle", "--matte", other, "--yes")
    assert run.exit == 0, run.stderr
    assert "taken for the background" not in run.stderr
    assert shop.calls == calls + 1


def test_number_alone_is_the_one_to_warn_at(game: Game) -> None:
    """The short form, and what it may not be."""
    game.rules(RULES.replace("    clips:\n", "    grade: 70\n    clips:\n"))
    rule = opened(game).workspace.rules[0]
    assert (rule.grade.warn, rule.grade.hide) == (70, 0)
    game.rules(RULES.replace("    clips:\n", "    grade: {hid: 70}\n    clips:\n"))
    run = game.build()
    assert run.exit == 3
    assert "hide" in run.stderr


@pytest.mark.slow
def test_sample_project_has_no_fault_to_tell(tmp_path: Path) -> None:
    """A lunge, a death that lies, a rooted plant, a heart: the first build complains of nothing."""
    root = tmp_path / "sample"
    made = shutil.ignore_patterns("*.anim.*", ".pixelpipe", "pixelpipe.lock", ".godot")
    shutil.copytree(REPOSITORY / "sample_project", root, ignore=made)
    state = {**os.environ, "PIXELPIPE_STATE": str(tmp_path / "state")}
    report = Project(root, environment=state).build()
    assert len(report.results) >= 30
    told = [warning for one in report.results for warning in one.warnings]
    assert not told


@pytest.mark.parametrize(
    ("prompt", "most", "word"),
    [
        ("kneels and prays", 60, "kneels"),
        ("juggling", 60, "juggling"),
        ("walks and juggles", 80, "juggles"),
    ],
)
def test_what_was_asked_for_and_is_not_shown_costs_the_grade(
    game: Game, prompt: str, most: int, word: str
) -> None:
    """However well it moves: a walk is no juggling, and the grade's sentence names the word."""
    game.rules(RULES.replace(IDLE, prompt))
    report = game.make()
    assert report.exit == 0
    (hero,) = [one for one in report.results if one.step.source == HERO]
    assert hero.grade is not None
    assert hero.grade <= most
    assert [one for one in hero.warnings if "not shown" in one and word in one]
