"""Shapes made of shapes: alternatives, lists, tables with known keys, maps with free keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..core.errors import ConfigError
from ..core.model import Document, Record
from .shapes import At, Choice, Mistakes, Schema, Shape, Text, fits, nearest, printable, wrong


class OneOf(Record, frozen=True, kw_only=True):
    """The first of several shapes whose type fits."""

    shapes: tuple[Shape, ...]

    @property
    def wanted(self) -> str:
        """Join what the shapes want."""
        return ", or ".join(shape.wanted for shape in self.shapes)

    def takes(self, value: object) -> bool:
        """Take what one of the shapes takes."""
        return any(shape.takes(value) for shape in self.shapes)

    def read(self, value: object, at: At) -> object:
        """Read by the shape that takes the value; its message then names only its own wishes."""
        for shape in self.shapes:
            if shape.takes(value):
                try:
                    return shape.read(value, at)
                except ConfigError:
                    # What is near none of the words may have been meant for another shape.
                    if isinstance(shape, Choice) and not nearest(str(value), shape.words):
                        raise wrong(self, value, at) from None
                    raise
        raise wrong(self, value, at)

    def schema(self) -> Schema:
        """Describe alternatives."""
        return {"anyOf": [shape.schema() for shape in self.shapes]}


class ListOf(Record, frozen=True, kw_only=True):
    """A list; with `single`, one entry may stand alone."""

    each: Shape
    least: int = 0
    most: int = 1000
    single: bool = False

    @property
    def wanted(self) -> str:
        """Name the entries."""
        return (
            f"{self.each.wanted}, or a list of such"
            if self.single
            else f"a list, each entry {self.each.wanted}"
        )

    def takes(self, value: object) -> bool:
        """Take lists, and single entries where they may stand alone."""
        return isinstance(value, list) or (self.single and self.each.takes(value))

    def read(self, value: object, at: At) -> tuple[object, ...]:
        """Return a tuple."""
        if self.single and not isinstance(value, list):
            if not self.each.takes(value):
                raise wrong(self, value, at)
            return (self.each.read(value, at),)
        if not isinstance(value, list):
            raise wrong(self, value, at)
        if not self.least <= len(value) <= self.most:
            raise at.error(f"must have {self.least} to {self.most} entries, not {len(value)}")
        found: list[object] = []
        mistakes = Mistakes()
        for index, entry in enumerate(value):
            with mistakes.here():
                found.append(self.each.read(entry, at.below(index)))
        mistakes.settle()
        return tuple(found)

    def schema(self) -> Schema:
        """Describe the list, and the lone entry."""
        many: Schema = {
            "type": "array",
            "items": self.each.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }
        return {"anyOf": [self.each.schema(), many]} if self.single else many


class Field(Record, frozen=True, kw_only=True):
    """An entry of a table: its shape, the text that editors show, and the record's field name."""

    shape: Shape
    about: str
    #: Name in the record when it differs from the key.
    name: str = ""
    required: bool = False


class Table(Record, frozen=True, kw_only=True):
    """A mapping with known keys."""

    wanted: str
    fields: Mapping[str, Field]
    #: What to say about keys that belong elsewhere, before guessing at a misspelling.
    elsewhere: Mapping[str, str] = {}

    def takes(self, value: object) -> bool:
        """Take mappings."""
        return isinstance(value, Mapping)

    def read(self, value: object, at: At) -> dict[str, object]:
        """Return the stated fields under the record's names."""
        if not isinstance(value, Mapping):
            raise wrong(self, value, at)
        stated: dict[str, object] = {}
        mistakes = Mistakes()
        for key, entry in value.items():
            with mistakes.here():
                if (field := self.fields.get(key)) is None:
                    raise self.unknown(key, entry, at)
                stated[field.name or key] = field.shape.read(entry, at.below(key))
        for key, field in self.fields.items():
            if field.required and key not in value:
                with mistakes.here():
                    raise at.error(f"lacks `{key}`: {field.about}")
        mistakes.settle()
        return stated

    def unknown(self, key: str, value: object, at: At) -> ConfigError:
        """Return the error for a key that is none of ours."""
        line = at.below(key).line
        reason = self.elsewhere.get(key)
        name = printable(key)
        if value is None and not reason and not nearest(key, self.fields):
            reason = (
                "is no key; if it belongs to the text before the comma, put quotes around the "
                f'whole text: `"…, {name}"`'
            )
        text = (
            f"`{name}` {reason}" if reason else f"unknown key `{name}`{nearest(key, self.fields)}"
        )
        return ConfigError(text, path=at.document.path, line=line)

    def schema(self) -> Schema:
        """Describe the keys, with their texts."""
        known: Schema = {
            "type": "object",
            "properties": {
                key: field.shape.schema() | {"description": field.about}
                for key, field in self.fields.items()
            },
            "additionalProperties": False,
        }
        required = [key for key, field in self.fields.items() if field.required]
        return known | ({"required": required} if required else {})


class MapOf(Record, frozen=True, kw_only=True):
    """A mapping whose keys the user chooses."""

    key: Text
    each: Shape
    least: int = 0
    most: int = 1000
    key_convert: Callable[[str], object] = str
    #: What messages say was expected, where key and value make too long a sentence.
    called: str = ""

    @property
    def wanted(self) -> str:
        """Name keys and values."""
        return self.called or f"a mapping from {self.key.wanted} to {self.each.wanted}"

    def takes(self, value: object) -> bool:
        """Take mappings."""
        return isinstance(value, Mapping)

    def read(self, value: object, at: At) -> dict[object, object]:
        """Return the entries in their order."""
        if not isinstance(value, Mapping):
            raise wrong(self, value, at)
        if not self.least <= len(value) <= self.most:
            raise at.error(f"must have {self.least} to {self.most} entries, not {len(value)}")
        entries: dict[object, object] = {}
        mistakes = Mistakes()
        for key, entry in value.items():
            below = at.below(key)
            with mistakes.here():
                if not fits(self.key.pattern, key):
                    raise below.error(f"is not {self.key.wanted}")
                entries[self.key_convert(key)] = self.each.read(entry, below)
        mistakes.settle()
        return entries

    def schema(self) -> Schema:
        """Describe keys by their pattern."""
        return {
            "type": "object",
            "patternProperties": {self.key.pattern: self.each.schema()},
            "additionalProperties": False,
            "minProperties": self.least,
            "maxProperties": self.most,
        }


def document(shape: Table, source: Document) -> dict[str, object]:
    """Read a whole document."""
    return shape.read(source.content, At(document=source))
