"""Follow a project's changes: each settled set is built beside what is still being made.

Builds of one process meet at the ledger's claims as builds of several processes do, so that they
may run at the same time: a sprite that is saved while another's job runs need not wait for it.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import msgspec

from . import lock, placeholders, project, restraint, watch
from .api import Observer, Project, Scope, Spending
from .errors import ConfigError, PixelpipeError
from .lender import Lender
from .report import Report
from .restraint import Restraint
from .site import Site

#: Builds at the same time; further changes are joined until one has ended.
_BUILDS = 4
_TICK_S = 0.2
#: How often to look whether purchases that are kept back were released; never, without any.
_LOOK_S = 2.0
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
        #: When to look at purchases that are kept back, and which were taken up again.
        self._looks_at = math.inf
        self._woken: set[str] = set()

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
            event = self._look_at_kept
        yield from event()
        self._start()

    # -- changes --------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Watch and serve what the settings say now; an older watcher ends by itself."""
        self._watcher_stop.set()
        self._watcher_stop = threading.Event()
        site, environment = self._project.site, self._project.environment
        self._lender = self._stack.enter_context(Lender(site, environment))
        self._free = self._stack.enter_context(Lender(placeholders.stand_in(site), environment))
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
        # A limit for all builds together is one that only one of them may use up at a time.
        most = _BUILDS if self._spending.max_credits is None else 1
        if len(self._builds) >= most or not (self._waiting or self._is_whole_due):
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
            result = self._make(Scope(paths=paths))
        except KeyboardInterrupt:
            return
        except Exception as exc:
            result = exc
        self._events.put(partial(self._ended, thread, result))

    def _make(self, scope: Scope) -> Report:
        """Show what is free at once, then buy what may be bought."""
        project, spending, lender = self._project, self._left(), self._lender
        shown = project.placeholders(
            scope=scope,
            spending=spending,
            lender=self._free,
            observe=self._observe,
            stop=self._stop,
        )
        if shown is not None:
            self._events.put(partial(_tell, shown))
        return project.build(
            scope=scope,
            spending=spending,
            observe=self._observe,
            lender=lender,
            stop=self._stop,
        )

    def _ended(
        self, thread: threading.Thread, result: Report | Exception
    ) -> Iterator[Report | PixelpipeError]:
        self._builds.discard(thread)
        self._looks_at = time.monotonic()
        if isinstance(result, Report):
            self._charged += result.charged
            yield result
        elif isinstance(result, PixelpipeError):
            yield result
        else:
            raise result

    # -- money ----------------------------------------------------------------------------------

    def _look_at_kept(self) -> Iterator[Report | PixelpipeError]:
        """Wake purchases that are due, or that a person has released; each of them once."""
        if time.monotonic() < self._looks_at:
            return
        site, now = self._project.site, time.time()
        name = str(site.root)
        try:
            with site.ledger(now) as ledger:
                waiting, released = ledger.kept_back(name), ledger.kept_back(name, released=True)
        except PixelpipeError as exc:
            self._looks_at = math.inf
            yield exc
            return
        ready = [one for one in waiting if restraint.is_due(one, now)] + released
        self._waiting |= {one.source for one in ready if one.request_key not in self._woken}
        self._woken |= {one.request_key for one in ready}
        self._looks_at = time.monotonic() + _LOOK_S if waiting else math.inf

    def _left(self) -> Spending:
        watch = self._project.site.settings.watch
        burst = None if self._spending.yes else watch.burst
        limit = self._spending.max_credits
        return msgspec.structs.replace(
            self._spending,
            max_credits=None if limit is None else max(0, limit - self._charged),
            restraint=Restraint(buy_after_s=watch.buy_after_s, burst=burst),
        )


def _tell(report: Report) -> Iterator[Report | PixelpipeError]:
    yield report


def _frame(site: Site) -> tuple[object, ...]:
    """Return what watcher and service were set up for."""
    settings = site.settings
    return settings.assets, settings.ignore, settings.watch, site.inputs, site.service


_Event = Callable[[], Iterator[Report | PixelpipeError]]
