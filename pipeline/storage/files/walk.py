"""One walk over the assets or a part of them: what is listed, followed, and left out.

Nothing is opened but ignore files. Hidden files and folders, `node_modules`, Unity's caches and
whatever the project ignores are left out; a link to a file inside the project counts as that file;
a link to a folder is not followed, so that nothing is found twice and no loop exists.

A recursive `os.scandir` with a stat of every file is the least that Python can do; this is to stay
within 1.5 times of it, so the inner loop keeps to what it needs.
"""

from __future__ import annotations

import os
import stat as bits
import unicodedata
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ...core import listing, small_files, unfinished
from ...core.model import Record
from . import paths
from .by_folder import FoundFiles
from .ignore import IGNORE_NAME, Ignore, TooManyError
from .stats import HAS_INODES, Stat
from .texts import Texts

#: Folders that other programs fill; every folder with a dot (`.godot`, `.git`) is left out as well.
CACHES = frozenset(("node_modules", "__pycache__"))
#: Folders that Unity fills, beside its `ProjectSettings`.
UNITY_CACHES = frozenset(("Library", "Temp", "Logs", "obj", "Obj"))

#: What is said behind the path of a pipe or a device.
NO_FILE = ": is no regular file"

_IGNORE_BYTES = small_files.MIB
_SUFFIXES = listing.SOURCE_SUFFIXES + listing.OVERRIDE_SUFFIXES


class Scan(Record, frozen=True, kw_only=True):
    """What is there. Paths are POSIX, relative to the project's root, in no particular order."""

    files: MutableMapping[str, Stat]
    #: Folders that were listed, with their inodes; "." is the root itself.
    folders: dict[str, int]
    #: False if anything could not be read: then nothing may be taken for deleted.
    is_complete: bool = True
    #: Folders vanished while they were listed: where they went may have been listed before.
    is_torn: bool = False
    #: Sentences for the user, each with a path.
    faults: tuple[str, ...] = ()
    #: Folders that were left out on purpose.
    pruned: tuple[str, ...] = ()
    #: Files that a killed run left half written; see `outputs.sweep`.
    leftovers: tuple[str, ...] = ()
    #: Links, wherever they lead.
    links: tuple[str, ...] = ()
    #: Files that are not taken and may have been meant to be: other pictures, other spellings.
    passed_over: tuple[str, ...] = ()
    #: Each folder with all its entries as text (see `imprint`), if that was asked for.
    listing: Mapping[str, bytes] = MappingProxyType({})


class _Entry(NamedTuple):
    """A folder to be listed: its path, its inode, and the patterns from above."""

    folder: str
    inode: int
    ignore: Ignore


class Walk:
    """One pass over the tree or a part of it, and what it found so far."""

    def __init__(self, root: Path, *, is_listed: bool = False) -> None:
        self._is_listed = is_listed
        self._base = f"{root}{os.sep}"
        self._real_root = Path(os.path.realpath(root))
        self._files = FoundFiles()
        #: Those of the folder that is looked at.
        self._here: dict[str, Stat] = {}
        self._folders: dict[str, int] = {}
        self._faults: list[str] = []
        self._pruned: list[str] = []
        self._leftovers: list[str] = []
        self._links: list[str] = []
        self._passed_over: list[str] = []
        self._listing = Texts()
        self._is_complete = True
        self._is_torn = False

    def result(self) -> Scan:
        """Return what was found."""
        return Scan(
            files=self._files,
            folders=self._folders,
            is_complete=self._is_complete and not self._is_torn,
            is_torn=self._is_torn,
            faults=tuple(self._faults),
            pruned=tuple(self._pruned),
            leftovers=tuple(self._leftovers),
            links=tuple(self._links),
            passed_over=tuple(self._passed_over),
            listing=self._listing,
        )

    def miss(self, path: str, reason: str) -> None:
        """Note something that could not be read: what lies behind it is unknown, not deleted."""
        self._faults.append(f"{path}: {reason}")
        self._is_complete = False

    def list_below(self, top: str, ignore: Ignore, *, is_deep: bool = True) -> bool:
        """List `top` and, unless not `is_deep`, all below it; return False if it is not there."""
        try:
            real = Path(os.path.realpath(self._base + top))
            if not real.is_relative_to(self._real_root):
                self.miss(top, "lies outside of the project and is not looked at")
                return True
            stack = [_Entry(top, real.stat().st_ino if HAS_INODES else 0, ignore)]
        except FileNotFoundError:
            return False
        except OSError as exc:
            self.miss(top, f"cannot be read: {exc.strerror}")
            return True
        while stack:
            entry = stack.pop()
            if entry.folder not in self._folders:  # one assets folder may lie in another
                found = self._list(entry)
                stack += found if is_deep else ()
        return True

    def descend(self, top: str, names: Sequence[str], ignore: Ignore) -> Ignore | None:
        """Follow `names` down from `top`; return the patterns there, or None if it is left out."""
        folder = top
        for name in names:
            own = self.narrowed(folder, ignore)
            beside = self._base + prefix(folder)
            folder = prefix(folder) + name
            if (
                own is None
                or self._is_pruned(folder, own, beside)
                or Path(beside, name).is_symlink()
            ):
                return None
            ignore = own
        return ignore

    def narrowed(self, folder: str, ignore: Ignore) -> Ignore | None:
        """Return `ignore` with the folder's own patterns, or None if those cannot be read."""
        try:
            place = Path(self._base, folder, IGNORE_NAME)
            text = small_files.text(place, most=_IGNORE_BYTES, within=self._real_root)
            return ignore.extended(text.split("\n"), "" if folder == "." else folder)
        except TooManyError as exc:
            reason = str(exc)
        except (FileNotFoundError, NotADirectoryError):
            return ignore
        except (OSError, UnicodeDecodeError) as exc:
            reason = (exc.strerror or "") if isinstance(exc, OSError) else "it is not UTF-8"
        self.miss(prefix(folder) + IGNORE_NAME, f"cannot be read ({reason}); its folder waits")
        return None

    def look(self, wanted: Iterable[str], ignore: Ignore) -> None:
        """Stat files that all lie in one folder."""
        links: list[str] = []
        for path in wanted:
            name = path.rpartition("/")[2]
            if not _is_wanted(name) or ignore.matches(path):
                continue
            try:
                self._keep(path, os.lstat(self._base + path), links)
            except OSError as exc:
                self._miss_file(path, exc)
        self._follow(links)
        self._leave()

    def _leave(self) -> None:
        """Put away the files of a folder that was looked at."""
        self._files.update(self._here)
        self._here.clear()

    def _list(self, entry: _Entry) -> list[_Entry]:
        """List one folder; return the folders in it that are to be listed next."""
        inside = prefix(entry.folder)
        inner: dict[str, int] = {}
        links: list[str] = []
        texts: list[str] = []
        notable: list[str] = []
        has_patterns = False
        try:
            with os.scandir(self._base + entry.folder) as entries:
                self._folders[entry.folder] = entry.inode
                for found in entries:
                    name, text = found.name, ""
                    if found.is_dir(follow_symlinks=False):
                        inner[inside + name] = found.inode() if HAS_INODES else 0
                        text = listing.FOLDER
                    elif listing.counts(name):
                        has_patterns |= name == IGNORE_NAME
                        text = self._stat(inside + name, found, links)
                    elif found.is_symlink():
                        links.append(inside + name)
                    elif unfinished.TEMPORARY in name and name[0] == "." and ".anim." in name:
                        self._leftovers.append(inside + name)
                    elif listing.is_notable(name):
                        notable.append(inside + name)
                    if self._is_listed:
                        texts.append(f"{name}{text}/")
        except (FileNotFoundError, NotADirectoryError):
            self._is_torn = True
            self._leave()
            return []
        except OSError as exc:
            self.miss(entry.folder, f"cannot be read: {exc.strerror}")
            self._leave()
            return []
        if self._is_listed:
            text = listing.heading(entry.folder) + "".join(texts)
            self._listing.add(entry.folder, listing.encoded(text))
        ignore = self.narrowed(entry.folder, entry.ignore) if has_patterns else entry.ignore
        self._drop_ignored(ignore)
        if ignore is None:
            return []
        self._passed_over += (path for path in notable if not ignore.matches(path))
        self._follow(path for path in links if not ignore.matches(path))
        self._leave()
        return self._inner(inner, ignore, inside)

    def _stat(self, path: str, found: os.DirEntry[str], links: list[str]) -> str:
        """Keep a file of interest, or a link to one; return its state as a listing has it."""
        name = found.name
        try:
            stat = found.stat(follow_symlinks=False)
            if name != IGNORE_NAME and (
                (name.isascii() and name.isprintable()) or self._is_text(path)
            ):
                self._keep(path, stat, links)
        except OSError as exc:
            self._miss_file(path, exc)
            return ""
        return f"\0{listing.stated(stat)}" if self._is_listed else ""

    def _keep(self, path: str, found: os.stat_result, links: list[str]) -> None:
        """Keep a regular file; put a link aside; a pipe or a device is a fault."""
        kind = found.st_mode & 0o170000
        if kind == bits.S_IFREG:
            inode = found.st_ino if HAS_INODES else 0
            self._here[path] = Stat(found.st_size, found.st_mtime_ns, inode, found.st_ctime_ns)
        elif kind == bits.S_IFLNK:
            links.append(path)
        else:
            self._faults.append(f"{path}{NO_FILE}")
            self._is_complete = False

    def _miss_file(self, path: str, exc: OSError) -> None:
        """Note a file without a stat; one that vanished since it was listed is just not there."""
        if not isinstance(exc, FileNotFoundError | NotADirectoryError):
            self.miss(path, f"cannot be read: {exc.strerror}")

    def _drop_ignored(self, ignore: Ignore | None) -> None:
        """Forget the files of the folder that is looked at, if they are ignored."""
        if ignore is None:
            self._here.clear()
        elif ignore:
            self._here = {path: it for path, it in self._here.items() if not ignore.matches(path)}

    def _follow(self, links: Iterable[str]) -> None:
        """Keep the files that links lead to; say which links are not followed."""
        for path in links:
            self._links.append(path)
            real = Path(os.path.realpath(self._base + path))
            is_file = _is_wanted(path.rpartition("/")[2])
            try:
                found = real.stat()
            except OSError:  # broken, or a link that leads to itself: a state, not a gap
                if is_file:
                    self._faults.append(f"{path}: is a link that leads nowhere")
                continue
            if bits.S_ISDIR(found.st_mode):
                self._faults.append(f"{path}: is a link to a folder, which is not followed")
            elif is_file and not real.is_relative_to(self._real_root):
                self._faults.append(f"{path}: leads outside of the project and is not read")
            elif is_file:
                self._keep(path, found, [])

    def _inner(self, inner: dict[str, int], ignore: Ignore, inside: str) -> list[_Entry]:
        """Choose which folders to list next."""
        chosen = []
        for path, inode in inner.items():
            if self._is_pruned(path, ignore, self._base + inside):
                self._pruned.append(path)
            elif (path.isascii() and path.isprintable()) or self._is_text(path):
                chosen.append(_Entry(path, inode, ignore))
        return chosen

    def _is_pruned(self, folder: str, ignore: Ignore, beside: str) -> bool:
        """Tell whether a folder is left out; `beside` is where it lies on disk, with a slash."""
        name = folder.rpartition("/")[2]
        if name[0] == "." or name in CACHES or (ignore and ignore.matches(folder, is_folder=True)):
            return True
        return name in UNITY_CACHES and Path(beside, "ProjectSettings").is_dir()

    def _is_text(self, path: str) -> bool:
        """Tell whether a name is text; if not, say so.

        No JSON or YAML could name a file that is not UTF-8; a line break or an escape in a name
        would write over the terminal, and Windows takes neither.
        """
        as_text, escaped = shown_names(path)
        if as_text != path:
            self._faults.append(f"{as_text}: the name is not UTF-8; rename it")
            return False
        if any(unicodedata.category(letter) == "Cc" for letter in path):
            self._faults.append(f"{escaped}: the name has a control character; rename it")
            return False
        return True


def shown_names(path: str) -> tuple[str, str]:
    """Return how a scan's sentences name a path that is no text: not UTF-8; with control signs."""
    as_text = path.encode(errors="backslashreplace").decode()
    return as_text, as_text.encode("unicode_escape").decode()


def prefix(folder: str) -> str:
    """Return what the paths in `folder` start with."""
    return "" if folder == "." else folder + "/"


def _is_wanted(name: str) -> bool:
    """Tell whether a file of this name is of interest."""
    return name[:1] != "." and (name.endswith(_SUFFIXES) or paths.is_output(name))
