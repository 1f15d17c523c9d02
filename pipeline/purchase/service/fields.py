"""Read single fields of an answer, each by itself: what is odd is as if it were absent.

A result that was paid for must not be lost because a field beside it is null, of another type or
unknown. Texts are made fit for a terminal where they are read, and everything is bounded.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

#: Longer texts are cut; they are shown to people.
MESSAGE_CHARACTERS = 300
#: Longer names are none: nothing of ours could ask for them again.
ID_CHARACTERS = 200
#: Credits and counts beyond are no figures.
_MOST = 10**12
_DIGITS = 20
#: What stands for bytes that are no letter.
_NO_LETTER = "\ufffd"


class Fields:
    """An object of an answer; anything else is one without fields."""

    def __init__(self, content: object = None) -> None:
        """Take what JSON gave."""
        self._content: dict[str, Any] = content if isinstance(content, dict) else {}

    def __bool__(self) -> bool:
        return bool(self._content)

    def raw(self, name: str) -> object:
        """Return a field as it stands; None when it is absent."""
        return self._content.get(name)

    def part(self, name: str) -> Fields:
        """Return an object inside; one without fields for anything else."""
        return Fields(self.raw(name))

    def parts(self, name: str) -> tuple[Fields, ...]:
        """Return the members of a list, in their places, whatever they are."""
        found = self.raw(name)
        return tuple(map(Fields, found)) if isinstance(found, list) else ()

    def text(self, name: str, most: int = MESSAGE_CHARACTERS) -> str:
        """Return a text for people; "" for anything else."""
        found = self.raw(name)
        return clean(found, most) if isinstance(found, str) else ""

    def word(self, name: str) -> str:
        """Return a word of the contract without the accidents of writing: case and blanks."""
        return self.text(name).casefold().replace("-", "_").replace(" ", "_")

    def id(self, name: str) -> str:
        """Return a name that the service gave, also a number; "" for what can be none."""
        found = self.raw(name)
        if isinstance(found, int | float) and not isinstance(found, bool):
            found = str(int(found)) if math.isfinite(found) and found == int(found) else ""
        if not isinstance(found, str):
            return ""
        found = found.strip()
        is_sound = found.isprintable() and _NO_LETTER not in found
        return found if len(found) <= ID_CHARACTERS and is_sound else ""

    def whole(self, name: str) -> int | None:
        """Return a whole number, also one in quotes; None for anything else, 16.5 among it."""
        found = self.raw(name)
        if isinstance(found, str) and re.fullmatch(r"\s*-?\d{1,13}\s*", found, re.ASCII):
            found = int(found)
        if isinstance(found, float) and math.isfinite(found) and found == int(found):
            found = int(found)
        if isinstance(found, bool) or not isinstance(found, int):
            return None
        return found if abs(found) <= _MOST else None

    def floor(self, name: str) -> int | None:
        """Return a number, a fraction rounded down; None for anything else."""
        found = self.raw(name)
        if isinstance(found, float) and math.isfinite(found) and abs(found) <= _MOST:
            return math.floor(found)
        return self.whole(name)

    def share(self, name: str) -> float | None:
        """Return a number of 0..1; None for anything else."""
        found = self.raw(name)
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return float(found) if is_number and 0 <= found <= 1 else None  # type: ignore[arg-type, operator]  # checked

    def flag(self, name: str) -> bool:
        """Tell whether a field is true; "no" is not, nor is any other text."""
        return self.raw(name) is True


def read(content: bytes) -> object:
    """Return what JSON says, in any Unicode encoding; letters that are none become marks.

    Raises ValueError or RecursionError for what is no JSON, or nested too deeply.
    """
    text = content.decode(json.detect_encoding(content), errors="replace")
    return json.loads(text.lstrip("\ufeff"), parse_int=_integer)


def clean(message: str, most: int = MESSAGE_CHARACTERS) -> str:
    """Make a foreign text fit for a terminal: printable, one line, bounded, without keys.

    Nor may it pass for an order to a build server, such as `::error::` or `##vso[`.
    """
    printable = "".join(c if c.isprintable() else " " for c in message[: 4 * most])
    harmless = printable.replace("::", ": :").replace("##", "# #")
    return re.sub(r"pe_sk_\S+", "pe_sk_…", harmless).strip()[:most]


def _integer(digits: str) -> int | float:
    # A number of a thousand digits is nothing that anybody counts, and costs time.
    return int(digits) if len(digits) <= _DIGITS else math.inf
