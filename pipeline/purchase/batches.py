"""Name jobs of a batch by their place in it, until the service tells their own ids.

The answer to a batch is one id, and it is kept for all of its jobs before anything else is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.errors import UnavailableError
from ..core.model import Job

if TYPE_CHECKING:
    from .service.answers import Status
    from .service.client import Service

_PLACE = "batch:"


def name(batch: str, place: int) -> str:
    """Return what stands for a remote id: the place in a batch, from 0."""
    return f"{_PLACE}{place}:{batch}"


def is_place(job: Job) -> bool:
    """Tell whether only a job's place in its batch is known."""
    return (job.remote_id or "").startswith(_PLACE)


def place(job: Job) -> int:
    """Return a job's place in its batch, from 0; also 0 for one that has a name of its own."""
    named = (job.remote_id or "").removeprefix(_PLACE)
    return int(named.partition(":")[0]) if is_place(job) else 0


def status(job: Job, service: Service) -> Status:
    """Ask the service for a job, by its id or by its batch."""
    remote_id = job.remote_id or ""
    if not is_place(job):
        return service.job(remote_id)
    batch = remote_id.removeprefix(_PLACE).partition(":")[2]
    for found in service.batch(batch).sub_jobs:
        if found.batch_position == place(job):
            return found
    raise UnavailableError("the service does not show this clip of its batch yet")


def own_id(job: Job, service: Service) -> str:
    """Return the service's name for a job; it is asked when only the place is known."""
    return status(job, service).api_job_id if is_place(job) else job.remote_id or ""
