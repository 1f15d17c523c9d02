"""One small file for each form that an engine loads: a sheet and options in, files out.

Pure: nothing is written, and the same sheet gives the same bytes. Pillow is loaded only by what
encodes pictures.

A package of your own adds a target: a `Target` that names its files (`paths`, which must need no
picture, since the plan asks it too) and returns one bytes for each (`contents`). In csv_target.py:

    from pipeline.targets import Drawn, Naming, Option, Target, timing

    def paths(naming: Naming) -> tuple[str, ...]:
        return (naming.path("csv"),)

    def contents(drawn: Drawn) -> tuple[bytes, ...]:
        comma = str(drawn.options["separator"])
        rows = [comma.join(("clip", "frame", "x", "y", "ms"))]
        for clip in drawn.sheet.clips:
            for frame, ms in timing.play(drawn.sheet, clip):
                x, y = drawn.layout.place(frame)
                rows.append(comma.join((clip.name, str(frame), str(x), str(y), str(ms))))
        return (("\\n".join(rows) + "\\n").encode(),)

    target = Target(
        name="csv",
        paths=paths,
        contents=contents,
        options={"separator": Option(default=",", doc="what stands between columns")},
    )

and in its pyproject.toml, after which a rule says `targets: [csv]`:

    [project]
    name = "pixelpipe-csv"
    version = "1.0"

    [project.entry-points."pixelpipe.targets"]
    csv = "csv_target:target"

    [tool.setuptools]
    py-modules = ["csv_target"]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ..core.errors import ConfigError
from ..core.model import File, Sheet, TargetChoice
from . import registry, sheet, timing
from .registry import BUILT_IN, GROUP, names
from .target import Drawn, Home, Naming, Option, Shown, Target, Value

__all__ = [
    "BUILT_IN",
    "GROUP",
    "Drawn",
    "Home",
    "Naming",
    "Option",
    "Shown",
    "Target",
    "Value",
    "about",
    "beats",
    "check",
    "export",
    "fit",
    "home",
    "names",
    "options",
    "paths",
    "room",
    "shown",
    "timing",
]

#: How many frames a clip plays, for `paths`: see `timing.beats`.
beats = timing.beats
#: The targets of a run, each with all its options.
_Chosen = tuple[tuple[Target, Mapping[str, Value]], ...]


def export(drawn_sheet: Sheet, choices: tuple[TargetChoice, ...]) -> tuple[File, ...]:
    """Return the sheet's PNG, and every file of the chosen targets.

    Raises ConfigError for a wrong choice, AssetError for a sheet that a target cannot take.
    """
    chosen = registry.chosen(choices)
    files = [
        File(path=path, content=content)
        for drawn, targets in _drawings(drawn_sheet, chosen)
        for target, stated in targets
        for path, content in _written(target, drawn, stated)
    ]
    _refuse_twins(file.path for file in files)
    return tuple(files)


def paths(
    stem: str, clips: tuple[tuple[str, int], ...], choices: tuple[TargetChoice, ...]
) -> tuple[str, ...]:
    """Return the paths that `export` would write, in its order.

    A clip is its name and the frames that it plays: its frame count, or `beats` when frames are
    held or played back and forth. Raises ConfigError as `export` does.
    """
    namings = _namings(stem, clips, registry.chosen(choices))
    found = [path for target, naming in namings for path in target.paths(naming)]
    _refuse_twins(found)
    return tuple(found)


def fit(stem: str, clips: tuple[tuple[str, int], ...], choices: tuple[TargetChoice, ...]) -> None:
    """Raise what `export` would that needs no picture: asked before anything is bought.

    ConfigError for a folder that is not the engine's, AssetError for a clip that is missing.
    """
    for target, naming in _namings(stem, clips, registry.chosen(choices)):
        if target.home is not None:
            from . import roots

            roots.inside(naming.path("png"), str(naming.options["root"]), target.name)
        if target.fits is not None:
            target.fits(naming)


def room(
    cell: tuple[int, int], clips: tuple[tuple[str, int], ...], choices: tuple[TargetChoice, ...]
) -> None:
    """Raise AssetError when cells of this size, so many of each clip, fit no sheet.

    Asked before anything is bought, like `fit`; a clip is its name and the frames that it has.
    """
    chosen = registry.chosen(choices)
    layout = chosen[0][1]
    counts = dict(clips)
    for part, described in _parts(tuple(counts), chosen):
        sheet.arrange(cell, counts[part] if part else sum(counts.values()), layout)
        for target, stated in described:
            if target.room is not None:
                target.room(Naming(stem="", clips=(), options=stated, part=part), cell)


def _namings(
    stem: str, clips: tuple[tuple[str, int], ...], chosen: _Chosen
) -> Iterator[tuple[Target, Naming]]:
    """Yield each target with each part that it describes."""
    for part, targets in _parts(tuple(name for name, _ in clips), chosen):
        within = tuple(clip for clip in clips if part in ("", clip[0]))
        for target, stated in targets:
            yield target, Naming(stem=stem, clips=within, options=stated, part=part)


def options(name: str) -> Mapping[str, Option]:
    """Return what can be set for target `name`; ConfigError when there is none."""
    return registry.get(name).options


def about(name: str) -> str:
    """Return in one line what target `name` writes; "" for another package's."""
    return registry.about(name)


def home(name: str) -> Home | None:
    """Return how the project of target `name`'s engine is known, if its option `root` wants that.

    Raises ConfigError when there is no such target.
    """
    return registry.get(name).home


def shown(name: str) -> Shown | None:
    """Return where target `name` shows a name that is global in the game, if it does."""
    return registry.get(name).shown


def check(choice: TargetChoice) -> None:
    """Raise ConfigError, with the near miss, unless the target and its options exist."""
    registry.filled(choice)


def _parts(clips: tuple[str, ...], chosen: _Chosen) -> tuple[tuple[str, _Chosen], ...]:
    """Return which targets describe which part: "" is the whole sheet, always drawn."""
    if chosen[0][1]["per"] == "source":
        return (("", chosen),)
    return (("", chosen[:1]), *((clip, chosen) for clip in clips))


def _drawings(whole: Sheet, chosen: _Chosen) -> tuple[tuple[Drawn, _Chosen], ...]:
    """Return each part drawn, with the targets that describe it."""
    clips = {clip.name: clip for clip in whole.clips}
    layout = chosen[0][1]
    return tuple(
        (sheet.draw(sheet.only(whole, clips[part]) if part else whole, layout, part), targets)
        for part, targets in _parts(tuple(clips), chosen)
    )


def _written(
    target: Target, drawn: Drawn, stated: Mapping[str, Value]
) -> Iterable[tuple[str, bytes]]:
    """Return the paths of one target with their contents."""
    played = tuple(
        (
            clip.name,
            timing.beats(timing.durations(drawn.sheet, clip), clip.direction, loop=clip.loop),
        )
        for clip in drawn.sheet.clips
    )
    naming = msgspec.structs.replace(drawn.naming, clips=played, options=stated)
    ready = msgspec.structs.replace(drawn, naming=naming)
    return zip(target.paths(naming), target.contents(ready), strict=True)


def _refuse_twins(found: Iterable[str]) -> None:
    """Raise ConfigError when two files have one path; Windows and macOS ignore case."""
    seen: set[str] = set()
    for path in found:
        if path.casefold() in seen:
            raise ConfigError(
                f"two targets write {path}: list each target once, and give clips names that "
                "differ in more than case"
            )
        seen.add(path.casefold())
