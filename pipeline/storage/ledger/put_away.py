"""Which takes were chosen for sources that have gone: who puts one back finds it as it was.

The lock file drops the lines of a source that is not there any more. Cut in one place and pasted in
another a minute later, it is the same picture, and the choice was a person's. Once the lock file
names the purchase again, it is no more kept here. The table is made with the first row, and the
release before passes it over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .shared_claims import SharedClaims

_TABLE = (
    "CREATE TABLE IF NOT EXISTS put_away (project TEXT NOT NULL, request_key TEXT NOT NULL, "
    "line TEXT NOT NULL, PRIMARY KEY (project, request_key)) WITHOUT ROWID"
)


class PutAway(SharedClaims):
    """The part of the ledger of what was chosen for sources that have gone."""

    def put_away(self, project: str, lines: Mapping[str, str]) -> None:
        """Keep lines of the lock file, by their request keys."""
        if not lines:
            return
        with self._transaction():
            self._base.execute(_TABLE)
            self._base.executemany(
                "INSERT OR REPLACE INTO put_away VALUES (?, ?, ?)",
                [(project, key, line) for key, line in lines.items()],
            )

    def put_back(self, project: str, request_keys: Collection[str]) -> None:
        """Keep no more what the lock file names again."""
        if request_keys and self._has_put_away():
            with self._transaction():
                self._base.executemany(
                    "DELETE FROM put_away WHERE project = ? AND request_key = ?",
                    [(project, key) for key in request_keys],
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
