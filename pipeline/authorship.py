"""Whose the lock file's text is: what a watch has written itself is no news to it."""

from __future__ import annotations

from . import keys


class Authorship:
    """Follows the texts of one lock file. Told by several threads, one write at a time."""

    def __init__(self) -> None:
        """Know nothing yet: the first text that is written over is taken for known."""
        self._known: str | None = None

    def wrote(self, before: str, after: str) -> None:
        """Note that a build of ours changed the text; what others had changed before is news."""
        is_known = self._known in (None, _digest(before))
        self._known = _digest(after) if is_known else ""

    def is_news(self, text: str) -> bool:
        """Tell, once, whether another has written the text."""
        known, self._known = self._known, _digest(text)
        return known != self._known


def _digest(text: str) -> str:
    return keys.digest(text.encode())
