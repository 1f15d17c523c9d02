"""A follower that runs in a thread, and the reports of its builds."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from game import Game

from pipeline.api import Project, Wish, ignore
from pipeline.commands.watch.follow import Follower
from pipeline.run.report import Report

LIMIT_S = 60.0


class Followed:
    """A follower that runs in a thread, and the reports of its builds."""

    def __init__(self, game: Game, wish: Wish | None = None) -> None:
        self.reports: list[Report] = []
        self._news: queue.Queue[Report | BaseException] = queue.Queue()
        opened = Project(game.root, environment=game.variables())
        said = wish or Wish(yes=True)
        self._follower = Follower(opened, said, ignore, poll=False)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Followed:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for event in self._follower.run(until=self._is_over):
                self._news.put(event)
        except Exception as exc:
            self._news.put(exc)

    def until(self, is_so: Callable[[Report], bool]) -> Report:
        """Collect reports up to the first that is meant."""
        ends = time.monotonic() + LIMIT_S
        while True:
            found = self._news.get(timeout=max(0.0, ends - time.monotonic()))
            assert isinstance(found, Report), found
            self.reports.append(found)
            if is_so(found):
                return found

    def made(self, name: str) -> Report:
        """Wait for the build that makes a sprite's clips."""
        return self.until(lambda report: name in made(report))


def made(report: Report) -> list[str]:
    """Return the names of the sprites whose clips a build made."""
    return [
        result.step.source.rpartition("/")[2] for result in report.results if result.state == "done"
    ]
