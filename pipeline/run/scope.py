"""What a run is about, and the yes for its purchases."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..core.model import Preference, Record
from ..plan.plan import Plan
from ..plan.saved_plans import SavedPlan
from ..purchase.hold_back import Restraint
from ..storage.lock import ClipLine
from .selection import Quiet
from .uptodate.compare import Look


class Spending(Record, frozen=True, kw_only=True):
    """The yes for purchases: at most so many credits, all, whatever a person answers, or none."""

    max_credits: int | None = None
    #: What a user calls `max_credits`.
    limited_by: str = "--max-credits"
    yes: bool = False
    ask: Callable[[Plan], bool] | None = None
    #: Ask no service for anything.
    frozen: bool = False
    #: Do nothing at all if the lock file would change.
    locked: bool = False
    #: What is kept back although it may be bought.
    restraint: Restraint | None = None


class Scope(Record, frozen=True, kw_only=True):
    """What a run is about; by default everything."""

    #: Globs or files.
    only: tuple[str, ...] = ()
    #: Exact paths of sources, relative to the root.
    paths: frozenset[str] | None = None
    #: Takes that are wanted whatever the lock file says, by source and clip.
    takes: Mapping[tuple[str, str], int] = {}
    #: What those takes are bought with.
    preference: Preference | None = None
    #: Purchases that are used whatever the lock file says, by source and clip.
    picked: Mapping[tuple[str, str], ClipLine] = {}
    #: Sources whose outputs are replaced although they were edited by hand.
    restored: frozenset[str] = frozenset()
    #: A plan that was agreed to: exactly this is done, or nothing.
    saved: SavedPlan | None = None
    #: Sources that are not quiet wait for another run.
    quiet: Quiet | None = None
    #: What a seal says: all but the changed files is as it was when everything was fresh.
    since: Look | None = None
    #: At the end, find out what the next run has to compare: it may have nothing to do.
    seals: bool = False

    @property
    def stems(self) -> frozenset[str]:
        """The stems of `restored`."""
        return frozenset(path[: -len(".png")] for path in self.restored)
