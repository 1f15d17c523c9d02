"""What the ledger keeps of publish sets: files that are ours before a lock file names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .consents import Consents
from .file import in_batches


class LedgerSets(Consents):
    """The part of the ledger of sets of files, begun and ended."""

    def begin_set(self, project: str, files: Mapping[str, tuple[str | None, str]]) -> None:
        """Record a publish set before its first rename: path to (old digest, new digest).

        The record stays: it is also how files are known as ours when the lock file is lost.
        """
        with self._transaction():
            for path, (old, new) in files.items():
                self._base.execute(
                    "DELETE FROM publishing WHERE project = ? AND path = ? AND digest IS NOT ?",
                    (project, path, old),
                )
                self._base.execute(
                    "INSERT OR IGNORE INTO publishing VALUES (?, ?, ?)", (project, path, new)
                )

    def begun(self, project: str, paths: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return the digests that publish sets wrote, or may have written, to these paths."""
        found: dict[str, set[str]] = {}
        for part in in_batches(paths):
            marks = ",".join("?" * len(part))
            for path, digest in self._read(
                f"SELECT path, digest FROM publishing WHERE project = ? AND path IN ({marks})",
                (project, *part),
            ):
                found.setdefault(path, set()).add(digest)
        return {path: frozenset(digests) for path, digests in found.items()}
