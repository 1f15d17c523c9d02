"""Look at the assets of a project: at all of them, at a folder, or at some files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...core.errors import ConfigError
from ...core.listing import CONFIG_NAME
from .ignore import Ignore, TooManyError
from .walk import CACHES as CACHES
from .walk import Scan as Scan
from .walk import Walk, prefix
from .walk import shown_names as shown_names


def scan(
    root: Path, assets: Sequence[str], ignore: Sequence[str], *, is_listed: bool = False
) -> Scan:
    """List all files of interest below the `assets` folders, in one pass.

    `ignore` holds gitignore patterns relative to each assets folder. What is wrong on disk becomes
    a fault and never an exception. `is_listed` keeps the text of each folder as well.
    """
    return Tree(root, assets, ignore).scan(is_listed=is_listed)


class Tree:
    """The assets of a project, to be looked at as a whole, by folder, or by file."""

    def __init__(self, root: Path, assets: Sequence[str], ignore: Sequence[str]) -> None:
        """Look below `assets` (POSIX, relative to `root`; "." is the root)."""
        self.root = root
        self.assets = tuple(dict.fromkeys(posixpath.normpath(name) for name in assets))
        try:
            self._ignore = {
                top: Ignore().extended(ignore, "" if top == "." else top) for top in self.assets
            }
        except TooManyError as exc:
            raise ConfigError(f"`ignore`: {exc}", path=CONFIG_NAME) from exc

    def scan(self, *, is_listed: bool = False) -> Scan:
        """List everything; `is_listed` keeps the text of each folder."""
        found = Walk(self.root, is_listed=is_listed)
        for top in self.assets:
            if not found.list_below(top, self._ignore[top]):
                found.miss(
                    top, "is not there; is the drive mounted, and the name in `assets:` right?"
                )
        return found.result()

    def inside(self, folders: Iterable[str]) -> Scan:
        """List these folders, with their text, and nothing below them."""
        found = Walk(self.root, is_listed=True)
        for folder in folders:
            if (ignore := self._reach(folder, found)) is not None:
                found.list_below(folder, ignore, is_deep=False)
        return found.result()

    def below(self, folder: str) -> Scan:
        """List `folder` and what is below it; nothing if it is left out, or not of the assets."""
        found = Walk(self.root)
        if (ignore := self._reach(folder, found)) is not None:
            found.list_below(folder, ignore)
        return found.result()

    def look(self, names: Iterable[str]) -> Scan:
        """Stat the files `names`; one that is missing, left out or of no interest is not listed."""
        by_folder: dict[str, list[str]] = {}
        for path in names:
            by_folder.setdefault(path.rpartition("/")[0] or ".", []).append(path)
        found = Walk(self.root)
        for folder, wanted in by_folder.items():
            ignore = self._reach(folder, found)
            if ignore is not None and (own := found.narrowed(folder, ignore)) is not None:
                found.look(wanted, own)
        return found.result()

    def _reach(self, folder: str, found: Walk) -> Ignore | None:
        """Return the patterns that hold above `folder`, or None if a scan would not get there."""
        for top in self.assets:
            if folder == top:
                return self._ignore[top]
            if folder.startswith(prefix(top)):
                return found.descend(top, folder[len(prefix(top)) :].split("/"), self._ignore[top])
        return None
