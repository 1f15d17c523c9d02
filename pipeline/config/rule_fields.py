"""The fields of a rule file and of a rule: one table for the parser and for editors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from ..core.errors import ConfigError
from ..core.model import Record, TargetChoice
from ..targets import registry
from . import globs
from .clip_fields import CLIP_NAME, DEFAULTS, FREE, OWN, PROMPT, SENT
from .expressions import Expression, ExpressionError
from .shapes import At, Choice, Nothing, Number, Schema, Switch, Text, Whole, nearest, wrong
from .tables import Field, ListOf, MapOf, OneOf, Table

#: Words for a pivot, from the middle of the art unless they name an edge.
PIVOTS = (
    "bottom", "center", "top", "left", "right",
    "top-left", "top-right", "bottom-left", "bottom-right",
)  # fmt: skip


def _pattern_problem(text: str) -> str | None:
    try:
        globs.compile(text)
    except globs.PatternError as exc:
        return str(exc)
    return globs.problem_for_png(text)


def _regex_problem(text: str) -> str | None:
    try:
        Expression(text)
    except ExpressionError as exc:
        return str(exc)
    return None


class Cells(Record, frozen=True, kw_only=True):
    """A cell size: `16x16` or `[16, 16]`."""

    wanted: str = "a cell size such as `16x16`"
    pattern: str = r"^([1-9][0-9]{0,2})x([1-9][0-9]{0,2})$"

    def takes(self, value: object) -> bool:
        """Take strings and lists."""
        return isinstance(value, str | list)

    def read(self, value: object, at: At) -> object:
        """Return (width, height) in px."""
        if isinstance(value, list):
            return _PAIR.read(value, at)
        found = re.search(self.pattern, value) if isinstance(value, str) else None
        if found is None:
            raise wrong(self, value, at)
        return int(found[1]), int(found[2])

    def schema(self) -> Schema:
        """Describe both forms."""
        text: Schema = {"type": "string", "pattern": self.pattern, "examples": ["16x16"]}
        return {"anyOf": [text, _PAIR.schema()]}


_PAIR = ListOf(each=Whole(low=1, high=999), least=2, most=2)


class Targets(Record, frozen=True, kw_only=True):
    """Target names, each alone or as `{name: {option: value}}`."""

    wanted: str = "a target such as `godot`, or a list such as `[godot, {gif: {scale: 4}}]`"

    def takes(self, value: object) -> bool:
        """Take what the list takes."""
        return _TARGETS.takes(value)

    def read(self, value: object, at: At) -> tuple[TargetChoice, ...]:
        """Return the choices, each name once."""
        if isinstance(value, Mapping) and len(value) > 1:
            listed = ", ".join(f"{{{name}: …}}" if value[name] else str(name) for name in value)
            raise at.error(f"names several targets; write a list: `{at.key}: [{listed}]`")
        choices = tuple(_choice(entry) for entry in _TARGETS.read(value, at))
        names = [choice.name for choice in choices]
        for name in names:
            if names.count(name) > 1:
                raise at.error(f"names `{name}` twice; its options belong into one entry")
        return choices

    def schema(self) -> Schema:
        """Describe the list, and every target that there is with its options."""
        from .. import targets

        one: Schema = {
            "anyOf": [{"enum": list(targets.names())}, _TARGET.schema(), _known_targets()]
        }
        listed = _TARGETS.schema()
        return {"anyOf": [one, *({**form, "items": one} for form in _lists(listed))]}


def _lists(schema: Schema) -> list[Schema]:
    """Return the list among the forms that a schema allows."""
    forms = cast("list[Schema]", schema.get("anyOf", [schema]))
    return [form for form in forms if form.get("type") == "array"]


def _known_targets() -> Schema:
    """Describe a target with options: what each known one takes, and others as they come."""
    from .. import targets

    known: dict[str, Schema] = {}
    for name in targets.names():
        try:
            options = targets.options(name)
        except ConfigError:  # another package's, which cannot be loaded
            continue
        known[name] = {
            "description": targets.about(name),
            "properties": {
                option: {"description": one.doc, "default": one.default}
                | ({"examples": list(one.choices)} if one.choices else {})
                for option, one in options.items()
            },
        }
    return {**MapOf(key=_TARGET, each=_OPTIONS, least=1, most=1).schema(), "properties": known}


def _choice(entry: object) -> TargetChoice:
    if not isinstance(entry, Mapping):
        return TargetChoice(name=str(entry))
    ((name, options),) = entry.items()
    return TargetChoice(name=str(name), options=options)


_TARGET = Text(
    wanted="a target's name, such as `godot`",
    pattern=r"^[a-z][a-z0-9_-]{0,39}$",
    longest=40,
    offered=lambda: registry.BUILT_IN,
)
_OPTIONS = MapOf(
    key=Text(wanted="an option's name", pattern=r"^[a-z][a-z0-9_-]*$"),
    each=OneOf(shapes=(Switch(), Number(low=-1e6, high=1e6), Text())),
)
_TARGETS = ListOf(
    each=OneOf(shapes=(_TARGET, MapOf(key=_TARGET, each=_OPTIONS, least=1, most=1))),
    most=40,
    single=True,
)
TARGETS = Targets()

_WORD = Text(
    wanted="a word, such as `slime`",
    pattern=r"^[A-Za-z\u00c0-\uffff]+(?: [A-Za-z\u00c0-\uffff]+)*$",
    longest=60,
)
_WORDS = ListOf(each=_WORD, single=True)
_NAME = Text(
    wanted="a name of letters, digits, `_`, `-`", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", longest=60
)
_SIDE = Whole(low=1, high=100_000)
_SHARE = Number(low=0, high=1)

WHEN = Table(
    wanted="a mapping of conditions",
    fields={
        "min_width": Field(shape=_SIDE, about="Smallest width in px."),
        "max_width": Field(shape=_SIDE, about="Largest width in px."),
        "min_height": Field(shape=_SIDE, about="Smallest height in px."),
        "max_height": Field(shape=_SIDE, about="Largest height in px."),
        "max_colors": Field(
            shape=Whole(low=1, high=16_777_216), about="Largest number of colours."
        ),
        "min_opaque": Field(shape=_SHARE, about="Smallest share of opaque pixels, 0 to 1."),
        "max_opaque": Field(shape=_SHARE, about="Largest share of opaque pixels, 0 to 1."),
        "path": Field(
            shape=Text(wanted="a regular expression", pattern=r"\S", check=_regex_problem),
            about="Regular expression that is searched in the path below the assets folder.",
        ),
        "stem": Field(
            shape=_WORDS,
            about="Words, one of which is in the file's name: `bat` finds bat.png, BossBat_2.png "
            "and bats.png, not acrobat.png.",
        ),
        "folder": Field(shape=_WORDS, about="Words, one of which is in the folders' names."),
        "outside": Field(shape=_WORDS, about="Words of which none is in the folders' names."),
        "without": Field(shape=_WORDS, about="Words of which none is in file or folder names."),
    },
)

#: What a sprite can be; the built-in engine's own words.
KINDS = (
    *("biped", "quadruped", "winged", "legless", "serpent", "plant", "flame", "liquid"),
    *("building", "machine", "vehicle", "item", "effect"),
)
FACINGS = ("left", "right", "front")
#: The parts that a box can name.
PARTS = (
    *("head", "eyes", "mouth", "ears", "hair", "tail", "wings", "tentacles", "antennae"),
    *("cape", "scarf", "hand", "leg", "weapon", "blades", "sails", "propeller", "wheels"),
    *("lid", "door", "chimney", "engine", "flame", "liquid", "leaves", "cloth"),
)
_BOX = ListOf(each=Whole(low=0, high=4096), least=4, most=4)
_COLOR = Text(
    wanted='a colour such as "#ff8800" in quotes',
    pattern=r"^#[0-9A-Fa-f]{6}$",
    convert=str.lower,
    examples=("#ff8800",),
)
_GRADING = Table(
    wanted="points, or a mapping such as `{warn: 85, hide: 60}`",
    fields={
        "warn": Field(
            shape=Whole(low=0, high=100), about="Below these points a clip is reported. Default 85."
        ),
        "hide": Field(
            shape=Whole(low=0, high=100),
            about="Below these points a clip is kept back: not published. Default 0: never.",
        ),
    },
)
_RULE_ONLY = {
    "name": Field(shape=_NAME, about="What reports call the rule.", required=True),
    "match": Field(
        shape=ListOf(
            each=Text(
                wanted="a pattern such as `characters/{name}.png`",
                pattern=r"^(?!/|[A-Za-z]:)(?!(?:.*/)?\.\.(?:/|$))[^\\]*[^\\/ ][^\\]*$",
                check=_pattern_problem,
            ),
            least=1,
            single=True,
        ),
        about="Paths below the assets folder: * ? ** [..] and {capture}. Without a slash: at any "
        "depth. With a slash at the end: the whole folder.",
    ),
    "extends": Field(
        shape=Text(
            wanted="a rule's name, such as `heroes` or `characters@1/hero`",
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_/@-]*$",
        ),
        about="A rule to take everything from that is not stated here.",
    ),
    "when": Field(shape=WHEN, about="Conditions beside the path."),
    "description": Field(shape=Text(longest=2000), about="For people; nothing reads it."),
}
#: Fields that a per-file override may state as well.
_SHARED = {
    "pivot": Field(
        shape=OneOf(
            shapes=(
                Choice(words=PIVOTS),
                ListOf(each=Whole(low=-4096, high=4096), least=2, most=2),
            )
        ),
        about="The point that stays put: a word, or [x, y] in px of the source. "
        "Default: bottom centre of the art.",
    ),
    "defaults": Field(shape=DEFAULTS, about="Fields for all clips that do not state them."),
    "targets": Field(shape=TARGETS, about="What is written; instead of the project's targets."),
    "vary_by": Field(
        shape=ListOf(each=_NAME, single=True),
        about="Path words that mean another picture: a rename that changes them is bought anew.",
    ),
    "cells": Field(shape=Cells(), about="Size of the cells when the source is a sheet."),
    "sheet": Field(
        shape=Switch(),
        about="`false`: each sprite is one picture to animate, whatever it looks like and "
        "whatever lies beside it.",
    ),
    "pick": Field(
        shape=ListOf(each=Whole(low=0, high=9999), least=1, single=True),
        about="Cells of the sheet to animate, from 0, row by row.",
    ),
    "grade": Field(
        shape=OneOf(shapes=(Whole(low=0, high=100), _GRADING)),
        about="What a low grade means: points below which a clip is reported, or "
        "`{warn: 85, hide: 60}`. What is hidden is kept and never published by itself.",
    ),
    "batch": Field(shape=Switch(), about="Buy the clips of one sprite together, at a lower price."),
    "placeholder": Field(
        shape=Switch(), about="Show the built-in engine's clip until a purchase arrives."
    ),
    "kind": Field(
        shape=Choice(words=KINDS),
        about="What the sprite is, for the built-in engine: how it waits and walks, and whether it "
        "may leave its place. Default: guessed from prompt and picture.",
    ),
    "facing": Field(
        shape=Choice(words=FACINGS),
        about="Where the sprite looks, for the built-in engine: attacks and walks go there.",
    ),
    "parts": Field(
        shape=Table(
            wanted="a mapping such as `{blades: [4, 0, 20, 18]}`",
            fields={name: Field(shape=_BOX, about=f"The box of its {name}.") for name in PARTS},
        ),
        about="Boxes of parts, for the built-in engine: left, top, right, bottom in px of the "
        "source (or of its cell), right and bottom exclusive. `pixelpipe why --parts` shows what "
        "is found without.",
    ),
    "extra_colors": Field(
        shape=ListOf(each=_COLOR, most=16, single=True),
        about="Colours that effects of the built-in engine may have beside the sprite's own.",
    ),
    "budget": Field(
        shape=Whole(low=0, high=10_000_000), about="Credits that one run may spend on this rule."
    ),
}
CLIP = Table(
    wanted="a mapping with `prompt`, `from` or `frames_from`",
    fields=OWN | SENT | FREE,
    elsewhere={
        name: "belongs to the rule, beside `clips`, not into a clip"
        for name in (*_RULE_ONLY, *_SHARED)
    }
    | {"palette": "is no field; `colors: source` sends the sprite's own palette"},
)
_CLIPS_WANTED = 'clips by name, such as `idle: "breathing calmly"`'
_CLIPS_ABOUT = (
    "Animations by name. Short form: the prompt. Long form: a mapping. A clip with `from` is "
    "derived from another one, one with `frames_from` is numbered frames that are there: both cost "
    "nothing."
)
_CLIP = OneOf(shapes=(PROMPT, CLIP))
_IN_CLIPS = "belongs into a clip, or under `defaults` for all clips of the rule"
RULE = Table(
    wanted="a mapping with `name`, `match` and `clips`",
    fields=_RULE_ONLY
    | _SHARED
    | {
        "clips": Field(
            shape=MapOf(
                key=CLIP_NAME,
                each=OneOf(shapes=(*_CLIP.shapes, Nothing())),
                least=1,
                called=_CLIPS_WANTED,
            ),
            about=_CLIPS_ABOUT + " `null` drops a clip of the rule that this one extends.",
        )
    },
    elsewhere={name: _IN_CLIPS for name in CLIP.fields if name not in _SHARED}
    | {name: "belongs under `when`" for name in WHEN.fields}
    | {"palette": CLIP.elsewhere["palette"]},
)
OVERRIDE = Table(
    wanted="a mapping",
    fields=_SHARED
    | {
        "clips": Field(
            shape=MapOf(
                key=CLIP_NAME,
                each=OneOf(shapes=(*_CLIP.shapes, Nothing())),
                called=_CLIPS_WANTED,
            ),
            about=_CLIPS_ABOUT + " They are merged with the rule's; `null` drops one.",
        )
    },
    elsewhere={name: _IN_CLIPS for name in CLIP.fields}
    | {name: "is for rule files; this file is about one sprite" for name in _RULE_ONLY},
)
FILE = Table(
    wanted="a mapping",
    fields={
        "rules": Field(
            shape=ListOf(each=RULE, most=10_000),
            about="Rules; the first one that matches a sprite wins.",
            required=True,
        ),
        "version": Field(
            shape=Whole(low=1, high=9999), about="Version of a pack; it is part of its name."
        ),
        "description": _RULE_ONLY["description"],
        "when": Field(shape=WHEN, about="Conditions for all rules of this file."),
        "defaults": Field(shape=DEFAULTS, about="Clip fields for all rules of this file."),
    },
    elsewhere={
        name: "belongs to a rule, in the list under `rules`"
        for name in (*RULE.fields, *CLIP.fields)
        if name not in ("rules", "version", "description", "when", "defaults")
    },
)
#: Keys of rule files, which pixelpipe.yaml explains when it meets them.
MISPLACED = frozenset((*RULE.fields, *CLIP.fields)) - {"targets", "budget", "batch", "placeholder"}


def suggest(name: str, known: tuple[str, ...]) -> str:
    """Return what a message says about an unknown name: the nearest one, or all."""
    if hint := nearest(name, known):
        return hint
    return "; known are " + ", ".join(f"`{one}`" for one in known) if known else ""
