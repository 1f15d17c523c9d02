"""What lies in the assets folders, as text that can be compared without understanding it.

A folder is `NUL NUL path NUL NUL` and its entries in the order of the system: `name/` for what is
of no interest, `name NUL d/` for a folder, and `name NUL stat/` for a file whose state counts. No
name holds NUL or a slash. It looks at folders, unlike the rest of the core: a run with nothing to
do loads this and little else, so it imports nothing but `os`.
"""

from __future__ import annotations

import os

CONFIG_NAME = "pixelpipe.yaml"
IGNORE_NAME = ".pixelpipeignore"
SOURCE_SUFFIXES = (".png", ".PNG")
OVERRIDE_SUFFIXES = (".png.yaml", ".PNG.yaml")
#: What engines write beside our outputs: theirs, although it carries our name.
SIDECAR_SUFFIXES = (".import", ".meta", ".uid")
#: A directory listing of Windows has none, a stat has: left out there.
HAS_INODES = os.name != "nt"
#: What stands behind a folder's name.
FOLDER = "\0d"
#: Pictures that are no PNG: named where they lie without one, never taken.
OTHER_PICTURES = frozenset((
    ".ai", ".apng", ".ase", ".aseprite", ".avif", ".bmp", ".clip", ".dds", ".gif", ".graphite",
    ".heic", ".ico", ".iff", ".jfif", ".jpeg", ".jpg", ".kra", ".lbm", ".ora", ".pcx", ".piskel",
    ".psb", ".psd", ".pyxel", ".qoi", ".svg", ".tga", ".tif", ".tiff", ".webp", ".xcf",
))  # fmt: skip
_NOTABLE = OTHER_PICTURES | {".png", ".yml", ".yaml"}
#: The state of a file that must be looked at again, whatever it is then: no real state is that.
UNTRUSTED = "?"
_SUFFIXES = SOURCE_SUFFIXES + OVERRIDE_SUFFIXES


def counts(name: str) -> bool:
    """Tell whether the state of a file of this name may count."""
    if name[0] == ".":
        return name == IGNORE_NAME
    return name.endswith(_SUFFIXES) or (".anim." in name and not name.endswith(SIDECAR_SUFFIXES))


def is_notable(name: str) -> bool:
    """Tell whether a file that does not count may have been meant to: it is told, once."""
    plain = name.rstrip(" .")  # what cannot be seen at the end of a name, and Windows takes away
    suffix = plain[plain.rfind(".") :].lower()
    if suffix not in _NOTABLE:
        return "pixelpipe" in name and "ignore" in name
    return ".anim." not in name and not name.startswith("._")


def stated(found: os.stat_result) -> str:
    """Return a stat as it stands in a listing."""
    inode = found.st_ino if HAS_INODES else 0
    return f"{found.st_size} {found.st_mtime_ns} {inode} {found.st_ctime_ns}"


def listed(root: str, folder: str) -> str:
    """Return the text of a folder as it is now. Raises OSError if it cannot be listed."""
    parts = [heading(folder)]
    with os.scandir(f"{root}{os.sep}{folder}") as entries:
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                parts.append(f"{name}{FOLDER}/")
            elif counts(name):
                parts.append(f"{name}\0{stated(entry.stat(follow_symlinks=False))}/")
            else:
                parts.append(f"{name}/")
    return "".join(parts)


def heading(folder: str) -> str:
    """Return what the text of a folder begins with."""
    return f"\0\0{folder}\0\0"


def encoded(text: str) -> bytes:
    """Return a text that may hold names which are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def folders(content: bytes, at: int) -> dict[str, bytes]:
    """Return each folder's text of the listing that begins at `at` of a state file's content."""
    found = {}
    while at < len(content):
        name, entries = begun(content, at)
        end = content.find(b"\0\0", entries)
        end = len(content) if end < 0 else end
        found[name] = content[at:end]
        at = end
    return found


def begun(content: bytes, at: int) -> tuple[str, int]:
    """Return the folder whose text begins at `at`, and where its entries do."""
    end = content.find(b"\0\0", at + 2)
    return content[at + 2 : end].decode("utf-8", "surrogateescape"), end + 2


def entries(text: bytes) -> dict[str, str]:
    """Return what a folder's text says: name to state, "" for what is of no interest."""
    body = text.decode("utf-8", "surrogateescape").split("\0\0")[2]
    divided = (entry.partition("\0") for entry in body.split("/")[:-1])
    return {name: state for name, _, state in divided}


def joined(folder: str, found: dict[str, str]) -> bytes:
    """Return the text of a folder with these entries."""
    body = "".join(f"{name}\0{state}/" if state else f"{name}/" for name, state in found.items())
    return encoded(heading(folder) + body)
