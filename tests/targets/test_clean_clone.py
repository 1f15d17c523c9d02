"""A clean clone without a key, in which a sprite that was paid for has changed: 9, in every recipe.

Each by the program itself. What was bought is in the clone and is used; the changed sprite is left,
nothing is drawn in its place by the built-in engine, and the program hears that it failed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import programs
import pytest
from buildsystems import SYSTEMS, CMakeNinja, System
from game import RULES, Game, Shop
from test_build_hooks import BUILD_RS, CARGO, PACKAGE, Hooked, rust_homes

_GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b")


@pytest.fixture
def clone(tmp_path: Path, shop: Shop) -> Game:
    """Buy two sprites, commit, clone without key and ledger, and save one sprite anew."""
    programs.program("git")
    first = Game(tmp_path / "first", {"PIXELPIPE_STATE": str(tmp_path / "state")})
    first.settings()
    first.rules(RULES)
    first.draw("hero.png")
    first.draw("slime.png", tint=3)
    first.use(shop)
    assert first.make().exit == 0
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*_GIT, *command], cwd=first.root, check=True)
    subprocess.run([*_GIT, "clone", "-q", str(first.root), str(tmp_path / "game")], check=True)
    clone = Game(tmp_path / "game", {"PIXELPIPE_STATE": str(tmp_path / "other")})
    clone.draw("hero.png", tint=8)
    (clone.root / "assets/slime.anim.png").unlink()
    return clone


def codes(log: Path) -> set[str]:
    """Return how the runs of pixelpipe ended."""
    return set(Path(f"{log}.codes").read_text().split())


def check(clone: Game, shop: Shop, before: bytes) -> None:
    """Nothing was bought, and what stood of the changed sprite still stands."""
    assert shop.calls == 2
    assert (clone.root / "assets/hero.anim.png").read_bytes() == before


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=kind.__name__, marks=[pytest.mark.slow] if kind.is_slow else [])
        for kind in SYSTEMS
    ],
)
def test_a_build_system_fails(kind: type[System], clone: Game, shop: Shop, tmp_path: Path) -> None:
    programs.program(kind.command[0])
    if issubclass(kind, CMakeNinja):
        programs.program("ninja")
    before = (clone.root / "assets/hero.anim.png").read_bytes()
    system = kind(clone, tmp_path / "bin")
    for _ in range(2):
        assert system.runs(fails=True)
        assert "hero.png" in system.said
    assert codes(system.log) <= {"9", "0"}
    assert "9" in codes(system.log)
    check(clone, shop, before)


def test_npm_fails(clone: Game, shop: Shop, tmp_path: Path) -> None:
    before = (clone.root / "assets/hero.anim.png").read_bytes()
    clone.write("package.json", json.dumps(PACKAGE))
    hooked = Hooked(clone, tmp_path / "bin")
    _, said = hooked.runs(programs.program("npm"), "run", "build", code=9)
    assert "hero.png" in said
    assert codes(hooked.log) == {"9"}
    assert "slime.anim.png" in clone.outputs(), "what was bought is built all the same"
    check(clone, shop, before)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cargo"), reason="cargo is not installed")
def test_cargo_fails(clone: Game, shop: Shop, tmp_path: Path) -> None:
    before = (clone.root / "assets/hero.anim.png").read_bytes()
    clone.write("Cargo.toml", CARGO)
    clone.write("build.rs", BUILD_RS)
    clone.write("src/main.rs", "fn main() {}\n")
    hooked = Hooked(clone, tmp_path / "bin")
    for _ in range(2):
        _, said = hooked.runs("cargo", "build", "--offline", code=101, extra=rust_homes())
        assert "pixelpipe build --frozen failed" in said
    assert codes(hooked.log) == {"9"}
    check(clone, shop, before)
