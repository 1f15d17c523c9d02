"""Follow a project's changes: each settled set is built beside what is still being made.

Builds of one process meet at the ledger's claims as builds of several processes do, so that they
may run at the same time: a sprite that is saved while another's job runs need not wait for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from . import lock, project, watch
from .api import Observer, Project, Scope, Spending
from .errors import ConfigError, PixelpipeError
from .lender import Lender
from .report import Report
from .site import Site

#: Builds at the same time; further changes are joined until one has ended.
_BUILDS = 4
_TICK_S = 0.2
#: How long the end of a watch waits for purchases whose answer is on its way.
_LAST_S = 30.0
_RULES = (".yaml", ".yml")


class Follower:
    """Watches one project. `run` is the loop."""

    def __init__(
        self, opened: Project, spending: Spending, observe: Observer, *, poll: bool | None = None
    ) -> None:
        """Follow `opened`; `spending` holds for each build, its `max_credits` for all together."""
        self._project = opened
        self._spending = spending
        self._observe = observe
        self._poll = poll
        self._stop = threading.Event()
        self._watcher_stop = threading.Event()
        self._events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        self._builds: set[threading.Thread] = set()
        self._waiting: set[str] = set()
        self._is_whole_due = False
        self._charged = 0

    def run(self) -> Iterator[Report | PixelpipeError]:
        """Yield the report of every build, until KeyboardInterrupt.

        The first is the full build; from its beginning no change is missed.
        """
        with ExitStack() as stack:
            self._stack = stack
            self._arm()
            try:
                while True:
                    yield from self._turn()
            finally:
                self._stop.set()
                self._watcher_stop.set()
                for thread in self._builds:
                    thread.join(_LAST_S)

    def _turn(self) -> Iterator[Report | PixelpipeError]:
        try:
            event = self._events.get(timeout=_TICK_S)
        except queue.Empty:
            return
        yield from event()
        self._start()

    # -- changes --------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Watch and serve what the settings say now; an older watcher ends by itself."""
        self._watcher_stop.set()
        self._watcher_stop = threading.Event()
        self._lender = self._stack.enter_context(
            Lender(self._project.site, self._project.environment)
        )
        threading.Thread(target=self._watch, args=(self._watcher_stop,), daemon=True).start()

    def _watch(self, stop: threading.Event) -> None:
        site = self._project.site
        extra = (*site.inputs, project.CONFIG_NAME, lock.NAME)
        try:
            for changed in watch.changes(
                site.root,
                site.settings.assets,
                site.settings.ignore,
                stop=stop,
                settle_s=site.settings.watch.settle_s,
                poll=self._poll,
                extra=extra,
            ):
                self._events.put(partial(self._changed, changed))
        except Exception as exc:  # a dead watcher must not look like a quiet folder
            self._events.put(partial(self._broken, exc))

    def _changed(self, paths: frozenset[str]) -> Iterator[Report | PixelpipeError]:
        rules = {path for path in paths if path.endswith(_RULES) and not project.is_override(path)}
        if rules:
            before = self._project.site
            try:
                self._project.reload()
            except ConfigError as exc:
                yield exc
                return
            if _frame(before) != _frame(self._project.site):
                self._arm()
        root = self._project.root
        sources = {path for path in paths if project.is_source(path)}
        gone = [path for path in sources if not (root / path).exists()]
        self._is_whole_due |= not paths or bool(rules or gone) or sources != paths
        self._waiting |= sources

    def _broken(self, error: Exception) -> Iterator[Report | PixelpipeError]:
        raise error
        yield  # a generator like the other events

    # -- builds ---------------------------------------------------------------------------------

    def _start(self) -> None:
        if len(self._builds) >= _BUILDS or not (self._waiting or self._is_whole_due):
            return
        paths = None if self._is_whole_due else frozenset(self._waiting)
        self._waiting.clear()
        self._is_whole_due = False
        thread = threading.Thread(target=self._build, args=(paths,), daemon=True)
        self._builds.add(thread)
        thread.start()

    def _build(self, paths: frozenset[str] | None) -> None:
        thread = threading.current_thread()
        result: Report | PixelpipeError | Exception
        try:
            result = self._project.build(
                scope=Scope(paths=paths),
                spending=self._left(),
                observe=self._observe,
                lender=self._lender,
                stop=self._stop,
            )
        except KeyboardInterrupt:
            return
        except Exception as exc:
            result = exc
        self._events.put(partial(self._ended, thread, result))

    def _ended(
        self, thread: threading.Thread, result: Report | Exception
    ) -> Iterator[Report | PixelpipeError]:
        self._builds.discard(thread)
        if isinstance(result, Report):
            self._charged += result.charged
            yield result
        elif isinstance(result, PixelpipeError):
            yield result
        else:
            raise result

    def _left(self) -> Spending:
        limit = self._spending.max_credits
        if limit is None:
            return self._spending
        return Spending(max_credits=max(0, limit - self._charged), frozen=self._spending.frozen)


def _frame(site: Site) -> tuple[object, ...]:
    """Return what watcher and service were set up for."""
    settings = site.settings
    return settings.assets, settings.ignore, settings.watch, site.inputs, site.service


_Event = Callable[[], Iterator[Report | PixelpipeError]]
