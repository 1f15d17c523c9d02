"""`init`: set a project up, and change nothing that is there."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..commands.init import (
    additions,
    demos,
    first_rule,
    gameengines,
    inisettings,
    listing,
    setup,
    starter,
)
from ..commands.init.demos import Demo
from ..commands.init.gameengines import Found
from ..commands.init.setup import Setup
from ..commands.init.starter import Played
from ..config import matching, packs, rule_file
from ..core import small_files
from ..core.errors import ConfigError, PixelpipeError, StorageError, UsageError
from ..core.model import File, Source
from ..storage import files, lock
from . import loudness
from .voice import say

if TYPE_CHECKING:
    from ..config.workspace import Workspace

_MOST_BYTES = 4 * small_files.MIB
_PLUGINS = ("godot", "unity", "aseprite")
#: So many levels above the project an engine's own file is looked for.
_LEVELS_UP = 4
#: So many sources are looked at to find one that a rule matches.
_TRIED = 24
_SHOWN = 4
#: Width, height and colours of a sprite whose file was not opened.
_USUAL_PX = 32


@click.command()
@click.argument("project", default=".", type=click.Path(file_okay=False), metavar="[PROJECT]")
@click.option(
    "--plugin",
    "plugins",
    multiple=True,
    type=click.Choice(_PLUGINS),
    help="Also put the editor plugin there; may be repeated.",
)
@click.option(
    "--nearest",
    is_flag=True,
    help="Also set sharp pixels in project.godot (Godot 4) or game.project (Defold).",
)
@click.option(
    "--demo",
    type=click.Choice([demo.engine for demo in demos.DEMOS]),
    help="Make a small project instead that shows a sprite moving in this engine.",
)
def init(project: str, plugins: tuple[str, ...], nearest: bool, demo: str | None) -> None:
    """Set a game project up.

    Looks for your engine and your art, then writes pixelpipe.yaml, a first rule file, and lines
    for git. Files that are there are never changed; .gitattributes and .gitignore get lines
    appended, and --nearest adds a setting to the engine's own file. Run it again at any time.
    """
    root = Path(project)
    if demo is not None:
        if plugins or nearest:
            raise UsageError("--demo makes a project of its own: no --plugin, no --nearest")
        return _demo(root, demos.find(demo))
    if not root.is_dir():
        raise UsageError(f"{root}: there is no such folder")
    found = _look(root)
    _tell_found(found)
    written = _write(root, found)
    for plugin in plugins:
        written.plugin(plugin, found)
    if nearest:
        found = written.nearest(found)
    written.show()
    _tell_next(root, found)
    own = found.engine.kind.plugin
    if own and own not in plugins:
        loudness.hint(f"The plugin for its editor: pixelpipe init --plugin {own}")


def _demo(root: Path, demo: Demo) -> None:
    """Write an engine's small project, and animate its sprite with the built-in engine."""
    from ..api import Project

    written = _Written(root)
    for file in demos.files(demo):
        written.create(file.path, file.content, "")
    written.show()
    report = Project(root, service="built-in").build()
    if report.exit:
        raise StorageError(f"{root}: the sprite could not be animated; see `pixelpipe build`")
    where = shlex.quote(click.format_filename(root))
    here = "" if root.resolve() == Path.cwd() else f"cd {where} && "
    loudness.hint(f"Animated {demo.assets}/hero.png. To see it move in {demo.engine}:")
    loudness.hint(f"  {here}{demo.start}")
    loudness.hint("Then let `pixelpipe watch` run, and draw on.")


def _look(root: Path) -> Setup:
    """List the folder and decide; an engine may have its own folder further up."""
    try:
        with os.scandir(root):
            pass
    except OSError as exc:
        raise StorageError(f"{root}: cannot be read: {exc.strerror}") from exc
    listed = listing.take(root)
    return setup.decide(listed, () if gameengines.recognise(listed) else _above(root))


def _above(root: Path) -> tuple[Found, ...]:
    """Look for an engine's own file in the folders above, up to the top of the repository."""
    here = root.absolute()
    for folder in list(here.parents)[:_LEVELS_UP]:
        if (here / ".git").exists() or folder == Path(folder.anchor):
            break
        way_down = here.relative_to(folder).as_posix()
        found = setup.outer(gameengines.recognise(_markers(folder)), way_down)
        if found or (folder / ".git").exists():
            return found
    return ()


def _markers(folder: Path) -> listing.Listing:
    """List a folder above, as deep as Unity's own file lies; only engines of this very folder."""
    near = listing.take(folder, depth=0)
    unity = folder / "ProjectSettings" / "ProjectVersion.txt"
    if not unity.is_file():
        return near
    path = "ProjectSettings/ProjectVersion.txt"
    text = small_files.read(unity, most=_MOST_BYTES).decode(errors="replace")
    return listing.Listing(files=(*near.files, path), texts={**near.texts, path: text})


class _Written:
    """Writes what is missing, and remembers what was written and what was left alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: list[str] = []
        self._left: list[str] = []

    def create(self, path: str, content: bytes, what: str) -> None:
        if additions.create(self._root, path, content):
            self._made.append(f"{path}  {what}".rstrip())
        elif additions.has(self._root, path, content):
            self._left.append(f"{path} (as it should be)")
        else:
            self.leave(path)

    def leave(self, path: str) -> None:
        self._left.append(f"{path} (yours)")

    def append(self, path: str, lines: tuple[str, ...], what: str) -> None:
        added = additions.append(self._root, path, lines)
        if added is None:
            self._left.append(f"{path}: cannot be added to; please add: {'; '.join(lines)}")
        elif added:
            self._made.append(f"{path}  {what}")
        else:
            self._left.append(f"{path} (has our lines)")

    def folder(self, path: str, what: str) -> None:
        if additions.folder(self._root, path):
            self._made.append(f"{path}/  {what}")

    def plugin(self, name: str, found: Setup) -> None:
        """Put a plugin there; one of an older version is replaced, since that was asked for."""
        from ..commands.init import pluginplaces

        for file in pluginplaces.files(name, found.engines):
            if pluginplaces.state(self._root, file) is pluginplaces.State.OLDER:
                files.publish(self._root, [file])
                self._made.append(f"{file.path}  the {name} plugin, brought up to date")
            else:
                self.create(file.path, file.content, f"the {name} plugin")

    def nearest(self, found: Setup) -> Setup:
        """Add what keeps pixels sharp to the engine's own file, unless it says something else."""
        engine = found.engine
        if not engine.kind.settings or engine.way_down:
            self._left.append("the texture filter (it is not set in a file here; see below)")
            return found
        try:
            before = small_files.read(self._root / engine.marker, most=_MOST_BYTES)
            after = inisettings.added(before.decode(), engine.kind.settings).encode()
        except (OSError, UnicodeDecodeError) as exc:
            raise StorageError(f"{engine.marker}: cannot be read as text ({exc})") from exc
        if after == before:
            self._left.append(f"{engine.marker} (states its texture filter)")
            return found
        files.publish(self._root, [File(path=engine.marker, content=after)])
        self._made.append(f"{engine.marker}  sharp pixels")
        return _look(self._root)

    def show(self) -> None:
        if self._made:
            say("Wrote:")
        for line in self._made:
            say(f"  {line}")
        for line in self._left:
            say(f"Left alone: {line}")


def _write(root: Path, found: Setup) -> _Written:
    written = _Written(root)
    if found.is_missing and not os.path.lexists(root / files.CONFIG_NAME):
        written.folder(found.assets[0], "for your PNGs")
    folder = _rules_folder(root)
    rules = starter.rules(first_rule.choose(found.sources, found.assets, _pack_rule(found)))
    if os.path.lexists(root / files.CONFIG_NAME):
        written.leave(files.CONFIG_NAME)
    else:
        settings = starter.project(
            assets=found.assets,
            ignore=found.ignore,
            rules=f"{folder}/*.yaml",
            packs=packs.newest(),
            targets=found.targets,
            engine=found.engine.kind.name,
        )
        written.create(f"{folder}/sprites.yaml", rules.encode(), "your own rules: the first one")
        # Last: with this file the folder is a project, so all that it names is there.
        written.create(files.CONFIG_NAME, settings.encode(), "settings")
    lines = starter.WITHOUT_LFS if _starts_beside_lfs(root) else starter.GITATTRIBUTES
    written.append(".gitattributes", lines, "how git treats outputs and lock file")
    written.append(".gitignore", starter.GITIGNORE, "keeps a key in .env out of commits")
    try:
        files.prepare(root)
    except OSError as exc:
        raise StorageError(f".pixelpipe: cannot be written: {exc.strerror or exc}") from exc
    return written


def _starts_beside_lfs(root: Path) -> bool:
    """Tell whether Git LFS takes files of this folder, and none of ours is there yet."""
    try:
        text = (root / ".gitattributes").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return "filter=lfs" in text and not (root / lock.NAME).exists()


def _pack_rule(found: Setup) -> Callable[[str], str]:
    """Return what says which rule of the newest packs is for a PNG, by its name alone."""
    shipped = rule_file.load([(packs.load(name), name) for name in packs.newest()])
    matcher = matching.Matcher(shipped, found.assets)

    def label(path: str) -> str:
        source = Source(
            path=path,
            byte_digest="",
            pixel_digest="",
            width=_USUAL_PX,
            height=_USUAL_PX,
            colors=_USUAL_PX,
            opaque_share=0.5,
        )
        match = matcher.match(source)
        return matching.label(match.rule) if match else ""

    return label


def _rules_folder(root: Path) -> str:
    """Return a folder whose YAML files are ours alone: every one in it is read as rules."""
    for name in ("rules", "pixelpipe_rules"):
        others = [path.name for path in (root / name).glob("*.yaml") if path.name != "sprites.yaml"]
        if not others:
            return name
    return "pixelpipe_rules"


def _tell_found(found: Setup) -> None:
    for one in found.engines:
        place = f"{one.marker} {'above' if one.way_down else ''}".strip()
        loudness.hint(f"Found {one.kind.name} ({place}).")
    if not found.engines:
        loudness.hint("Found no game engine that I know; the outputs suit most of them.")
    if found.sources:
        loudness.hint(f"Found {_count(len(found.sources), 'PNG')} in {_names(found.assets)}.")
    elif found.left_out:
        loudness.hint(f"Found no sprites in {_names(found.assets)}.")
    else:
        loudness.hint("Found no PNGs.")
    for folder, count in found.left_out:
        where = "this folder itself" if folder == "." else f"{folder}/"
        loudness.hint(
            f"Not looked at: {_count(count, 'PNG')} in {where}; "
            "name the folder under `assets:` if those are sprites."
        )


def _tell_next(root: Path, found: Setup) -> None:
    """Say what to do next, from the settings as they now are."""
    from ..config import workspace

    try:
        opened = workspace.open(root, os.environ, {})
    except ConfigError as exc:
        raise ConfigError(f"{exc}. The rest is set up; mend that first") from exc
    assets = opened.settings.assets
    for top in assets:
        if not (root / top).is_dir():
            loudness.hint(f"There is no folder {top}/ yet: make it, or change `assets:`.")
    if not found.sources:
        loudness.hint(f"Put your PNGs (up to 256x256 px, one picture each) into {assets[0]}/.")
    for name in sorted(_missing_targets(opened, found)):
        loudness.hint(
            f"The settings have no target {name}: add it to `targets:` in pixelpipe.yaml."
        )
    where = "" if root.resolve() == Path.cwd() else f" {shlex.quote(click.format_filename(root))}"
    loudness.hint("Next:")
    loudness.hint(f"  pixelpipe plan{where}     what would be made, from which rule, for how much")
    loudness.hint(f"  pixelpipe build{where}    make it")
    if opened.service.paid:
        loudness.hint("A key is set: the Pixel Engine draws for credits, and asks before it buys.")
    _tell_play(root, found, _played(opened, found))


def _missing_targets(workspace: Workspace, found: Setup) -> set[str]:
    """Name the engines' targets that settings from before do not have."""
    stated = {choice.name for choice in workspace.settings.targets}
    return {choice.name for choice in found.targets} - stated if found.engines else set()


def _played(workspace: Workspace, found: Setup) -> Played:
    """Find the first clip that the rules would make; guess where nothing matches yet."""
    from ..plan.wish import Wish
    from ..run import survey

    tried = found.sources[:_TRIED]
    try:
        wanted = survey.take(workspace, Wish(only=tried)).wanted if tried else ()
    except PixelpipeError:
        wanted = ()
    for one in wanted:
        clips = [request.clip for request in one.requests]
        if clips:
            return Played(source=one.source.path, clip=clips[0], outputs=one.outputs)
    top = "" if found.assets[0] == "." else f"{found.assets[0]}/"
    source = found.sources[0] if found.sources else f"{top}hero.png"
    return Played(source=source, clip="idle", outputs=())


def _tell_play(root: Path, found: Setup, played: Played) -> None:
    engine = found.engine
    where = f" in {engine.kind.name}" if engine.kind.name else ""
    loudness.hint(f"Then{where}, to play the clip {played.clip} of {played.source}:")
    for line in starter.play(engine, played):
        loudness.hint(f"  {line}")
    if engine.kind.nearest and not engine.is_nearest:
        flag = " (`init --nearest` sets it)" if engine.kind.settings and not engine.way_down else ""
        loudness.hint(f"Sharp pixels: {engine.kind.nearest}{flag}.")
    if gameengines.TILED in [one.kind for one in found.engines] and len(found.engines) > 1:
        loudness.hint("Tiled: add `tiled` to the targets of rules whose sprites are map tiles.")


def _names(folders: tuple[str, ...]) -> str:
    shown = ["this folder" if folder == "." else f"{folder}/" for folder in folders[:_SHOWN]]
    more = len(folders) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
