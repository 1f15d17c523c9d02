"""Results that cost nothing, that this session made, and that it replaced: no property of anybody.

A watch with the built-in engine makes one at every save. What is still in use, what another run
made, what was paid for, and what version control carries all stay.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from ..config.workspace import Workspace
from ..storage import lock, lock_file, lock_text, versioned

#: A purchase: its request key, and the digest of what came.
Purchase = tuple[str, str]


class Replaced:
    """What one build or watch made for nothing, and what of it is not in use any more."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._guard = threading.Lock()
        self._made: set[Purchase] = set()
        self._shown: dict[tuple[str, str], Purchase] = {}
        self._old: set[Purchase] = set()

    def made(self, purchase: Purchase) -> None:
        """Note a free result of this session."""
        with self._guard:
            self._made.add(purchase)
            self._old.discard(purchase)

    def shows(self, source: str, clip: str, purchase: Purchase) -> None:
        """Note what is published of a clip now: what was so before is replaced."""
        with self._guard:
            before = self._shown.get((source, clip))
            self._shown[source, clip] = purchase
            self._old.discard(purchase)
            if before is not None and before != purchase:
                self._old.add(before)

    def missed(self, purchase: Purchase) -> None:
        """Note a result that came too late to be published: its source was saved again."""
        with self._guard:
            self._old.add(purchase)

    def sweep(self, workspace: Workspace) -> None:
        """Remove what was replaced, from the project and from the user's folder."""
        with self._guard:
            shown = set(self._shown.values())
            old = sorted((self._old & self._made) - shown)
            self._old.clear()
        if not old or not workspace.is_project:
            return
        used = _used(workspace.root, old)
        store = workspace.store()
        places = {place: one for one in old for place in store.places(*one)}
        kept = {places[place] for place in versioned.carried(workspace.root, places)}
        for one in old:
            if one not in used and one not in kept:
                store.discard(*one)


def _used(root: Path, purchases: Iterable[Purchase]) -> set[Purchase]:
    """Return those that the lock file names; of a plain one it is not read as a whole."""
    text = lock_file.text(root)
    if lock_file.is_plain(text):
        return {one for one in purchases if lock_text.is_used(text, *one)}
    return {(line.key, line.digest) for line in lock.parse(text).clips}
