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
from pathlib import Path

import msgspec

from ...api import Observer, Project, Wish
from ...config.workspace import Workspace
from ...core.apart import apart, log
from ...core.errors import ConfigError, PixelpipeError
from ...purchase import permission
from ...purchase.connect import Connection
from ...run import placeholders
from ...run.report import Report
from ...storage import files, lock, lock_file, state
from .. import watch
from .questions import Questions, Terminal

#: Builds at the same time; further changes are joined until one has ended.
_BUILDS = 4
_TICK_S = 0.1
#: How often to look whether purchases that are kept back were released; never, without any.
_LOOK_S = 2.0
#: How long a look at everything waits for a sprite that may be one that is gone; and how many times
#: as long as such a look takes. Each that finds the same waits twice as long, up to so many times.
_MOVED_S, _MOVED_TIMES, _MOST_DOUBLED = 1.0, 20.0, 6
#: How long the end of a watch waits for purchases whose answer is on its way.
_LAST_S = 30.0
_RULES = (".yaml", ".yml")
#: Files with settings; the key may be in the second.
_SETTINGS = (files.CONFIG_NAME, ".env")


class Follower:
    """Watches one project. `run` is the loop."""

    def __init__(
        self,
        opened: Project,
        wish: Wish,
        observe: Observer,
        *,
        poll: bool | None = None,
        terminal: Terminal | None = None,
    ) -> None:
        """Follow `opened`; `wish` holds for each build, its `max_credits` for all together.

        At `terminal`, if there is one, a person is asked about purchases.
        """
        self._project = opened
        self._wish = permission.limited(wish, opened.workspace, opened.environment)
        self._observe = observe
        self._poll = poll
        self._stop = threading.Event()
        self._questions = None if terminal is None else Questions(terminal, self._stop)
        if self._questions is not None:
            self._wish = msgspec.structs.replace(wish, ask=self._questions.ask)
        self._watcher_stop = threading.Event()
        self._events: queue.Queue[_Event] = queue.Queue()  # SimpleQueue: see purchase.scheduler
        self._threads: list[threading.Thread] = []
        #: Placeholders never wait for builds, which may last as long as purchases do.
        self._to_show, self._to_build = _Due(), _Due()
        self._is_showing = False
        self._building = 0
        #: Credits that its builds were charged or may be yet, by request key.
        self._committed: dict[str, int] = {}
        #: When to look at purchases that are kept back, and which were taken up again.
        self._looks_at = math.inf
        self._woken: set[str] = set()
        #: When to look at everything again, since what is gone may be under another name.
        self._whole_at = math.inf
        #: How many looks in a row have found that.
        self._whole_looks = 0

    def run(self, until: threading.Event | None = None) -> Iterator[Report | PixelpipeError]:
        """Yield the report of every build, until KeyboardInterrupt, or until that is set.

        The first is the full build; from its beginning no change is missed.
        """
        with ExitStack() as stack:
            self._stack = stack
            stack.enter_context(lock_file.kept(self._project.root))
            stack.enter_context(state.kept(self._project.root))
            self._arm()
            try:
                while until is None or not until.is_set():
                    yield from self._turn()
            finally:
                self._stop.set()
                self._watcher_stop.set()
                if self._questions is not None:
                    self._questions.pause()
                for thread in self._threads:
                    thread.join(_LAST_S)

    def _turn(self) -> Iterator[Report | PixelpipeError]:
        try:
            event = self._events.get(timeout=_TICK_S)
        except queue.Empty:
            event = self._look_again
        for told in event():
            if self._questions is not None:
                self._questions.pause()
            yield told
        self._start()
        if self._questions is not None:
            self._questions.turn()

    # -- changes --------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Watch and serve what the settings say now; an older watcher ends by itself."""
        self._watcher_stop.set()
        self._watcher_stop = threading.Event()
        workspace, environment = self._project.workspace, self._project.environment
        self._connection = self._stack.enter_context(Connection(workspace, environment))
        self._free = self._stack.enter_context(
            Connection(placeholders.stand_in(workspace), environment)
        )
        if workspace.service.paid and workspace.settings.placeholder:
            # Else the first placeholder waits for the engine to start.
            threading.Thread(target=self._free.warm_up, daemon=True).start()
        threading.Thread(target=self._watch, args=(self._watcher_stop,), daemon=True).start()

    def _watch(self, stop: threading.Event) -> None:
        workspace = self._project.workspace
        extra = (*workspace.inputs, *workspace.settings.rules, *_SETTINGS, lock.NAME)
        try:
            for changed in watch.changes(
                workspace.root,
                workspace.settings.assets,
                workspace.settings.ignore,
                stop=stop,
                settle_s=workspace.settings.watch.settle_s,
                poll=self._poll,
                extra=extra,
                takes_fresh=True,
            ):
                self._events.put(partial(self._changed, changed))
        except Exception as exc:  # a dead watcher must not look like a quiet folder
            self._events.put(partial(self._broken, exc))

    def _changed(self, paths: frozenset[str]) -> Iterator[Report | PixelpipeError]:
        rules = {path for path in paths if _is_rule(path)}
        if rules:
            before = self._project.workspace
            try:
                self._project.reload()
            except ConfigError as exc:
                yield exc
                return
            if _frame(before) != _frame(self._project.workspace):
                self._arm()
        root = self._project.root
        reading = partial(lock_file.text, root)
        if lock.NAME in paths and not self._project.authorship.is_news(reading):
            if paths == {lock.NAME}:
                return
            paths -= {lock.NAME}
        sources = {_source_of(path, root) for path in paths - rules}
        concerned = frozenset(path for path in sources if path is not None)
        is_whole = not paths or bool(rules) or None in sources
        self._add(concerned, is_whole=is_whole)

    def _add(self, paths: frozenset[str], *, is_whole: bool = False) -> None:
        """Let placeholders appear and purchases begin, neither waiting for the other."""
        self._to_build.add(paths, is_whole=is_whole)
        if self._project.workspace.service.paid:
            self._to_show.add(paths, is_whole=is_whole)

    def _broken(self, error: Exception) -> Iterator[Report | PixelpipeError]:
        raise error
        yield  # a generator like the other events

    # -- builds ---------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._to_show and not self._is_showing:
            self._is_showing = True
            self._run(self._show, self._shown, self._to_show.take())
        # A limit for all builds together is one that only one of them may use up at a time.
        most = _BUILDS if self._wish.max_credits is None else 1
        asking = 0 if self._questions is None else self._questions.waiting
        if self._to_build and self._building - asking < most:
            self._building += 1
            self._run(self._build, self._built, self._to_build.take())

    def _run(self, make: _Make, ended: _Ended, due: _Due) -> None:
        settle_s = self._project.workspace.settings.watch.settle_s

        def work() -> None:
            result: Report | Exception | None
            try:
                result = make(due.wish(settle_s))
            except KeyboardInterrupt:
                return
            except Exception as exc:
                result = exc
            self._events.put(partial(ended, due, result))

        thread = threading.Thread(target=work, daemon=True)
        running = [one for one in self._threads if one.is_alive()]
        self._threads = [*running, thread]
        thread.start()

    def _show(self, wish: Wish) -> Report | None:
        return self._project.placeholders(
            self._left(wish), self._free, observe=self._observe, stop=self._stop
        )

    def _shown(
        self, _: _Due, result: Report | Exception | None
    ) -> Iterator[Report | PixelpipeError]:
        self._is_showing = False
        yield from _told(result)

    def _build(self, wish: Wish) -> Report:
        return self._project.build(
            self._left(wish),
            observe=self._observe,
            connection=self._connection,
            stop=self._stop,
        )

    def _built(
        self, _: _Due, result: Report | Exception | None
    ) -> Iterator[Report | PixelpipeError]:
        self._building -= 1
        self._looks_at = time.monotonic()
        if isinstance(result, Report):
            self._committed |= result.committed
            self._expect_moved(result)
        yield from _told(result)

    def _expect_moved(self, report: Report) -> None:
        """Look at everything again when what is gone may come to rest under another name."""
        if not report.plan.perhaps_moved:
            self._whole_looks = 0
            return
        settle_s = self._project.workspace.settings.watch.settle_s
        wait_s = max(_MOVED_S, settle_s, _MOVED_TIMES * report.seconds)
        doubled = 2 ** min(self._whole_looks, _MOST_DOUBLED)
        self._whole_looks += 1
        self._whole_at = time.monotonic() + wait_s * doubled

    # -- money ----------------------------------------------------------------------------------

    def _look_again(self) -> Iterator[Report | PixelpipeError]:
        """Look at what nobody announces: sprites that may have moved, purchases that are due."""
        if time.monotonic() >= self._whole_at:
            self._whole_at = math.inf
            self._add(frozenset(), is_whole=True)
        yield from self._look_at_kept()

    def _look_at_kept(self) -> Iterator[Report | PixelpipeError]:
        """Wake purchases that are due, or that a person has released; each of them once."""
        if time.monotonic() < self._looks_at:
            return
        workspace, now = self._project.workspace, time.time()
        name = str(workspace.root)
        try:
            with workspace.ledger(now) as ledger:
                ready, is_waiting = ledger.kept_and_ready(name, now), ledger.keeps_any(name)
        except PixelpipeError as exc:
            self._looks_at = math.inf
            yield exc
            return
        woken = frozenset(one.source for one in ready if one.request_key not in self._woken)
        if woken:
            self._add(woken)
        self._woken |= {one.request_key for one in ready}
        self._looks_at = time.monotonic() + _LOOK_S if is_waiting else math.inf

    def _left(self, due: Wish) -> Wish:
        """Return what is left to spend on what is `due`."""
        watch = self._project.workspace.settings.watch
        burst = None if self._wish.yes else watch.burst
        limit, committed = self._wish.max_credits, sum(self._committed.values())
        return msgspec.structs.replace(
            self._wish,
            paths=due.paths,
            settle_s=due.settle_s,
            settled=due.settled,
            max_credits=None if limit is None else max(0, limit - committed),
            buy_after_s=watch.buy_after_s,
            burst=burst,
        )


class _Due:
    """Sources that wait for a step: those that have settled, and perhaps all others."""

    def __init__(self) -> None:
        self.paths: frozenset[str] = frozenset()
        self.is_whole = False

    def __bool__(self) -> bool:
        return self.is_whole or bool(self.paths)

    def add(self, paths: frozenset[str], *, is_whole: bool = False) -> None:
        """Add sources that have settled, and all others with `is_whole`."""
        self.paths |= paths
        self.is_whole |= is_whole

    def take(self) -> _Due:
        """Return what waits, and begin anew."""
        taken = _Due()
        taken.add(self.paths, is_whole=self.is_whole)
        self.paths, self.is_whole = frozenset(), False
        return taken

    def wish(self, settle_s: float) -> Wish:
        """Return what a run is about; what has not settled yet will be told when it has."""
        if not self.is_whole:
            return Wish(paths=self.paths)
        return Wish(settle_s=settle_s, settled=self.paths)


def _is_rule(path: str) -> bool:
    """Tell whether a file says what is to be done."""
    return path in _SETTINGS or (path.endswith(_RULES) and not files.is_override(path))


def _source_of(path: str, root: Path) -> str | None:
    """Return the source that a changed file concerns; None when it may concern more than one."""
    stem = lock.stem(path) if files.is_output(path) else path.removesuffix(".png.yaml")
    names = (path,) if files.is_source(path) else (f"{stem}.png", f"{stem}.PNG")
    return next((name for name in names if (root / name).is_file()), None)


def _told(result: Report | Exception | None) -> Iterator[Report | PixelpipeError]:
    """Yield what a user reads; what nobody foresaw is reported, and the watch goes on.

    What the machine has run out of is raised in the loop's thread.
    """
    if isinstance(result, Report | PixelpipeError):
        yield result
    elif result is not None:
        try:
            with apart():
                raise result
        except PixelpipeError as exc:
            log(exc)
            yield exc


def _frame(workspace: Workspace) -> tuple[object, ...]:
    """Return what watcher and service were set up for."""
    settings = workspace.settings
    return settings.assets, settings.ignore, settings.watch, workspace.inputs, workspace.service


_Event = Callable[[], Iterator[Report | PixelpipeError]]
_Make = Callable[[Wish], Report | None]
_Ended = Callable[[_Due, Report | Exception | None], Iterator[Report | PixelpipeError]]
