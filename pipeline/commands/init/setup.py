"""Decide how a project is set up: targets, assets folders, ignored files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import msgspec

from ...core.model import Record, TargetChoice
from . import gameengines
from .gameengines import Found
from .listing import Listing

#: Folder names that say what is in them, in lower case.
ART_NAMES = frozenset(
    ("art", "artwork", "assets", "gfx", "graphics", "images", "img", "pics", "pictures", "sprites",
     "sprite", "textures")
)  # fmt: skip
#: Folders that hold the art's folder rather than being it.
CONTAINERS = frozenset(
    ("app", "client", "content", "contents", "data", "game", "media", "project", "public", "res",
     "resources", "source", "src", "static", "www")
)  # fmt: skip
#: Folders whose pictures are not the game's sprites.
NOT_ART = frozenset(
    ("addons", "android", "build", "builds", "coverage", "demo", "demos", "dist", "doc", "docs",
     "example", "examples", "export", "exports", "fonts", "icons", "ios", "marketing", "out",
     "packages", "plugins", "press", "screenshots", "site-packages", "store", "test", "tests",
     "third_party", "thirdparty", "tools", "vendor", "venv", "website")
)  # fmt: skip
#: Pictures that are no sprites, wherever they lie.
NOT_SPRITES = ("icon.png", "logo.png", "screenshot*.png", "*_n.png", "*_normal.png")


class Setup(Record, frozen=True, kw_only=True):
    """What `init` decided."""

    engines: tuple[Found, ...] = ()
    targets: tuple[TargetChoice, ...] = ()
    assets: tuple[str, ...] = ("assets",)
    #: Patterns relative to the assets folders.
    ignore: tuple[str, ...] = ()
    #: The sources in the assets folders that are not ignored.
    sources: tuple[str, ...] = ()
    #: Other folders with PNGs, and how many those hold.
    left_out: tuple[tuple[str, int], ...] = ()
    #: The assets folder is not there yet.
    is_missing: bool = False

    @property
    def engine(self) -> Found:
        """The engine whose three lines are shown."""
        return self.engines[0] if self.engines else Found(kind=gameengines.NONE)


def decide(listing: Listing, outer: Sequence[Found] = ()) -> Setup:
    """Choose for what is there; `outer` are engines whose folder lies above the listing's root."""
    engines = gameengines.recognise(listing) or tuple(outer)
    main = engines[0] if engines else Found(kind=gameengines.NONE)
    pictures = [path for path in listing.sources if _is_below(path, main.area)]
    art = _Art(pictures, main)
    assets = art.folders(main.area)
    if not assets:
        start = _start(main, listing)
        missing = start not in (".", *listing.folders)
        return Setup(
            engines=engines, targets=_targets(engines), assets=(start,), is_missing=missing
        )
    chosen = [path for path in pictures if any(_is_below(path, top) for top in assets)]
    ignore, sources = _ignored(assets, chosen, main)
    return Setup(
        engines=engines,
        targets=_targets(engines),
        assets=assets,
        ignore=ignore,
        sources=sources,
        left_out=_left_out(listing.sources, chosen),
    )


def _targets(engines: Iterable[Found]) -> tuple[TargetChoice, ...]:
    """Return one choice for each target; Tiled is only asked for by itself.

    Beside a game engine its tilesets would stand beside every character; `init` mentions it.
    """
    found = [one.choice for one in engines if one.kind is not gameengines.TILED]
    if not found:
        found = [one.choice for one in engines] or [gameengines.NONE.target]
    return tuple({choice.name: choice for choice in reversed(found)}.values())[::-1]


class _Art:
    """Finds the folders with the art among those with PNGs."""

    def __init__(self, pictures: Sequence[str], engine: Found) -> None:
        self._pictures = pictures
        own = "" if engine.folder == "." else f"{engine.folder}/"
        base = f"{own}{engine.kind.art}/" if engine.kind.art else own
        self._not_art = {base + name for name in engine.kind.not_art}
        #: Folders that are looked into, besides those of a telling name.
        self._open = {".", engine.folder}
        if engine.kind.is_art_mixed:
            self._open.add(engine.area)

    def folders(self, top: str) -> tuple[str, ...]:
        """Return the assets folders in `top`, or none when it has no PNGs."""
        prefix = "" if top == "." else f"{top}/"
        here = [path[len(prefix) :] for path in self._pictures if path.startswith(prefix)]
        if not here:
            return ()
        if top not in self._open and PurePosixPath(top).name.lower() not in CONTAINERS:
            return (top,)
        inner = dict.fromkeys(path.partition("/")[0] for path in here if "/" in path)
        children = [prefix + name for name in inner if self._may_be_art(prefix + name)]
        named = [child for child in children if PurePosixPath(child).name.lower() in ART_NAMES]
        if named:
            return tuple(named)
        if top != "." and any("/" not in path for path in here):
            return (top,)
        below = [folder for child in children for folder in self.folders(child)]
        return tuple(below) or ((top,) if any("/" not in path for path in here) else ())

    def _may_be_art(self, folder: str) -> bool:
        return folder not in self._not_art and PurePosixPath(folder).name.lower() not in NOT_ART


def _start(engine: Found, listing: Listing) -> str:
    """Return where the first PNGs should go: a folder that is there, or the engine's usual one."""
    if engine.way_down:
        return "."
    base = PurePosixPath(engine.folder)
    for folder in listing.folders:
        path = PurePosixPath(folder)
        if (
            path.name.lower() in ART_NAMES
            and path.parent == base
            and path.name not in engine.kind.not_art
            and _is_below(folder, engine.area)
        ):
            return folder
    start = base / engine.kind.start
    if engine.kind.start.startswith("public/") and (base / "public").as_posix() not in (
        listing.folders
    ):
        start = base / "assets"
    return start.as_posix()


def _ignored(
    assets: Sequence[str], pictures: Sequence[str], engine: Found
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return patterns for what is there and no sprite, and the PNGs that remain."""
    names = {name.lower(): name for name in (*NOT_ART, *engine.kind.not_art)}
    folders: dict[str, None] = {}
    loose: dict[str, None] = {}
    remaining = []
    for path in pictures:
        inside = next(_below(path, top) for top in assets if _is_below(path, top))
        *parts, name = inside.split("/")
        folder = next((part for part in parts if part.lower() in names), None)
        pattern = next((one for one in NOT_SPRITES if PurePosixPath(name).match(one)), None)
        if folder is not None:
            folders[f"{folder}/"] = None
        elif pattern is not None:
            loose[pattern] = None
        else:
            remaining.append(path)
    return (*sorted(folders), *sorted(loose)), tuple(remaining)


def _left_out(sources: Sequence[str], chosen: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Count the PNGs outside of the assets folders by their topmost folder."""
    counts: dict[str, int] = {}
    for path in sorted(set(sources) - set(chosen)):
        folder = path.partition("/")[0] if "/" in path else "."
        counts[folder] = counts.get(folder, 0) + 1
    return tuple(counts.items())


def outer(found: Iterable[Found], way_down: str) -> tuple[Found, ...]:
    """Return engines that were found above the project, `way_down` being the way to it.

    An engine whose art must lie in a folder of its own is left out when the project is not there.
    """
    return tuple(
        msgspec.structs.replace(one, way_down=way_down)
        for one in found
        if one.kind is not gameengines.TILED and _is_below(way_down, one.kind.art or ".")
    )


def _is_below(path: str, folder: str) -> bool:
    """Tell whether `path` is `folder` or in it."""
    return folder == "." or path == folder or path.startswith(folder + "/")


def _below(path: str, folder: str) -> str:
    return path if folder == "." else path[len(folder) + 1 :]
