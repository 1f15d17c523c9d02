"""What a value in a YAML file may be. Each shape reads values and describes itself in JSON Schema.

One description feeds the parser and the schema that editors use, so the two cannot drift apart.
Reading turns text into plain Python values under the names of the records' fields, and raises
ConfigError with file, line and a did-you-mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from ..core.errors import ConfigError, ConfigErrors, each
from ..core.late import expression
from ..core.model import Document, Record
from . import advice

Schema = dict[str, object]

_DURATION = expression(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


class At(Record, frozen=True, kw_only=True):
    """A place in a document, for messages."""

    document: Document
    place: tuple[str | int, ...] = ()

    def below(self, *keys: str | int) -> At:
        """Return the place of an entry."""
        return At(document=self.document, place=(*self.place, *keys))

    @property
    def line(self) -> int | None:
        """The 1-based line, or None outside a file."""
        return self.document.line(*self.place)

    @property
    def key(self) -> str:
        """The innermost key of the place, or "" for the document itself."""
        return next((key for key in reversed(self.place) if isinstance(key, str)), "")

    @property
    def comment(self) -> str:
        """What a `#` behind the value cut off, with its blanks; "" for nothing."""
        return self.document.comments.get(self.place, "")

    def error(self, message: str) -> ConfigError:
        """Return an error that names this place: file, line and key."""
        name = ""
        for key in self.place:
            part = f"[{key}]" if isinstance(key, int) else printable(key)
            name += f".{part}" if name and isinstance(key, str) else part
        text = f"`{name}` {message}" if name else message
        return ConfigError(text, path=self.document.path, line=self.line)


class Mistakes:
    """Collects what is wrong, so that all of it is told at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self.found: list[ConfigError] = []

    @contextmanager
    def here(self) -> Iterator[None]:
        """Take down what the block raises, and go on behind it."""
        try:
            yield
        except ConfigError as exc:
            self.found += each(exc)

    def settle(self) -> None:
        """Raise what was taken down, if anything: one mistake as itself."""
        distinct = list({str(error): error for error in self.found}.values())
        if distinct:
            raise distinct[0] if len(distinct) == 1 else ConfigErrors(distinct)


class Shape(Protocol):
    """One kind of value."""

    @property
    def wanted(self) -> str:
        """What a message says was expected: "a whole number from 1 to 5"."""

    def takes(self, value: object) -> bool:
        """Tell by the value's type alone whether this is the shape that was meant."""

    def read(self, value: object, at: At) -> object:
        """Return the value as the records want it. Raises ConfigError."""

    def schema(self) -> Schema:
        """Describe the shape in JSON Schema 2020-12."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean `…`?" for the most similar known word, or ""."""
    from difflib import get_close_matches

    folded = {one.lower(): one for one in known}
    found = get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean `{folded[found[0]]}`?" if found else ""


def printable(text: str) -> str:
    """Return `text` without signs that could steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def show(value: object) -> str:
    """Return `value` as a message quotes it, short and as YAML spells it."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else printable(str(value))
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"


def fits(pattern: str, text: str) -> bool:
    """Tell whether `pattern` is found in `text`, with `$` as in ECMAScript: the very end."""
    strict = f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern
    return re.search(strict, text) is not None


def wrong(shape: Shape, value: object, at: At) -> ConfigError:
    """Return the error for a value of another kind or range, with what would be right."""
    remedy = advice.instead(shape, value, at)
    if value is None:
        return at.error(f"has no value; it wants {shape.wanted}{remedy}")
    return at.error(f"must be {shape.wanted}, not {show(value)}{remedy}")


class Text(Record, frozen=True, kw_only=True):
    """A string."""

    wanted: str = "text"
    #: Searched; also put into the schema, so it must mean the same in ECMAScript.
    pattern: str = r"\S"
    longest: int = 400
    convert: Callable[[str], str] = str
    #: Return why the text is wrong, beyond what a pattern can say.
    check: Callable[[str], str | None] | None = None
    examples: tuple[str, ...] = ()
    #: Words that editors offer; others may be right as well, if they fit the pattern.
    offered: Callable[[], tuple[str, ...]] | None = None

    def takes(self, value: object) -> bool:
        """Take strings."""
        return isinstance(value, str)

    def read(self, value: object, at: At) -> str:
        """Return the converted text."""
        if not isinstance(value, str):
            raise wrong(self, value, at)
        if len(value) > self.longest:
            raise at.error(f"is longer than {self.longest} characters")
        if self.check is not None and (problem := self.check(value)) is not None:
            raise at.error(problem)
        if not fits(self.pattern, value):
            raise wrong(self, value, at)
        return self.convert(value)

    def schema(self) -> Schema:
        """Describe pattern and length."""
        known: Schema = {"type": "string", "pattern": self.pattern, "maxLength": self.longest}
        known |= {"examples": list(self.examples)} if self.examples else {}
        if self.offered is None:
            return known
        return {"anyOf": [{"type": "string", "enum": list(self.offered())}, known]}


class Choice(Record, frozen=True, kw_only=True):
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def wanted(self) -> str:
        """List the words."""
        return f"`{self.words[0]}`" if len(self.words) == 1 else "one of " + ", ".join(self.words)

    def takes(self, value: object) -> bool:
        """Take strings."""
        return isinstance(value, str)

    def read(self, value: object, at: At) -> str:
        """Return the word."""
        if not isinstance(value, str):
            raise wrong(self, value, at)
        if value not in self.words:
            if hint := nearest(value, self.words):
                raise at.error(f"must be {self.wanted}, not `{value}`{hint}")
            raise wrong(self, value, at)
        return value

    def schema(self) -> Schema:
        """Describe an enumeration."""
        return {"type": "string", "enum": list(self.words)}


class Whole(Record, frozen=True, kw_only=True):
    """A whole number."""

    low: int
    high: int
    even: bool = False

    @property
    def wanted(self) -> str:
        """Name the range."""
        return f"{'an even' if self.even else 'a whole'} number from {self.low} to {self.high}"

    def takes(self, value: object) -> bool:
        """Take numbers."""
        return isinstance(value, int | float) and not isinstance(value, bool)

    def read(self, value: object, at: At) -> int:
        """Return the number; 8.0 is 8."""
        if not self.takes(value) or not isinstance(value, int | float):
            raise wrong(self, value, at)
        # The range first: no whole number is as large as the largest float.
        if not self.low <= value <= self.high or value % (2 if self.even else 1):
            raise wrong(self, value, at)
        return int(value)

    def schema(self) -> Schema:
        """Describe the range."""
        known: Schema = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return known | ({"multipleOf": 2} if self.even else {})


class Number(Record, frozen=True, kw_only=True):
    """A number with a fraction."""

    low: float
    high: float

    @property
    def wanted(self) -> str:
        """Name the range."""
        return f"a number from {self.low:g} to {self.high:g}"

    def takes(self, value: object) -> bool:
        """Take numbers."""
        return isinstance(value, int | float) and not isinstance(value, bool)

    def read(self, value: object, at: At) -> float:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong(self, value, at)
        if not self.low <= value <= self.high:
            raise wrong(self, value, at)
        return float(value)

    def schema(self) -> Schema:
        """Describe the range."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}


class Duration(Record, frozen=True, kw_only=True):
    """Seconds as a number, or text with a unit: `90`, `1.5s`, `10m`, `2h`."""

    low_s: float
    high_s: float

    @property
    def wanted(self) -> str:
        """Name units and range."""
        return f"a duration such as `90s` or `10m`, from {self.low_s:g} to {self.high_s:g} s"

    def takes(self, value: object) -> bool:
        """Take numbers and strings."""
        return isinstance(value, int | float | str) and not isinstance(value, bool)

    def read(self, value: object, at: At) -> float:
        """Return seconds."""
        found = _DURATION.fullmatch(str(value)) if self.takes(value) else None
        if found is None:
            raise wrong(self, value, at)
        seconds = float(found[1]) * _SECONDS[found[2]]
        if not self.low_s <= seconds <= self.high_s:
            raise wrong(self, value, at)
        return seconds

    def schema(self) -> Schema:
        """Describe both forms. The range of the text form is beyond a pattern."""
        number = {"type": "number", "minimum": self.low_s, "maximum": self.high_s}
        text = {"type": "string", "pattern": rf"^(?:{_DURATION.pattern})$"}
        return {"anyOf": [number, text]}


class Switch(Record, frozen=True, kw_only=True):
    """True or false."""

    wanted: str = "true or false"

    def takes(self, value: object) -> bool:
        """Take booleans."""
        return isinstance(value, bool)

    def read(self, value: object, at: At) -> bool:
        """Return the boolean."""
        if not isinstance(value, bool):
            raise wrong(self, value, at)
        return value

    def schema(self) -> Schema:
        """Describe a boolean."""
        return {"type": "boolean"}


class Toggle(Record, frozen=True, kw_only=True):
    """On or off, as text or as a boolean: YAML 1.2 knows only the latter."""

    wanted: str = "on or off"

    def takes(self, value: object) -> bool:
        """Take booleans and strings."""
        return isinstance(value, bool | str)

    def read(self, value: object, at: At) -> bool:
        """Return whether it is on."""
        if isinstance(value, bool):
            return value
        if value not in ("on", "off"):
            raise wrong(self, value, at)
        return value == "on"

    def schema(self) -> Schema:
        """Describe both forms."""
        return {"enum": ["on", "off", True, False]}


class Nothing(Record, frozen=True, kw_only=True):
    """An explicit `null`."""

    wanted: str = "null"

    def takes(self, value: object) -> bool:
        """Take null."""
        return value is None

    def read(self, value: object, at: At) -> None:
        """Return None."""

    def schema(self) -> Schema:
        """Describe null."""
        return {"type": "null"}
