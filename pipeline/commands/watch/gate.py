"""What has changed, and when it may be told: the part of watching that is only bookkeeping.

No clock and no files in here: stats and times (seconds, any origin) come in as arguments. Each
path has its own quiet time, so that a steady stream of saves on one file delays no other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain

from ...core.model import Record
from ...storage.files import FoundFiles, Stat, is_output


class Timing(Record, frozen=True, kw_only=True):
    """How long to wait for what, in seconds."""

    #: A file has settled when two stats this far apart are equal and the file is whole.
    settle_s: float = 1.0
    #: A file that is quiet but not whole is told after this time all the same, so that the build
    #: can say what is wrong with it; one that keeps changing is complained about.
    patience_s: float = 10.0
    #: A missing file may be in the middle of a save or a rename for this long.
    grace_s: float = 3.0
    #: A complete scan at least this often, whatever the events say.
    reconcile_s: float = 30.0
    #: Time between two scans where there are no events.
    poll_s: float = 1.0


class _Waiting(Record, frozen=True, kw_only=True):
    """A changed file: its last stat, and since when it changes and has been quiet."""

    stat: Stat
    changing_since: float
    quiet_since: float
    due: float


class Gate:
    """Paths from the first sign of a change until they are handed over, each change once."""

    def __init__(self, timing: Timing, known: Mapping[str, Stat]) -> None:
        """Start with the files that are there, as already told."""
        self._timing = timing
        self._known = FoundFiles(known)
        self._waiting: dict[str, _Waiting] = {}
        #: Known files that were not there when last looked at, and since when.
        self._missing: dict[str, float] = {}
        #: No scan for the sake of missing files before this time.
        self._ask_at = float("-inf")
        #: To be handed over: the stat that settled, or None for a deletion.
        self._settled: dict[str, Stat | None] = {}
        self._complaints: dict[str, None] = {}
        self._complained: set[str] = set()

    @property
    def has_settled(self) -> bool:
        """Tell whether there is something to hand over."""
        return bool(self._settled)

    def known_below(self, folder: str) -> list[str]:
        """Return the known and the waiting paths below `folder`; "." means all."""
        prefix = "" if folder == "." else folder + "/"
        below = (path for path in chain(self._known, self._waiting) if path.startswith(prefix))
        return [*dict.fromkeys(below)]

    def note(self, path: str, stat: Stat, now: float) -> bool:
        """Note that the file is there with this stat; tell whether that is news.

        Our own outputs are remembered and never told: only their absence is of interest.
        """
        self._missing.pop(path, None)
        if path in self._settled:
            if self._settled[path] == stat:
                return False
            del self._settled[path]
        if self._known.get(path) == stat:
            self._waiting.pop(path, None)
            return False
        if is_output(path):
            self._known[path] = stat
            return False
        return self._wait(path, stat, now)

    def note_absent(self, path: str, now: float) -> None:
        """Note that the file is not there: perhaps deleted, perhaps between two steps of a save."""
        self._waiting.pop(path, None)
        if self._settled.get(path) is not None:
            del self._settled[path]
        # An output may have been made and deleted between two scans: its deletion counts as well.
        if (path in self._known or is_output(path)) and path not in self._settled:
            self._missing.setdefault(path, now)

    def compare(self, files: Mapping[str, Stat], candidates: Collection[str], now: float) -> int:
        """Note all `files`, and those of `candidates` that are not among them as absent.

        Returns how many of them are news.
        """
        news = 0
        for path, stat in files.items():
            if self._known.get(path) != stat or self._is_pending(path):
                news += self.note(path, stat, now)
        for path in candidates:
            if path not in files:
                self.note_absent(path, now)
        return news

    def due(self, now: float) -> list[str]:
        """Return the paths that are to be looked at again: their quiet time is over."""
        return [path for path, waiting in self._waiting.items() if waiting.due <= now]

    def judge(self, path: str, stat: Stat, now: float, *, is_whole: bool) -> None:
        """Decide about a due path: settled if it is as it was, and whole or beyond patience."""
        waiting = self._waiting.get(path)
        if waiting is None or waiting.stat != stat:
            self.note(path, stat, now)
        elif is_whole or now - waiting.quiet_since >= self._timing.patience_s:
            del self._waiting[path]
            self._complained.discard(path)
            self._settled[path] = stat
        else:
            self._waiting[path] = _Waiting(
                stat=stat,
                changing_since=waiting.changing_since,
                quiet_since=waiting.quiet_since,
                due=now + self._timing.settle_s,
            )

    def has_overdue(self, now: float) -> bool:
        """Tell whether a missing file has had its grace: a complete scan has to decide."""
        return now >= self._ask_at and any(
            since + self._timing.grace_s <= now for since in self._missing.values()
        )

    def confirm_missing(self, present: Collection[str], now: float, *, is_complete: bool) -> None:
        """Settle deletions by what a scan found; an incomplete one decides nothing.

        Then all get a new grace, and no other scan is asked for before the next regular one.
        """
        if not is_complete:
            self._missing = dict.fromkeys(self._missing, now)
            self._ask_at = now + self._timing.reconcile_s
            return
        self._ask_at = now
        for path, since in list(self._missing.items()):
            if path in present:
                del self._missing[path]
            elif since + self._timing.grace_s <= now:
                del self._missing[path]
                self._settled[path] = None

    def hand_over(self) -> frozenset[str]:
        """Return all settled paths, once."""
        for path, stat in self._settled.items():
            if stat is None:
                self._known.pop(path, None)
            else:
                self._known[path] = stat
        told = frozenset(self._settled)
        self._settled.clear()
        return told

    def complaints(self) -> tuple[str, ...]:
        """Return the paths that have been changing for too long, each once."""
        told = tuple(self._complaints)
        self._complaints.clear()
        return told

    def next_due(self) -> float:
        """Return when something is to be looked at again; infinity if nothing is waiting."""
        dues = [waiting.due for waiting in self._waiting.values()]
        dues += [
            max(since + self._timing.grace_s, self._ask_at) for since in self._missing.values()
        ]
        return min(dues, default=float("inf"))

    def _is_pending(self, path: str) -> bool:
        """Tell whether something is noted about a path."""
        return path in self._waiting or path in self._missing or path in self._settled

    def _wait(self, path: str, stat: Stat, now: float) -> bool:
        """Start or restart the quiet time of a path."""
        waiting = self._waiting.get(path)
        if waiting is not None and waiting.stat == stat:
            return False
        since = waiting.changing_since if waiting else now
        if now - since > self._timing.patience_s and path not in self._complained:
            self._complained.add(path)
            self._complaints[path] = None
        self._waiting[path] = _Waiting(
            stat=stat, changing_since=since, quiet_since=now, due=now + self._timing.settle_s
        )
        return True
