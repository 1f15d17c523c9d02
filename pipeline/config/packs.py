"""Find the packs that ship: one YAML file for each version of a pack, never changed afterwards."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import ConfigError
from ..core.model import Document

#: The packs in the order in which `init` lists them. Where two know a word, the first one wins.
ORDER = (
    "creatures",
    "characters",
    "vehicles",
    "effects",
    "environment",
    "items",
    "props",
)


def folder() -> Path:
    """Return the folder of the packs: beside this file in a wheel, `rules/` in a checkout."""
    here = Path(__file__).resolve().parent.parent
    inside = here / "packs"
    return inside if inside.is_dir() else here.parent / "rules"


def versions() -> dict[str, tuple[int, ...]]:
    """Return the versions that ship of each pack, ascending, in the order of `ORDER`."""
    found: dict[str, list[int]] = {name: [] for name in ORDER}
    for file in sorted(folder().glob("*@*.yaml")):
        name, _, version = file.stem.partition("@")
        if version.isdecimal():
            found.setdefault(name, []).append(int(version))
    return {name: tuple(sorted(numbers)) for name, numbers in found.items() if numbers}


def newest() -> tuple[str, ...]:
    """Return the newest version of each pack, as `pixelpipe.yaml` lists them."""
    return tuple(f"{name}@{numbers[-1]}" for name, numbers in versions().items())


def path(name: str) -> Path:
    """Return the file of a pack such as `characters@1`.

    Raises ConfigError, with the nearest name, if there is no such pack or version.
    """
    known = [f"{pack}@{number}" for pack, numbers in versions().items() for number in numbers]
    if name not in known:
        from .shapes import nearest

        raise ConfigError(f"no such pack: `{name}`{nearest(name, known)}")
    return folder() / f"{name}.yaml"


def load(name: str) -> Document:
    """Read a pack such as `characters@1`; messages call it by its file's name.

    Raises ConfigError as `path` does, and for a pack that cannot be read.
    """
    from . import yaml_document  # PyYAML's owner; finding a pack needs none of it

    return yaml_document.read(path(name), f"{name}.yaml")
