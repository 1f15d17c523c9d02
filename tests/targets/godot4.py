"""Start the real Godot 4, its editor and its windows, on projects of the tests."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import places
import programs

SAMPLE = places.SAMPLE
#: Its own outputs and state may stand in the checkout; a test makes its own.
OUTPUTS = shutil.ignore_patterns("*.anim.*", ".pixelpipe", "pixelpipe.lock", "*.import", ".godot")
PROJECT = """config_version=5

[application]

config/name="t"

[rendering]

renderer/rendering_method="gl_compatibility"
"""


def starter() -> Path:
    """Return the path of what starts Godot 4."""
    path = programs.TOOLS / "godot4" / "godot4"
    return path if path.exists() else programs.missing("Godot 4")


def run(folder: Path, *arguments: str, timeout_s: int = 120) -> str:
    """Start Godot 4 without a window; a script's error is the test's."""
    said = programs.run(
        *(starter(), "--headless", "--path", folder),
        *arguments,
        home=home(),
        extra=surroundings(folder),
        timeout_s=timeout_s,
    )
    assert "SCRIPT ERROR" not in said, said
    return said


def window(folder: Path, *arguments: str, timeout_s: int = 120) -> str:
    """Start Godot 4 in a window that nobody sees, drawn by the processor."""
    return programs.run(
        *(programs.program("xvfb-run"), "-a", "-s", "-screen 0 1600x900x24", starter()),
        *("--path", folder, "--rendering-driver", "opengl3", "--audio-driver", "Dummy"),
        *arguments,
        home=home(),
        extra=surroundings(folder),
        timeout_s=timeout_s,
    )


def answer(said: str, word: str) -> Any:
    """Return the JSON behind `word` in what a script printed."""
    line = next((line for line in said.splitlines() if line.startswith(f"{word} ")), None)
    assert line is not None, said
    return json.loads(line.removeprefix(f"{word} "))


def home() -> Path:
    """Return a home folder of this process: the editor is slow with one that it has never seen."""
    path = Path(tempfile.gettempdir()) / f"pixelpipe-godot4-{os.getpid()}"
    if not path.exists():
        path.mkdir()
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def surroundings(folder: Path) -> dict[str, str]:
    """Return what lets the editor start this checkout's program, with a state of its own."""
    paths = [str(places.REPOSITORY), os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PIXELPIPE_STATE": str(folder.parent / f"{folder.name}.state"),
        "PIXELPIPE_SERVICE": "built-in",
        # Debian's binary runs under a loader, which it takes for itself.
        "GODOT": str(starter()),
        # The software renderer stands beside Godot.
        "LIBGL_DRIVERS_PATH": str(
            programs.TOOLS / "godot4" / "root" / "usr" / "lib" / "x86_64-linux-gnu" / "dri"
        ),
    }


def pixelpipe(folder: Path, *arguments: str) -> str:
    """Run this checkout's program in the project."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=folder,
        env={**os.environ, **surroundings(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def script(folder: Path, name: str) -> None:
    """Put one of our scripts into the project."""
    shutil.copy(programs.HERE / "godot4" / name, folder)
