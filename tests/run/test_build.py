"""What a user sees of `build`: made once, never again without a reason."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from game import OUTPUTS, RULES, TWO_CLIPS, Game, Shop, built, shop_serving
from PIL import Image
from places import REPOSITORY

from pipeline.api import Project

#: The same code without starting Python for every command; each exit code once for real
#: stands in test_cli and in the tests here that start processes themselves.
pytestmark = pytest.mark.usefixtures("in_process")


def test_each_sprite_gets_its_animation_beside_it(game: Game) -> None:
    """The main job: PNGs and a rule go in, animations come out, for nothing."""
    run = game.build()
    assert run.exit == 0
    assert game.outputs() == OUTPUTS
    assert run.totals["credits_charged"] == 0
    assert run.report["service"]["paid"] is False  # type: ignore[index]
    with Image.open(game.root / "assets/hero.anim.png") as image:
        assert image.width * image.height >= 3 * 12 * 14


def test_console_says_rule_price_and_what_to_open(game: Game) -> None:
    """A first run must tell what was made, from which rule, for how much, and the next step."""
    run = game.run("build")
    assert run.exit == 0
    for word in ("heroes", "hero [idle]", "0 credits", "built-in", "Next: open"):
        assert word in run.stdout
    again = game.run("build")
    assert "Nothing to do: 3 clips up to date." in again.stdout


def test_unchanged_project_writes_nothing_and_asks_nobody(game: Game) -> None:
    """The second build leaves every byte and every time stamp as it is."""
    assert game.make().exit == 0
    before = game.files()
    run = game.build()
    assert run.exit == 0
    assert run.totals["fresh"] == 3
    assert run.report["service"]["url"] is None  # type: ignore[index]
    assert game.files() == before


def test_unchanged_build_loads_nothing_heavy(game: Game) -> None:
    """A run with nothing to do must be done before anybody notices it."""
    assert game.make().exit == 0
    for path in (game.root / name for name in game.files()):
        # Younger files are read again: their stat may not yet tell a change.
        os.utime(path, (time.time() - 60, time.time() - 60))
    assert game.make().exit == 0
    assert _loaded("import sys; sys.argv = ['pixelpipe', 'build']", game) == set()


def test_help_loads_nothing_heavy(game: Game) -> None:
    """`pixelpipe --help` answers at once."""
    assert _loaded("import sys; sys.argv = ['pixelpipe', '--help']", game) == set()


def _loaded(prologue: str, game: Game) -> set[str]:
    heavy = ("numpy", "PIL", "starlette", "uvicorn", "rich", "requests", "watchdog")
    program = (
        f"{prologue}\nfrom pipeline.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('LOADED', *[name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=game.root,
        env=game.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_next_build_deletes_what_a_killed_one_left_half_written(game: Game) -> None:
    """Else hidden files would gather beside the sprites; a living run's file must stay."""
    old, new = (game.root / f"assets/.hero.anim.png.pixelpipe-tmp{number}-0" for number in (1, 2))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    game.run("build")
    assert not old.exists()
    assert new.exists()


@pytest.mark.skipif(os.name == "nt", reason="makes pipes and links")
def test_what_stands_in_an_outputs_place_stops_that_asset_only(game: Game) -> None:
    """A pipe would be waited for without end; a link leads out of the project."""
    game.run("build")
    for name in ("hero", "slime"):
        (game.root / f"assets/{name}.anim.png").unlink()
    os.mkfifo(game.root / "assets/hero.anim.png")
    (game.root / "assets/slime.anim.png").symlink_to("/nowhere")
    (game.root / "assets/chest.anim.png").unlink()
    run = game.run("build")
    assert run.exit == 1
    assert "hero.anim.png" in run.stderr
    assert "slime.anim.png" in run.stderr
    assert (game.root / "assets/chest.anim.png").exists()
    assert game.run("build", "--frozen").exit == 1
    assert game.run("verify").exit == 8


@pytest.mark.parametrize("name", ["random.py", "numpy.py", "pipeline/__init__.py", "PIL/Image.py"])
def test_python_files_of_the_game_are_never_imported(game: Game, name: str) -> None:
    """Our child processes start in the game's folder: its code is not ours to run."""
    game.write(name, "raise SystemExit('imported the game')")
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "pipeline", "build"], cwd=game.root, env=game.variables(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert (game.root / "assets/hero.anim.png").exists()


def test_what_many_clips_have_in_common_is_said_once(paying: Game) -> None:
    """Three hundred lines of the same refusal hide the one line that matters."""
    for number in range(12):
        paying.draw(f"more/{number}.png", tint=20 + number)
    run = paying.run("build")
    assert run.exit == 5
    assert run.stderr.count("would cost 300 credits") == 1
    assert "buy: 15 clips: would cost" in run.stderr


@pytest.mark.parametrize("odd", ["<<<<<<< HEAD", "rubbish", "=======", ">>>>>>> other"])
def test_build_cleans_a_merged_lock_although_nothing_is_to_do(game: Game, odd: str) -> None:
    """Else the markers would be committed, and named by every run from then on."""
    game.run("build")
    lock_file = game.root / "pixelpipe.lock"
    clean = lock_file.read_text("utf-8")
    lock_file.write_text(f"{clean}{odd}\n", "utf-8", newline="\n")
    assert game.run("build", "--frozen").exit == 0
    assert odd in lock_file.read_text("utf-8")
    run = game.run("build")
    assert run.exit == 0
    assert "pixelpipe.lock:" in run.stderr
    assert lock_file.read_text("utf-8") == clean


def test_deleted_source_takes_its_outputs_along(game: Game) -> None:
    """Orphans: only our own files go, and only when the source is really gone."""
    built(game)
    (game.root / "assets/slime.png").unlink()
    game.write("assets/slime.anim.notes.txt", "mine")
    run = game.build()
    assert run.exit == 0
    assert game.outputs() == (OUTPUTS - {"slime.anim.png", "slime.anim.json"}) | {
        "slime.anim.notes.txt"
    }
    assert all(line.get("source") != "assets/slime.png" for line in game.locked())
    assert game.build().totals["orphan"] == 0


def test_unmatched_source_is_listed(game: Game) -> None:
    """No match is reported, not silent."""
    game.rules(RULES.replace("**/*.png", "h*.png"))
    run = game.build()
    assert run.exit == 0
    assert run.report["unmatched"] == ["assets/chest.png", "assets/slime.png"]
    assert "No rule matches 2 sources" in game.run("build").stdout


def test_source_that_no_rule_matches_any_more_keeps_its_outputs(game: Game) -> None:
    """A config edit never deletes what it did not make."""
    built(game)
    game.rules(RULES.replace("**/*.png", "h*.png"))
    assert game.build().exit == 0
    assert game.outputs() == OUTPUTS


def test_ignore_pattern_deletes_nothing(game: Game) -> None:
    """An ignore pattern re-pays nothing and wipes nothing, a user's file least of all."""
    built(game)
    game.write("assets/readme.txt", "mine")
    before = game.files()
    game.settings(ignore=["nothing/like/this.png"])
    assert game.build().exit == 0
    after = game.files()
    before.pop("pixelpipe.yaml")
    after.pop("pixelpipe.yaml")
    assert after == before


def test_only_builds_what_is_asked_for(game: Game) -> None:
    """`--only` takes a path, a glob, or a path from the assets folder; the rest waits."""
    assert game.build("--only", "assets/hero.png").exit == 0
    assert game.outputs() == {"hero.anim.png", "hero.anim.json"}
    assert game.build("--only", "s*.png").exit == 0
    assert "chest.anim.png" not in game.outputs()
    assert game.build().exit == 0
    assert game.outputs() == OUTPUTS


def test_hand_edited_output_is_never_overwritten(game: Game) -> None:
    """An artist's touch-up survives every build, and its set stays whole."""
    built(game)
    game.write("assets/hero.anim.json", "{}")
    run = game.build()
    assert run.exit == 1
    assert "edited by hand" in run.stdout
    game.draw("hero.png", tint=9)
    assert game.build().exit == 1
    assert (game.root / "assets/hero.anim.json").read_text() == "{}"
    assert run.states()["slime.png", "idle"] == ("fresh", "fresh")


def test_foreign_file_in_the_way_is_left_alone(paying: Game, shop: Shop) -> None:
    """Somebody's file under our name is blocked before anything is bought for it."""
    paying.write("assets/hero.anim.json", "mine")
    run = paying.build("--yes")
    assert run.exit == 1
    assert "is not ours" in run.stdout
    assert (paying.root / "assets/hero.anim.json").read_text() == "mine"
    assert shop.calls == 2


def test_folder_where_an_output_goes_stops_that_source_only(paying: Game, shop: Shop) -> None:
    """Whatever stands there, the others are built."""
    (paying.root / "assets/hero.anim.png").mkdir()
    run = paying.build("--yes")
    assert run.exit == 1
    assert "hero.anim.png" in run.stdout
    assert shop.calls == 2
    assert {"slime.anim.png", "chest.anim.png"} <= paying.outputs()


def test_two_sources_that_would_share_outputs_are_refused(game: Game) -> None:
    """The plan refuses two writers of one path, also where only case differs."""
    game.draw("Hero.png", tint=5)
    run = game.build()
    assert run.exit == 1
    assert run.states()["hero.png", "idle"] == ("blocked", "failed")
    assert "overwrite" in run.stdout


def test_plan_says_what_build_does(paying: Game, shop: Shop) -> None:
    """The same list and the same price; and a plan changes nothing."""
    paying.rules(TWO_CLIPS)
    before = paying.outputs()
    plan = paying.plan()
    assert paying.outputs() == before
    assert shop.calls == 0
    run = paying.build("--yes")
    keep = ("source", "clip", "step", "request_key")
    said, done = (
        sorted(tuple(step[name] for name in keep) for step in report["steps"])  # type: ignore[attr-defined]
        for report in (plan.report, run.report)
    )
    assert said == done
    assert plan.totals["credits_planned"] == run.totals["credits_charged"] == 120


def test_plan_check_tells_by_its_exit_code(game: Game) -> None:
    """Exit 9 while anything would run, else 0."""
    assert game.plan("--check").exit == 9
    built(game)
    assert game.plan("--check").exit == 0
    (game.root / "assets/hero.anim.png").unlink()
    assert game.plan("--check").exit == 9


def test_unusual_names_survive_every_file(game: Game) -> None:
    """A name may hold what JSON and lines find special; the second build is fresh all the same."""
    for number, name in enumerate(("a b", "it's", 'q"q', "sn\u2028ow", "x\xa0y", "\U0001f409")):
        game.draw(f"{name}.png", tint=20 + number)
    assert game.make().exit == 0
    run = game.build()
    assert run.exit == 0
    assert run.totals["fresh"] == 9, run.stdout
    assert run.report["notices"] == []


def test_output_is_replaced_whole(game: Game) -> None:
    """Whoever reads while we publish gets the old bytes or the new ones, never a mix."""
    built(game)
    place = game.root / "assets/hero.anim.json"
    old = place.stat().st_ino
    game.settings(targets=["aseprite", "gif"])
    game.rules(RULES + "    pivot: center\n")
    with place.open("rb") as reader:
        before = place.read_bytes()
        assert game.make().exit == 0
        assert reader.read() == before
    assert place.stat().st_ino != old or place.read_bytes() == before


def test_depfile_and_stamp_serve_make(game: Game) -> None:
    """Make rebuilds when a source changes and not otherwise; missing folders are made."""
    game.write(
        "Makefile",
        "art.stamp:\n\t$(PIXELPIPE) build --depfile out/art.d --stamp art.stamp\n"
        "-include out/art.d\n",
    )
    make = shutil.which("make")
    if make is None:
        pytest.skip("needs make")
    environment = {"PIXELPIPE": f"{sys.executable} -m pipeline"}

    def made() -> str:
        return subprocess.run(
            [make, "art.stamp"],
            cwd=game.root,
            env=game.variables(environment),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert "Made 3 clips" in made()
    assert "up to date" in made()
    time.sleep(0.05)
    game.draw("hero.png", tint=77)
    assert "Made 1 clip" in made()


def test_service_that_is_chosen_by_a_flag_is_used(game: Game, shop: Shop) -> None:
    """Flags win over the file."""
    game.settings(service="built-in")
    game.use(shop)
    del game.environment["PIXELPIPE_SERVICE"]
    run = game.build("--service", shop.url, "--yes")
    assert run.exit == 0
    assert shop.calls == 3


def test_results_do_not_depend_on_the_number_of_jobs(tmp_path: Path) -> None:
    """One at a time or eight, the outputs are the same, and the limit is kept."""
    found = []
    for jobs in (1, 8):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        made = Game(folder / "game")
        made.environment["PIXELPIPE_STATE"] = str(folder / "state")
        made.settings(jobs=jobs)
        made.rules(RULES)
        for number in range(5):
            made.draw(f"s{number}.png", tint=number)
        with shop_serving(folder) as serving:
            made.use(serving)
            assert made.make().exit == 0
        found.append(
            {n: c for n, (_, c) in made.files().items() if n.startswith(("assets", ".pixelpipe/b"))}
        )
    assert found[0] == found[1]


def test_project_is_found_from_below(game: Game) -> None:
    """A build started in a folder of the project builds the project."""
    report = Project(game.root / "assets", environment=game.variables()).build()
    assert report.exit == 0
    assert game.outputs() == OUTPUTS


def test_no_project_is_a_clear_sentence(tmp_path: Path) -> None:
    """Outside of any project: exit 3 and what to do."""
    lost = Game(tmp_path)
    run = lost.run("build")
    assert run.exit == 3
    assert "pixelpipe init" in run.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
@pytest.mark.parametrize("kind", ["pipe", "folder", "broken link", "link to itself"])
@pytest.mark.usefixtures("in_process")
def test_settings_that_are_no_file_are_told_and_no_other_project_is_meant(
    game: Game, kind: str
) -> None:
    """It was "no pixelpipe.yaml", or the project in a folder above was built."""
    inner = Game(game.root / "assets" / "inner")
    inner.root.mkdir()
    place = inner.root / "pixelpipe.yaml"
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "broken link":
            place.symlink_to("nowhere")
        case _:
            place.symlink_to(place)
    for command in ("build", "plan", "doctor", "jobs", "balance", "init"):
        ended = inner.run(command)
        assert ended.exit == 3, command
        assert "pixelpipe.yaml: " in ended.stdout + ended.stderr
        assert "no pixelpipe.yaml" not in ended.stdout + ended.stderr
    assert os.path.lexists(place)


@pytest.mark.slow
def test_sample_project_builds(tmp_path: Path) -> None:
    """The README's first command: every sprite of the sample has its animation beside it."""
    made = Game(tmp_path / "sample")
    shutil.copytree(
        REPOSITORY / "sample_project", made.root, ignore=shutil.ignore_patterns("*.anim.*", ".*")
    )
    run = made.build()
    assert run.exit == 0
    stems = {
        path.stem for path in (made.root / "assets").rglob("*.png") if ".anim." not in path.name
    }
    made_for = {name.rpartition("/")[2].partition(".anim.")[0] for name in made.outputs()}
    assert made_for == stems
