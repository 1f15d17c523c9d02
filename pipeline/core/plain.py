"""Foreign text as nothing but text: what a terminal, a CI log or a page shows of it.

File names, YAML values, lock lines and a service's answers are written by others. A terminal obeys
escape sequences in them, a CI runner obeys lines that begin with `::` or hold `##[`, and signs
that turn the direction of writing show one name as another. They are shown as escapes, which mean
the same in JSON.
"""

from __future__ import annotations

import re

from .late import expression

#: A longer line is nothing that anybody reads; it may be a service's answer of megabytes.
MOST_CHARACTERS = 8_000
#: Control characters but tab and line end, line ends of Unicode, and what turns the direction of
#: writing; halves of surrogate pairs, which no stream can encode.
_BAD = expression(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
#: ASCII that means itself.
_HARMLESS = b"\t\n" + bytes(range(0x20, 0x7F))
#: What GitHub, Azure and TeamCity take for commands: at the begin of a line, or anywhere in it.
_COMMAND = expression(r"^(?P<blank>\s*):(?=:)|#(?=#(?:\[|vso\[|teamcity\[))", re.MULTILINE)


def line(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """Return a text as one line of at most `most` characters and a remark."""
    more = len(text) - most
    shown = f"{text[:most]}… ({more} more characters)" if more > 0 else text
    return block(shown).replace("\n", "\\n")


def block(text: str) -> str:
    """Return a text of several lines; every line end in it is meant."""
    if not text.isascii() or text.encode().translate(None, _HARMLESS):
        text = _BAD.sub(_escaped, text)
    if "::" in text or "##" in text:  # looking for the whole takes ten times as long
        text = _COMMAND.sub(_defused, text)
    return text


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _defused(found: re.Match[str]) -> str:
    return f"{found['blank'] or ''}\\u{ord(found[0][-1]):04x}"
