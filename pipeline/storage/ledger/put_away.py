"""Which takes were chosen for sources that have gone: who puts one back finds it as it was.

The lock file drops the lines of a source that is not there any more. Cut in one place and pasted in
another a minute later, it is the same picture, and the choice was a person's. The table is made
with the first row, and the release before passes it over.
"""

from __future__ import annotations

from collections.abc import Iterable

from .shared_claims import SharedClaims

_TABLE = (
    "CREATE TABLE IF NOT EXISTS put_away (project TEXT NOT NULL, source TEXT NOT NULL, "
    "line TEXT NOT NULL, PRIMARY KEY (project, source, line)) WITHOUT ROWID"
)


class PutAway(SharedClaims):
    """The part of the ledger of what was chosen for sources that have gone."""

    def put_away(self, project: str, source: str, lines: Iterable[str]) -> None:
        """Keep the lock file's lines of a source in place of those that were kept of it."""
        kept = [*lines]
        if not kept and not self._has_put_away():
            return
        with self._transaction():
            self._base.execute(_TABLE)
            self._base.execute(
                "DELETE FROM put_away WHERE project = ? AND source = ?", (project, source)
            )
            self._base.executemany(
                "INSERT OR IGNORE INTO put_away VALUES (?, ?, ?)",
                [(project, source, line) for line in kept],
            )

    def kept_lines(self, project: str) -> list[str]:
        """Return the lines that are kept of sources of a project."""
        if not self._has_put_away():
            return []
        rows = self._read("SELECT line FROM put_away WHERE project = ?", (project,))
        return [line for (line,) in rows]

    def _has_put_away(self) -> bool:
        statement = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'put_away'"
        return bool(self._read(statement))
