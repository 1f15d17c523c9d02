"""A shared store whose calls get lost, before their effect or after it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from pipeline.storage.shared.store import Store, Unreachable

Answer = TypeVar("Answer")


class Lossy:
    """Stands before a store, and loses a share of the calls; usable by several threads."""

    is_writable = True

    def __init__(self, store: Store, share: float, seed: str | int | None) -> None:
        """Lose `share` of all calls, half of them after their effect."""
        self.url = store.url
        self._store = store
        self._share = share
        self._dice = random.Random(seed)
        self._lock = threading.Lock()

    def get(self, name: str) -> bytes | None:
        """Read, perhaps."""
        return self._perhaps(lambda: self._store.get(name))

    def names(self, prefix: str) -> list[str]:
        """List, perhaps."""
        return self._perhaps(lambda: self._store.names(prefix))

    def create(self, name: str, content: bytes) -> bool:
        """Create, perhaps."""
        return self._perhaps(lambda: self._store.create(name, content))

    def delete(self, name: str) -> None:
        """Delete, perhaps."""
        self._perhaps(lambda: self._store.delete(name))

    def _perhaps(self, call: Callable[[], Answer]) -> Answer:
        with self._lock:
            fate = self._dice.random()
        if fate < self._share / 2:
            raise Unreachable(f"{self.url}: lost on the way there")
        answer = call()
        if fate < self._share:
            raise Unreachable(f"{self.url}: lost on the way back")
        return answer
