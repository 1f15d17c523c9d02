"""Show the built-in engine's clips until purchases arrive.

An ordinary build with the built-in engine of whatever is still to be bought. Its results are
marked by their service in lock file and provenance; they never replace a purchase, and never hide
that one is due.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from ..config import project_settings
from ..config.project_settings import BUILT_IN
from ..config.workspace import Workspace
from ..core.model import StepKind
from ..plan import plan as planning
from ..plan.plan import Plan, SourcePlan
from ..plan.wish import Wish
from ..purchase import hold_back
from ..purchase.budget import Permit
from . import execute, knowledge
from .context import Context
from .results import Result
from .survey import Survey


def stand_in(workspace: Workspace) -> Workspace:
    """Return the same project with the built-in engine as its service."""
    settings = msgspec.structs.replace(workspace.settings, service=BUILT_IN)
    free = project_settings.service(settings, key_is_set=False)
    return msgspec.structs.replace(workspace, settings=settings, service=free)


def publish(
    workspace: Workspace, found: Survey, wish: Wish, context: Context
) -> tuple[Plan, Sequence[Result]] | None:
    """Publish placeholders for what is to be bought of `found`; None when there is nothing to do.

    `context` connects to the built-in engine. What `wish` keeps back is so from here on, since
    the purchases that a placeholder replaces are then no longer in the lock file.
    """
    # An incomplete scan: nothing is taken for gone here.
    known = msgspec.structs.replace(
        knowledge.gather(workspace, found, context.ledger), existing=None
    )
    plan = planning.make(found.wanted, known, workspace.service)
    if wish.buy_after_s is not None:
        hold_back.keep_back(
            plan, found.lock, context.ledger, str(workspace.root), wish, time.time()
        )
    wanted = [one.wanted for one in plan.sources if _is_shown(one, workspace)]
    if not wanted:
        return None
    free = stand_in(workspace)
    other = knowledge.gather(free, found, context.ledger)
    plan = planning.make(wanted, known, workspace.service, stand_in=(other, free.service))
    if plan.is_up_to_date:
        return None
    return plan, execute.run(free, found, plan, context, Permit(is_standing_in=True)).results


def _is_shown(source: SourcePlan, workspace: Workspace) -> bool:
    stated = source.wanted.rule.placeholder
    is_wanted = workspace.settings.placeholder if stated is None else stated
    kinds = {clip.step.kind for clip in source.clips}
    return is_wanted and not kinds.isdisjoint((StepKind.BUY, StepKind.RESUME))
