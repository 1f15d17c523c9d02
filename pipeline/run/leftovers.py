"""What killed runs left half written, in the few folders that every run writes to.

Beside the pictures a scan finds it, and the stores look after themselves. A file counts as left by
what its name says of its writer (`core.unfinished`).
"""

from __future__ import annotations

import time

from ..config.workspace import Workspace
from ..core import unfinished
from ..storage import state
from ..storage.lock import NAME


def sweep(workspace: Workspace) -> None:
    """Delete it: beside the lock file, in this checkout's own folder and in the user's."""
    own = (workspace.root / state.PLACE).parent
    left = [one for one in unfinished.inside(workspace.root) if one.name.startswith(f".{NAME}.")]
    for folder in (own.parent, own):
        if not (own.is_symlink() or own.parent.is_symlink()):
            left += unfinished.inside(folder)
    left += unfinished.inside(workspace.state)
    unfinished.sweep(left, now_s=time.time())
