"""Make what changes the world steps, at each of which a process may die."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from pipeline.storage.ledger.file import LedgerFile


class Steps:
    """Calls `step` wherever something has begun or ended."""

    def step(self, name: str) -> None:
        """Pass one step."""

    def around(self, place: Any, name: str, *, is_within: bool = False) -> None:
        """Make the beginning and the end of a function steps; `is_within` another: its end only."""
        whole: Callable[..., object] = getattr(place, name)

        @wraps(whole)
        def watched(*arguments: object, **named: object) -> object:
            if not is_within:
                self.step(f"before {name}")
            result = whole(*arguments, **named)
            self.step(f"after {name}")
            return result

        setattr(place, name, watched)

    def within_transactions(self) -> None:
        """Make the beginning of a change of the ledger, its commit and its end steps."""
        whole = LedgerFile._transaction

        @contextmanager
        def watched(ledger: LedgerFile) -> Iterator[None]:
            with whole(ledger):
                yield
                self.step("before commit")
            self.step("after commit")

        LedgerFile._transaction = watched  # type: ignore[method-assign,assignment]
