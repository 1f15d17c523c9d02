"""Make, Ninja and CMake on a project, with the recipes that the README gives.

Every recipe passes `--frozen`: what it needs was bought before, as in a clean checkout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from game import Game

README = Path(__file__).resolve().parents[2] / "README.md"
MAKE_PROJECT = """\
.pixelpipe/build.stamp:
\tpixelpipe build --frozen --depfile .pixelpipe/build.d --stamp $@
-include .pixelpipe/build.d
"""
MAKE_FILES = """\
SRCS := $(filter-out %.anim.png,$(wildcard assets/*.png))
all: $(SRCS:assets/%.png=.pixelpipe/%.stamp)
.pixelpipe/%.stamp: assets/%.png
\tpixelpipe build --only $< --frozen --depfile .pixelpipe/$*.d --stamp $@
-include $(SRCS:assets/%.png=.pixelpipe/%.d)
.PHONY: all
"""
NINJA_RULE = """\
rule px
  command = pixelpipe build --only $in --frozen --depfile $dep
  depfile = $dep
  deps = gcc
  restat = 1
"""
NINJA_FILE = """\
build assets/{0}.anim.png assets/{0}.anim.json: px assets/{0}.png
  dep = .pixelpipe/{0}.d
"""
NINJA_PROJECT = """\
rule px
  command = pixelpipe build --frozen --depfile $out.d --stamp $out
  depfile = $out.d
  deps = gcc
build .pixelpipe/build.stamp: px
"""
#: As README.md gives it.
CMAKE_FILES = (
    "cmake_minimum_required(VERSION 3.20)\nproject(t NONE)\n"
    + README.read_text("utf-8").split("```cmake\n")[1].split("```")[0]
)


class System(ABC):
    """One build system on one project; counts how often it runs pixelpipe."""

    #: What a developer types.
    command: tuple[str, ...] = ()
    #: One run for the whole project, or one for each sprite.
    is_whole = False
    #: Builds until there is nothing to do in a checkout that has its outputs.
    rounds = 1
    #: Left out when a developer asks for the quick tests.
    is_slow = False

    def __init__(self, game: Game, folder: Path) -> None:
        self.game = game
        self.log = folder / "runs.log"
        path = f"{pixelpipe(folder)}{os.pathsep}{os.environ['PATH']}"
        self.variables = {**game.variables(), "PATH": path, "RUN_LOG": str(self.log)}
        self.said = ""
        self.configure()

    @abstractmethod
    def configure(self) -> None:
        """Write the recipe for the sprites that there are."""

    def runs(self, *, fails: bool = False, extra: Mapping[str, str] | None = None) -> list[str]:
        """Build; return the command lines of pixelpipe that this took."""
        self.log.write_text("")
        code = self.call(*self.command, extra=extra)
        assert (code != 0) is fails, self.said
        return self.log.read_text("utf-8").splitlines()

    def settle(self) -> None:
        """Build until there is nothing to do.

        That is once; but where outputs were there before Ninja's first run, it hears only from
        that run of hidden inputs that are newer than the source, and `restat` lets it look again.
        """
        for _ in range(self.rounds):
            self.runs()

    def call(self, *command: str, extra: Mapping[str, str] | None = None) -> int:
        """Run any command in the project; its output is then in `said`."""
        done = subprocess.run(
            command,
            cwd=self.game.root,
            env={**self.variables, **(extra or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.said = done.stdout + done.stderr
        assert "Traceback" not in self.said, self.said
        return done.returncode

    def expected(self, *names: str) -> int:
        """Return how many runs a change of these sprites takes."""
        return min(1, len(names)) if self.is_whole else len(names)


class MakeProject(System):
    """One stamp for everything."""

    command = ("make",)
    is_whole = True

    def configure(self) -> None:
        """Write the Makefile."""
        self.game.write("Makefile", MAKE_PROJECT)


class MakeFiles(MakeProject):
    """A stamp for each sprite."""

    is_whole = False

    def configure(self) -> None:
        """Write the Makefile, which finds the sprites itself."""
        self.game.write("Makefile", MAKE_FILES)


class NinjaProject(System):
    """One stamp for everything."""

    is_slow = True
    command = ("ninja",)
    is_whole = True

    def configure(self) -> None:
        """Write the build file."""
        self.game.write("build.ninja", NINJA_PROJECT)


class NinjaFiles(NinjaProject):
    """The outputs themselves, without a stamp."""

    is_whole = is_slow = False
    rounds = 2

    def configure(self) -> None:
        """Write the build file, as a generator would, for the sprites that there are."""
        names = sorted(path.stem for path in (self.game.root / "assets").glob("*.png"))
        sources = [name for name in names if not name.endswith(".anim")]
        self.game.write("build.ninja", NINJA_RULE + "".join(map(NINJA_FILE.format, sources)))


class CMakeNinja(System):
    """A stamp for each sprite, in a build folder, with absolute paths."""

    command = ("cmake", "--build", "out")
    generator = "Ninja"
    is_slow = True

    def configure(self) -> None:
        """Write the list file and configure."""
        self.game.write("CMakeLists.txt", CMAKE_FILES)
        assert self.call("cmake", "-G", self.generator, "-B", "out") == 0, self.said


class CMakeMake(CMakeNinja):
    """The same through Makefiles."""

    generator = "Unix Makefiles"


SYSTEMS = [MakeProject, MakeFiles, NinjaProject, NinjaFiles, CMakeNinja, CMakeMake]


def pixelpipe(folder: Path) -> Path:
    """Put a `pixelpipe` into `folder` that notes its arguments, and how the real one ended."""
    folder.mkdir(exist_ok=True)
    command = folder / "pixelpipe"
    python = json.dumps(sys.executable)
    command.write_text(
        f'#!/bin/sh\necho "$*" >>"$RUN_LOG"\n{python} -m pipeline "$@"\ncode=$?\n'
        'echo $code >>"$RUN_LOG.codes"\nexit $code\n'
    )
    command.chmod(0o755)
    return folder
