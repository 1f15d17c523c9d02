"""What to write instead of a value that a shape refuses, as the end of a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..core.errors import ConfigError

if TYPE_CHECKING:
    from .shapes import At, Shape

#: Words that people write for "as you like"; here that is said by saying nothing.
_UNSTATED = ("auto", "automatic", "default", "none")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\b")
_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]+)?")
_ASSIGNED = re.compile(r"([A-Za-z_][\w-]*)\s*[=:]\s*(\S.*)")
#: Words for a boolean that YAML 1.2 does not know.
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def instead(shape: Shape, value: object, at: At) -> str:
    """Return "; write `…`" where it is clear what was meant, or ""."""
    if value is None:
        return _nothing(at)
    if isinstance(value, str):
        return _of_text(shape, value, at)
    if isinstance(value, bool | int | float):
        return _of_number(shape, value, at)
    if isinstance(value, list):
        return _of_list(shape, value, at)
    return _of_mapping(shape, value, at)


def _put(at: At, text: str) -> str:
    """Return how a value is written where it belongs: behind its key, its flag, its variable."""
    if at.key:
        return f"{at.key}: {text}"
    place = at.document.path
    return f"{place} {text}" if place.startswith("--") else f"{place}={text}"


def _nothing(at: At) -> str:
    """Look at what a comment took away."""
    cut = at.comment.strip()
    if _COLOUR.match(cut):
        colour = _COLOUR.findall(cut)[0]
        return f'; a blank and # begin a comment: put quotes around it, `{at.key}: "{colour}"`'
    if cut:
        return "; a blank and # begin a comment: put quotes around a text that begins with #"
    return ", or leave the key out"


def _of_text(shape: Shape, text: str, at: At) -> str:
    if _is_mapping(shape) and (found := _ASSIGNED.fullmatch(text)):
        return f"; write `{found[1]}: {found[2]}`, with a blank behind the colon"
    if text.strip().lower() in _UNSTATED:
        return f"; leave `{at.key}` out: that is what `{text.strip()}` means"
    if _NUMBER.fullmatch(text.strip()):
        number = float(text) if "." in text else int(text)
        if _accepts(shape, number, at):
            return f"; write the number without quotes: `{_put(at, text.strip())}`"
    truth = _TRUTHS.get(text.strip().lower(), text.strip().lower())
    if truth in ("true", "false") and _accepts(shape, truth == "true", at):
        return f"; write `{_put(at, truth)}`"
    bare = text.strip()
    for other in (bare, bare.lower(), f"#{bare}" if _COLOUR.fullmatch(f"#{bare}") else bare):
        if other != text and _accepts(shape, other, at):
            return f"; write `{_put(at, _spelt(other))}`"
    return ""


def _of_number(shape: Shape, value: bool | int | float, at: At) -> str:
    if isinstance(value, bool):
        text = str(value).lower()
        quoted = f'"{text}"'
        return f"; write it in quotes: `{_put(at, quoted)}`" if _accepts(shape, text, at) else ""
    near = _nearest(shape, value, at)
    if near is not None:
        return f"; the nearest is `{_put(at, str(near))}`"
    text = str(value)
    quoted = f'"{text}"'
    if _accepts(shape, text, at):
        return f"; write it in quotes: `{_put(at, quoted)}`"
    return ""


def _nearest(shape: Shape, value: float, at: At) -> int | None:
    """Return the nearest number that the shape takes, by its own bounds."""
    bounds = _bounds(shape)
    if bounds is None or math.isnan(value):
        return None
    low, high = bounds
    start = round(min(max(value, low), high))
    return next((one for one in (start, start + 1, start - 1) if _accepts(shape, one, at)), None)


def _bounds(shape: Shape) -> tuple[float, float] | None:
    for one in getattr(shape, "shapes", (shape,)):
        low, high = getattr(one, "low", None), getattr(one, "high", None)
        if low is not None and high is not None:
            return low, high
    return None


def _of_list(shape: Shape, entries: list[object], at: At) -> str:
    if len(entries) == 1 and _accepts(shape, entries[0], at) and not isinstance(entries[0], dict):
        return f"; write the entry alone: `{_put(at, _spelt(entries[0]))}`"
    if entries and all(isinstance(one, Mapping) for one in entries):
        return _named_entries(entries, at)
    if entries and not isinstance(entries[0], list) and _is_mapping(shape):
        return f"; write a name, a colon and the value on each line below `{at.key}:`, without `-`"
    return ""


def _named_entries(entries: list[object], at: At) -> str:
    """Advise on `- idle: …` or `- name: idle` where names are keys."""
    first = entries[0]
    assert isinstance(first, Mapping)
    key, value = next(iter(first.items()), ("name", None))
    if key == "name" and isinstance(value, str):
        rest = {name: one for name, one in first.items() if name != "name"}
        return f"; the name is the key: `{value}: {_spelt(rest)}`, without `-` and `name`"
    return f"; write it without the `-`: `{key}: {_spelt(value)}`"


def _of_mapping(shape: Shape, value: object, at: At) -> str:
    if not isinstance(value, Mapping) or not hasattr(shape, "each") or _is_mapping(shape):
        return ""
    if _accepts(shape, [value], at):
        key = next(iter(value), "")
        return f"; put a dash before its first key: `- {key}: …`"
    key, inner = next(iter(value.items()), ("", None))
    if isinstance(inner, Mapping) and _accepts(shape, [{"name": key, **inner}], at):
        return f"; each begins with a dash and its name: `- name: {key}`"
    if _accepts(shape, [{one: options or {}} for one, options in value.items()], at):
        return "; put a dash before each"
    return "; each entry begins with a dash: `- …`"


def _is_mapping(shape: Shape) -> bool:
    return hasattr(shape, "key") or hasattr(shape, "fields")


def _accepts(shape: Shape, value: object, at: At) -> bool:
    """Tell whether a shape reads a value; never asked about what it just refused."""
    try:
        shape.read(value, at)
    except (ConfigError, RecursionError):
        return False
    return True


def _spelt(value: object) -> str:
    """Return a value as one writes it behind a key, short."""
    if isinstance(value, str):
        return f'"{value[:60]}{"…" if len(value) > 60 else ""}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_spelt(one)}" for key, one in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)
