"""Results that cost nothing, that this session made, and that it replaced: no property of anybody.

A watch with the built-in engine makes one at every save. What is still in use, what another run
made, what was paid for, and what version control carries all stay.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from ..config.workspace import Workspace
from ..storage import lock, lock_file, lock_text

#: A purchase: its request key, and the digest of what came.
Purchase = tuple[str, str]


class Replaced:
    """What one build or watch made for nothing, and what of it is not in use any more."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._guard = threading.Lock()
        #: Each as itself: what shows it has the same bytes.
        self._made: dict[bytes, bytes] = {}
        self._shown: dict[bytes, bytes] = {}
        self._old: set[bytes] = set()

    def made(self, purchase: Purchase) -> None:
        """Note a free result of this session."""
        with self._guard:
            made = self._made.setdefault(packed := _packed(purchase), packed)
            self._old.discard(made)

    def shows(self, source: str, clip: str, purchase: Purchase) -> None:
        """Note what is published of a clip now: what was so before is replaced."""
        place = blake2b(f"{source}\0{clip}".encode(), digest_size=16).digest()
        now = _packed(purchase)
        with self._guard:
            now = self._made.get(now, now)
            before = self._shown.get(place)
            self._shown[place] = now
            self._old.discard(now)
            if before is not None and before != now:
                self._old.add(before)

    def missed(self, purchase: Purchase) -> None:
        """Note a result that came too late to be published: its source was saved again."""
        with self._guard:
            self._old.add(_packed(purchase))

    def sweep(self, workspace: Workspace) -> None:
        """Remove what was replaced, from the project and from the user's folder."""
        with self._guard:
            shown = set(self._shown.values())
            old = sorted(map(_unpacked, (self._old & self._made.keys()) - shown))
            self._old.clear()
        if not old or not workspace.is_project:
            return
        from ..storage import versioned

        used = _used(workspace.root, old)
        store = workspace.store()
        places = {place: one for one in old for place in store.places(*one)}
        kept = {places[place] for place in versioned.carried(workspace.root, places)}
        for one in old:
            if one not in used and one not in kept:
                store.discard(*one)


def _packed(purchase: Purchase) -> bytes:
    """Return a purchase in a third of its room: a session remembers all that it made."""
    return bytes.fromhex("".join(purchase))


def _unpacked(packed: bytes) -> Purchase:
    text = packed.hex()
    return text[: len(text) // 2], text[len(text) // 2 :]


def _used(root: Path, purchases: Iterable[Purchase]) -> set[Purchase]:
    """Return those that the lock file names; of a plain one it is not read as a whole."""
    text = lock_file.text(root)
    if lock_file.is_plain(text):
        return {one for one in purchases if lock_text.is_used(text, *one)}
    return {(line.key, line.digest) for line in lock.parse(text).clips}
