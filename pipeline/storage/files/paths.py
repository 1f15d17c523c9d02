"""Names and places inside a project: its root, what a file is, and what may not be touched."""

from __future__ import annotations

import errno
import os
import re
import stat as bits
from collections.abc import Iterable
from pathlib import Path

from ...core import late, unfinished
from ...core.errors import ConfigError, PixelpipeError, StorageError
from ...core.listing import CONFIG_NAME as CONFIG_NAME
from ...core.listing import OVERRIDE_SUFFIXES, SIDECAR_SUFFIXES, SOURCE_SUFFIXES
from ...core.model import composed
from ...core.model import fold as fold
from . import ignore

#: This checkout's own folder in the project.
STATE_NAME = ".pixelpipe"
#: What we write in it, beside bought bytes.
_OURS = (".gitignore", "tmp", "tmp/state")
_IGNORED = b"index.sqlite*\ntmp/\n"

#: Bytes of a name: file systems allow 255, and a temporary name needs some more.
_LONGEST_NAME = 215
#: Characters of a whole path, as most engines can open it on Windows: 259, less a temporary name's.
_LONGEST_PATH = 219 if os.name == "nt" else 0
_OUTPUT = re.compile(r"[^.].*\.anim\.[^/]*[^./]", re.DOTALL)
#: Device names of Windows: a file of that name cannot be checked out there, with any extension.
_RESERVED = late.expression(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³])", re.IGNORECASE
)


def find(start: Path) -> Path:
    """Return the nearest folder that holds `pixelpipe.yaml`: `start` or one above it.

    Whatever has that name is meant, also a pipe or a broken link: who reads it says what is wrong.
    Raises ConfigError if there is none.
    """
    begin = start.absolute()
    if begin.is_file():
        begin = begin.parent
    for folder in (begin, *begin.parents):
        if os.path.lexists(folder / CONFIG_NAME):
            return folder
    raise ConfigError(
        f"no {CONFIG_NAME} in {start} or above it; run `pixelpipe init` in the project's folder"
    )


def matching(root: Path, patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the files below `root` that match globs, each glob's sorted, each file once.

    What names a file that is there means that file, whatever signs are in its name. A link that
    leads nowhere, a pipe or a device counts, unless it is hidden: whoever reads it is refused.
    """
    found = (
        path.relative_to(root).as_posix()
        for pattern in patterns
        for path in ([root / pattern] if (root / pattern).is_file() else sorted(root.glob(pattern)))
        if path.is_file() or not (path.is_dir() or path.name.startswith("."))
    )
    return tuple(dict.fromkeys(found))


def is_glob(pattern: str) -> bool:
    """Tell whether a pattern may mean more than one file."""
    return any(sign in pattern for sign in "*?[")


def expression(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what the paths of `matching` fulfil, also those that are not there."""
    return re.compile("|".join(ignore.expression(one) for one in patterns) or "(?!)", re.DOTALL)


def prepare(root: Path) -> Path:
    """Return the project's `.pixelpipe` folder, made if necessary, with its `.gitignore`.

    Raises OSError where the project is read-only.
    """
    folder = root / STATE_NAME
    if any(place.is_symlink() for place in (folder, *(folder / name for name in _OURS))):
        raise OSError(errno.ELOOP, f"holds a link, and nothing is written through one: {folder}")
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        temporary = ignore.with_name(unfinished.name(ignore.name))
        with temporary.open("xb") as stream:
            stream.write(_IGNORED)
        temporary.replace(ignore)
    return folder


def on_disk(root: Path, path: str) -> str:
    """Return `path` as it is spelt below `root`: names are compared in one Unicode form.

    What is not there is returned as it is.
    """
    if path.isascii() or (root / path).exists():
        return path
    spelt: list[str] = []
    for part in path.split("/"):
        try:
            names = [one.name for one in root.joinpath(*spelt).iterdir()]
        except OSError:
            return path
        wanted = composed(part)
        found = next((name for name in names if composed(name) == wanted), None)
        if found is None:
            return path
        spelt.append(found)
    return "/".join(spelt)


def is_output(name: str) -> bool:
    """Tell whether a file of this name is one of ours: `<stem>.anim[…].<ext>`, or being written.

    `name` may be a whole path. What an engine adds beside it (`.import`, `.meta`, `.uid`) is not.
    """
    name = name.rpartition("/")[2]
    if unfinished.TEMPORARY in name:
        return True
    return (
        ".anim." in name and bool(_OUTPUT.fullmatch(name)) and not name.endswith(SIDECAR_SUFFIXES)
    )


def is_source(name: str) -> bool:
    """Tell whether a file of this name is a picture that an artist made."""
    name = name.rpartition("/")[2]
    return name.endswith(SOURCE_SUFFIXES) and not name.startswith(".") and not is_output(name)


def is_override(name: str) -> bool:
    """Tell whether a file of this name holds the settings of one source: `hero.png.yaml`."""
    name = name.rpartition("/")[2]
    return name.endswith(OVERRIDE_SUFFIXES) and not name.startswith(".") and ".anim." not in name


def name_problem(root: Path, path: str) -> str | None:
    """Say why no file can have this path below `root`, or None: so nothing is bought for it."""
    if is_reserved(path):
        return "is a name that Windows reserves"
    if len(os.fsencode(path.rpartition("/")[2])) > _LONGEST_NAME:
        return "is longer than file systems allow"
    if _LONGEST_PATH and len(f"{root}") + 1 + len(path) > _LONGEST_PATH:
        return f"is longer than Windows allows below {root}"
    return None


def is_reserved(path: str) -> bool:
    """Tell whether a part of `path` is a device name of Windows (`aux.png`, `nul`)."""
    return any(_RESERVED.fullmatch(part.partition(".")[0].rstrip(" ")) for part in path.split("/"))


def obstacle(root: Path, path: str) -> str:
    """Say what keeps a file from being written at `path`; "" where nothing but a file stands.

    A link inside of the project is followed, and one that leads nowhere is replaced.
    """
    try:
        kind = inside(root, path, StorageError).stat().st_mode
    except StorageError as exc:
        return str(exc)
    except OSError:
        return ""
    return "" if bits.S_ISREG(kind) else f"{path} is a folder or a pipe: it is left alone"


def inside(root: Path, path: str, error: type[PixelpipeError]) -> Path:
    """Return where `path` is on disk, links below `root` followed. The file need not exist.

    Raises `error` if that is outside of `root`.
    """
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    is_plain = parts and "\0" not in path and ".." not in parts and path[0] != "/"
    if not is_plain or (os.name == "nt" and (":" in path or "\\" in path)):
        raise error(f"{path!r}: is not a path inside the project; nothing was read or written")
    if os.name != "nt" and not _has_link(f"{root}", parts):
        return Path(root, path)
    real_root = os.path.realpath(root)
    real = os.path.realpath(Path(real_root, path))
    if os.path.commonpath((real_root, real)) != real_root:
        raise error(f"{path}: leads outside of the project, to {real}; replace the link by a file")
    return Path(real)


def _has_link(folder: str, parts: Iterable[str]) -> bool:
    """Tell whether a step of the way down from `folder` is a link; a real path needs one look."""
    for part in parts:
        folder = f"{folder}{os.sep}{part}"
        if os.path.islink(folder):  # noqa: PTH114 - a Path for each step costs more than the look
            return True
    return False
