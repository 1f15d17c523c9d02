"""Where a plugin's files lie in a project, and whether those that are there are of this version."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path, PurePosixPath

import msgspec

from ...core import small_files
from ...core.model import File
from . import gameengines, plugins
from .gameengines import Found

_MOST_BYTES = 4 * small_files.MIB
#: Programs by the name that `init --plugin` knows; Godot's differ by its major version.
NAMES = ("godot", "unity", "aseprite")
_GODOT_3 = "godot3"


class State(StrEnum):
    """What stands where a plugin's file goes."""

    ABSENT = "absent"
    SAME = "same"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"


def files(name: str, engines: Iterable[Found]) -> tuple[File, ...]:
    """Return the files of the plugin `name`, with paths relative to the project's root.

    Raises UsageError when there is no such plugin.
    """
    own = next((one for one in engines if one.kind.plugin == name), None)
    is_godot_3 = own is not None and own.kind is gameengines.GODOT_3
    folder = PurePosixPath("." if own is None or own.way_down else own.folder)
    return tuple(
        msgspec.structs.replace(one, path=(folder / one.path).as_posix())
        for one in plugins.files(_GODOT_3 if is_godot_3 else name)
    )


def state(root: Path, file: File) -> State:
    """Compare a plugin's file with what is in the project."""
    try:
        content = small_files.read(root / file.path, most=_MOST_BYTES)
    except FileNotFoundError:
        return State.ABSENT
    except OSError:
        return State.FOREIGN
    if content == file.content:
        return State.SAME
    version = plugins.version(content)
    if version is None or version == plugins.VERSION:
        return State.FOREIGN  # somebody else's, or ours with an edit: the user's in either case
    return State.OLDER if version < plugins.VERSION else State.NEWER
