"""The pages about YAML: every key from the tables that the parser reads by."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...config import clip_fields, rule_fields
from ...config.project_fields import BUDGET, PROJECT, SHARED, WATCH
from ...config.project_settings import Budget, Settings, Shared, Watch
from ...config.tables import Field, Table
from ...core.model import Clip, Record, TargetChoice
from . import examples
from .page import Entry, Page, Section

_DEFAULT = re.compile(r"\s*Default:? (?:is )?(.+?)\.(?=\s|$)")
AGAIN, FREE = "buys again", "free"
#: Price effects of keys that are neither sent nor free by themselves.
#: What the built-in engine alone is told.
_HINT = "free; the built-in engine makes its clips anew"
_EFFECTS = {
    "match": "buys what it newly matches",
    "when": "buys what it newly matches",
    "extends": "buys again what changes by it",
    "defaults": "as the keys in it",
    "clips": "as the keys in it",
    "rules": "as the keys in it",
    "packs": "buys what they newly match",
    "assets": "buys what it newly finds",
    "ignore": "buys what it no longer hides",
    "vary_by": "buys again what was renamed",
    "cells": AGAIN,
    "kind": _HINT,
    "facing": _HINT,
    "parts": _HINT,
    "extra_colors": _HINT,
    "pick": "buys the cells that are added",
    "service": "another service is another purchase",
    "from": "free: a derived clip costs nothing",
    "batch": "free: it lowers the price of what is new",
}


def rules() -> Page:
    """Return the page about rule files and overrides."""
    clip = {name: field for name, field in rule_fields.CLIP.fields.items()}
    return Page(
        topic="rules",
        title="Rules: the keys of rule files and overrides",
        about="A rule file, such as `rules/mine.yaml`, holds a list under `rules`. An override, "
        "such as `hero.png.yaml` beside `hero.png`, states what is different for one sprite: all "
        "keys of a rule but name, match, extends and when. The price column says what a change "
        "of the key does to clips that are bought already.",
        sections=(
            _section("A rule file", rule_fields.FILE, examples.FILE, prefer=("rules",)),
            _section("A rule", rule_fields.RULE, examples.RULE),
            Section(
                title="A clip",
                about="In `clips` under its name, and, but for prompt, from, frames_from, flip and "
                "reverse, in `defaults`. The short form of a clip is its prompt alone.",
                entries=tuple(
                    _entry(name, field, examples.CLIP, Clip(name=""))
                    for name, field in clip.items()
                ),
            ),
            _section(
                "Conditions: `when`", rule_fields.WHEN, examples.WHEN, effect=_EFFECTS["when"]
            ),
            Section(
                title="Stages of finishing: `stages`",
                about="Repairs that can be switched off, in the order in which they run.",
                entries=tuple(
                    Entry(
                        name=name,
                        about=about,
                        facts=_facts("on or off", "on", f"stages: {{{name}: off}}", FREE),
                    )
                    for name, about in clip_fields.STAGES.items()
                ),
            ),
        ),
    )


def settings() -> Page:
    """Return the page about `pixelpipe.yaml`."""
    return Page(
        topic="settings",
        title="Settings: the keys of pixelpipe.yaml",
        about="Every key may be left out. A variable of the environment is stronger than the file, "
        "and a flag is stronger than a variable; see the page about the environment.",
        sections=(
            _section("Settings", PROJECT, examples.PROJECT, record=Settings()),
            _section("`budget`", BUDGET, {}, record=Budget()),
            _section("`shared`", SHARED, examples.SHARED, record=Shared()),
            _section("`watch`", WATCH, examples.WATCH, record=Watch()),
        ),
    )


def _section(
    title: str,
    table: Table,
    shown: Mapping[str, str],
    *,
    record: Record | None = None,
    effect: str = "",
    prefer: tuple[str, ...] = (),
) -> Section:
    ranked = sorted(table.fields, key=lambda name: name not in prefer)
    return Section(
        title=title,
        entries=tuple(_entry(name, table.fields[name], shown, record, effect) for name in ranked),
    )


def _entry(
    name: str, field: Field, shown: Mapping[str, str], record: Record | None, effect: str = ""
) -> Entry:
    effect = effect or _EFFECTS.get(name) or (AGAIN if name in clip_fields.PAID_FIELDS else FREE)
    default = _stated_default(field) or _default(name, field, record)
    if field.required:
        default = "must be stated"
    return Entry(
        name=name,
        about=_DEFAULT.sub("", field.about).strip(),
        facts=_facts(field.shape.wanted, default, shown.get(name, ""), effect),
    )


def _facts(kind: str, default: str, example: str, effect: str) -> tuple[tuple[str, str], ...]:
    line = f"`{example}`" if example else ""
    return (("type", kind), ("default", default), ("example", line), ("price", effect))


def _stated_default(field: Field) -> str:
    found = _DEFAULT.search(field.about)
    return found[1] if found else ""


def _default(name: str, field: Field, record: Record | None) -> str:
    """Return what the record holds when nothing is stated."""
    if record is None:
        return ""
    value = getattr(record, field.name or name, None)
    if value is None or value == () or isinstance(value, Record | Mapping):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(one.name if isinstance(one, TargetChoice) else str(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
