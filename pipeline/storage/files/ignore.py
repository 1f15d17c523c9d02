"""What a project does not want looked at: a subset of gitignore's patterns.

One pattern a line. `#` starts a comment, `!` takes a match back, the last pattern that matches
wins. A `/` at the end means folders only; a `/` before that ties the pattern to the folder that it
is written in, otherwise it holds at any depth. `*`, `?` and `[a-z]`, `[!a-z]` stay within a
name; `**/`, `/**/` and `/**` span folders; a backslash takes the meaning from the next character.
What lies in an ignored folder cannot be taken back, as in git. Not supported: nothing else.

Source: gitignore(5), "PATTERN FORMAT".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...core import late, patterns
from ...core.errors import ConfigError
from ...core.listing import IGNORE_NAME as IGNORE_NAME
from ...core.model import composed
from ...core.patterns import Name, Run, Wild

#: Most patterns that hold in a folder, its own and those from above.
MOST_PATTERNS = 2_000
#: Longest line, and signs in all patterns that hold in a folder: each sign is compiled.
MOST_SIGNS, MOST_SIGNS_HERE = 1_000, 100_000


class _Pattern(NamedTuple):
    """One line: a regular expression for a whole path, and how a match counts."""

    regex: re.Pattern[str]
    is_negated: bool
    is_folder_only: bool
    signs: int


class TooManyError(ConfigError):
    """A file asks for more patterns, or longer ones, than are looked at."""


class Ignore:
    """A chain of patterns, outer ones first. Immutable: `extended` makes a longer one."""

    def __init__(self, patterns: tuple[_Pattern, ...] = ()) -> None:
        """Take compiled patterns; start with none and use `extended`."""
        self._patterns = patterns
        # One search over all patterns first: nearly every path matches none of them.
        joined = "|".join(f"(?:{pattern.regex.pattern})" for pattern in patterns)
        self._any = re.compile(joined, re.DOTALL) if patterns else None

    def __bool__(self) -> bool:
        """Tell whether there is any pattern."""
        return self._any is not None

    def extended(self, lines: Iterable[str], base: str) -> Ignore:
        """Add `lines` as written in the folder `base` (POSIX, relative; "" is the root).

        Raises TooManyError for more than can be asked of every path.
        """
        found = list(self._patterns)
        signs = sum(pattern.signs for pattern in found)
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            signs += len(line)
            if len(line) > MOST_SIGNS:
                raise TooManyError(f"it has a line of more than {MOST_SIGNS} signs")
            if (pattern := _compile(line, base)) is not None:
                found.append(pattern)
            if len(found) > MOST_PATTERNS:
                raise TooManyError(f"it makes more than {MOST_PATTERNS} patterns")
            if signs > MOST_SIGNS_HERE:
                raise TooManyError(f"it makes patterns of more than {MOST_SIGNS_HERE} signs")
        return Ignore(tuple(found)) if len(found) > len(self._patterns) else self

    def matches(self, path: str, *, is_folder: bool = False) -> bool:
        """Tell whether `path` itself is ignored; folders above it are the caller's to ask about."""
        if self._any is None or self._any.fullmatch(path := composed(path)) is None:
            return False
        for pattern in reversed(self._patterns):
            if pattern.is_folder_only and not is_folder:
                continue
            if pattern.regex.fullmatch(path) is not None:
                return not pattern.is_negated
        return False


def _compile(line: str, base: str) -> _Pattern | None:
    """Return the pattern of one line, or None for a blank line or a comment."""
    text, base = _trimmed(composed(line).rstrip("\r\n")), composed(base)
    if not text or text.startswith("#"):
        return None
    is_negated = text.startswith("!")
    text = text[1:] if is_negated else text
    is_folder_only = text.endswith("/")
    text = text.removesuffix("/")
    is_tied = "/" in text
    names = _names(text.removeprefix("/"))
    prefix = re.escape(base + "/") if base else ""
    try:
        body = patterns.source(names if is_tied else (None, *names))
        regex = re.compile(prefix + body, re.DOTALL)
    except re.error:  # such as the range [z-a], which matches nothing in git either
        return None
    return _Pattern(regex, is_negated, is_folder_only, len(line)) if text else None


def _trimmed(text: str) -> str:
    """Drop blanks at the end, but not one that a backslash protects."""
    bare = text.rstrip(" \t")
    return bare + " " if bare != text and bare.endswith("\\") else bare


def _token(of_class: str) -> re.Pattern[str]:
    """Compile what reads one token of a pattern."""
    return late.expression(
        rf"(?P<star>\*+)|(?P<any>\?)|{of_class}|\\(?P<escaped>.)|(?P<plain>.)", re.DOTALL
    )


_TOKEN = _token(r"\[(?P<not>[!^]?)(?P<set>\]?(?:\\.|[^]\\])*)\]")
_NO_CLASS = _token(r"(?P<not>(?!))(?P<set>(?!))")


def expression(glob: str) -> str:
    """Translate a gitignore pattern without its marks at either end."""
    return patterns.source(_names(glob))


def _names(glob: str) -> tuple[Name, ...]:
    """Divide a pattern into names; `**` alone between slashes is any number of folders."""
    names: list[list[Run | Wild]] = [[]]
    folders = set()
    for token in _tokens(glob):
        if (token["plain"] or token["escaped"]) == "/":
            names.append([])
        elif token["star"] == "**" and _is_alone(glob, token):
            folders.add(len(names) - 1)
        else:
            names[-1].append(_piece(token))
    return tuple(None if at in folders else tuple(name) for at, name in enumerate(names))


def _tokens(glob: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of a pattern.

    Where one bracket is not closed no later one is: that is looked for once, so that a line full of
    brackets takes a time that grows with its length.
    """
    expected, at = _TOKEN, 0
    while token := expected.match(glob, at):
        yield token
        at = token.end()
        if token["plain"] == "[":
            expected = _NO_CLASS


def _is_alone(glob: str, token: re.Match[str]) -> bool:
    """Tell whether slashes, or the ends of the pattern, stand on both sides of a token."""
    begins = token.start() == 0 or glob[token.start() - 1] == "/"
    return begins and (token.end() == len(glob) or glob[token.end()] == "/")


def _piece(token: re.Match[str]) -> Run | Wild:
    """Translate one token of a name."""
    match token.lastgroup:
        case "star":
            return Wild(0)
        case "any":
            return Run("[^/]", 1)
        case "set":
            return Run(_characters(token), 1)
        case _:
            return Run(re.escape(token["escaped"] or token["plain"]), 1)


def _characters(token: re.Match[str]) -> str:
    is_negated = bool(token["not"])
    return patterns.characters(token["set"], is_negated=is_negated, has_escapes=True)
