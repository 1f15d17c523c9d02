"""Wildcard patterns that match in linear time: rules and ignore files come with a checkout.

A pattern is a list of names between slashes, and a name a list of fixed runs with wildcards
between them. Written plainly as a regular expression, `*a*a*a*b` tries every way to share out a
name among its stars: a name of 50 letters takes seconds, one of 250 a lifetime. But the leftmost
place of a run always leaves the most room for the rest, so nothing has to be tried twice: atomic
groups say just that.

Source: CPython's fnmatch.translate does the same for single names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .late import expression


class Run(NamedTuple):
    """Signs of fixed number: the source of a regular expression, and how many signs it takes."""

    source: str
    width: int


class Wild(NamedTuple):
    """Any signs but slashes, at least so many; `name` is what a capture is called."""

    least: int
    name: str = ""


_SIGN = expression(r"\\?.", re.DOTALL)
_TYPED = expression(r"(?P<star>\*+)|(?P<any>\?)|\[(?P<not>!?)(?P<set>\]?[^]]*)\]|.", re.DOTALL)

#: One name between slashes; None stands for `**`: any number of folders.
Name = tuple[Run | Wild, ...] | None


def source(names: Sequence[Name]) -> str:
    """Return a regular expression for the whole path. `**` at the end is what is in a folder."""
    groups, ends_open = _groups(names)
    if len(groups) == 1 and not ends_open:
        return _joined(groups[0])
    parts = [f"{_joined(groups[0])}/" if groups[0] else ""]
    last = len(groups) if ends_open else len(groups) - 1
    parts += [f"(?>(?:[^/]+/)*?{_joined(group)}/)" for group in groups[1:last] if group]
    parts.append(".+" if ends_open else f"(?:[^/]+/)*{_joined(groups[-1])}")
    return "".join(parts)


def characters(content: str, *, is_negated: bool, has_escapes: bool = False) -> str:
    """Return the expression for `[…]`, given what stands inside: one sign, and never a slash.

    Only ranges mean more than themselves; with `has_escapes` a backslash makes the next sign plain.
    Compiling it raises re.error for a range that runs backwards.
    """
    found = _SIGN.finditer(content) if has_escapes else re.finditer(".", content, re.DOTALL)
    signs = [one[0] for one in found]
    items, at = [], 0
    while at < len(signs):
        is_range = at + 2 < len(signs) and signs[at + 1] == "-"
        ends = (signs[at], signs[at + 2]) if is_range else (signs[at],)
        # Each sign by itself: `--`, `&&` and `||` will mean something to Python one day.
        items.append("-".join(re.escape(one[-1]) for one in ends))
        at += 3 if is_range else 1
    return f"(?!/)[{'^' if is_negated else ''}{''.join(items)}]"


def spanning(text: str) -> re.Pattern[str]:
    """Compile what a person types to choose among paths: `*` and `?` mean slashes as well.

    Matches the whole path or what follows one of its slashes, in linear time. What is no class,
    such as `[` alone or a range that runs backwards, is plain text or matches nothing.
    """
    parts: list[list[str]] = [[]]
    for token in _TYPED.finditer(text):
        match token.lastgroup:
            case "star":
                parts.append([])
            case "any":
                parts[-1].append(".")
            case "set":
                parts[-1].append(characters(token["set"], is_negated=bool(token["not"])))
            case _:
                parts[-1].append(re.escape(token[0]))
    first, *rest = ("".join(part) for part in parts)
    inner = "".join(f"(?>.*?{part})" for part in rest[:-1])
    try:
        return re.compile(f"(?:.*/)?{first}{inner}{'.*' + rest[-1] if rest else ''}", re.DOTALL)
    except re.error:
        return re.compile("(?!)")


def captured(names: Sequence[Name], path: str) -> dict[str, str] | None:
    """Return what the captures of a pattern hold; None when the path does not match.

    Each wildcard takes as much as it can, the first one first: so each run stands as far to the
    right as it can. `{name}_{pose}` splits `king_skeleton_idle` at its last underscore.
    """
    groups, ends_open = _groups(names)
    folders = path.split("/")
    placed = _placed(groups, folders, ends_open)
    if placed is None:
        return None
    found: dict[str, str] = {}
    for group, start in zip(groups, placed, strict=True):
        for offset, name in enumerate(group):
            found |= _shared(name, folders[start + offset]) or {}
    return found


def _groups(names: Sequence[Name]) -> tuple[list[list[tuple[Run | Wild, ...]]], bool]:
    """Divide a pattern at its `**`: the first group begins the path, the last one ends it."""
    groups: list[list[tuple[Run | Wild, ...]]] = [[]]
    for name in names:
        if name is not None:
            groups[-1].append(name)
        elif groups[-1] or len(groups) == 1:
            groups.append([])
    ends_open = bool(names) and names[-1] is None
    return (groups[:-1] if ends_open else groups), ends_open


def _joined(group: Sequence[tuple[Run | Wild, ...]]) -> str:
    return "/".join(map(_name, group))


def _name(pieces: tuple[Run | Wild, ...]) -> str:
    """Return the expression for one name: every run at its leftmost place, the last at the end."""
    head, rest = _runs(pieces)
    if not rest:
        return head.source
    *middle, (last, tail) = _merged(rest)
    parts = [f"(?>[^/]{{{wild.least},}}?{run.source})" for wild, run in middle]
    end = f"[^/]{{{last.least},}}{tail.source}(?=/|\\Z)"
    return f"(?>{head.source}{''.join(parts)}{end})"


def _runs(pieces: tuple[Run | Wild, ...]) -> tuple[Run, list[tuple[Wild, Run]]]:
    """Return the run at the beginning, and each wildcard with the run behind it."""
    wilds: list[Wild] = []
    runs: list[list[Run]] = [[]]
    for piece in pieces:
        if isinstance(piece, Wild):
            wilds.append(piece)
            runs.append([])
        else:
            runs[-1].append(piece)
    head, *rest = map(_run, runs)
    return head, list(zip(wilds, rest, strict=True))


def _run(parts: Sequence[Run]) -> Run:
    return Run("".join(part.source for part in parts), sum(part.width for part in parts))


def _merged(rest: Sequence[tuple[Wild, Run]]) -> list[tuple[Wild, Run]]:
    """Join wildcards that nothing divides: they are one for everything but captures."""
    merged: list[tuple[Wild, Run]] = []
    for wild, run in rest:
        if merged and not merged[-1][1].width:
            wild = Wild(merged.pop()[0].least + wild.least)
        merged.append((wild, run))
    return merged


def _placed(
    groups: Sequence[Sequence[tuple[Run | Wild, ...]]], folders: Sequence[str], ends_open: bool
) -> list[int] | None:
    """Return where each group of names begins, as far to the right as it can."""
    end = len(folders) - (1 if ends_open else 0)
    starts: list[int] = []
    is_last = not ends_open
    for group in reversed(groups[1:]):
        least = end - len(group) if is_last else 0
        start = next(
            (at for at in range(end - len(group), least - 1, -1) if _fits(group, folders, at)), None
        )
        if start is None:
            return None
        starts.append(start)
        end, is_last = start, False
    is_whole = len(groups) == 1 and not ends_open
    if len(groups[0]) > end or (is_whole and len(groups[0]) != end):
        return None
    return [0, *reversed(starts)] if _fits(groups[0], folders, 0) else None


def _fits(group: Sequence[tuple[Run | Wild, ...]], folders: Sequence[str], at: int) -> bool:
    return at >= 0 and all(
        _shared(name, folder) is not None
        for name, folder in zip(group, folders[at : at + len(group)], strict=True)
    )


def _shared(pieces: tuple[Run | Wild, ...], text: str) -> dict[str, str] | None:
    """Share a name out among the wildcards; None when it does not match."""
    head, rest = _runs(pieces)
    starts: list[int] = []
    end = len(text)
    for number, (wild, run) in enumerate(reversed(rest)):
        last = end - run.width
        places = range(last, head.width - 1, -1) if number else (last,)
        start = next((at for at in places if _stands(run, text, at)), None)
        if start is None:
            return None
        starts.append(start)
        end = start - wild.least
    if not _stands(head, text, 0) or (end < head.width if rest else end != head.width):
        return None
    found, begin = dict[str, str](), head.width
    for (wild, run), start in zip(rest, reversed(starts), strict=True):
        if wild.name:
            found[wild.name] = text[begin:start]
        begin = start + run.width
    return found


def _stands(run: Run, text: str, at: int) -> bool:
    if not run.width:
        return at >= 0
    return at >= 0 and re.compile(run.source, re.DOTALL).match(text, at) is not None
