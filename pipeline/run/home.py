"""What a run does for the store that all projects of a user share: note, and once a day tidy."""

from __future__ import annotations

from contextlib import suppress

from ..config.workspace import Workspace
from ..core.errors import PixelpipeError
from ..core.model import JobState
from ..storage import ageing, projects
from ..storage.ledger import Ledger
from ..storage.store import Bought


def look_after(
    workspace: Workspace, ledger: Ledger, now_s: float, *, is_small: bool = False
) -> None:
    """Note what this project needs; let go what no project has needed for long.

    A run that `is_small`, of some sprites, notes it only where something may go: what it has made
    or used is too young for that, and the lock file has lines of all the others.
    """
    state = workspace.state
    if workspace.is_project and not is_small:
        projects.note(state, workspace.root)
    if not ageing.is_due(state, now_s):
        return
    if workspace.is_project and is_small:
        projects.note(state, workspace.root)
    projects.sweep(state, now_s)

    def is_paid(bought: Bought) -> bool:
        jobs = ledger.jobs([bought.request_key])
        return any(job.paid or job.state is not JobState.BOUGHT for job in jobs)

    # Another release's record, a disk that is full: none of it is a reason to stop a build.
    with suppress(PixelpipeError, OSError):
        ageing.sweep(state, workspace.keeps, now_s, is_paid)
        ageing.sweep_found(state, workspace.keeps, now_s)
