"""Shape what the API answers: jobs, batches, balances, errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from ..accounts import latency
from ..accounts.credits import Balance, Totals
from ..accounts.jobs import Job
from ..contract.errors import EngineError

CORS = (
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "GET, POST, OPTIONS"),
    ("access-control-allow-headers", "authorization, content-type, apikey, x-client-info"),
    ("access-control-expose-headers", "allow, content-length, content-type, retry-after"),
    ("access-control-max-age", "86400"),
)
JSON = "application/json"


class Reply(msgspec.Struct, frozen=True):
    """Hold a whole HTTP answer; CORS headers are added to every one when it is sent."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def of(content: object, status: int = 200) -> Reply:
    """Answer with JSON."""
    return Reply(status, msgspec.json.encode(content))


def refusal(error: EngineError) -> Reply:
    """Answer with the error shape that every refusal has."""
    content = {"error": {"code": error.code, "message": str(error)}}
    return Reply(error.status, msgspec.json.encode(content), headers=error.headers)


def accepted(job: str) -> dict[str, object]:
    """Shape the answer to a submit."""
    return {"api_job_id": job, "status": "queued", "error": None}


def job(found: Job, now: float, link: Callable[[Job], tuple[str, str]]) -> dict[str, object]:
    """Shape a job's state; `link` gives address and expiry of a finished job's file."""
    status, progress = _shown_state(found, now)
    return {
        "api_job_id": found.id,
        "status": status,
        "progress": progress,
        "billing": {
            "credits_held": found.credits_held,
            "credits_charged": found.credits_charged,
            "hold_status": found.hold_status,
        },
        "inputs": msgspec.json.decode(found.inputs),
        "output": _output(found, link) if status == "success" else None,
        "error": {"code": found.error_code, "message": found.error_message}
        if found.error_code
        else None,
    }


def _shown_state(found: Job, now: float) -> tuple[str, float | None]:
    """Show a job as queued for the first share of its time, although a place is kept for it."""
    match found.status:
        case "success":
            return "success", 1.0
        case "pending" if found.started_at is not None and found.ready_at is not None:
            span = found.ready_at - found.started_at
            if now - found.started_at < latency.QUEUED_SHARE * span:
                return "queued", 0.0
            return "pending", latency.progress(found.started_at, found.ready_at, now)
        case "queued":
            return "queued", 0.0
        case ended:
            return ended, None


def _output(found: Job, link: Callable[[Job], tuple[str, str]]) -> dict[str, object]:
    url, expires_at = link(found)
    return {
        "url": url,
        "content_type": found.content_type,
        "metadata": msgspec.json.decode(found.metadata or b"{}"),
        "expires_at": expires_at,
    }


def frame_count(found: Job) -> int:
    """Say how many frames a finished job's file has; 0 when that is not told."""
    count = msgspec.json.decode(found.metadata or b"{}").get("frame_count", 0)
    return int(count)


def batch(
    batch_id: str, found: tuple[Job, ...], now: float, link: Callable[[Job], tuple[str, str]]
) -> dict[str, object]:
    """Shape a batch: a count for each status, and every job with its position."""
    shown = [{"batch_position": entry.position, **job(entry, now, link)} for entry in found]
    counts = Counter(str(entry["status"]) for entry in shown)
    states = ("queued", "pending", "success", "failure", "cancelled")
    return {
        "batch_id": batch_id,
        "summary": {state: counts[state] for state in states},
        "sub_jobs": shown,
    }


def balance(found: Balance) -> dict[str, int]:
    """Shape the two pools and what is reserved."""
    return {
        "monthly_balance": found.monthly,
        "purchased_balance": found.purchased,
        "total_balance": found.total,
        "reserved": found.reserved,
        "available": found.available,
    }


def billing(start: datetime, end: datetime, totals: Totals, found: Balance) -> dict[str, object]:
    """Shape a period's sums; `end` is the last millisecond that counts."""
    return {
        "period": {"start_date": moment(start), "end_date": moment(end)},
        "totals": {
            "credits_used": totals.credits_used,
            "credits_added": totals.credits_added,
            "refunds": totals.refunds,
            "net_change": totals.net_change,
            "jobs_charged": totals.jobs_charged,
        },
        "balance": balance(found),
    }


def moment(at: datetime) -> str:
    """Write a time as the vendor does: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
