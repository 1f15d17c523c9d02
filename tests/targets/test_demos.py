"""What `init --demo` makes is run by its own command, in its own engine; the sprite must move.

PIXELPIPE_SHOTS=FOLDER keeps the pictures, to be looked at.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import godot4
import places
import programs
import pytest
from PIL import Image

from pipeline.commands.init import demos

pytestmark = pytest.mark.slow
GROUND = (37, 59, 92)
#: A page that has had time to draw.
READY = "document.querySelector('canvas') && (window.__asked = (window.__asked ?? 0) + 1) > 60"


def made(folder: Path, engine: str) -> Path:
    """Run the command as a stranger would, in an empty place."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(places.REPOSITORY),
        "PIXELPIPE_STATE": str(folder / "state"),
    }
    command = [sys.executable, "-m", "pipeline", "init", "--demo", engine, "game"]
    said = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert said.returncode == 0, said.stderr
    assert demos.find(engine).start in said.stdout
    return folder / "game"


def assert_moving(shots: Iterable[Path], name: str) -> None:
    """Demand two sprites on a plain ground, and pictures that differ."""
    pictures = []
    for number, shot in enumerate(shots):
        programs.keep(shot, f"demo-{name}-{number}.png")
        with Image.open(shot) as image:
            rgb = image.convert("RGB")
        colors = rgb.getcolors(rgb.width * rgb.height) or []
        shares = {color: count / (rgb.width * rgb.height) for count, color in colors}
        assert 0.5 < shares.get(GROUND, 0) < 0.99, (name, number)
        for half in (0, 1):
            part = rgb.crop((half * rgb.width // 2, 0, (half + 1) * rgb.width // 2, rgb.height))
            assert len(part.getcolors(1 << 20) or []) > 5, (name, number, half)
        pictures.append(rgb.tobytes())
    assert len(set(pictures)) > 1, name


def test_every_demo_is_run_here() -> None:
    """A new one must not escape."""
    assert {demo.engine for demo in demos.DEMOS} == {
        *("godot", "phaser", "pixi", "kaplay", "pygame", "love", "raylib")
    }


@pytest.mark.parametrize("engine", ["phaser", "pixi", "kaplay"])
def test_web_demo_moves_in_a_browser(tmp_path: Path, engine: str) -> None:
    """Bundled by Vite, as `npm start` serves it, with the newest engine from npm."""
    node, vite = programs.program("node"), programs.package("vite")
    game = made(tmp_path, engine)
    (game / "node_modules").symlink_to(vite.parent)
    programs.run(node, vite / "bin" / "vite.js", "build", game, home=game)
    shot = tmp_path / "shot.png"
    found = programs.chromium(
        {
            "page": str(game / "dist" / "index.html"),
            "folder": str(game / "dist"),
            "scripts": {},
            "ready": READY,
            "answer": "({text: document.body.innerText})",
            "screenshot": str(shot),
            "shots": 4,
        },
        home=tmp_path,
    )
    shots = [shot.with_name(f"shot-{number}.png") for number in range(4)]
    assert [line for line in cast(list[str], found["said"]) if "rror" in line] == []
    assert_moving((crop(path) for path in shots), engine)


def crop(path: Path) -> Path:
    """Cut the game out of the page: 640x400 px at its top left."""
    with Image.open(path) as image:
        image.crop((0, 0, 640, 400)).save(path)
    return path


def test_open_page_shows_what_a_watch_publishes(tmp_path: Path) -> None:
    """Vite serves the game, `watch` runs, an artist saves: the page loads again by itself."""
    node, vite = programs.program("node"), programs.package("vite")
    game = made(tmp_path, "phaser")
    (game / "node_modules").symlink_to(vite.parent)
    with Image.open(game / "public/assets/hero.png") as image:
        red, green, blue, alpha = image.convert("RGBA").split()
    Image.merge("RGBA", (blue, red, green, alpha)).save(tmp_path / "next.png")
    environment = {
        **os.environ,
        "PYTHONPATH": str(places.REPOSITORY),
        "PIXELPIPE_STATE": str(tmp_path / "state"),
    }
    watch = [sys.executable, "-m", "pipeline", "watch", "."]
    port = free_port()
    serve = [node, str(vite / "bin" / "vite.js"), "--host", "127.0.0.1", "--port", str(port)]
    serve.append("--strictPort")
    quiet = subprocess.DEVNULL
    started = [
        subprocess.Popen(one, cwd=game, env=environment, stdout=quiet, stderr=quiet)
        for one in (watch, serve)
    ]
    shot = tmp_path / "shot.png"
    try:
        wait_for(port)
        found = programs.chromium(
            {
                "page": "",
                "url": f"http://127.0.0.1:{port}/",
                "folder": str(game),
                "scripts": {},
                "ready": READY,
                "then": {
                    "copy": [str(tmp_path / "next.png"), str(game / "public/assets/hero.png")],
                    "ready": f"Number(sessionStorage.loads) > 1 && {READY}",
                },
                "answer": "({loads: Number(sessionStorage.loads)})",
                "screenshot": str(shot),
            },
            home=tmp_path,
        )
    finally:
        for process in started:
            process.terminate()
            process.wait(30)
    assert cast(int, found["loads"]) >= 2
    with Image.open(crop(shot)) as image:
        colors = {color for _, color in image.convert("RGB").getcolors(1 << 20) or []}
    with Image.open(tmp_path / "next.png") as image:
        pixels = image.convert("RGBA").tobytes()
    wanted = {
        tuple(pixels[at : at + 3]) for at in range(0, len(pixels), 4) if pixels[at + 3] == 255
    }
    assert len(wanted & colors) > len(wanted) // 2


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail("Vite does not listen")


def test_godot_demo_moves(tmp_path: Path) -> None:
    """Started at once, as a game that no editor has seen: it imports its picture by itself."""
    godot4.starter()
    game = made(tmp_path, "godot")
    out = tmp_path / "movie"
    out.mkdir()
    movie = ("--write-movie", str(out / "frame.png"), "--fixed-fps", "10", "--quit-after", "15")
    said = godot4.window(game, *movie)
    assert "SCRIPT ERROR" not in said, said
    frames = sorted(out.glob("*.png"))
    assert_moving(frames[4:12], "godot")


@pytest.mark.parametrize(("engine", "module"), [("pygame", "pygame"), ("raylib", "pyray")])
def test_python_demo_moves(tmp_path: Path, engine: str, module: str) -> None:
    """Its script saves what it shows when it is asked to."""
    game = made(tmp_path, engine)
    shots = [tmp_path / f"{ms}.png" for ms in (200, 500, 900)]
    for shot in shots:
        programs.run(
            *(programs.reader(module), "play.py", shot.name, shot.stem),
            home=game,
            extra={"SDL_VIDEODRIVER": "dummy"},
        )
        picture = Image.open(game / shot.name).convert("RGB")
        if engine == "raylib":  # its software renderer's pictures: on their head, blue for red
            blue, green, red = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM).split()
            picture = Image.merge("RGB", (red, green, blue))
        picture.save(shot)
    assert_moving(shots, engine)


def test_love_demo_moves_and_shows_a_new_animation_at_once(tmp_path: Path) -> None:
    """Pictures are taken by a few lines behind its own; then its table is touched."""
    love, xvfb = programs.program("love"), programs.program("xvfb-run")
    game = made(tmp_path, "love")
    (game / "main.lua").write_text((game / "main.lua").read_text() + LOVE_SHOTS)
    home = tmp_path / "home"
    home.mkdir()
    said = programs.run(xvfb, "-a", love, game, home=home)
    shots = sorted(home.rglob("shot-*.png"))
    assert len(shots) == 4, said
    assert_moving(shots, "love")
    assert "reloaded true" in said


LOVE_SHOTS = """
local drawn, before, count = love.draw, nil, 0
function love.draw()
  drawn()
  count = count + 1
  if count % 20 == 0 and count <= 80 then
    love.graphics.captureScreenshot("shot-" .. count / 20 .. ".png")
  end
  if count == 85 then
    before = image
    os.execute("sleep 1; touch '" .. love.filesystem.getSource() .. "/assets/hero.anim.lua'")
  end
  if count == 95 then
    print("reloaded " .. tostring(before ~= image))
    love.event.quit()
  end
  love.timer.sleep(0.016)
end
"""


def test_a_demo_changes_nothing_that_is_there(tmp_path: Path) -> None:
    """A folder with files is somebody's."""
    (tmp_path / "game").mkdir()
    (tmp_path / "game" / "play.py").write_text("mine")
    game = made(tmp_path, "pygame")
    assert (game / "play.py").read_text() == "mine"
    shutil.rmtree(game)
