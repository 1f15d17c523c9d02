"""The pages about targets, packs, the environment and exit codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ... import targets
from ...config import matching, packs, rule_file
from ...config.project_settings import KEY_NAMES, VARIABLES
from ...config.stated_settings import SHAPES
from ...core import errors
from ...core.errors import PixelpipeError
from ...core.model import Rule, TargetChoice
from .page import Entry, Page, Section

#: What loads a target's files.
ENGINES = {
    "sheet": ("any", "The sheet as PNG, by itself: written for every choice."),
    "aseprite": (
        "Phaser, PixiJS, LÖVE with peachy, pygame and whatever reads Aseprite's JSON",
        "The sheet's frames and tags in Aseprite's JSON form.",
    ),
    "ase": ("Aseprite, and what imports .aseprite", "A real .aseprite file with layers and tags."),
    "godot": ("Godot 4 and 3", "A SpriteFrames resource."),
    "web": ("Phaser, PixiJS and others on the web", "Texture atlas and animations as JSON."),
    "kaplay": ("KAPLAY", "Aseprite's JSON in the array form, for `loadAseprite`."),
    "gdevelop": ("GDevelop", "Pictures whose names its import understands, and the object."),
    "renpy": ("Ren'Py", "Images and their animation, for `show hero walk`."),
    "unity": ("Unity", "What the plugin slices the sheet by: `pixelpipe init --plugin unity`."),
    "gamemaker": ("GameMaker", "A strip for each clip, with the number of frames in its name."),
    "frames": ("any", "Each frame as a PNG of its own."),
    "love": ("LÖVE", "A Lua module with quads and clips."),
    "css": ("web pages", "Classes with keyframes."),
    "defold": ("Defold", "A tile source."),
    "libgdx": ("libGDX", "A texture atlas."),
    "tiled": ("Tiled", "A tileset with animated tiles."),
    "bevy": ("Bevy", "Layout and clips in RON."),
    "rpgmaker": ("RPG Maker", "A character sheet in its fixed order."),
    "gif": ("people", "A preview of each clip."),
    "webp": ("people", "A preview of each clip, lossless and with soft alpha."),
    "apng": ("people", "A preview of each clip, lossless and with soft alpha."),
}
#: Variables that are no settings of ours.
_OTHERS = {
    "CI": "`true` with a paid service: `build` is frozen unless `--max-credits` is given.",
    "NO_COLOR": "Anything: no colours. `--color` is stronger.",
    "FORCE_COLOR": "Anything but 0: colours also off a terminal. `--color` is stronger.",
    "HTTPS_PROXY": "The proxy that requests to the service go through.",
    "REQUESTS_CA_BUNDLE": "File with the certificates that are trusted, for a proxy of your own.",
    "XDG_STATE_HOME": "The folder above the state folder, unless PIXELPIPE_STATE is set.",
    "LOCALAPPDATA": "The same on Windows.",
    "PIXELPIPE_MAX_CREDITS": "A yes for purchases of at most so many credits in a run, as "
    "`--max-credits` says it: a flag is stronger.",
    "PIXELPIPE_ALLOW_HTTP": "The one host (`host` or `host:port`) that may be spoken to over http, "
    "such as a container beside; `pixelpipe trust --http` says the same for one project.",
    "DASK_SCHEDULER_ADDRESS": "The scheduler that `workers: dask` means; without that setting it "
    "is not looked at. Dask's own variables and files say which certificates tls:// takes.",
    "AWS_ACCESS_KEY_ID": "With AWS_SECRET_ACCESS_KEY, the credentials for a shared store at s3://; "
    "or AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN. AWS_SESSION_TOKEN, AWS_REGION and "
    "AWS_ENDPOINT_URL count as well. Profiles, and what a cloud tells its machines, do not.",
    "GOOGLE_APPLICATION_CREDENTIALS": "The file of credentials for a shared store at gs://.",
    "AZURE_STORAGE_ACCOUNT_NAME": "With AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, the "
    "credentials for a shared store at az://.",
    "PIXELPIPE_ENGINE_KEY": "The key that `engine serve` takes in memory, instead of a new one. "
    "A command that starts an engine for itself sets it there.",
    "PIXELPIPE_KEEP_DAYS": "How many days what cost nothing, and no project names, is kept in the "
    "state folder since its last use. Default 180. What was paid for goes only when git carries it "
    "in a project.",
    "PIXELPIPE_KEEP_MIB": "Up to how many MiB there nothing goes at all. Default 2048.",
}
_STATE = (
    "Folder of the ledger and of the second copy of what was bought. Default: `pixelpipe` in "
    "XDG_STATE_HOME or LOCALAPPDATA, else `~/.local/state/pixelpipe`. Not on a network drive."
)
_ABOUT = {
    "api_base": "The Pixel Engine's base URL, for a proxy of your own in front of it.",
    "shared.url": "The shared store, as `shared.url` in pixelpipe.yaml says it; naming one here "
    "is your word that it may be asked, also in CI. `none` is none.",
    "state": _STATE,
}
#: What the caller does about an exit code, and which commands give it.
_DO = {
    0: ("done, or nothing to do", "go on", "all"),
    1: ("some assets failed, the rest were built", "read the sentences", "build, animate, reroll"),
    2: ("wrong usage", "fix the command", "all"),
    3: ("a mistake in YAML", "fix the lines that are named", "all that read a project"),
    4: ("only bad source images", "fix the pictures that are named", "plan, build, animate"),
    5: ("refused: key, credits, budget, no yes", "allow it, then repeat", "build, animate, reroll"),
    6: ("the service is unreachable or late", "repeat later; nothing is lost", "all that ask it"),
    7: ("a purchase was sent and never answered", "look at `pixelpipe jobs`", "build, plan, jobs"),
    8: ("storage: full, busy, read-only, corrupt", "free space, then `pixelpipe verify`", "all"),
    9: (
        "out of date, and this command may not change it",
        "build where spending is allowed",
        "plan --check, build --frozen, --locked, --plan",
    ),
    70: ("a bug", "report it with the output of -vv", "all"),
    130: ("stopped", "run again: what is in flight is taken up", "all"),
}


def targets_page() -> Page:
    """Return the page about targets."""
    return Page(
        topic="targets",
        title="Targets: what is written for each sprite",
        about="`targets: [godot, {gif: {scale: 4}}]` in pixelpipe.yaml, in a rule or in an "
        "override. Adding, changing or dropping a target is free. Files stand beside the source, "
        "here hero.png with clips idle and walk of 8 frames. Packages can add targets; see the "
        "docstring of `pipeline.targets`.",
        sections=tuple(_target(name) for name in targets.BUILT_IN),
    )


def _target(name: str) -> Section:
    engine, about = ENGINES[name]
    options = targets.options(name)
    files = targets.paths("hero", (("idle", 8), ("walk", 8)), (TargetChoice(name=name),))
    return Section(
        title=name,
        about=f"{about} For: {engine}. Files: {', '.join(_few(files))}.",
        entries=tuple(
            Entry(
                name=option,
                about=f"{one.doc[:1].upper()}{one.doc[1:]}.",
                facts=(
                    ("type", _kind(one)),
                    ("default", _spelt(one.default)),
                    ("example", f"`targets: [{{{name}: {{{option}: {_spelt(one.default)}}}}}]`"),
                    ("price", "free"),
                ),
            )
            for option, one in options.items()
        ),
    )


def _few(files: tuple[str, ...]) -> list[str]:
    return [*files[:4], f"and {len(files) - 4} more"] if len(files) > 5 else list(files)


def _kind(option: targets.Option) -> str:
    if option.choices:
        return "one of " + ", ".join(_spelt(one) for one in option.choices)
    if option.kind is bool:
        return "true or false"
    if option.kind is str:
        return "text"
    bounds = (option.low, option.high)
    number = "a whole number" if option.kind is int else "a number"
    match bounds:
        case (None, None):
            return number
        case (low, None):
            return f"{number} from {low}"
        case (None, high):
            return f"{number} up to {high}"
    return f"{number} from {option.low} to {option.high}"


def _spelt(value: targets.Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if value == "" or value == "," else str(value)


def packs_page() -> Page:
    """Return the page about the packs that ship."""
    return Page(
        topic="packs",
        title="Packs: rules that ship",
        about="`packs: [characters@1]` in pixelpipe.yaml. A version never changes; your own rules "
        "are asked first, and of several packs the first one that matches wins. A rule of yours "
        "may extend one of theirs: `extends: characters@1/hero`.",
        sections=tuple(
            _pack(f"{name}@{number}")
            for name, numbers in packs.versions().items()
            for number in numbers
        ),
    )


def _pack(label: str) -> Section:
    document = packs.load(label)
    content = document.content if isinstance(document.content, Mapping) else {}
    return Section(
        title=label,
        about=str(content.get("description", "")),
        entries=tuple(
            Entry(
                name=matching.label(rule),
                about=f"Makes {', '.join(clip.name for clip in rule.clips)}.",
                facts=(("matches", "; ".join(_conditions(rule))),),
            )
            for rule in rule_file.rules(document, pack=label, bases={})
        ),
    )


def _conditions(rule: Rule) -> Iterator[str]:
    """Yield what a rule matches, in words."""
    if rule.match != ("**",):
        yield "paths " + ", ".join(rule.match)
    when = rule.when
    if when.stem:
        yield "names with " + ", ".join(when.stem)
    if when.folder:
        yield "in folders called " + ", ".join(when.folder)
    for name in ("min_width", "max_width", "min_height", "max_height", "max_colors"):
        if (value := getattr(when, name)) is not None:
            yield f"{name.replace('_', ' ')} {value}"


def environment_page() -> Page:
    """Return the page about variables."""
    entries = [
        Entry(
            name=name,
            about="The API key of the Pixel Engine. Also read from a `.env` file. Never written "
            "anywhere, never sent anywhere else.",
        )
        for name in KEY_NAMES
    ]
    entries += [
        Entry(
            name=variable,
            about=_ABOUT.get(setting)
            or f"The setting `{setting.removesuffix('_s')}` of pixelpipe.yaml.",
            facts=(("type", SHAPES[setting].wanted),),
        )
        for variable, setting in VARIABLES.items()
    ]
    return Page(
        topic="environment",
        title="Environment: the variables that count",
        about="A variable is stronger than pixelpipe.yaml and weaker than a flag. Lists are "
        "written with commas. An empty variable counts as not set.",
        sections=(
            Section(title="Key and settings", entries=tuple(entries)),
            Section(
                title="Of the system and of others",
                entries=tuple(Entry(name=name, about=about) for name, about in _OTHERS.items()),
            ),
        ),
    )


def exit_codes_page() -> Page:
    """Return the page about exit codes."""
    kinds = _classes(PixelpipeError)
    return Page(
        topic="exit-codes",
        title="Exit codes",
        about="Where several things went wrong the code is the first of "
        f"{', '.join(str(code) for code in errors.PRECEDENCE)}; 4 only if every failure is a bad "
        "picture. `doctor` ends with the code that a build would end with.",
        sections=(
            Section(
                title="Codes",
                entries=tuple(
                    Entry(
                        name=str(code),
                        about=f"{_DO[code][0]}.",
                        facts=(("do", _DO[code][1]), ("given by", _DO[code][2])),
                    )
                    for code in sorted({0, *kinds})
                ),
            ),
        ),
    )


def _classes(kind: type[PixelpipeError]) -> set[int]:
    return {kind.exit_code}.union(*(_classes(one) for one in kind.__subclasses__()))
