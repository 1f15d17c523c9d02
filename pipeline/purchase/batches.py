"""Name jobs of a batch by their place in it, until the service tells their own ids.

The answer to a batch is one id, and it is kept for all of its jobs before anything else is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..core.errors import UnavailableError
from ..core.late import expression
from ..core.model import Job

if TYPE_CHECKING:
    from .service.answers import Status
    from .service.client import Service

_NAME = expression(r"batch:([0-9]{1,6}):(.*)", re.DOTALL)


def name(batch: str, place: int) -> str:
    """Return what stands for a remote id: the place in a batch, from 0."""
    return f"batch:{place}:{batch}"


def is_place(job: Job) -> bool:
    """Tell whether only a job's place in its batch is known."""
    return _NAME.fullmatch(job.remote_id or "") is not None


def place(job: Job) -> int:
    """Return a job's place in its batch, from 0; also 0 for one that has a name of its own."""
    named = _NAME.fullmatch(job.remote_id or "")
    return int(named[1]) if named else 0


def status(job: Job, service: Service) -> Status:
    """Ask the service for a job, by its id or by its batch."""
    remote_id = job.remote_id or ""
    named = _NAME.fullmatch(remote_id)
    if named is None:
        return service.job(remote_id)
    for found in service.batch(named[2]).sub_jobs:
        if found.batch_position == place(job):
            return found
    raise UnavailableError("the service does not show this clip of its batch yet")


def own_id(job: Job, service: Service) -> str:
    """Return the service's name for a job; it is asked when only the place is known."""
    return status(job, service).api_job_id if is_place(job) else job.remote_id or ""
