"""A real Dask cluster on this machine: a scheduler and workers as processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from game import Game

_WAIT_S = 60.0


@dataclass
class Farm:
    """One scheduler, and the workers that were started for it."""

    folder: Path
    environment: dict[str, str]
    address: str = ""
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *options: str) -> None:
        """Start the scheduler; it chooses its port."""
        place = self.folder / "scheduler.json"
        place.unlink(missing_ok=True)
        self.scheduler = self._run(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1",
             "--port", "0", "--no-dashboard", "--scheduler-file", str(place), *options],
            "scheduler",
        )  # fmt: skip
        self._await(lambda: place.exists() and place.read_bytes().endswith(b"}"), "the scheduler")
        self.address = json.loads(place.read_text("utf-8"))["address"]

    def add(
        self, *options: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one worker process by `pixelpipe worker`, and wait until it is there."""
        name = f"worker{len(self.workers)}"
        command = [sys.executable, "-m", "pipeline", "worker", self.address, "--processes", "1"]
        rest = ["--host", "127.0.0.1", "--local-directory", str(self.folder), *options]
        self.workers.append(self._run([*command, "--", *rest], name, environment))
        log = self.folder / f"{name}.log"
        self._await(lambda: b"Registered to" in log.read_bytes(), name)
        return self.workers[-1]

    def ask(self, code: str) -> list[str]:
        """Run code on every worker, which has it as `dask_worker`; returns each one's `found`."""
        script = (
            "import sys, distributed\n"
            f"CODE = {code!r}\n"
            "def run(dask_worker):\n"
            "    names = {'dask_worker': dask_worker}\n"
            "    exec(CODE, names)\n"
            "    return str(names['found'])\n"
            "with distributed.Client(sys.argv[1], set_as_default=False) as client:\n"
            "    print('\\n'.join(client.run(run).values()))\n"
        )
        command = [sys.executable, "-c", script, self.address]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout.split()

    def finished(self) -> int:
        """Return how many tasks all workers have done."""
        return sum(map(int, self.ask("found = dask_worker.state.executed_count")))

    def log(self, name: str) -> str:
        """Return what a process wrote."""
        return (self.folder / f"{name}.log").read_text("utf-8")

    def stop(self) -> None:
        """End all of it."""
        for process in (*self.workers, self.scheduler):
            if process is not None and process.poll() is None:
                process.terminate()
        for process in (*self.workers, self.scheduler):
            if process is not None:
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _run(
        self, command: list[str], name: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={**self.environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _await(self, is_there: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _WAIT_S
        while not is_there():
            assert time.monotonic() < end, f"{what} did not start"
            time.sleep(0.05)


@contextmanager
def farm(folder: Path, game: Game, *options: str) -> Iterator[Farm]:
    """Start a scheduler, and end it with all its workers."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Farm(folder, game.variables())
    try:
        made.start(*options)
        yield made
    finally:
        made.stop()
