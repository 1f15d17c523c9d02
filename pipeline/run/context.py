"""What a run works with: the ledger, the service, a clock, and who watches it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..core.errors import PixelpipeError
from ..core.model import Record
from ..core.stopwatch import Stopwatch
from ..storage.ledger import Ledger
from ..storage.lock_authorship import Authorship
from .replaced import Replaced
from .results import Result

if TYPE_CHECKING:
    from ..purchase.jobs import Change, Clock
    from ..purchase.service.client import Service
    from ..purchase.team import Team

Observer = Callable[["Change | Result"], None]


def ignore(_: Change | Result) -> None:
    """Observe nothing."""


class Context(Record, frozen=True, kw_only=True):
    """What a run works with; whoever starts the run owns and closes it."""

    ledger: Ledger
    #: Opens the service when it is first needed, for about so many clips.
    connect: Callable[[int], Service]
    clock: Clock
    observe: Observer
    #: Set to end the run as Ctrl-C does.
    stop: threading.Event
    #: Told of each text of the lock file that is written.
    authorship: Authorship
    #: Told of what is made for nothing, and of what is published.
    replaced: Replaced
    #: The machines among which purchases are claimed, None for this one alone; or why it must not
    #: buy, since others could not see it: what was sent is fetched all the same.
    team: Team | PixelpipeError | None = None
    #: Books where the time goes.
    watch: Stopwatch
