"""A watcher that runs in a thread, and what it has told: shared by the tests of watching."""

from __future__ import annotations

import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from pipeline.commands import watch
from pipeline.commands.watch import Timing, notices

#: Short enough for a test, long enough for a slow machine to write a file in one go. There is no
#: regular full scan: what only that would find is missed, and the test fails.
QUICK = Timing(settle_s=0.15, patience_s=1.2, grace_s=0.5, reconcile_s=1000.0, poll_s=0.1)
#: A test gives up after this time; it never waits that long when all is well.
LIMIT_S = 150.0


def png(seed: int = 0, *, kilobytes: int = 0) -> bytes:
    """Return a whole PNG of one pixel, padded by a private chunk; another for each seed."""
    pixel = zlib.compress(b"\0" + struct.pack(">I", seed), level=0)  # all of one size
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)),
        (b"paDd", b"p" * (1024 * kilobytes)),
        (b"IDAT", pixel),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


class Following:
    """Follows a project while the `with` block runs."""

    def __init__(
        self,
        root: Path,
        *,
        assets: Sequence[str] = ("assets",),
        ignore: Sequence[str] = (),
        extra: Sequence[str] = (),
        timing: Timing = QUICK,
        poll: bool = False,
        work: Callable[[frozenset[str]], None] = lambda changed: None,
    ) -> None:
        """Follow `root`; `work` is what the caller does with each set, as a build would."""
        self.root = root
        self.told: list[frozenset[str]] = []
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._error: BaseException | None = None
        self._changes = watch.changes(
            root, assets, ignore, stop=self._stop, extra=extra, timing=timing, poll=poll
        )
        self._work = work
        self._thread = threading.Thread(target=self._follow)
        self._is_armed = False

    def __enter__(self) -> Following:
        """Wait until the watches are armed."""
        self._thread.start()
        self.wait_until(lambda: self._is_armed)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; the thread must end."""
        self._stop.set()
        self._thread.join(timeout=LIMIT_S)
        assert not self._thread.is_alive()
        if self._error is not None and exc is None:
            raise self._error

    @property
    def counts(self) -> Counter[str]:
        """Return how often each path was told."""
        with self._news:
            return Counter(path for changed in self.told for path in changed)

    def wait_until(self, is_done: Callable[[], bool]) -> None:
        """Wait for a condition on what was told."""
        deadline = time.monotonic() + LIMIT_S
        with self._news:
            while not is_done():
                assert self._error is None, self._error
                assert self._news.wait(deadline - time.monotonic()), f"told only {self.told}"

    def wait_for(self, *paths: str) -> None:
        """Wait until each of the paths was told."""
        self.wait_until(lambda: set(paths) <= {path for told in self.told for path in told})

    def settled(self, *, after_grace: bool = False) -> Counter[str]:
        """Return the counts once everything that happened up to now has been told.

        A new file is written, and told no earlier than what was noticed before it. With
        `after_grace`, a file is made and deleted as well, whose deletion is told last.
        """
        marker = f"assets/marker{len(self.told)}-{time.monotonic_ns()}.png"
        (self.root / marker).write_bytes(png())
        self.wait_for(marker)
        if after_grace:
            (self.root / marker).unlink()
            self.wait_until(lambda: sum(marker in told for told in self.told) == 2)
        return Counter({path: n for path, n in self.counts.items() if "marker" not in path})

    def _follow(self) -> None:
        """Run the generator, and keep what it yields."""
        try:
            for changed in self._changes:
                if self._is_armed:
                    self._work(changed)
                with self._news:
                    if self._is_armed:
                        self.told.append(changed)
                    self._is_armed = True
                    self._news.notify_all()
        except BaseException as exc:  # shown by the waiting test
            with self._news:
                self._error = exc
                self._news.notify_all()


class Deaf(notices.Notices):
    """Watches of which every event is lost without a word, as after an overflow."""

    def take(self) -> notices.Dirty:
        """Return nothing."""
        super().take()
        return notices.Dirty()


class HardOfHearing(notices.Notices):
    """Watches that notice a lot in small portions, but not the file that matters."""

    def take(self) -> notices.Dirty:
        """Return a hundred notices about nothing."""
        super().take()
        return notices.Dirty(total=100)
