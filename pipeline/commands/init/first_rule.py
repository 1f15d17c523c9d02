"""Choose what the first rule of a project is about: the user's own sprites. Pure.

The first rule that matches wins, so it takes no sprite from a pack that knows it better: it is for
sprites that no pack knows, or else takes a pack's rule as its base and changes nothing yet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ...core.model import Record

#: So many files are named where a whole folder would take too much.
_MOST_FILES = 8
_SIGNS = re.compile(r"[*?\[{]")


class First(Record, frozen=True, kw_only=True):
    """What the first rule matches, relative to the assets folders, and what it builds on."""

    match: tuple[str, ...]
    name: str = "sprites"
    #: The pack's rule that it takes everything from; "" for a rule with clips of its own.
    extends: str = ""
    #: Nothing is there that it could be about.
    is_example: bool = False


def choose(sources: Sequence[str], assets: Sequence[str], pack_rule: Callable[[str], str]) -> First:
    """Choose for the PNGs that are there; `pack_rule` returns the rule that a pack has for one."""
    labels = {_relative(path, assets): pack_rule(path) for path in sources}
    if not labels:
        return First(match=("my_sprites/{name}.png",), name="example", is_example=True)
    unknown = [path for path, label in labels.items() if not label]
    label = ""
    if not unknown:
        (label, _), *_ = Counter(labels.values()).most_common(1)
    chosen = [path for path in labels if labels[path] == label]
    (folder, _), *_ = Counter(map(_folder, chosen)).most_common(1)
    inside = {path for path in labels if _folder(path) == folder}
    mine = [path for path in chosen if _folder(path) == folder]
    return First(match=_patterns(folder, mine, inside), name=_name(folder), extends=label)


def _patterns(folder: str, mine: Sequence[str], inside: Iterable[str]) -> tuple[str, ...]:
    """Return one pattern for a whole folder, or the files where others lie among them."""
    whole = f"{folder or '.'}/{{name}}.png"
    if set(inside) == set(mine) and not _SIGNS.search(folder) and _is_lower(mine):
        return (whole,)
    named = [path if "/" in path else f"./{path}" for path in mine if not _SIGNS.search(path)]
    return tuple(named[:_MOST_FILES]) or (whole,)


def _is_lower(paths: Iterable[str]) -> bool:
    return all(path.endswith(".png") for path in paths)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(folder: str) -> str:
    """Return a rule's name after a folder."""
    word = re.sub(r"[^A-Za-z0-9_-]+", "_", folder.rpartition("/")[2]).strip("_-")
    return word or "sprites"


def _relative(path: str, assets: Sequence[str]) -> str:
    for folder in sorted(assets, key=len, reverse=True):
        if folder != "." and path.startswith(f"{folder}/"):
            return path[len(folder) + 1 :]
    return path
