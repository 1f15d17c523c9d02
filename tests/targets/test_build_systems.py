"""Make, Ninja and CMake: each brings a project up to date, and does nothing twice.

Six tests each. What they need was bought before, as in a clean checkout, since every recipe
passes `--frozen`; the last test shows that none of them can spend.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import programs
import pytest
from buildsystems import SYSTEMS, CMakeNinja, System
from game import RULES, Game, Shop

OVERRIDE = "pivot: %s\n"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Game:
    """Build a project of two sprites once; tests copy it with its bought bytes and outputs."""
    folder = tmp_path_factory.mktemp("built")
    game = Game(folder / "game", environment={"PIXELPIPE_STATE": str(folder / "state")})
    game.settings(service="built-in")
    game.rules(RULES)
    game.draw("hero.png")
    game.draw("slime.png", tint=3)
    game.write("assets/hero.png.yaml", OVERRIDE % "top")
    assert game.make().exit == 0
    return game


@pytest.fixture
def checkout(built: Game, tmp_path: Path) -> Game:
    """A copy in which everything was bought; its index is younger, as after a clone."""
    game = Game(tmp_path / "game")
    shutil.copytree(built.root, game.root)
    return game


def ours(game: Game) -> dict[str, tuple[int, bytes]]:
    """Return the project's files without those of a build folder."""
    return {path: file for path, file in game.files().items() if not path.startswith("out/")}


@pytest.fixture(
    params=[
        pytest.param(kind, id=kind.__name__, marks=[pytest.mark.slow] if kind.is_slow else [])
        for kind in SYSTEMS
    ]
)
def system(request: pytest.FixtureRequest, checkout: Game, tmp_path: Path) -> System:
    """One of the build systems, configured on the checkout."""
    kind: type[System] = request.param
    programs.program(kind.command[0])
    if kind is CMakeNinja:
        programs.program("ninja")
    return kind(checkout, tmp_path / "bin")


def test_first_build_makes_everything_from_what_was_bought(system: System) -> None:
    """A clean checkout needs neither key nor network."""
    for path in system.game.root.rglob("*.anim.*"):
        path.unlink()
    assert len(system.runs()) == system.expected("hero", "slime")
    assert {"hero.anim.png", "hero.anim.json", "slime.anim.png"} <= system.game.outputs()
    assert system.runs() == []


def test_nothing_to_do_runs_nothing(system: System) -> None:
    """Not even once more after the first build: outputs beside sources are no change."""
    assert len(system.runs()) == system.expected("hero", "slime")
    system.settle()
    before = ours(system.game)
    assert system.runs() == []
    assert ours(system.game) == before


def test_changed_override_makes_its_sprite_again(system: System) -> None:
    """The build system has never heard of the file: the depfile names it."""
    system.settle()
    before = system.game.files()
    system.game.write("assets/hero.png.yaml", OVERRIDE % "center")
    assert len(system.runs()) == system.expected("hero")
    after = system.game.files()
    assert after["assets/hero.anim.json"] != before["assets/hero.anim.json"]
    assert after["assets/slime.anim.json"] == before["assets/slime.anim.json"]
    assert system.runs() == []


def test_changed_rule_file_makes_its_sprites_again_and_may_change_nothing(system: System) -> None:
    """Unchanged outputs keep their time, and nothing is run a second time all the same."""
    system.settle()
    before = system.game.files()
    system.game.rules(RULES + "\n# a note\n")
    assert len(system.runs()) == system.expected("hero", "slime")
    after = system.game.files()
    outputs = [path for path in before if ".anim." in path]
    assert outputs
    assert [path for path in outputs if after[path] != before[path]] == []
    assert system.runs() == []


def test_deleted_output_comes_back(system: System) -> None:
    """A stamp alone would hide that."""
    system.settle()
    (system.game.root / "assets/hero.anim.json").unlink()
    assert len(system.runs()) == system.expected("hero")
    assert "hero.anim.json" in system.game.outputs()
    assert system.runs() == []


def test_deleted_source_and_hidden_input_stop_nothing(system: System) -> None:
    """Make would say `No rule to make target` of a file that a depfile still names."""
    system.settle()
    (system.game.root / "assets/hero.png.yaml").unlink()
    assert len(system.runs()) == system.expected("hero")
    (system.game.root / "assets/hero.png").unlink()
    system.configure()
    assert len(system.runs()) <= 1
    assert "slime.anim.png" in system.game.outputs()
    assert system.runs() == []


def test_frozen_without_key_fails_and_spends_nothing(system: System, shop: Shop) -> None:
    """What was never bought is left, the build system hears of it, and goes on failing."""
    system.settle()
    unpaid = {"PIXELPIPE_SERVICE": shop.url}
    system.game.draw("chest.png", tint=9)
    system.configure()
    for _ in range(2):
        assert system.runs(fails=True, extra=unpaid)
        assert "--frozen asks no service" in system.said
    assert shop.calls == 0
    assert "chest.anim.png" not in system.game.outputs()


def test_cmake_takes_each_sprite_once_and_no_output_for_a_sprite(
    checkout: Game, tmp_path: Path
) -> None:
    """Stems may have a full stop in them, and some targets write a PNG a frame."""
    programs.program("cmake")
    programs.program("ninja")
    for name in ("hero.v2.png", "bad hero.png", "my.anim.notes/chest.png"):
        checkout.draw(name)
    checkout.settings(targets=["aseprite", "frames", "gamemaker"], service="built-in")
    assert checkout.make().exit == 0
    system = CMakeNinja(checkout, tmp_path / "bin")
    asked = [line for line in system.runs() if "--only" in line]
    named = sorted(line.split("--only ")[1].split(" --frozen")[0] for line in asked)
    wanted = ("bad hero.png", "hero.png", "hero.v2.png", "slime.png")
    assert named == [str(checkout.root / "assets" / name) for name in wanted]
    system.settle()
    assert system.runs() == []
