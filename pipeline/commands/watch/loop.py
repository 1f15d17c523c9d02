"""The loop: notices say where to look, a look says what is true, the gate says when to tell."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ...storage.files import Scan, Stat, Tree
from . import guard, places
from .extras import Extras
from .gate import Gate, Timing
from .whole import is_whole

if TYPE_CHECKING:
    from .notices import Notices

#: Longest sleep, so that `stop` is obeyed promptly; shortest, so that a burst is taken in bites.
_TICK_S = 0.1
_BITE_S = 0.02
#: The threads and the folders that are watched are checked this often.
_HEALTH_S = 1.0
#: Watches are verified when folders have been quiet for this long: watchdog needs time to follow.
_VERIFY_S = 0.5
#: So many notices in a window are a burst, of which some may be lost.
_BURST = 1_000
_WINDOW_S = 1.0
#: So often in a row the same folders have to be partly unwatched before we give up on events.
_MAX_STRIKES = 2
#: A turn that comes this much too late has missed things: the laptop slept, or we were stopped.
_GAP_S = 5.0
#: A scan may take this share of the time at most, so that a large project does not heat the room.
_SCAN_SHARE = 0.01
_BURST_SHARE = 0.2
#: More folders at once than this are cheaper to scan as a whole.
_MAX_FOLDERS = 20
#: The user is told after this time why nothing happens.
_BUSY_S = 5.0

_log = logging.getLogger(__name__)


class Moment(NamedTuple):
    """Two clocks, in seconds: one that never jumps, and one that runs while the machine sleeps."""

    steady: float
    wall: float


def moment() -> Moment:
    """Read both clocks."""
    return Moment(time.monotonic(), time.time())


class Watcher:
    """Follows the assets of one project. `run` is the loop; `turn` is one round of it."""

    def __init__(
        self,
        tree: Tree,
        extra: Extras,
        timing: Timing,
        *,
        notices: Notices | None = None,
        wake: threading.Event | None = None,
        takes_fresh: bool = False,
    ) -> None:
        """Follow `tree` and the `extra` files; without `notices`, scan again and again.

        `wake` is set by the notices. `takes_fresh` tells what has not settled at the start.
        """
        self._takes_fresh = takes_fresh
        self._tree = tree
        self._extra = extra
        self._timing = timing
        self._notices = notices
        self._wake = wake or threading.Event()
        self._gate = Gate(timing, {})
        self._faults: set[str] = set()
        self._last = moment()
        self._scan_at = self._health_at = self._rested_at = 0.0
        self._verify_at = float("inf")
        self._is_doubtful = False
        self._armed: dict[str, int] = {}
        self._strikes = 0
        self._window_at, self._window_count = 0.0, 0
        #: The next scan is an extra one: that it finds what no notice named says nothing.
        self._is_hurried = False
        self._busy_since: float | None = None
        self._has_told_busy = False

    def run(self, stop: threading.Event) -> Iterator[frozenset[str]]:
        """Yield an empty set when armed, then sets of settled changes, until `stop` is set."""
        try:
            self.start(moment())
            yield frozenset()
            while not stop.is_set():
                turned = moment()
                if changed := self.turn(turned):
                    yield changed
                self._sleep(turned.steady)
        finally:
            if self._notices is not None:
                self._notices.stop()

    def start(self, now: Moment) -> None:
        """Arm the watches, then take what is there as known: later changes are news."""
        self._last = now
        if self._notices is not None:
            self._arm(now.steady)
        scan = self._scan(now.steady)
        self._gate = Gate(self._timing, scan.files)
        if self._takes_fresh:
            begun_ns = int((now.wall - self._timing.settle_s) * 1e9)
            fresh = {path: stat for path, stat in scan.files.items() if stat.is_after(begun_ns)}
            self._gate = Gate(self._timing, dict(scan.files.items() - fresh.items()))
            self._gate.compare(fresh, (), now.steady)
        _log.info(
            "watching %d folders with %d files (%s)",
            len(scan.folders),
            len(scan.files),
            "by events" if self._notices else f"by a scan every {self._timing.poll_s:g} s",
        )

    def turn(self, now: Moment) -> frozenset[str]:
        """Look where it is due, and return what has settled."""
        self._notice_gap(now)
        self._check_health(now.steady)
        self._follow(now.steady)
        if now.steady >= self._scan_at or self._gate.has_overdue(now.steady):
            self._reconcile(now.steady)
        self._settle(now.steady)
        return self._hand_over(now.steady)

    def _sleep(self, turned: float) -> None:
        """Wait for a notice or the next due time, but not less than a bite."""
        due = min(self._gate.next_due(), self._scan_at, self._verify_at)
        busy = self._gate.has_settled  # held by the guard, which nobody announces
        wait_s = _TICK_S if busy else max(0.0, min(due - time.monotonic(), _TICK_S))
        if self._wake.wait(wait_s):
            self._wake.clear()
        rest_s = turned + _BITE_S - time.monotonic()
        if rest_s > 0:
            time.sleep(rest_s)

    # -- where to look ------------------------------------------------------------------------

    def _notice_gap(self, now: Moment) -> None:
        """After a sleep or a stop, do not trust that all notices arrived."""
        elapsed, elapsed_wall = now.steady - self._last.steady, now.wall - self._last.wall
        if elapsed > _GAP_S or abs(elapsed_wall - elapsed) > _GAP_S:
            self._hurry(now.steady)
            self._verify_at = min(self._verify_at, now.steady)
        self._last = now

    def _check_health(self, now: float) -> None:
        """Arm again what died or is not watched."""
        if self._notices is None:
            return
        if now >= self._health_at:
            self._health_at = now + _HEALTH_S
            if not self._notices.is_sound():
                _log.info("a watched folder was replaced or a watch died; watching anew")
                self._arm(now, anew=True)
        if now >= self._verify_at:
            self._arm(now, anew=self._is_doubtful)

    def _arm(self, now: float, *, anew: bool = False) -> None:
        """Watch what is there now, and scan afterwards: what happened in between is found."""
        assert self._notices is not None
        self._verify_at = float("inf")
        self._is_doubtful = False
        self._hurry(now)
        scan = self._tree.scan()
        is_same = scan.folders == self._armed
        self._armed = scan.folders
        try:
            (self._notices.restart if anew else self._notices.arm)(scan, self._tree.assets)
            missing = self._notices.unwatched(scan)
        except OSError as exc:
            self._fall_back(f"folders cannot be watched ({exc.strerror or exc})")
            return
        # While folders come and go some are always missed; only what stays so is a limit.
        self._strikes = self._strikes + 1 if missing and is_same else 0
        if self._strikes > _MAX_STRIKES:
            self._fall_back(f"{missing} of {len(scan.folders)} folders cannot be watched")
        elif missing:
            self._is_doubtful = True
            self._verify_at = now + _VERIFY_S

    def _fall_back(self, reason: str) -> None:
        """Go on without notices, and say so."""
        assert self._notices is not None
        self._notices.stop()
        self._notices = None
        interval_s = self._timing.poll_s
        hint = places.limit_hint()
        _log.warning("%s; scanning every %g s instead%s", reason, interval_s, hint)

    def _follow(self, now: float) -> None:
        """Look where something was noticed."""
        if self._notices is None:
            return
        dirty = self._notices.take()
        if dirty.folders or dirty.is_everything:
            self._verify_at = now + _VERIFY_S
        self._is_doubtful |= dirty.is_doubtful
        self._count(dirty.total, now)
        if dirty.is_everything or len(dirty.folders) > _MAX_FOLDERS:
            self._hurry(max(now, self._rested_at))
            return
        for folder in dirty.folders:
            found = self._tree.below(folder)
            self._gate.compare(found.files, self._gate.known_below(folder), now)
        if dirty.files:
            self._gate.compare(self._look(dirty.files), dirty.files, now)

    def _count(self, notices: int, now: float) -> None:
        """After a burst, scan: the kernel may have dropped what did not fit into its queue.

        What it drops comes last, and 16,384 notices are still to come then: they are counted here
        after the loss, so the scan is after it as well.
        """
        if now - self._window_at > _WINDOW_S:
            self._window_at, self._window_count = now, 0
        self._window_count += notices
        if self._window_count >= _BURST:
            self._verify_at = now + _VERIFY_S
            self._hurry(max(self._rested_at, now + _VERIFY_S))

    def _hurry(self, when: float) -> None:
        """Scan everything at `when` at the latest."""
        self._scan_at = min(self._scan_at, when)
        self._is_hurried = True

    # -- what is true -------------------------------------------------------------------------

    def _reconcile(self, now: float) -> None:
        """Compare everything with what is known; scan again soon if there was news."""
        is_regular = not self._is_hurried and now >= self._scan_at
        self._is_hurried = False
        scan = self._scan(now)
        if scan.is_torn:
            self._hurry(max(self._rested_at, now + _VERIFY_S))
        if self._notices is not None and scan.folders != self._armed:
            self._verify_at = min(self._verify_at, now + _VERIFY_S)
        # What an incomplete scan does not show may be there: unmounting a drive deletes nothing.
        candidates = self._gate.known_below(".") if scan.is_complete else ()
        news = self._gate.compare(scan.files, candidates, now)
        self._gate.confirm_missing(scan.files, now, is_complete=scan.is_complete)
        if news:
            _log.info("resynced: %d files had changed without notice", news)
            self._hurry(max(self._rested_at, now + min(self._timing.settle_s, _HEALTH_S)))
            if is_regular and self._notices is not None:  # whatever is deaf is made anew
                self._arm(now, anew=True)

    def _scan(self, now: float) -> Scan:
        """Scan everything, say what is newly wrong, and choose the time of the next scan."""
        began = time.monotonic()
        scan = self._tree.scan()
        scan.files.update(self._extra.stats())
        cost_s = time.monotonic() - began
        interval_s = self._timing.reconcile_s if self._notices else self._timing.poll_s
        share = _SCAN_SHARE if self._notices else _BURST_SHARE
        self._scan_at = now + max(interval_s, cost_s / share)
        self._rested_at = now + cost_s / _BURST_SHARE
        for fault in scan.faults:
            if fault not in self._faults:
                _log.warning("%s", fault)
        self._faults = set(scan.faults)
        return scan

    def _look(self, names: Collection[str]) -> Mapping[str, Stat]:
        """Stat these files only."""
        extra = {path for path in names if path in self._extra}
        found = self._tree.look(set(names) - extra).files
        found.update(self._extra.look(extra))
        return found

    # -- when to tell -------------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """Look again at what has been quiet for long enough."""
        if due := self._gate.due(now):
            found = self._look(due)
            for path in due:
                if (stat := found.get(path)) is None:
                    self._gate.note_absent(path, now)
                else:
                    whole = is_whole(self._tree.root / path, path)
                    self._gate.judge(path, stat, now, is_whole=whole)
        # A lock file changes as long as a build does: only a sprite's artist has to know.
        for path in (one for one in self._gate.complaints() if one not in self._extra):
            _log.warning("%s: is still changing; it is taken when it is quiet", path)

    def _hand_over(self, now: float) -> frozenset[str]:
        """Return what has settled, unless git is at work."""
        mark = guard.busy(self._tree.root) if self._gate.has_settled else None
        if mark is None:
            self._busy_since, self._has_told_busy = None, False
            return self._gate.hand_over()
        self._busy_since = now if self._busy_since is None else self._busy_since
        if now - self._busy_since >= _BUSY_S and not self._has_told_busy:
            self._has_told_busy = True
            _log.warning("%s exists: changes wait until git is done", mark)
        return frozenset()
