"""Answer the endpoints: what each accepts, books and returns.

Every function takes the service, the caller's account and the request.
"""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import msgspec

from ..accounts import credits, jobs, links
from ..accounts.database import link_secret
from ..accounts.jobs import Job
from ..contract import fields, orders
from ..contract.errors import InvalidRequest
from ..contract.fields import Body
from ..contract.orders import Draft
from . import replies

_DATE = r"\d{4}-\d{2}-\d{2}\Z"
_MILLISECOND = timedelta(milliseconds=1)


class Request(msgspec.Struct, frozen=True):
    """Hold one authenticated request; chaos may doom the jobs that it makes."""

    query: Mapping[str, str]
    body: Body
    origin: str
    is_doomed: bool = False


class Worker(Protocol):
    """Carry queued jobs to their end, somewhere else."""

    def wake(self) -> None:
        """Hear that jobs were queued."""

    def drop(self, job: str) -> None:
        """Hear that a job was cancelled."""


class Service:
    """Hold what the endpoints share; the caller owns `db` and the runner."""

    def __init__(
        self,
        db: sqlite3.Connection,
        runner: Worker,
        *,
        link_ttl_s: int,
        hold_s: float,
        keep_s: float,
        is_any_model: bool = False,
    ) -> None:
        self.db = db
        self.runner = runner
        self.secret = link_secret(db)
        self.link_ttl_s = link_ttl_s
        self.hold_s = hold_s
        self.keep_s = keep_s
        self.is_any_model = is_any_model

    def submit(
        self, account: int, request: Request, *drafts: Draft, batch: str | None = None
    ) -> str:
        """Queue drafts as jobs; returns the first one's id."""
        ids = jobs.submit(
            self.db, account, drafts, time.time(),
            batch=batch, is_doomed=request.is_doomed, hold_s=self.hold_s,
        )  # fmt: skip
        self.runner.wake()
        return ids[0]

    def link_for(self, origin: str, now: float) -> Callable[[Job], tuple[str, str]]:
        """Give the function that signs links as seen from `origin`.

        None promises more than the file's own life, which ends `keep_s` after the job did.
        """

        def link(job: Job) -> tuple[str, str]:
            gone_at = (now if job.finished_at is None else job.finished_at) + self.keep_s
            expires_at = int(min(now + self.link_ttl_s, gone_at))
            moment = replies.moment(datetime.fromtimestamp(expires_at, UTC))
            return origin + links.sign(self.secret, job.id, expires_at), moment

        return link


Endpoint = Callable[[Service, int, Request], object]


def _submitting(read: Callable[[Body], Draft]) -> Endpoint:
    def endpoint(service: Service, account: int, request: Request) -> object:
        return replies.accepted(service.submit(account, request, read(request.body)))

    return endpoint


def _read_generate(body: Body) -> Draft:
    from ..contract import placeholders  # few ask for what a placeholder stands for

    return placeholders.read_generate(body)


def _animate(service: Service, account: int, request: Request) -> object:
    draft = orders.read_animate(request.body, is_any_model=service.is_any_model)
    return replies.accepted(service.submit(account, request, draft))


def _balance(service: Service, account: int, request: Request) -> object:
    return replies.balance(credits.balance(service.db, account))


def _billing(service: Service, account: int, request: Request) -> object:
    today = datetime.now(UTC).date()
    end = _day(request.query, "end_date", today)
    start = _day(request.query, "start_date", end - timedelta(days=30))
    if start > end:
        raise InvalidRequest(f"`start_date` {start} is after `end_date` {end}.")
    if (end - start).days > 365:
        raise InvalidRequest("The period is longer than 365 days; ask for a shorter one.")
    first = datetime(start.year, start.month, start.day, tzinfo=UTC)
    last = datetime(end.year, end.month, end.day, 23, 59, 59, 999000, tzinfo=UTC)
    totals = credits.totals(service.db, account, first, last + _MILLISECOND)
    return replies.billing(first, last, totals, credits.balance(service.db, account))


def _day(query: Mapping[str, str], name: str, default: date) -> date:
    value = query.get(name)
    if value is None:
        return default
    try:
        day = date.fromisoformat(value) if re.match(_DATE, value) else None
    except ValueError:
        day = None
    if day is None or not 1971 <= day.year <= 9998:
        raise InvalidRequest(f"`{name}` must be a date such as 2026-03-31.")
    return day


def _jobs(service: Service, account: int, request: Request) -> object:
    now = time.time()
    found = jobs.read(service.db, account, _asked(request.query, "id"))
    return replies.job(found, now, service.link_for(request.origin, now))


def _batch_jobs(service: Service, account: int, request: Request) -> object:
    now = time.time()
    batch = _asked(request.query, "batch_id")
    found = jobs.read_batch(service.db, account, batch)
    return replies.batch(batch, found, now, service.link_for(request.origin, now))


def _asked(query: Mapping[str, str], name: str) -> str:
    value = query.get(name)
    if not value:
        raise InvalidRequest(f"The query needs `{name}`.")
    return value


def _animate_batch(service: Service, account: int, request: Request) -> object:
    batch = str(uuid.uuid4())
    drafts = orders.read_batch(request.body, is_any_model=service.is_any_model)
    service.submit(account, request, *drafts, batch=batch)
    return {"batch_id": batch, "status": "queued", "error": None}


def _cancel(service: Service, account: int, request: Request) -> object:
    job = fields.text(request.body, "api_job_id", None, longest=200)
    jobs.cancel(service.db, account, job, time.time(), hold_s=service.hold_s)
    service.runner.drop(job)
    return {"api_job_id": job, "status": "cancelled", "error": None}


def _enhance_prompt(service: Service, account: int, request: Request) -> object:
    from ..render import enhance  # with the renderer

    return {"enhanced_prompt": enhance.enhance(orders.read_enhance(request.body))}


def _retake(service: Service, account: int, request: Request) -> object:
    source = None
    if request.body.get("api_job_id") is not None:
        source = _finished(
            service, account, fields.text(request.body, "api_job_id", None, longest=200)
        )
    from ..contract import placeholders

    draft = placeholders.read_retake(request.body, source)
    return replies.accepted(service.submit(account, request, draft))


def _finished(service: Service, account: int, job: str) -> tuple[bytes, int]:
    """Give a finished job's file, and how many frames are in it."""
    found = jobs.read(service.db, account, job)
    if found.status != "success":
        raise InvalidRequest(f"`api_job_id` names a job that has no result ({found.status}).")
    body, _ = jobs.result(service.db, job)
    return body, replies.frame_count(found)


ENDPOINTS: dict[str, tuple[str, Endpoint]] = {
    "/animate": ("POST", _animate),
    "/animate-batch": ("POST", _animate_batch),
    "/balance": ("GET", _balance),
    "/batch-jobs": ("GET", _batch_jobs),
    "/billing": ("GET", _billing),
    "/cancel": ("POST", _cancel),
    "/enhance-prompt": ("POST", _enhance_prompt),
    "/generate-image": ("POST", _submitting(_read_generate)),
    "/jobs": ("GET", _jobs),
    "/keyframes": ("POST", _submitting(orders.read_keyframes)),
    "/pixelate": ("POST", _submitting(orders.read_pixelate)),
    "/remove-background": ("POST", _submitting(orders.read_remove_background)),
    "/retake": ("POST", _retake),
}
