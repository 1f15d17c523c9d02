"""Read single fields of a request body; each refusal has its own sentence that names the field.

A field that is absent or null takes its default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .errors import InvalidRequest

Body = Mapping[str, object]
Colour = tuple[int, int, int]

_HEX = re.compile(r"#?([0-9a-fA-F]{6})\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def text(body: Body, name: str, default: str | None, *, longest: int) -> str:
    """Read a string without control characters; `default` None: required and not blank."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise InvalidRequest(f"`{name}` is missing; it is required.")
    if not isinstance(value, str):
        raise InvalidRequest(f"`{name}` must be a string, not {_kind(value)}.")
    if len(value) > longest:
        raise InvalidRequest(
            f"`{name}` has {len(value)} characters; at most {longest} are accepted."
        )
    clean = _CONTROL.sub("", value)
    if default is None and not clean.strip():
        raise InvalidRequest(f"`{name}` is empty; say something in it.")
    return clean


def integer(body: Body, name: str, default: int | None, low: int, high: int) -> int:
    """Read an integer in `low`..`high`; `default` None makes the field required."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise InvalidRequest(f"`{name}` is missing; it is required.")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidRequest(f"`{name}` must be an integer, not {_kind(value)}.")
    if not low <= value <= high:
        raise InvalidRequest(f"`{name}` is {value}; it must be from {low} to {high}.")
    return value


def number(body: Body, name: str, default: float, low: float, high: float) -> float:
    """Read a number in `low`..`high`."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidRequest(f"`{name}` must be a number, not {_kind(value)}.")
    if not low <= value <= high:
        raise InvalidRequest(f"`{name}` is {value}; it must be from {low:g} to {high:g}.")
    return float(value)


def flag(body: Body, name: str) -> bool:
    """Read a boolean that is false when absent."""
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidRequest(f"`{name}` must be true or false, not {_kind(value)}.")
    return value


def choice(body: Body, name: str, default: str | None, allowed: tuple[str, ...]) -> str:
    """Read one of the `allowed` words; `default` None makes the field required."""
    value = text(body, name, default, longest=200)
    if value not in allowed:
        words = ", ".join(f'"{word}"' for word in allowed)
        raise InvalidRequest(f'`{name}` is "{value[:60]}"; it must be one of {words}.')
    return value


def colour(body: Body, name: str, default: str) -> Colour:
    """Read six hexadecimal digits, with or without `#`."""
    return parse_colour(text(body, name, default, longest=200), name)


def parse_colour(value: object, name: str) -> Colour:
    """Turn `#rrggbb` into three bytes."""
    match = _HEX.match(value) if isinstance(value, str) else None
    if match is None:
        shown = f'"{value[:60]}"' if isinstance(value, str) else _kind(value)
        raise InvalidRequest(f"`{name}` is {shown}; it must be six hex digits such as #FF00FF.")
    red, green, blue = bytes.fromhex(match[1])
    return red, green, blue


def record(body: Body, name: str) -> Body | None:
    """Read an object, or None when it is absent."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidRequest(f"`{name}` must be an object, not {_kind(value)}.")
    return value


def records(body: Body, name: str, most: int) -> tuple[Body, ...]:
    """Read a list of 1 to `most` objects."""
    value = body.get(name)
    if value is None:
        raise InvalidRequest(f"`{name}` is missing; it is required.")
    if not isinstance(value, list):
        raise InvalidRequest(f"`{name}` must be a list, not {_kind(value)}.")
    if not 1 <= len(value) <= most:
        raise InvalidRequest(f"`{name}` has {len(value)} entries; it must have 1 to {most}.")
    for position, entry in enumerate(value):
        if not isinstance(entry, dict):
            raise InvalidRequest(f"`{name}[{position}]` must be an object, not {_kind(entry)}.")
    return tuple(value)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
