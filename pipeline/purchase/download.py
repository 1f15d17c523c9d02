"""Bring a purchase home: download what was made, check that it is whole, and store it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import keys
from ..core.errors import LinkExpiredError, SourceError, UnavailableError
from ..core.model import MAX_SIDE_PX, Job
from ..storage.store import Bought, Store
from . import batches

if TYPE_CHECKING:
    from .service.answers import Status
    from .service.client import Service

#: 16 frames of the largest canvas, at twice their size; checked before anything is unpacked.
_LARGEST_STRIP_PX = 16 * MAX_SIDE_PX**2 * 4


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
    charged = status.billing.credits_charged if status.billing else job.credits_quoted
    bought = Bought(
        request_key=job.request_key,
        digest=keys.digest(content),
        service=job.service,
        paid=job.paid,
        take=job.take,
        credits_charged=charged if job.paid else 0,
        model=(status.inputs.model if status.inputs else "") or job.resolved.model or "",
        recipe=job.recipe,
        interpretation=status.inputs.interpretation if status.inputs else "",
        loops=status.inputs.loops if status.inputs and not job.paid else None,
        engine=status.inputs.engine_version if status.inputs and not job.paid else 0,
        resolved=job.resolved,
    )
    store.put(bought, content)
    return bought, _notice(status)


def _link(status: Status) -> str:
    if status.output is None:
        raise UnavailableError("the job has succeeded, but there is no download link yet")
    return status.output.url


def _check(content: bytes, job: Job) -> None:
    """Refuse a strip that is cut short, or whose cells are not the canvas that was sent.

    Raises UnavailableError: it was paid for, and the next download may be whole.
    """
    from .. import imaging  # heavy: nothing that is up to date decodes a strip

    name, side = "the download", imaging.MAX_STRIP_PX
    try:
        if imaging.area_px(content, name, max_side_px=side) > _LARGEST_STRIP_PX:
            raise UnavailableError("the download says that it is a picture of absurd size")
        strip = imaging.decode(content, name, max_side_px=side)
    except SourceError as exc:
        # What an artist should do about a source is nothing that helps here.
        why = str(exc).removeprefix(f"{name}: ").partition(";")[0]
        raise UnavailableError(f"the download is damaged: {why}") from exc
    width, height = job.resolved.canvas
    if strip.height % height or strip.width % (width * (strip.height // height)):
        raise UnavailableError(
            f"the download is {strip.width}x{strip.height} px, which is no row of "
            f"{width}x{height} px frames"
        )


def _notice(status: Status) -> str:
    """Return the built-in engine's word that the prompt needs the real service, if it says so."""
    if status.inputs is None or not status.inputs.needs_ai:
        return ""
    return status.inputs.needs_ai_reason or status.inputs.interpretation
