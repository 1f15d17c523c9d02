"""The real command on one of many machines, whose way to the shared store may be bad.

`python machine.py` reads one JSON object a line: `arguments`, `folder`, `project`, `environment`.
It runs the command in a child forked from this process, which has everything imported, and answers
how that ended: `exit` (negative: the signal). The environment says what goes wrong:
`MACHINE_LOSES` is the share of the store's calls that are lost, half of them after their effect,
`MACHINE_DICE` the seed, `MACHINE_PATIENCE_S` after how long others' claims are in doubt,
`MACHINE_STORE` what the store does from a moment on (`away`, `slow`, `refusing`), and
`MACHINE_FROM` that moment: `start`, or the state of the entry that is written then.
`MACHINE_KILL` is an entry at which it dies, as `claimed before` or `submitted after`.
`MACHINE_HOLDS` is the state of an entry after which it waits until its folder has a file `go`.
`MACHINE_LIVES_S` is after how many seconds it dies, wherever it is then.
`MACHINE_DIES` is the chance to die at each step: before and after an entry in the store, a POST,
a download, and a commit of the ledger. `MACHINE_CLAIMS=no` takes claims away: the control, which
must buy twice.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import warming
from fuse import Steps
from lossy import Answer, Lossy

from pipeline.cli import main
from pipeline.purchase import (
    joining,
    orders,
    resolve,  # noqa: F401  (loaded here, so that the child need not)
    team,
)
from pipeline.purchase.service import client
from pipeline.run import finish  # noqa: F401
from pipeline.storage.shared.store import Refused, Store, Unreachable

_SLOW_S = 0.3
_GLANCE_S = 0.02


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fuse(Steps):
    """Dies at some steps, as by `kill -9`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Throw dice of its own."""
        self._chance = float(environment.get("MACHINE_DIES", "0"))
        self._dice = random.Random(environment.get("MACHINE_DICE"))

    def step(self, name: str = "") -> None:
        """Pass one step, perhaps."""
        if self._dice.random() < self._chance:
            _die()

    def burn(self, seconds: float) -> None:
        """Die after so many seconds."""
        timer = threading.Timer(seconds, _die)
        timer.daemon = True
        timer.start()


class Bad(Lossy):
    """A store that loses calls, or ends at some moment."""

    def __init__(
        self, store: Store, environment: Mapping[str, str], fuse: Fuse, folder: Path
    ) -> None:
        """Stand before `store`, as the machine whose `folder` that is."""
        self._fuse = fuse
        share = float(environment.get("MACHINE_LOSES", "0"))
        super().__init__(store, share, environment.get("MACHINE_DICE"))
        self._trouble = environment.get("MACHINE_STORE", "")
        self._from = environment.get("MACHINE_FROM", "start")
        self._is_bad = bool(self._trouble) and self._from == "start"
        self._kill = environment.get("MACHINE_KILL", "").split()
        self._holds = environment.get("MACHINE_HOLDS", "")
        self._go = folder / "go"

    def create(self, name: str, content: bytes) -> bool:
        """Create, unless this is the moment."""
        if self._trouble and f'"state":"{self._from}"'.encode() in content:
            self._is_bad = True
        is_last = bool(self._kill) and f'"state":"{self._kill[0]}"'.encode() in content
        if is_last and self._kill[1] == "before":
            _die()
        is_held = bool(self._holds) and f'"state":"{self._holds}"'.encode() in content
        self._fuse.step()
        answer = super().create(name, content)
        self._fuse.step()
        if is_last:
            _die()
        while is_held and not self._go.exists():
            time.sleep(_GLANCE_S)
        return answer

    def _perhaps(self, call: Callable[[], Answer]) -> Answer:
        if self._is_bad and self._trouble == "refusing":
            raise Refused(f"{self.url}: 403")
        if self._is_bad:
            time.sleep(_SLOW_S if self._trouble == "slow" else 0)
            raise Unreachable(f"{self.url}: does not answer")
        return super()._perhaps(call)


def arm(environment: Mapping[str, str], folder: Path) -> None:
    """Put the trouble between the program and its store; `folder` is the machine's own."""
    fuse = Fuse(environment)
    if lives_s := float(environment.get("MACHINE_LIVES_S", "0")):
        fuse.burn(lives_s)
    fuse.within_transactions()
    for name in ("animate", "animate_batch", "download"):
        fuse.around(client.Service, name)
    whole = joining.join

    def joined(*arguments: Any) -> team.Team | None:
        found = whole(*arguments)
        if found is None or environment.get("MACHINE_CLAIMS") == "no":
            return None
        found.store = Bad(found.store, environment, fuse, folder)
        found.patience_s = float(environment.get("MACHINE_PATIENCE_S", found.patience_s))
        found.fetching_s = found.patience_s / 15
        return found

    joining.join = joined  # type: ignore[assignment]


def run(order: dict[str, Any]) -> int:
    """Run one command in a child; returns how it ended."""
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["project"])
        for number, name in ((1, "stdout"), (2, "stderr")):
            with (Path(order["folder"]) / f"{name}.txt").open("wb") as stream:
                os.dup2(stream.fileno(), number)
        arm(os.environ, Path(order["folder"]))
        sys.argv = ["pixelpipe", *order["arguments"]]
        code = 70
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            warming.note(Path(order["folder"]))
            os._exit(code)
    _, status = os.waitpid(child, 0)
    warming.load(Path(order["folder"]))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    orders._LOCAL_POLL_S = 0.02
    for line in sys.stdin:
        print(json.dumps({"exit": run(json.loads(line))}), flush=True)
