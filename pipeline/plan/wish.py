"""What a run is asked for, from the click to the place that obeys it: one record.

A flag of a command is a field here, and is read here by whatever it concerns: by the survey (which
sources, which takes), by the permission (how much may be spent), by the publication (what may be
overwritten). Nothing else carries a user's wish through the house.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..core.model import Preference, Record, stem_of
from ..storage.lock import ClipLine
from .plan import Plan

if TYPE_CHECKING:
    from .saved_plans import SavedPlan


class Wish(Record, frozen=True, kw_only=True):
    """What a run is asked for; by default everything, and no yes for any purchase."""

    # -- which sources --

    #: Globs or files.
    only: tuple[str, ...] = ()
    #: Exact paths of sources, relative to the root.
    paths: frozenset[str] | None = None
    #: Seconds that a source must not have changed, unless it is one of `settled`; None: any.
    settle_s: float | None = None
    settled: frozenset[str] = frozenset()

    # -- which results --

    #: Takes that are wanted whatever the lock file says, by source and clip.
    takes: Mapping[tuple[str, str], int] = {}
    #: What those takes are bought with.
    preference: Preference | None = None
    #: Purchases that are used whatever the lock file says, by source and clip.
    picked: Mapping[tuple[str, str], ClipLine] = {}
    #: Make free clips anew that an older version of the built-in engine made.
    refresh: bool = False
    #: Sources whose outputs are replaced although they were edited by hand.
    restored: frozenset[str] = frozenset()

    # -- the yes for purchases: so many credits, all, whatever a person answers, or none --

    max_credits: int | None = None
    #: What a user calls `max_credits`.
    limited_by: str = "--max-credits"
    yes: bool = False
    #: A person answers for everything, or with the sources to buy for.
    ask: Callable[[Plan], bool | frozenset[str]] | None = None
    #: A plan that was agreed to: exactly this is done, or nothing.
    saved: SavedPlan | None = None
    #: Seconds without an edit before an edit of a sprite that was bought is bought again; None:
    #: nothing is kept back.
    buy_after_s: float | None = None
    #: Most purchases from one settling; None: as many as there are.
    burst: int | None = None

    # -- what may change --

    #: Ask no service for anything.
    frozen: bool = False
    #: Do nothing at all if the lock file would change.
    locked: bool = False

    @property
    def restored_stems(self) -> frozenset[str]:
        """The stems of `restored`."""
        return frozenset(stem_of(path) for path in self.restored)
