"""Small game projects that show a sprite moving: what `init --demo` puts into a folder.

Each folder here holds the files of one engine; `shared` has what all of them get, `web` what those
of browsers do. The sprite was drawn for this project and is in the public domain (CC0).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ....core.model import File, Record


class Demo(Record, frozen=True, kw_only=True):
    """One engine's project: its target, where its art lies, and how it is started."""

    engine: str
    #: As it stands under `targets:`.
    target: str
    #: The one command that shows the sprite, in the project's folder.
    start: str
    assets: str = "assets"
    is_web: bool = False


DEMOS = (
    Demo(engine="godot", target="{godot: {form: scene}}", start="godot --path ."),
    Demo(engine="phaser", target="web", start="npm start", assets="public/assets", is_web=True),
    Demo(engine="pixi", target="web", start="npm start", assets="public/assets", is_web=True),
    Demo(engine="kaplay", target="kaplay", start="npm start", assets="public/assets", is_web=True),
    Demo(engine="pygame", target="aseprite", start="python play.py"),
    Demo(engine="love", target="love", start="love ."),
    Demo(engine="raylib", target="aseprite", start="python play.py"),
)


def find(engine: str) -> Demo:
    """Return the demo of an engine; KeyError for an unknown one."""
    return {demo.engine: demo for demo in DEMOS}[engine]


def files(demo: Demo) -> tuple[File, ...]:
    """Return the project's files: art, rules, settings last."""
    return tuple(_files(demo))


def _files(demo: Demo) -> Iterator[File]:
    home = Path(__file__).parent
    for name in (demo.engine, *(("web",) if demo.is_web else ())):
        for path in sorted((home / name).iterdir()):
            # A script of a demo is no module of ours: it lies here as text.
            yield File(path=path.name.removesuffix(".txt"), content=path.read_bytes())
    yield File(path=f"{demo.assets}/hero.png", content=(home / "shared/hero.png").read_bytes())
    yield File(path="rules/hero.yaml", content=(home / "shared/rules.yaml").read_bytes())
    yield File(path="pixelpipe.yaml", content=_settings(demo).encode())


def _settings(demo: Demo) -> str:
    return f"""\
assets: [{demo.assets}]
rules: [rules/*.yaml]

# The local engine: free and offline. `service: auto` uses the Pixel Engine when a key is set.
service: built-in

targets: [{demo.target}]
"""
