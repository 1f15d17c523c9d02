"""Patterns for paths: `*` `?` `**` `[..]` and `{capture}`, as in `.gitignore` plus captures.

`*`, `?`, `[..]` and `{capture}` stay within one name between slashes; `**` stands alone between
slashes and means any number of folders, none included. A pattern without a slash matches at any
depth. One that ends with a slash means everything in that folder. Case counts. Both sides are
compared in Unicode NFC, since macOS hands out decomposed names.
"""

from __future__ import annotations

import re

from ..core.model import Record, composed

#: What a capture may be called.
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
#: Names with a meaning of their own in prompts.
RESERVED = frozenset(("stem", "folder", "clip", "width", "height"))

_TOKEN = re.compile(r"\*+|\?|\[[!^]?\]?[^\]/]*\]|\{[^{}]*\}|[^*?\[{]+|.", re.DOTALL)
_NAME = re.compile(NAME)


class PatternError(ValueError):
    """A pattern cannot be used; the text is a clause that reads after the pattern."""


class Glob(Record, frozen=True, kw_only=True):
    """A compiled pattern."""

    text: str
    #: Regular expression source for the whole path; groups are named after the captures.
    source: str
    captures: tuple[str, ...] = ()


def compile(pattern: str) -> Glob:
    """Compile one pattern. Raises PatternError with the reason."""
    text = composed(pattern)
    segments = _segments(text)
    captures: list[str] = []
    parts = [_segment(segment, captures) for segment in segments]
    source = "".join(("(?:[^/]+/)*" if part is None else f"{part}/") for part in parts[:-1]) + (
        ".+" if parts[-1] is None else parts[-1]
    )
    return Glob(text=text, source=source, captures=tuple(captures))


def regex(globs: tuple[Glob, ...] | list[Glob]) -> re.Pattern[str]:
    """Return one expression for several globs; `lastgroup` of a full match is `g<index>`.

    The outer group closes last, which is what `lastgroup` reports. Captures get a prefix of their
    own, because a name may stand in one expression only once.
    """
    alternatives = []
    for index, glob in enumerate(globs):
        source = glob.source
        for name in glob.captures:
            source = source.replace(f"(?P<{name}>", f"(?P<c{index}_{name}>")
            source = source.replace(f"(?P={name})", f"(?P=c{index}_{name})")
        alternatives.append(f"(?P<g{index}>{source})")
    return re.compile("|".join(alternatives), re.DOTALL)


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


def _segment(segment: str, captures: list[str]) -> str | None:
    """Return the expression for one name between slashes; None stands for `**`."""
    if segment == "**":
        return None
    return "".join(_token(token, captures) for token in _TOKEN.findall(segment))


def _token(token: str, captures: list[str]) -> str:
    if token == "*":
        return "[^/]*"
    if token.startswith("**"):
        raise PatternError("has `**` beside other signs; it stands alone, as in `**/*.png`")
    if token == "?":
        return "[^/]"
    if token.startswith("["):
        return _class(token)
    if token.startswith("{"):
        return _capture(token, captures)
    return re.escape(token)


def _class(token: str) -> str:
    """Return the expression for `[abc]`, `[a-z]` or `[!a]`."""
    if len(token) < 3 or token in ("[!]", "[^]"):
        raise PatternError("has a `[` without its `]`; write `[[]` for the sign itself")
    inner = token[1:-1]
    negated = inner[0] in "!^"
    inner = inner[1:] if negated else inner
    body = re.sub(r"([\\\[\]^&~|])", r"\\\1", inner)
    # A range such as [+-9] spans the slash, which no class may match.
    source = f"[^/{body}]" if negated else f"(?!/)[{body}]"
    try:
        re.compile(source)
    except re.error as exc:
        raise PatternError(f"has a class `{token}` that is wrong: {exc}") from exc
    return source


def _capture(token: str, captures: list[str]) -> str:
    """Return the expression for `{name}`; a second one of that name must be equal to the first.

    Greedy, so that `{name}_{pose}.png` splits `king_skeleton_idle.png` at its last underscore.
    """
    name = token[1:-1]
    if "," in name:
        raise PatternError(f"has `{token}`: braces name a capture; list several patterns instead")
    if len(token) < 2 or not _NAME.fullmatch(name):
        raise PatternError(f"has `{token}`: a capture is a name in braces, such as `{{name}}`")
    if name in RESERVED:
        raise PatternError(f"captures `{{{name}}}`, a word that prompts know already; rename it")
    if name in captures:
        return f"(?P={name})"
    captures.append(name)
    return f"(?P<{name}>[^/]+)"
