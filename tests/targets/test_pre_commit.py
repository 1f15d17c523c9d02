"""pre-commit itself installs this repository once, and stops commits without their animations."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import programs
import pytest
import test_build_hooks
import test_clean_clone
from game import Game, Shop
from places import REPOSITORY
from test_build_hooks import HOME, Hooked
from test_clean_clone import check

hooked = test_build_hooks.hooked
clone = test_clean_clone.clone
#: What its pip builds of a checkout; what else stands there is no part of the package.
_PARTS = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "pipeline", "rules")
_CONFIG = "repos:\n  - repo: {0}\n    rev: {1}\n    hooks: [{{id: pixelpipe}}]\n"


@dataclass
class PreCommit:
    """A repository of this package as it stands, and where pre-commit installs it."""

    repository: Path
    revision: str
    home: Path

    def runs(self, hooked: Hooked, *, code: int) -> str:
        """Run the hook on a project that is a git repository; return what it said."""
        config = hooked.game.write(
            ".pre-commit-config.yaml", _CONFIG.format(self.repository, self.revision)
        )
        git("add", str(config), folder=hooked.game.root)
        hook = (programs.reader("pre_commit"), "-m", "pre_commit", "run", "--all-files")
        # Its pip wants the user's settings and cache; everything else stays in our folder.
        extra = {"HOME": str(HOME), "PRE_COMMIT_HOME": str(self.home)}
        return hooked.runs(*hook, code=code, extra=extra)[1]


def git(*words: str, folder: Path) -> str:
    """Run git there; returns what it prints."""
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def pre_commit(tmp_path_factory: pytest.TempPathFactory) -> PreCommit:
    """Commit the package as it stands; the first that runs it installs it for the others."""
    folder = tmp_path_factory.mktemp("pre-commit")
    repository = folder / "repository"
    repository.mkdir()
    for name in _PARTS:
        if (REPOSITORY / name).is_dir():
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(REPOSITORY / name, repository / name, ignore=without)
        else:
            shutil.copy(REPOSITORY / name, repository)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        git(*words, folder=repository)
    return PreCommit(repository, git("rev-parse", "HEAD", folder=repository), folder / "home")


@pytest.mark.slow
def test_pre_commit_stops_a_commit_without_its_animations(
    hooked: Hooked, pre_commit: PreCommit
) -> None:
    for words in (["init", "-q"], ["add", "-A"]):
        git(*words, folder=hooked.game.root)
    assert "Passed" in pre_commit.runs(hooked, code=0)
    hooked.game.draw("hero.png", tint=8)
    said = pre_commit.runs(hooked, code=1)
    assert "exit code: 9" in said
    assert "hero.png" in said


@pytest.mark.slow
def test_pre_commit_fails_in_a_clean_clone(
    clone: Game, shop: Shop, tmp_path: Path, pre_commit: PreCommit
) -> None:
    before = (clone.root / "assets/hero.anim.png").read_bytes()
    said = pre_commit.runs(Hooked(clone, tmp_path / "bin"), code=1)
    assert "exit code: 9" in said
    assert "hero.png" in said
    check(clone, shop, before)
