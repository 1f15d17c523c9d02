"""Bring a purchase home: download what was made, check that it is whole, and store it.

What is whole is kept whatever it is, and never downloaded again: what cannot be published says so
when it is finished, and a later release may read it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ..core import endings, keys, png
from ..core.errors import AssetError, LinkExpiredError, SourceError, UnavailableError
from ..core.model import ANIMATE_CREDITS, MAX_SIDE_PX, Job
from ..storage.store import Bought, Store
from . import batches

if TYPE_CHECKING:
    from .service.answers import Status
    from .service.client import Service

#: 16 frames of the largest canvas, at twice their size; checked before anything is unpacked.
_LARGEST_STRIP_PX = 16 * MAX_SIDE_PX**2 * 4
#: A charge of up to so many times the price that was quoted is believed.
_MOST_TIMES = 4


def fetch(job: Job, status: Status, service: Service, store: Store) -> tuple[Bought, str]:
    """Download, check and store a result; returns it, and what the user should know of it.

    An expired link is renewed once. Raises PixelpipeError; the job stays resumable.
    """
    try:
        content = service.download(_link(status))
    except LinkExpiredError:
        status = batches.status(job, service)
        content = service.download(_link(status))
    _check(content, job)
    charged, doubtful = _charged(status, job)
    bought = Bought(
        request_key=job.request_key,
        digest=keys.digest(content),
        service=job.service,
        paid=job.paid,
        take=job.take,
        credits_charged=charged if job.paid else 0,
        model=_model(status, job),
        recipe=job.recipe,
        interpretation=status.inputs.interpretation if status.inputs else "",
        not_shown=status.inputs.not_shown if status.inputs and not job.paid else "",
        left_out=status.inputs.left_out if status.inputs and not job.paid else "",
        loops=_loops(status, job),
        engine=status.inputs.engine_version if status.inputs and not job.paid else 0,
        resolved=job.resolved,
    )
    store.put(bought, content)
    return bought, "; ".join(filter(None, (doubtful, _notice(status))))


def _loops(status: Status, job: Job) -> bool | None:
    """Tell whether a clip goes on; None: nothing speaks against it.

    The built-in engine says how it has read the prompt, a service says nothing.
    """
    if job.paid:
        return False if endings.ends(job.resolved.prompt) else None
    return status.inputs.loops if status.inputs else None


def _model(status: Status, job: Job) -> str:
    """Return what made it: the built-in engine echoes the vendor's names, and is none of them."""
    said = status.inputs
    if job.service == keys.BUILT_IN:
        return f"built-in engine {(said and said.engine_version) or 1}"
    return (said.model if said else "") or job.resolved.model or ""


def is_whole(record: Bought, content: bytes) -> bool:
    """Tell whether bytes hold frames of the canvas that their record speaks of."""
    from .. import imaging  # heavy, as below

    asked = record.resolved
    try:
        imaging.strip_frames(content, count=asked.frames, canvas=asked.canvas, name="shared")
    except (AssetError, SourceError):
        return False
    return True


def _charged(status: Status, job: Job) -> tuple[int, str]:
    """Return the credits to book, and what is wrong with those that the service states."""
    quoted = job.credits_quoted
    stated = status.billing.credits_charged if status.billing else None
    if stated is None or not job.paid:
        return quoted, ""
    if 0 <= stated <= _MOST_TIMES * (quoted or ANIMATE_CREDITS):
        return stated, ""
    said = f"the service says that it charged {stated} credits for what costs {quoted}"
    return quoted, f"{said}: {quoted} are booked; compare with `pixelpipe billing`"


def _link(status: Status) -> str:
    if status.output is None:
        raise UnavailableError("the job has succeeded, but there is no download link yet")
    return status.output.url


def _check(content: bytes, job: Job) -> None:
    """Refuse what is cut short, damaged, or no picture: the next download may be whole.

    What is whole and yet of no use passes: another download would be the same. What cost nothing
    is not unpacked here: a PNG's checksums say that it is whole, and finishing unpacks it.
    Raises UnavailableError.
    """
    from .. import imaging  # heavy: nothing that is up to date decodes a strip

    name, asked = "the download", job.resolved
    try:
        if imaging.area_px(content, name) > _LARGEST_STRIP_PX:
            raise UnavailableError("the download says that it is a picture of absurd size")
        if not job.paid and content.startswith(png.SIGNATURE):
            return
        with suppress(AssetError):
            imaging.strip_frames(content, count=asked.frames, canvas=asked.canvas, name=name)
    except SourceError as exc:
        # What an artist should do about a source is nothing that helps here.
        why = str(exc).removeprefix(f"{name}: ").partition(";")[0]
        raise UnavailableError(f"the download is damaged: {why}") from exc


def _notice(status: Status) -> str:
    """Return the built-in engine's word that the prompt needs the real service, if it says so."""
    if status.inputs is None or not status.inputs.needs_ai:
        return ""
    return status.inputs.needs_ai_reason or status.inputs.interpretation
