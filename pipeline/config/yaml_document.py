"""YAML to `Document`: what stands in a file, and on which line. The only importer of PyYAML.

The tree is built from PyYAML's events, not by its constructors, for four reasons: every value
keeps its line; a key that occurs twice is an error and not a loss; scalars follow YAML 1.2's core
schema, so that a clip may be called `off` and a version may be `1_0`; and aliases and tags, with
which a small file can grow to gigabytes or name a Python class, do not exist.
"""

from __future__ import annotations

import errno
import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import small_files
from ..core.errors import ConfigError, ConfigErrors
from ..core.late import expression
from ..core.model import Document, Record
from . import yaml_mending

if TYPE_CHECKING:
    import yaml

#: Largest file in bytes and deepest nesting that are read; real rule files need 50 kB and 6.
MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
#: What libyaml says of its own limit: it reads ahead, and may come to it before our count does.
_TOO_DEEP = "maximum nesting depth"
#: A longer value is not quoted back.
_QUOTED_CHARACTERS = 60

_BOOLEANS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
#: YAML 1.2.2, section 10.3.2 (core schema); `.inf` and `.nan` stay text: no field takes them.
_INTEGER = expression(r"[-+]?[0-9]{1,18}")
_HEXADECIMAL = expression(r"0x[0-9a-fA-F]{1,15}")
#: A value whose first character means something else in YAML, such as `match: *.png`.
_UNQUOTED = expression(r"(?:^\s*|[:,\-]\s+)([*&{\[%@`!][^#]*)")
_FLOAT = expression(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")

_Place = tuple[str | int, ...]


def read(path: Path, name: str, *, within: Path | None = None) -> Document:
    """Read the YAML file at `path`; `name` is what messages call it.

    `within`: a link must not lead out of this folder, since a mistake quotes what stands there.

    Raises ConfigError, with the line where there is one, if the file cannot be read, is not UTF-8
    (a byte order mark is fine), is larger than 4 MiB, or is refused by `parse`.
    """
    try:
        content = small_files.read(path, most=MAX_BYTES, within=within)
    except OSError as exc:
        if exc.errno == errno.EFBIG:
            why = "is larger than 4 MiB; is it really a rule file?"
        elif exc.errno == errno.ENOENT and path.is_symlink():
            why = "is a link that leads nowhere"
        else:
            why = f"cannot be read: {exc.strerror or exc}"
        raise ConfigError(why, path=name) from exc
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ConfigError("is not UTF-8; save it as UTF-8", path=name, line=line) from exc
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """Return the content of `text` with the line of each key and list entry.

    Keys are strings, exactly as written. An empty text is an empty mapping.
    Raises ConfigError for broken YAML, a tab as indentation, a duplicate key, an alias, an anchor,
    a tag, a second document, nesting deeper than 32, and a top level that is not a mapping; for
    several such mistakes at once BrokenYamlError, which holds what was meant as far as it is clear.
    """
    mistakes: list[ConfigError] = []
    document: Document | None = None
    while document is None and len(mistakes) < ConfigErrors.told:
        found = _read(text, name)
        if isinstance(found, Document):
            document = found
            continue
        mended = yaml_mending.mend(text, found.suspects, lambda one: _reached(one, name))
        if mended is None:
            mistakes.append(found.error)
            break
        mistakes.append(ConfigError(mended.sentence, path=name, line=mended.line))
        text = mended.text
    if document is not None and not mistakes:
        return document
    raise BrokenYamlError(mistakes, document)


class BrokenYamlError(ConfigErrors):
    """What is no YAML, all of it; `meant` is the document with the repairs recommended, if any."""

    def __init__(self, errors: Iterable[ConfigError], meant: Document | None) -> None:
        """Keep what was meant, so that its other mistakes can be told as well."""
        super().__init__(errors)
        self.meant = meant


class _Stop(Record, frozen=True, kw_only=True):
    """Where reading stops, why, and the lines that may be at fault: the last one is the stop."""

    error: ConfigError
    suspects: tuple[int, ...]


def _read(text: str, name: str) -> Document | _Stop:
    """Read a text, or say where that stops. Raises ConfigError for YAML that is not taken."""
    import yaml

    _refuse_merge(text, name)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        tree = _Tree(name, yaml.parse(text, Loader=loader), text)
        content = tree.document()
    except yaml.YAMLError as exc:
        return _Stop(error=_broken(exc, text, name), suspects=_suspects(exc, text))
    except UnicodeEncodeError as exc:
        raise ConfigError("holds half of a surrogate pair, which no text may", path=name) from exc
    if tree.faults:
        raise ConfigErrors(tree.faults)
    if not isinstance(content, dict):
        said = "must be a mapping, such as `rules:` with a list below"
        if isinstance(content, list):
            said += "; write `rules:` above the list"
        raise ConfigError(said, path=name, line=1)
    return Document(path=name, content=content, lines=tree.lines, comments=tree.comments)


def _reached(text: str, name: str) -> float:
    """Return the line on which reading `text` stops; infinity when it does not."""
    try:
        found = _read(text, name)
    except ConfigError as exc:
        return exc.line or 0
    return found.suspects[-1] if isinstance(found, _Stop) else math.inf


def _suspects(exc: yaml.YAMLError, text: str) -> tuple[int, ...]:
    """Return the 1-based lines that may be at fault, the one where reading stops last."""
    last = text.count("\n") + 1
    stop = min(_line(exc, text) or last, last)
    begun = getattr(exc, "context_mark", None)
    lines = text.split("\n")
    before = next((at for at in range(stop - 1, 0, -1) if lines[at - 1].strip()), stop)
    first = begun.line + 1 if begun is not None else before
    return (*dict.fromkeys(at for at in (first, before) if at < stop), stop)


class _Tree:
    """Build plain values from parser events."""

    def __init__(self, name: str, events: Iterator[yaml.Event], text: str) -> None:
        self.name = name
        self.events = events
        self.lines: dict[_Place, int] = {(): 1}
        self.comments: dict[_Place, str] = {}
        #: Mistakes that do not keep the rest from being read.
        self.faults: list[ConfigError] = []
        self._written = text.split("\n") if "#" in text else []

    def document(self) -> object:
        """Return the one document of the stream."""
        import yaml

        content: object = {}
        seen = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise self._error("a second document (`---`); one file holds one", event)
                first = next(self.events)
                content = self._value(first, ())
                if content is None and getattr(first, "value", None) == "":
                    content = {}
        return content

    def _value(self, event: yaml.Event, place: _Place) -> object:
        """Return the value that starts with `event`."""
        import yaml

        self._refuse_references(event)
        if len(place) > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels", event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        assert isinstance(event, yaml.ScalarEvent)
        if not event.implicit[0]:
            return event.value
        if self._written and (cut := self._comment(event)):
            self.comments[place] = cut
        return scalar(event.value)

    def _comment(self, event: yaml.ScalarEvent) -> str:
        """Return the comment behind an unquoted value, with the blanks before it."""
        if not event.end_mark or event.end_mark.line >= len(self._written):
            return ""
        rest = self._written[event.end_mark.line][event.end_mark.column :].rstrip("\r")
        return rest if rest.lstrip(" \t").startswith("#") else ""

    def _mapping(self, place: _Place) -> dict[str, object]:
        """Return the mapping whose start was just read."""
        import yaml

        mapping: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._refuse_references(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error("a key must be a word, not a list or a mapping", event)
            key = event.value
            if key in mapping:
                first = self.lines[(*place, key)]
                said = f"`{key}` stands here twice; first on line {first}: take one of them out"
                self.faults.append(self._error(said, event))
                self._value(next(self.events), (*place, key, 2))
                continue
            self.lines[(*place, key)] = _line_of(event)
            mapping[key] = self._value(next(self.events), (*place, key))
        return mapping

    def _sequence(self, place: _Place) -> list[object]:
        """Return the list whose start was just read."""
        import yaml

        entries: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            below = (*place, len(entries))
            self.lines[below] = _line_of(event)
            entries.append(self._value(event, below))
        return entries

    def _refuse_references(self, event: yaml.Event) -> None:
        """Refuse `*alias`, `&anchor` and `!tag`."""
        import yaml

        if isinstance(event, yaml.AliasEvent):
            raise self._error(
                f"aliases (`*name`) are not read; use `extends` or `defaults`, or quotes for the "
                f'text itself: "*{event.anchor}"',
                event,
            )
        if getattr(event, "anchor", None) is not None:
            raise self._error("anchors (`&name`) are not read; use `extends` or `defaults`", event)
        if (tag := getattr(event, "tag", None)) is not None:
            raise self._error(f"tags (`{tag}`) are not read; quote the text", event)

    def _error(self, message: str, event: yaml.Event) -> ConfigError:
        return ConfigError(message, path=self.name, line=_line_of(event))


def _line_of(event: yaml.Event) -> int:
    """Return the 1-based line on which an event starts."""
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse_merge(text: str, name: str) -> None:
    """Raise ConfigError for the marks that version control leaves where two versions differ."""
    marks = {line[:8]: number for number, line in enumerate(text.split("\n"), start=1)}
    if {"<<<<<<< ", ">>>>>>> "} <= marks.keys():
        raise ConfigError(
            "holds a merge that was not finished: choose between the lines from <<<<<<< to "
            ">>>>>>>, and take these marks out",
            path=name,
            line=text[: text.index("<<<<<<< ")].count("\n") + 1,
        )


def scalar(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted YAML 1.2 scalar."""
    if text in _NULLS:
        return None
    if (truth := _BOOLEANS.get(text)) is not None:
        return truth
    for pattern, convert in _NUMBERS:
        if pattern.fullmatch(text):
            return convert(text)
    return text


_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (_INTEGER, int),
    (_HEXADECIMAL, lambda text: int(text, 16)),
    (_FLOAT, float),
)


def _broken(exc: yaml.YAMLError, text: str, name: str) -> ConfigError:
    """Return PyYAML's complaint as one of ours, with a line and in one sentence."""
    line = _line(exc, text)
    lines = text.splitlines()
    for number in range(line or len(lines), max(0, (line or len(lines)) - 2), -1):
        if "\t" in _indentation(lines, number):
            return ConfigError("is indented with a tab; YAML wants spaces", path=name, line=number)
    problem = getattr(exc, "problem", None) or getattr(exc, "reason", None) or str(exc)
    if _TOO_DEEP in problem:
        return ConfigError(f"nested deeper than {MAX_DEPTH} levels", path=name, line=line)
    shown = lines[line - 1] if line and line <= len(lines) else ""
    found = _UNQUOTED.search(shown)
    value = found[1].strip() if found else ""
    hint = f"; put quotes around `{value}`" if 0 < len(value) <= _QUOTED_CHARACTERS else ""
    return ConfigError(f"is not valid YAML: {problem}{hint}", path=name, line=line)


def _line(exc: yaml.YAMLError, text: str) -> int | None:
    """Return the 1-based line of a YAML error, from its mark or its position."""
    mark = getattr(exc, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    position = getattr(exc, "position", None)
    return None if position is None else text.count("\n", 0, int(position)) + 1


def _indentation(lines: list[str], number: int) -> str:
    """Return the leading white space of a 1-based line; "" where there is no such line."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    return line[: len(line) - len(line.lstrip())]
