"""Files that count although they are no assets: settings, rules, the lock file.

They are named, or found by globs: a rule file that is added counts from the moment it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ...storage.files import Stat, expression, is_glob, matching, stat_of


class Extras:
    """Names and globs, relative to the project's root."""

    def __init__(self, root: Path, patterns: Sequence[str] = ()) -> None:
        """Follow `patterns`, of which those with `*`, `?` or `[` are globs."""
        self._root = root
        self._globs = tuple(one for one in patterns if is_glob(one))
        self._names = frozenset(patterns) - frozenset(self._globs)
        self._expression = expression(self._globs)

    def __contains__(self, path: str) -> bool:
        """Tell whether a file counts, whether or not it is there."""
        return path in self._names or self._expression.fullmatch(path) is not None

    def stats(self) -> dict[str, Stat]:
        """Return those that are there, with their stats."""
        return self.look((*self._names, *matching(self._root, self._globs)))

    def look(self, names: Iterable[str]) -> dict[str, Stat]:
        """Return those of `names` that are there."""
        found = {}
        for path in names:
            with suppress(OSError):
                found[path] = stat_of((self._root / path).stat())
        return found

    def places(self) -> Iterator[tuple[str, bool]]:
        """Yield the folders in which they may be, and whether those below count as well."""
        for path in self._names:
            yield path.rpartition("/")[0] or ".", False
        for pattern in self._globs:
            folders = pattern.split("/")[:-1]
            fixed = next((n for n, name in enumerate(folders) if is_glob(name)), len(folders))
            yield "/".join(folders[:fixed]) or ".", fixed < len(folders)
