"""The sample project plays: by its page in a browser, and by its pygame script."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import programs
import pytest
from PIL import Image

SAMPLE = Path(__file__).parent.parent.parent / "sample_project"
pytestmark = pytest.mark.slow
#: Its own outputs and state may stand in the checkout; a test makes its own.
OUTPUTS = shutil.ignore_patterns("*.anim.*", ".pixelpipe", "pixelpipe.lock", "*.import", ".godot")
BACKGROUND = (0x1D, 0x1F, 0x2B)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a copy of the sample project with the built-in engine."""
    folder = tmp_path_factory.mktemp("village") / "sample"
    shutil.copytree(SAMPLE, folder, ignore=OUTPUTS)
    state = {"PIXELPIPE_STATE": str(folder.parent / "state")}
    path = {"PYTHONPATH": f"{SAMPLE.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    programs.run(
        *(sys.executable, "-m", "pipeline", "build", "."), home=folder, extra={**state, **path}
    )
    return folder


def sheets(village: Path) -> int:
    """Count what was built."""
    return len(list((village / "assets").rglob("*.anim.json")))


def drawn_share(path: Path) -> float:
    """Return the share 0..1 of pixels that are not background."""
    with Image.open(path) as image:
        colors = image.convert("RGB").getcolors(image.width * image.height) or []
        empty = sum(count for count, color in colors if color == BACKGROUND)
        return 1 - empty / (image.width * image.height)


def test_page_plays_every_sprite(village: Path) -> None:
    """PIXELPIPE_SHOTS=FOLDER keeps the picture, to be looked at."""
    shot = village / "page.png"
    found = programs.chromium(
        {
            "page": str(village / "play.html"),
            "folder": str(village),
            "scripts": {},
            "ready": "document.body.dataset.playing !== undefined",
            "answer": "({playing: Number(document.body.dataset.playing), "
            "hint: document.getElementById('hint').textContent, "
            "clips: [...document.querySelectorAll('figcaption span')].map((e) => e.textContent)})",
            "screenshot": str(shot),
        },
        home=village,
    )
    assert found["playing"] == sheets(village) >= 20
    assert found["said"] == []
    assert drawn_share(shot) > 0.3
    programs.keep(shot)


def test_page_says_what_to_do_before_the_first_build(tmp_path: Path) -> None:
    """An empty page would look like a broken one."""
    shutil.copy(SAMPLE / "play.html", tmp_path)
    found = programs.chromium(
        {
            "page": str(tmp_path / "play.html"),
            "folder": str(tmp_path),
            "scripts": {},
            "ready": "document.getElementById('hint').textContent.includes('Build first')",
            "answer": "({hint: document.getElementById('hint').textContent})",
        },
        home=tmp_path,
    )
    assert "pixelpipe build ." in str(found["hint"])


def test_pygame_script_plays_every_sprite(village: Path) -> None:
    """It reads the same outputs as the page."""
    python = programs.reader("pygame")
    dummy = {"SDL_VIDEODRIVER": "dummy"}
    shot = village / "pygame.png"
    programs.run(python, "play.py", shot, home=village, extra=dummy)
    with Image.open(shot) as image:
        assert image.size == (1200, -(-sheets(village) // 8) * 150)
    assert drawn_share(shot) > 0.05
    programs.keep(shot)


def test_pygame_script_says_what_to_do_before_the_first_build(tmp_path: Path) -> None:
    """A traceback would be the wrong first impression."""
    shutil.copy(SAMPLE / "play.py", tmp_path)
    python = programs.reader("pygame")
    script = f"import runpy, sys\ntry: runpy.run_path({str(tmp_path / 'play.py')!r})\n"
    script += "except SystemExit as exc: print(exc)"
    said = programs.run(python, "-c", script, home=tmp_path, extra={"SDL_VIDEODRIVER": "dummy"})
    assert "pixelpipe build sample_project" in said
