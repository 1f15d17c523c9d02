"""Targets by name: those that ship, and those of other packages. Loaded when first asked for."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..core.errors import ConfigError
from ..core.model import TargetChoice
from .target import Option, Target, Value

if TYPE_CHECKING:
    from importlib import metadata

#: Entry point group of third-party targets; each entry loads a `Target`.
GROUP = "pixelpipe.targets"
#: Names that ship; each is a module here with a `TARGET`.
BUILT_IN = (
    "sheet",
    "aseprite",
    "ase",
    "godot",
    "web",
    "kaplay",
    "unity",
    "gamemaker",
    "gdevelop",
    "renpy",
    "frames",
    "love",
    "css",
    "defold",
    "libgdx",
    "tiled",
    "bevy",
    "rpgmaker",
    "gif",
    "webp",
    "apng",
)


def names() -> tuple[str, ...]:
    """Return the names of all targets: ours first, then those of other packages."""
    others = sorted({entry.name for entry in _entries()} - set(BUILT_IN))
    return (*BUILT_IN, *others)


def about(name: str) -> str:
    """Return the first line of what a target of ours says of itself; "" for another package's."""
    if name not in BUILT_IN:
        return ""
    said = importlib.import_module(f".{name}", __package__).__doc__ or ""
    return said.partition("\n")[0]


@functools.cache
def get(name: str) -> Target:
    """Return the target `name`; ours win over others of the same name.

    Raises ConfigError when there is none, or when another package's cannot be loaded.
    """
    if name in BUILT_IN:
        module = importlib.import_module(f".{name}", __package__)
        target = module.TARGET
    else:
        target = _load(name)
    if not isinstance(target, Target):
        raise ConfigError(f"target {name}: its entry point is not a pipeline.targets.Target")
    return target


def chosen(choices: Iterable[TargetChoice]) -> tuple[tuple[Target, Mapping[str, Value]], ...]:
    """Return the targets of `choices` with options filled in, the sheet always first.

    Raises ConfigError for an unknown target, an unknown option, or a wrong value.
    """
    stated = tuple(choices)
    sheets = [choice for choice in stated if choice.name == "sheet"]
    if len(sheets) > 1:
        raise ConfigError("target sheet is listed twice; state its options once")
    others = [choice for choice in stated if choice.name != "sheet"]
    first = sheets[0] if sheets else TargetChoice(name="sheet")
    return tuple((get(choice.name), filled(choice)) for choice in (first, *others))


def filled(choice: TargetChoice) -> Mapping[str, Value]:
    """Return all options of a choice: as stated, or the default.

    Raises ConfigError as `chosen` does.
    """
    known = get(choice.name).options
    stated = {}
    for name, value in choice.options.items():
        if name not in known:
            raise ConfigError(
                f"target {choice.name} has no option {name!r}{did_you_mean(name, known)}"
            )
        stated[name] = _read(f"target {choice.name}: {name}", value, known[name])
    return {name: stated.get(name, option.default) for name, option in known.items()}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence: the nearest known word, or all of them."""
    words = sorted(known)
    import difflib  # for mistakes only

    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(words)}" if words else "; it has none"


def _read(place: str, value: Value, option: Option) -> Value:
    """Return `value` as the option's type, or raise ConfigError when it cannot be one.

    A whole number is a whole number however YAML, JSON or a flag spelt it: 3.0 is 3.
    """
    kind = option.kind
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ConfigError(f"{place}: {value!r} is not of type {kind.__name__}")
    if option.choices and value not in option.choices:
        allowed = ", ".join(str(choice) for choice in option.choices)
        raise ConfigError(f"{place}: {value!r} is none of {allowed}")
    if isinstance(value, int | float) and (
        (option.low is not None and value < option.low)
        or (option.high is not None and value > option.high)
    ):
        raise ConfigError(f"{place}: {value} is not within {option.low}..{option.high}")
    return value


def _entries() -> tuple[metadata.EntryPoint, ...]:
    """Return the entry points of installed packages."""
    from importlib import metadata  # slow to load, and only for targets that are not ours

    return tuple(metadata.entry_points(group=GROUP))


def _load(name: str) -> object:
    """Load another package's target."""
    entry = next((entry for entry in _entries() if entry.name == name), None)
    if entry is None:
        raise ConfigError(f"there is no target {name!r}{did_you_mean(name, names())}")
    try:
        return entry.load()
    except (ImportError, AttributeError) as exc:
        raise ConfigError(f"target {name} ({entry.value}) cannot be loaded: {exc}") from exc
