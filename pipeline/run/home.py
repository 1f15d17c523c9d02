"""What a run does for the store that all projects of a user share: note, and once a day tidy."""

from __future__ import annotations

from contextlib import suppress

from ..config.workspace import Workspace
from ..core.errors import PixelpipeError
from ..core.model import JobState
from ..storage import ageing, projects
from ..storage.ledger import Ledger
from ..storage.store import Bought


def look_after(workspace: Workspace, ledger: Ledger, now_s: float) -> None:
    """Note what this project needs; let go what no project has needed for long."""
    state = workspace.state
    if workspace.is_project:
        projects.note(state, workspace.root)
    if not ageing.is_due(state, now_s):
        return
    projects.sweep(state, now_s)

    def is_paid(bought: Bought) -> bool:
        jobs = ledger.jobs([bought.request_key])
        return any(job.paid or job.state is not JobState.BOUGHT for job in jobs)

    # Another release's record, a disk that is full: none of it is a reason to stop a build.
    with suppress(PixelpipeError, OSError):
        ageing.sweep(state, workspace.keeps, now_s, is_paid)
        ageing.sweep_found(state, workspace.keeps, now_s)
