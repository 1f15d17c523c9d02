"""What a run may do, and what the faces lend to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..core.model import Record
from ..core.stopwatch import Stopwatch
from ..purchase.budget import Allowance
from ..purchase.jobs import Change, Clock
from ..storage.ledger import Ledger
from ..storage.lock_authorship import Authorship
from .results import Result

if TYPE_CHECKING:
    from ..purchase.service.client import Service


class Options(Record, frozen=True, kw_only=True):
    """What a run may do."""

    #: Ask no service for anything; what has not been bought is left.
    frozen: bool = False
    #: What says so.
    frozen_by: str = "--frozen"
    #: Most credits to commit, and why not more.
    allowance: Allowance = Allowance()
    #: Request keys that are not bought now, with the reason.
    kept_back: Mapping[str, str] = {}
    #: What is made stands in for purchases: it never replaces what was published meanwhile.
    is_standing_in: bool = False


class Tools(Record, frozen=True, kw_only=True):
    """What the faces lend to a run."""

    ledger: Ledger
    #: Opens the service when it is first needed; the face closes it.
    connect: Callable[[], Service]
    clock: Clock
    observe: Callable[[Change | Result], None]
    #: Set to end the run as Ctrl-C does.
    stop: threading.Event
    #: Stems whose outputs are replaced although they were edited.
    restored: frozenset[str] = frozenset()
    #: Told of each text of the lock file that is written.
    authorship: Authorship | None = None
    #: Books where the time goes.
    watch: Stopwatch
