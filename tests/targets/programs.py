"""Find and start the programs that .ci/install-targets installs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from installed import TOOLS as TOOLS
from installed import missing as missing

from pipeline import targets
from pipeline.core.model import Sheet, TargetChoice

HERE = Path(__file__).parent
#: Read before a fixture clears the environment of tests.
SHOTS = os.environ.get("PIXELPIPE_SHOTS")
#: Whatever JSON a program prints.
Answer = dict[str, object]


def program(name: str) -> str:
    """Return the path of a program."""
    return shutil.which(name) or missing(name)


def package(name: str, *, older: bool = False) -> Path:
    """Return the folder of an npm package: the newest, or the major version before."""
    folder = TOOLS / ("npm-older" if older else "npm") / "node_modules" / name
    return folder if folder.is_dir() else missing(f"npm package {name}")


def reader(name: str) -> str:
    """Return a Python in which the module `name` can be imported."""
    python = TOOLS / "readers" / "bin" / "python"
    if not python.exists():
        missing(f"Python package {name}")
    if subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode:
        missing(f"Python package {name}")
    return str(python)


def run(
    *arguments: str | Path, home: Path, extra: Mapping[str, str] | None = None, timeout_s: int = 90
) -> str:
    """Start a program with a home folder of its own; return what it prints."""
    result = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=home,
        env={**os.environ, "HOME": str(home), "LANG": "C.UTF-8", **(extra or {})},
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def read(script: str, *arguments: str | Path, module: str, home: Path) -> Answer:
    """Run a script of readers/ with the Python that has `module`; return its JSON."""
    path = HERE / "readers" / script
    printed = run(reader(module), path, *arguments, home=home, extra={"SDL_VIDEODRIVER": "dummy"})
    return cast(Answer, json.loads(printed.splitlines()[-1]))


def browse(page: str, folder: Path, *, scripts: Mapping[str, Path], query: object) -> Answer:
    """Open pages/`page` in Chromium; return what it sets as `window.__result`.

    The page's `/` is `folder`, `scripts` are served as `/lib/NAME`, and `query` is given to it as
    `window.__query`.
    """
    order = {
        "page": str(HERE / "pages" / page),
        "folder": str(folder),
        "scripts": {name: str(path) for name, path in scripts.items()},
        "query": query,
        "ready": "window.__result !== undefined",
        "answer": "window.__result",
    }
    return chromium(order, home=folder)


def chromium(order: Answer, *, home: Path) -> Answer:
    """Open the page of `order` in headless Chromium; return its answer (browser.mjs)."""
    programs = {
        "chromium": program("chromium"),
        "playwright": str(package("playwright-core") / "index.js"),
    }
    own = home / ".home"
    own.mkdir(exist_ok=True)
    printed = run(
        program("node"), HERE / "browser.mjs", json.dumps({**order, **programs}), home=own
    )
    return cast(Answer, json.loads(printed.splitlines()[-1]))


def publish(folder: Path, sheet: Sheet, choices: Iterable[TargetChoice]) -> dict[str, Path]:
    """Write what the targets export into `folder`; return paths by file name."""
    written = {}
    for file in targets.export(sheet, tuple(choices)):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        written[path.name] = path
    return written


def keep(shot: Path, name: str = "") -> None:
    """Copy a picture to the folder that PIXELPIPE_SHOTS names, if any: it is to be looked at."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        shutil.copy(shot, Path(SHOTS) / (name or shot.name))
