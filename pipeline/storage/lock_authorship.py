"""Whose the lock file's text is: what a watch has written itself is no news to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from . import lock_file


class Authorship:
    """Follows the texts of one lock file. May be used by several threads."""

    def __init__(self) -> None:
        """Know nothing yet: the first text that is written over is taken for known."""
        self._known: str | None = None
        self._lock = threading.Lock()

    @property
    def known(self) -> str | None:
        """The digest of the text that was written last; "" if others changed it, None if none."""
        return self._known

    @contextmanager
    def writing(self, before: str, after: str) -> Iterator[None]:
        """Note that the block writes one text over another.

        What others had changed before stays news. Nobody is told of a moment in between.
        """
        with self.exchanging(lock_file.digest(before), partial(lock_file.digest, after)):
            yield

    @contextmanager
    def exchanging(self, before: str, after: Callable[[], str]) -> Iterator[None]:
        """Do the same with the digest of the one, and what returns that of the other."""
        with self._lock:
            is_known = self._known in (None, before)
            yield
            self._known = after() if is_known else ""

    def is_news(self, read: Callable[[], str]) -> bool:
        """Tell, once, whether another has written the text that `read` returns."""
        with self._lock:
            known, self._known = self._known, lock_file.digest(read())
            return known != self._known
