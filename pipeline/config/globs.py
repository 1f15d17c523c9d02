"""Patterns for paths: `*` `?` `**` `[..]` and `{capture}`, as in `.gitignore` plus captures.

`*`, `?`, `[..]` and `{capture}` stay within one name between slashes; `**` stands alone between
slashes and means any number of folders, none included. A pattern without a slash matches at any
depth. One that ends with a slash means everything in that folder. Case counts. Both sides are
compared in Unicode NFC, since macOS hands out decomposed names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core import patterns
from ..core.late import expression
from ..core.model import Record, composed
from ..core.patterns import Name, Run, Wild

#: What a capture may be called.
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
#: Names with a meaning of their own in prompts.
RESERVED = frozenset(("stem", "folder", "clip", "width", "height"))

_MOST_BESIDE_A_REPEAT = 4
_TOKEN = expression(r"\*+|\?|\[[!^]?\]?[^\]/]*\]|\{[^{}]*\}|[^*?\[{]+|.", re.DOTALL)
_NAME = expression(NAME)


class PatternError(ValueError):
    """A pattern cannot be used; the text is a clause that reads after the pattern."""


class Glob(Record, frozen=True, kw_only=True):
    """A compiled pattern."""

    text: str
    #: Regular expression source for the whole path: it matches in linear time, or, where a capture
    #: is repeated and has a group of its name, with few wildcards.
    source: str
    captures: tuple[str, ...] = ()
    names: tuple[Name, ...] = ()
    is_repeating: bool = False

    def captured(self, match: re.Match[str]) -> dict[str, str]:
        """Return what the captures hold, given a match of the whole path with `source`."""
        if self.is_repeating:
            return match.groupdict()
        return (patterns.captured(self.names, match[0]) or {}) if self.captures else {}


def compile(pattern: str) -> Glob:
    """Compile one pattern. Raises PatternError with the reason."""
    text = composed(pattern)
    segments = _segments(text)
    names = tuple(_pieces(segment) for segment in segments)
    wilds = [piece for name in names for piece in name or () if isinstance(piece, Wild)]
    captures = [wild.name for wild in wilds if wild.name]
    distinct = tuple(dict.fromkeys(captures))
    if len(distinct) == len(captures):
        return Glob(text=text, source=patterns.source(names), captures=distinct, names=names)
    if len(wilds) + names.count(None) - len(captures) + len(distinct) > _MOST_BESIDE_A_REPEAT:
        raise PatternError(
            "repeats a capture, and then at most four of `*`, `**` and captures may stand in it"
        )
    return Glob(text=text, source=_repeating(names), captures=distinct, is_repeating=True)


def _repeating(names: Sequence[Name]) -> str:
    """Return an expression in which a capture's second place must be equal to its first.

    Greedy and with backtracking: nothing shares out repeated captures in linear time.
    """
    seen: set[str] = set()

    def piece(one: Run | Wild) -> str:
        if isinstance(one, Run):
            return one.source
        if one.name in seen:
            return f"(?P={one.name})"
        seen.add(one.name)
        return f"(?P<{one.name}>[^/]+)" if one.name else "[^/]*"

    parts = [None if name is None else "".join(map(piece, name)) for name in names]
    begin = "".join("(?:[^/]+/)*" if part is None else f"{part}/" for part in parts[:-1])
    return begin + (parts[-1] or ".+")


def regex(globs: tuple[Glob, ...] | list[Glob]) -> re.Pattern[str]:
    """Return one expression for several globs; `lastgroup` of a full match is `g<index>`.

    The outer group closes last, which is what `lastgroup` reports. Captures get a prefix of their
    own, because a name may stand in one expression only once.
    """
    alternatives = []
    for index, glob in enumerate(globs):
        source = glob.source
        for name in glob.captures if glob.is_repeating else ():
            source = source.replace(f"(?P<{name}>", f"(?P<c{index}_{name}>")
            source = source.replace(f"(?P={name})", f"(?P=c{index}_{name})")
        alternatives.append(f"(?P<g{index}>{source})")
    return re.compile("|".join(alternatives), re.DOTALL)


def has_signs(text: str) -> bool:
    """Tell whether a text may be more than the name of one file."""
    return any(sign in text for sign in "*?[{")


def problem_for_png(pattern: str) -> str | None:
    """Say why `pattern` can match no PNG at all, or return None."""
    last = pattern.rsplit("/", 1)[-1]
    tail = re.split(r"[*?\]}]", last)[-1].lower()
    if tail.endswith(".png") or ".png".endswith(tail):
        return None
    return f"matches no PNG; write `{pattern}/` for a whole folder, or `{pattern}.png`"


def _segments(text: str) -> list[str]:
    """Split a pattern at its slashes and refuse what cannot lie in the folder."""
    if "\\" in text:
        raise PatternError(
            "has a backslash; folders are separated by `/` on every system: write "
            f"`{text.replace(chr(92), '/')}`"
        )
    if text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise PatternError("is absolute; patterns are relative to the assets folder")
    if any(ord(sign) < 32 for sign in text) or not text.strip("/ "):
        raise PatternError("names no path")
    if text.endswith("/"):
        text += "**"
        if text.count("/") == 1:
            text = f"**/{text}"
    segments = [part for part in text.split("/") if part != "."]
    if ".." in segments:
        raise PatternError("leaves the assets folder")
    if "" in segments:
        raise PatternError("has two slashes in a row")
    return ["**", *segments] if "/" not in text else segments


def _pieces(segment: str) -> Name:
    """Return the pieces of one name between slashes; None stands for `**`."""
    if segment == "**":
        return None
    return tuple(_piece(token) for token in _TOKEN.findall(segment))


def _piece(token: str) -> Run | Wild:
    if token == "*":
        return Wild(0)
    if token.startswith("**"):
        raise PatternError("has `**` beside other signs; it stands alone, as in `**/*.png`")
    if token == "?":
        return Run("[^/]", 1)
    if token.startswith("["):
        return Run(_class(token), 1)
    if token.startswith("{"):
        return Wild(1, _capture(token))
    return Run(re.escape(token), len(token))


def _class(token: str) -> str:
    """Return the expression for `[abc]`, `[a-z]` or `[!a]`."""
    if len(token) < 3 or token in ("[!]", "[^]"):
        raise PatternError("has a `[` without its `]`; write `[[]` for the sign itself")
    inner = token[1:-1]
    negated = inner[0] in "!^"
    inner = inner[1:] if negated else inner
    source = patterns.characters(inner, is_negated=negated)
    try:
        re.compile(source)
    except re.error as exc:
        raise PatternError(f"has a class `{token}` that is wrong: {exc}") from exc
    return source


def _capture(token: str) -> str:
    """Return the name of `{name}`; a second one of that name must be equal to the first."""
    name = token[1:-1]
    if "," in name:
        raise PatternError(f"has `{token}`: braces name a capture; list several patterns instead")
    if len(token) < 2 or not _NAME.fullmatch(name):
        raise PatternError(f"has `{token}`: a capture is a name in braces, such as `{{name}}`")
    if name in RESERVED:
        raise PatternError(f"captures `{{{name}}}`, a word that prompts know already; rename it")
    return name
