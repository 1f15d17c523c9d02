"""Paths as an engine sees them: from its own project folder."""

from __future__ import annotations

from ..core.errors import ConfigError
from .target import Option


def option(default: str, folder: str) -> Option:
    """Return the option `root` for an engine whose paths start at `folder`."""
    return Option(
        default=default,
        doc=f"{folder}, relative to the pixelpipe project; or, when that folder lies further up, "
        "`res://` and the way down from it to the pixelpipe project; unstated, it is found from "
        "the engine's own project file",
    )


def inside(path: str, root: str, target: str) -> str:
    """Return `path` relative to the engine's folder `root`.

    Raises ConfigError when `path` is not beneath it.
    """
    if root.startswith("res://"):
        return "/".join(part for part in (root[6:].strip("/"), path) if part)
    folder = root.strip("/")
    if folder in ("", "."):
        return path
    if not path.startswith(f"{folder}/"):
        raise ConfigError(
            f"{path} is not inside {folder}/, the root of target {target}; set "
            f"`targets: {target}: {{root: …}}` to a folder that holds it"
        )
    return path[len(folder) + 1 :]
