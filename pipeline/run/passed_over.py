"""What was seen and not taken, and what to do about it: files, overrides, rules. Pure.

Nothing that a person put into an assets folder or a rules folder is passed over in silence, unless
it is hidden by convention, ignored by the user's own pattern, or no picture at all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..config import globs, matching
from ..config.workspace import Workspace
from ..core.listing import OTHER_PICTURES
from ..core.model import PassedOver, Rule, composed, fold, stem_of
from ..core.model.rules import Box
from ..plan.wanted import Wanted
from ..storage import files
from ..storage.files import Scan

#: So many files of one kind are named; the others are counted.
_NAMED = 3
_EDITORS = {
    ".aseprite": "export it: `aseprite -b NAME.aseprite --save-as NAME.png`",
    ".ase": "export it: `aseprite -b NAME.ase --save-as NAME.png`",
    ".svg": "export a PNG in the size that the game shows it in",
}
_EDITORS |= dict.fromkeys(
    (".psd", ".psb", ".kra", ".xcf", ".clip", ".ora", ".pyxel", ".piskel", ".graphite", ".ai"),
    "export a PNG beside it",
)
_JPEGS = (".jpg", ".jpeg", ".jfif", ".heic")
_DRAWN = "save it as PNG"
_NO_BACKGROUND = "save it as PNG with a transparent background, from the original if there is one"
_IGNORE_LINE = "; or name it under `ignore:` in pixelpipe.yaml"


def find(
    workspace: Workspace,
    scan: Scan,
    wanted: Sequence[Wanted],
    refused: Collection[str] = (),
) -> tuple[PassedOver, ...]:
    """Return all of it once: files of the assets folders, overrides, rule files, rules.

    Of the sources `refused` something else is said already.
    """
    sources = [path for path in scan.files if files.is_source(path)]
    found = [*_in_assets(scan, sources), *_overrides(scan, sources), *workspace.passed_over]
    found += _boxes(workspace, wanted)
    if sources:
        frames = (path for one in wanted for clip in one.adopted for path in clip.paths)
        told = {*refused, *frames}
        found += _rules(workspace, wanted, sources, told)
        found += _capitals(workspace, wanted, sources, told)
        if not wanted and not refused and workspace.inputs == (files.CONFIG_NAME,):
            patterns = ", ".join(workspace.settings.rules)
            said = "there is no such file, so no rule of your own: write one, or correct `rules:`"
            found.append(PassedOver(path=patterns, text=said))
    elif workspace.is_project and not found:
        folders = ", ".join(workspace.settings.assets)
        said = f"holds no PNG: put one there, or name your art's folder in `assets:` ({folders})"
        found.append(PassedOver(path=workspace.settings.assets[0], text=said))
    return tuple(found)


def about(workspace: Workspace, scan: Scan, path: str) -> str:
    """Say why the file `path`, which no plan speaks of, is not taken."""
    sources = [one for one in scan.files if files.is_source(one)]
    for one in (*_files(scan.passed_over, sources, limit=None), *_overrides(scan, sources)):
        if composed(one.path) == composed(path):
            return one.text
    if not path.lower().endswith(".png"):
        return "is no PNG: only PNG files are animated"
    assets = workspace.settings.assets
    if "." not in assets and not any(path.startswith(f"{folder}/") for folder in assets):
        folder = path.rpartition("/")[0] or "."
        return (
            f"lies outside of the assets folders ({', '.join(assets)}): move it there, or add "
            f"`{folder}` to `assets:` in pixelpipe.yaml"
        )
    if any(part.startswith(".") for part in path.split("/")):
        return "is hidden, or lies in a hidden folder, and is not taken: take the dot away"
    return "is left out by `ignore:` in pixelpipe.yaml or by a .pixelpipeignore file"


def remedy(name: str) -> str:
    """Say what to do with a picture that is no PNG."""
    stem, _, suffix = name.rpartition(".")
    found = _remedy(f".{suffix.lower()}").replace("NAME", stem)
    return f"only PNG files are animated: {found}"


def _remedy(suffix: str) -> str:
    return _EDITORS.get(suffix, _NO_BACKGROUND if suffix in _JPEGS else _DRAWN)


def _in_assets(scan: Scan, sources: Sequence[str]) -> Iterator[PassedOver]:
    yield from _files(scan.passed_over, sources, limit=_NAMED)


def _files(
    paths: Collection[str], sources: Sequence[str], *, limit: int | None
) -> Iterator[PassedOver]:
    """Yield a sentence for each file, or for each kind of picture when `limit` says how many."""
    stems = {fold(stem_of(path)) for path in sources} if paths else frozenset()
    pictures: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        stem, _, suffix = path.rstrip(" .").rpartition(".")
        suffix = f".{suffix.lower()}"
        if path.endswith((" ", ".")):
            name = path.rpartition("/")[2].rstrip(" .")
            text = (
                f"is not taken, since its name ends in a space or a full stop: rename it to {name}"
            )
            yield PassedOver(path=path, text=text)
        elif suffix in OTHER_PICTURES:
            if fold(stem) not in stems:  # else its PNG lies beside it
                pictures[suffix].append(path)
        elif text := _spelling(path, suffix, sources):
            yield PassedOver(path=path, text=text)
    for suffix, alike in pictures.items():
        yield from _pictures(suffix, alike, limit)


def _pictures(suffix: str, alike: list[str], limit: int | None) -> Iterator[PassedOver]:
    remedy = _remedy(suffix)
    if limit is None or len(alike) <= limit:
        for path in alike:
            name = path.rpartition("/")[2].rpartition(".")[0]
            text = f"only PNG files are taken: {remedy.replace('NAME', name)}"
            yield PassedOver(path=path, text=text)
        return
    named = ", ".join(path.rpartition("/")[2] for path in alike[1:limit])
    text = (
        f"and {len(alike) - 1} more {suffix} files ({named}, …): only PNG files are taken: {remedy}"
    )
    yield PassedOver(path=alike[0], text=text)


def _spelling(path: str, suffix: str, sources: Sequence[str]) -> str:
    """Say what is wrong with the name of a file that is nearly one of ours."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    if suffix == ".png":
        if name.startswith("."):
            return f"is hidden and not taken: rename it to {name.lstrip('.')}{_IGNORE_LINE}"
        return f"is not taken, since its ending is neither .png nor .PNG: rename it to {stem}.png"
    if "ignore" in name:
        return "is not read: an ignore file is called .pixelpipeignore"
    beside = {one for one in sources if one.rpartition("/")[0] == folder}
    if name.startswith("."):
        return ""
    if stem.lower().endswith(".png"):
        return f"is not read: an override's name ends in .png.yaml; rename it to {stem}.yaml"
    owner = _nearest(f"{stem}.png", beside, is_exact=True)
    if owner:
        name = owner.rpartition("/")[2]
        return f"is not read: an override of {name} is called {name}.yaml{_IGNORE_LINE}"
    return ""


def _overrides(scan: Scan, sources: Sequence[str]) -> Iterator[PassedOver]:
    """Yield the overrides that belong to no source."""
    known = {composed(path) for path in sources}
    for path in sorted(filter(files.is_override, scan.files)):
        owner = path.removesuffix(".yaml")
        if composed(owner) in known:
            continue
        folder, _, name = owner.rpartition("/")
        near = _nearest(name, {one for one in sources if one.rpartition("/")[0] == folder})
        if near:
            near = near.rpartition("/")[2]
            text = f"is not used: there is no {name}, but {near}; rename it to {near}.yaml"
        else:
            text = f"is not used: there is no {name} beside it; move it there, or remove it"
        yield PassedOver(path=path, text=text)


def _nearest(name: str, paths: Iterable[str], *, is_exact: bool = False) -> str:
    """Return the path whose name is the same but for case, or else similar."""
    names = {fold(path.rpartition("/")[2]): path for path in paths}
    if fold(name) in names or is_exact:
        return names.get(fold(name), "")
    from difflib import get_close_matches

    alike = get_close_matches(fold(name), list(names), n=1, cutoff=0.75)
    return names[alike[0]] if alike else ""


# -- rules --------------------------------------------------------------------------------------


def _rules(
    workspace: Workspace,
    wanted: Sequence[Wanted],
    sources: Sequence[str],
    told: Collection[str],
) -> Iterator[PassedOver]:
    """Yield the project's own rules that got no file, and why; not where `told` says it."""
    about = {path: _relative(path, workspace.settings.assets) for path in told}
    used = {(one.rule.file, one.rule.name) for one in wanted}
    idle = [one for one in workspace.rules if not one.pack and (one.file, one.name) not in used]
    taken = {one.source.path: one.rule for one in wanted} if idle else {}
    for rule in idle:
        if not _hits(rule.match, about):
            yield PassedOver(
                path=rule.file, line=rule.line, text=_idle(rule, workspace, sources, taken)
            )


def _capitals(
    workspace: Workspace, wanted: Sequence[Wanted], sources: Sequence[str], told: Collection[str]
) -> Iterator[PassedOver]:
    """Yield sources that no rule takes for their capital letters, once for each rule in use."""
    taken = files.Names.of(one.source.path for one in wanted)
    left = [path for path in sources if path not in taken and path not in told]
    relative = {path: _relative(path, workspace.settings.assets) for path in left}
    folded = {path: text.lower() for path, text in relative.items() if text != text.lower()}
    used = {(one.rule.file, one.rule.name) for one in wanted} if folded else set()
    for rule in (one for one in workspace.rules if (one.file, one.name) in used and not one.pack):
        hits = _hits([one.lower() for one in rule.match], folded)
        if not hits:
            continue
        more = f" (and {len(hits) - 1} more)" if len(hits) > 1 else ""
        text = (
            f"is matched by no rule for its capital letters: case counts, and `{rule.match[0]}` of"
            f" rule `{rule.name}` would match {folded[hits[0]]}{more}"
        )
        yield PassedOver(path=hits[0], text=text)
        folded = {path: text for path, text in folded.items() if path not in hits}


def _idle(
    rule: Rule, workspace: Workspace, sources: Sequence[str], taken: Mapping[str, Rule]
) -> str:
    """Say why a rule gets no file, and what to write."""
    assets = workspace.settings.assets
    relative = {path: _relative(path, assets) for path in sources}
    hits = _hits(rule.match, relative)
    head = f"rule `{rule.name}` gets no file:"
    if hits:
        others = sorted({matching.label(taken[path]) for path in hits if path in taken})
        if others:
            one = f"`{others[0]}`" + (f" and {len(others) - 1} more" if len(others) > 1 else "")
            return f"{head} {one} takes what its pattern matches ({hits[0]}); the first rule wins"
        return f"{head} its pattern matches {hits[0]}, but its `when` does not hold there"
    for pattern in rule.match:
        if (shorter := _without_folder(pattern, assets)) is not None:
            return (
                f"{head} patterns begin below the assets folder: write `match: "
                f'"{shorter}"` instead of "{pattern}"'
            )
    folded = {path: text.lower() for path, text in relative.items()}
    if hits := _hits([pattern.lower() for pattern in rule.match], folded):
        return f"{head} case counts, and the file is called {relative[hits[0]]}"
    shown = ", ".join(f"`{pattern}`" for pattern in rule.match)
    return f"{head} nothing below {', '.join(assets)} matches {shown}"


def _boxes(workspace: Workspace, wanted: Iterable[Wanted]) -> Iterator[PassedOver]:
    """Yield the boxes of parts that lie outside of a picture, each once for all of its rule's."""
    outside: dict[tuple[str, int | None, str, Box], list[Wanted]] = defaultdict(list)
    stated = {(rule.file, rule.line): rule.parts for rule in workspace.rules}
    for one in wanted:
        width, height = _size(one)
        for part, box in one.rule.parts.items():
            if box[0] >= width or box[1] >= height or box[2] <= 0 or box[3] <= 0:
                place: tuple[str, int | None] = (one.rule.file, one.rule.line)
                if stated.get(place, {}).get(part) != box:  # the file beside it says so
                    place = (f"{one.source.path}.yaml", None)
                outside[*place, part, box].append(one)
    for (path, line, part, box), having in outside.items():
        first, more = having[0], len(having) - 1
        width, height = _size(first)
        cell = "cell" if first.rule.cells else "picture"
        others = f" (and of {more} more)" if more else ""
        text = (
            f"`parts: {{{part}: {list(box)}}}` lies outside of the {width}x{height} {cell} of "
            f"{first.source.path}{others}, so that it names nothing: it is [left, top, right, "
            f"bottom] in px of the {cell}"
        )
        yield PassedOver(path=path, line=line, text=text)


def _size(one: Wanted) -> tuple[int, int]:
    return one.rule.cells or (one.source.width, one.source.height)


def _hits(patterns: Iterable[str], relative: Mapping[str, str]) -> list[str]:
    """Return the paths whose relative name one of the patterns matches."""
    try:
        expressions = [re.compile(globs.compile(one).source, re.DOTALL) for one in patterns]
    except (globs.PatternError, re.error):
        return []
    return sorted(
        path
        for path, text in relative.items()
        if any(expression.fullmatch(text) for expression in expressions)
    )


def _relative(path: str, assets: Sequence[str]) -> str:
    for folder in sorted(assets, key=len, reverse=True):
        if folder != "." and composed(path).startswith(f"{composed(folder)}/"):
            return composed(path)[len(composed(folder)) + 1 :]
    return composed(path)


def _without_folder(pattern: str, assets: Sequence[str]) -> str | None:
    """Return a pattern without the assets folder that it begins with by mistake."""
    plain = pattern.removeprefix("./")
    for folder in assets:
        if folder != "." and plain.startswith(f"{folder}/"):
            return plain[len(folder) + 1 :]
    return None
