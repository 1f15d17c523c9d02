"""Prompts with names in braces: `{name}` is filled in, `{{` and `}}` are braces."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from ..core.late import expression
from .globs import NAME

#: A template as JSON Schema and the parser both check it.
PATTERN = rf"^(?:[^{{}}]|\{{\{{|\}}\}}|\{{{NAME}\}})*$"

_TOKEN = expression(rf"\{{\{{|\}}\}}|\{{({NAME})\}}")


@lru_cache(maxsize=1024)  # few templates, asked for every source
def names(template: str) -> tuple[str, ...]:
    """Return the names that `template` asks for, in order, each once."""
    found = (match[1] for match in _TOKEN.finditer(template))
    return tuple(dict.fromkeys(name for name in found if name))


def parts(template: str) -> Iterator[tuple[str, str]]:
    """Yield what `template` consists of, in order: (name, "") or ("", literal text)."""
    at = 0
    for match in _TOKEN.finditer(template):
        yield "", template[at : match.start()]
        yield (match[1], "") if match[1] else ("", match[0][0])
        at = match.end()
    yield "", template[at:]


def fill(template: str, words: Mapping[str, str], leave: Collection[str] = ()) -> str:
    """Fill in `words` and return one clean line (see `clean`).

    Names in `leave` stay as `{name}`. Raises KeyError for a name that is in neither.
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0] if leave else match[0][0]
        return match[0] if name in leave else words[name]

    # Very many sources have the same words: their text is kept once.
    return sys.intern(clean(_TOKEN.sub(replace, template)))


def clean(text: str) -> str:
    """Return `text` in NFC on one line, without control characters.

    Line breaks and runs of blanks become one blank, so that wrapping a prompt differently in the
    YAML file, or saving that file with other line ends, is the same request.
    """
    spaced = " ".join(text.split())
    if spaced.isascii() and spaced.isprintable():
        return spaced
    kept = "".join(sign for sign in spaced if unicodedata.category(sign) != "Cc")
    return unicodedata.normalize("NFC", kept)
