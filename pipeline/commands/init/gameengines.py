"""The game engines that `init` knows: how files give them away, and how to play a clip there.

Pure.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from ...core.model import Record, TargetChoice
from .listing import MARKER_DEPTH, Listing


class Kind(Record, frozen=True, kw_only=True):
    """One kind of game engine."""

    name: str
    #: Target that it loads, with options that never depend on the place.
    target: TargetChoice
    #: The target has the option `root`: the engine's folder plus this one.
    root: str | None = None
    #: Folder below the engine's own that holds all art, where the engine demands one.
    art: str = ""
    #: That folder holds everything else as well, so the art is looked for inside.
    is_art_mixed: bool = False
    #: Where to put art when there is none yet, relative to the engine's folder.
    start: str = "assets"
    #: Folders below the engine's own that are no art, or not ours to touch.
    not_art: tuple[str, ...] = ()
    #: How pixels are kept sharp.
    nearest: str = ""
    #: The same as (section, key, value) of the marker file, where that is enough.
    settings: tuple[tuple[str, str, str], ...] = ()
    #: Already so when this expression is found in the marker's text.
    is_nearest: str = ""
    #: Three lines that play a clip: fields `stem`, `name`, `clip`, `file`, `png`, `url`, `strip`.
    play: tuple[str, ...] = ()
    #: Ending of the output that `file` names.
    ending: str = ""
    #: Engine name of `init --plugin`, where there is one.
    plugin: str = ""


class Found(Record, frozen=True, kw_only=True):
    """An engine in a project: `folder` is its own, relative to the root; `is_nearest` as found."""

    kind: Kind
    folder: str = "."
    marker: str = ""
    is_nearest: bool = False
    #: Way down from the engine's folder to the root, when the engine's lies further up.
    way_down: str = ""

    @property
    def choice(self) -> TargetChoice:
        """The target with its options."""
        root = self.kind.root
        if root is None:
            return self.kind.target
        if self.way_down:
            inner = PurePosixPath(self.way_down).relative_to(root).as_posix()
            return _with(self.kind.target, "root", f"res://{inner.removeprefix('.')}")
        place = (PurePosixPath(self.folder) / root).as_posix()
        return self.kind.target if place == root else _with(self.kind.target, "root", place)

    @property
    def area(self) -> str:
        """The folder that must hold the art, relative to the root; "." is all of it."""
        if self.way_down:
            return "."
        return (PurePosixPath(self.folder) / self.kind.art).as_posix()


_GODOT = TargetChoice(name="godot")
GODOT_4 = Kind(
    name="Godot 4",
    target=_GODOT,
    root=".",
    not_art=("addons",),
    nearest="Project Settings > Rendering > Textures > Default Texture Filter: Nearest",
    settings=(("rendering", "textures/canvas_textures/default_texture_filter", "0"),),
    is_nearest=r"(?m)^textures/canvas_textures/default_texture_filter\s*=\s*0",
    play=(
        "var sprite := AnimatedSprite2D.new(); add_child(sprite)",
        'sprite.sprite_frames = load("res://{file}")',
        'sprite.play("{clip}")',
    ),
    ending=".tres",
    plugin="godot",
)
GODOT_3 = Kind(
    name="Godot 3",
    target=TargetChoice(name="godot", options={"version": 3}),
    root=".",
    not_art=("addons",),
    nearest="Import dock > Preset > 2D Pixel > Set as Default for Texture, then Reimport",
    is_nearest=r"\"flags/filter\"\s*:\s*false",
    play=(
        "var sprite = AnimatedSprite.new(); add_child(sprite)",
        'sprite.frames = load("res://{file}")',
        'sprite.play("{clip}")',
    ),
    ending=".tres",
    plugin="godot",
)
UNITY = Kind(
    name="Unity",
    target=TargetChoice(name="unity"),
    art="Assets",
    is_art_mixed=True,
    start="Assets/Sprites",
    not_art=("Plugins", "TextMesh Pro", "Editor", "Gizmos", "StreamingAssets", "Resources/Fonts"),
    nearest="the importer script of `pixelpipe init --plugin unity` sets Point on our sheets",
    play=(
        "// The importer script makes {name}_{clip}.anim: drag it onto the sprite's GameObject.",
        "var animator = GetComponent<Animator>();",
        'animator.Play("{name}_{clip}");',
    ),
    ending=".json",
    plugin="unity",
)
PHASER = Kind(
    name="Phaser",
    target=TargetChoice(name="web"),
    start="public/assets",
    nearest="`pixelArt: true` in the game's configuration",
    play=(
        'this.load.aseprite("{name}", "{png_url}", "{url}");  // in preload()',
        'this.anims.createFromAseprite("{name}");  // in create()',
        'this.add.sprite(160, 120, "{name}").play({{ key: "{name}_{clip}", repeat: -1 }});',
    ),
    ending=".web.json",
)
PIXI = Kind(
    name="PixiJS",
    target=TargetChoice(name="web"),
    start="public/assets",
    nearest='`TextureSource.defaultOptions.scaleMode = "nearest"` before the first load',
    play=(
        'const sheet = await Assets.load({{ src: "{url}", data: {{ cachePrefix: "{name}/" }} }});',
        'const {variable} = new AnimatedSprite(sheet.animations["{name}_{clip}"]);',
        "app.stage.addChild({variable}); {variable}.animationSpeed = 8 / 60; {variable}.play();",
    ),
    ending=".web.json",
)
KAPLAY = Kind(
    name="KAPLAY",
    target=TargetChoice(name="kaplay"),
    start="public/assets",
    nearest="`crisp: true` in kaplay's options",
    play=(
        'loadAseprite("{name}", "{png_url}", "{url}");',
        'const {variable} = add([sprite("{name}"), pos(160, 120)]);',
        '{variable}.play("{clip}", {{ speed: 8, loop: true }});  // the JSON\'s tags say both',
    ),
    ending=".kaplay.json",
)
RENPY = Kind(
    name="Ren'Py",
    target=TargetChoice(name="renpy"),
    root="game",
    art="game",
    is_art_mixed=True,
    start="game/images",
    not_art=("gui", "cache", "saves", "tl"),
    nearest="our images say `nearest True` themselves",
    play=(
        "# In a script, as any image; the file of images is read by itself:",
        "label start:",
        "    show {tag} {clip}",
    ),
    ending=".rpy",
)
GDEVELOP = Kind(
    name="GDevelop",
    target=TargetChoice(name="gdevelop"),
    root=".",
    nearest="Game settings > Pixel art: scale mode Nearest",
    play=(
        "Add a Sprite object, choose Import, and take all {name}.anim.gdevelop.*.png at once:",
        "their names make one animation for each clip; {name}.anim.gdevelop.json says its times.",
        'Action: change the animation of {name} to "{clip}".',
    ),
    ending=".gdevelop.json",
)
PYGAME = Kind(
    name="pygame",
    target=TargetChoice(name="aseprite"),
    nearest="pygame never smooths; scale with `pygame.transform.scale_by`",
    play=(
        'sheet = json.load(open("{file}")); image = pygame.image.load("{png}").convert_alpha()',
        'tag = next(t for t in sheet["meta"]["frameTags"] if t["name"] == "{clip}")',
        'frames = [image.subsurface(tuple(sheet["frames"][str(i)]["frame"].values()))'
        ' for i in range(tag["from"], tag["to"] + 1)]',
    ),
    ending=".json",
)
LOVE = Kind(
    name="LÖVE",
    target=TargetChoice(name="love"),
    nearest='`love.graphics.setDefaultFilter("nearest", "nearest")` before the first image',
    play=(
        's = love.filesystem.load("{file}")(); image = love.graphics.newImage("{png}")',
        's.i = s.tags["{clip}"].from + math.floor(love.timer.getTime() / s.frames[1].duration)'
        ' % (s.tags["{clip}"].to - s.tags["{clip}"].from + 1); f = s.frames[s.i]',
        "love.graphics.draw(image, "
        "love.graphics.newQuad(f.x, f.y, f.w, f.h, image), 100, 100)  -- in love.draw",
    ),
    ending=".lua",
)
BEVY = Kind(
    name="Bevy",
    target=TargetChoice(name="bevy"),
    root="assets",
    art="assets",
    nearest="`DefaultPlugins.set(ImagePlugin::default_nearest())`",
    play=(
        '.with_dynamic_assets_file::<StandardDynamicAssetCollection>("{file}")'
        "  // bevy_asset_loader",
        '#[asset(key = "{name}.image")] image: Handle<Image>,'
        ' #[asset(key = "{name}.layout")] layout: Handle<TextureAtlasLayout>,',
        "commands.spawn(Sprite::from_atlas_image(image, TextureAtlas {{ layout, index: 0 }}));"
        "  // {clip}: times in {name}.anim.ron",
    ),
    ending=".assets.ron",
)
GAMEMAKER = Kind(
    name="GameMaker",
    target=TargetChoice(name="gamemaker"),
    start="art",
    not_art=("sprites", "options", "tilesets", "fonts", "rooms", "objects", "datafiles"),
    nearest="Game Options > Graphics: switch off Interpolate colours between pixels",
    play=(
        "// Drag {strip} into the Asset Browser, and name it spr_{name}_{clip}; or state",
        "// {{gamemaker: {{form: package}}}}, and Tools > Import Local Package brings all.",
        "sprite_index = spr_{name}_{clip};",
    ),
    ending=".gamemaker.json",
)
DEFOLD = Kind(
    name="Defold",
    target=TargetChoice(name="defold"),
    root=".",
    nearest="game.project > Graphics: Default Texture Min and Mag Filter: nearest",
    settings=(
        ("graphics", "default_texture_min_filter", "nearest"),
        ("graphics", "default_texture_mag_filter", "nearest"),
    ),
    is_nearest=r"(?m)^default_texture_mag_filter\s*=\s*nearest",
    play=(
        "-- Add a Sprite component with Image /{file}",
        "-- and Default Animation {clip}; or from a script:",
        'sprite.play_flipbook("#sprite", "{clip}")',
    ),
    ending=".tilesource",
)
TILED = Kind(
    name="Tiled",
    target=TargetChoice(name="tiled"),
    play=(
        "In Tiled: Map > Add External Tileset > {file}",
        "Place the tile whose type is {clip}",
        "View > Show Tile Animations plays it",
    ),
    ending=".tsx",
)
#: For a project in which no engine was recognised.
NONE = Kind(
    name="",
    target=TargetChoice(name="aseprite"),
    play=(
        "{png} is the sheet, {file} says which frame shows when (Aseprite's JSON).",
        "Most engines and libraries read it; `frameTags` holds the clip {clip}.",
        "More outputs: `targets: [godot, unity, web, love, …]` in pixelpipe.yaml.",
    ),
    ending=".json",
)


def recognise(listing: Listing) -> tuple[Found, ...]:
    """Return the engines whose files are there, the one nearest to the root first."""
    found = [
        one
        for path in listing.files
        if path.count("/") <= MARKER_DEPTH
        for one in _found(path, listing)
    ]
    found.sort(key=lambda one: (one.kind is TILED, one.marker.count("/"), one.marker))
    kinds: dict[str, Found] = {}
    for one in found:
        kinds.setdefault(one.kind.target.name + one.kind.name, one)
    return tuple(kinds.values())


def _found(path: str, listing: Listing) -> Iterator[Found]:
    """Yield the engines that one file gives away."""
    name = path.rpartition("/")[2]
    reader = _READERS.get(name) or _READERS.get("*" + PurePosixPath(name).suffix)
    if reader is None:
        return
    text = listing.texts.get(path, "")
    for kind in reader(text):
        folder = PurePosixPath(path).parent
        if kind is UNITY or kind is RENPY:
            folder = folder.parent
        yield Found(
            kind=kind,
            folder=folder.as_posix(),
            marker=path,
            is_nearest=bool(kind.is_nearest and re.search(kind.is_nearest, text)),
        )


def _godot(text: str) -> tuple[Kind, ...]:
    version = re.search(r"(?m)^config_version\s*=\s*(\d{1,3})", text)
    return (GODOT_3,) if version and int(version[1]) < 5 else (GODOT_4,)


def _unity(text: str) -> tuple[Kind, ...]:
    return (UNITY,) if "m_EditorVersion" in text else ()


def _javascript(text: str) -> tuple[Kind, ...]:
    """Look at the packages that a package.json depends on."""
    try:
        stated = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return ()
    names: set[str] = set()
    for table in ("dependencies", "devDependencies", "peerDependencies"):
        entry = stated.get(table) if isinstance(stated, dict) else None
        names.update(entry if isinstance(entry, dict) else ())
    kinds = (
        (PHASER, {"phaser"}),
        (PIXI, {"pixi.js", "@pixi/sprite-animated"}),
        (KAPLAY, {"kaplay", "kaboom"}),
    )
    return tuple(kind for kind, packages in kinds if packages & names)


def _gdevelop(text: str) -> tuple[Kind, ...]:
    return (GDEVELOP,) if '"gdVersion"' in text else ()


def _lua(text: str) -> tuple[Kind, ...]:
    return (LOVE,) if re.search(r"\blove\s*\.\s*\w+", text) else ()


def _rust(text: str) -> tuple[Kind, ...]:
    """Look at the dependencies of a Cargo.toml, the workspace's among them."""
    try:
        stated: Mapping[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    workspace = stated.get("workspace")
    tables = [stated, workspace if isinstance(workspace, dict) else {}]
    names = {name for table in tables for name in _keys(table.get("dependencies"))}
    return (BEVY,) if names & {"bevy", "bevy_sprite", "bevy_internal"} else ()


def _keys(table: object) -> tuple[str, ...]:
    return tuple(table) if isinstance(table, dict) else ()


def _defold(text: str) -> tuple[Kind, ...]:
    return (DEFOLD,) if re.search(r"(?m)^\[(?:project|bootstrap)\]", text) else ()


def _python(text: str) -> tuple[Kind, ...]:
    """Look for pygame, or pygame-ce, as a requirement or an import."""
    required = r"(?mi)^\s*[\"']?pygame(?:-ce)?\b|[\"']pygame(?:-ce)?\s*[\"'<>=~!\[;]"
    imported = r"(?m)^\s*(?:import|from)\s+pygame\b"
    return (PYGAME,) if re.search(required, text) or re.search(imported, text) else ()


def _always(kind: Kind) -> Callable[[str], tuple[Kind, ...]]:
    return lambda _: (kind,)


#: File name, or `*` and an ending, to what it says.
_READERS: Mapping[str, Callable[[str], tuple[Kind, ...]]] = {
    "project.godot": _godot,
    "ProjectVersion.txt": _unity,
    "package.json": _javascript,
    "main.lua": _lua,
    "conf.lua": _lua,
    "Cargo.toml": _rust,
    "game.project": _defold,
    "requirements.txt": _python,
    "pyproject.toml": _python,
    "main.py": _python,
    "game.py": _python,
    "run.py": _python,
    "__main__.py": _python,
    "game.json": _gdevelop,
    "options.rpy": _always(RENPY),
    "*.yyp": _always(GAMEMAKER),
    "*.tmx": _always(TILED),
    "*.tiled-project": _always(TILED),
}


def _with(choice: TargetChoice, name: str, value: str) -> TargetChoice:
    return TargetChoice(name=choice.name, options={**choice.options, name: value})
