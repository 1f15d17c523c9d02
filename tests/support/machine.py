"""The real command on one of many machines, whose way to the shared store may be bad.

`python machine.py ARGUMENTS` is `pixelpipe ARGUMENTS`. The environment says what goes wrong:
`MACHINE_LOSES` is the share of the store's calls that are lost, half of them after their effect,
`MACHINE_DICE` the seed, `MACHINE_PATIENCE_S` after how long others' claims are in doubt,
`MACHINE_STORE` what the store does from a moment on (`away`, `slow`, `refusing`), and
`MACHINE_FROM` that moment: `start`, or the state of the entry that is written then.
`MACHINE_CLAIMS=no` takes claims away: the control, which must buy twice.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from pipeline.__main__ import main
from pipeline.purchase import joining, team
from pipeline.storage.shared import claim_log
from pipeline.storage.shared.store import Refused, Store, Unreachable

_SLOW_S = 0.3


class Bad:
    """A store that loses calls, before or after their effect, or ends at some moment."""

    is_writable = True

    def __init__(self, store: Store, environment: dict[str, str]) -> None:
        """Stand before `store`."""
        self.url = store.url
        self._store = store
        self._share = float(environment.get("MACHINE_LOSES", "0"))
        self._dice = random.Random(environment.get("MACHINE_DICE"))
        self._trouble = environment.get("MACHINE_STORE", "")
        self._from = environment.get("MACHINE_FROM", "start")
        self._is_bad = bool(self._trouble) and self._from == "start"

    def get(self, name: str) -> bytes | None:
        """Read, perhaps."""
        return self._perhaps(lambda: self._store.get(name))

    def names(self, prefix: str) -> list[str]:
        """List, perhaps."""
        return self._perhaps(lambda: self._store.names(prefix))

    def create(self, name: str, content: bytes) -> bool:
        """Create, perhaps."""
        if self._trouble and f'"state":"{self._from}"'.encode() in content:
            self._is_bad = True
        return self._perhaps(lambda: self._store.create(name, content))

    def delete(self, name: str) -> None:
        """Delete, perhaps."""
        self._perhaps(lambda: self._store.delete(name))

    def _perhaps(self, call: Callable[[], Any]) -> Any:
        if self._is_bad:
            self._be_bad()
        fate = self._dice.random()
        if fate < self._share / 2:
            raise Unreachable(f"{self.url}: lost on the way there")
        answer = call()
        if fate < self._share:
            raise Unreachable(f"{self.url}: lost on the way back")
        return answer

    def _be_bad(self) -> None:
        if self._trouble == "refusing":
            raise Refused(f"{self.url}: 403")
        if self._trouble == "slow":
            time.sleep(_SLOW_S)
        raise Unreachable(f"{self.url}: does not answer")


def arm(environment: dict[str, str]) -> None:
    """Put the trouble between the program and its store."""
    whole = joining.join

    def joined(*arguments: Any) -> team.Team | None:
        found = whole(*arguments)
        if found is None or environment.get("MACHINE_CLAIMS") == "no":
            return None
        found.store = Bad(found.store, environment)
        found.patience_s = float(environment.get("MACHINE_PATIENCE_S", found.patience_s))
        found.fetching_s = found.patience_s / 15
        return found

    joining.join = joined


if __name__ == "__main__":
    assert claim_log.State.CLAIMED == "claimed"
    arm(dict(os.environ))
    sys.argv[0] = "pixelpipe"
    sys.exit(main())  # type: ignore[func-returns-value]
