"""The ledger: what is in flight, what was spent, and which files are being published.

One SQLite file in the user's state folder, shared by all checkouts of this user and by all
processes at once. Every change is one transaction; what is durable here survives a crash, and
nothing refers to what is not yet durable.

Mutual exclusion is per request key: a claim is one INSERT that only one process can make. Its
holder is a token, the name of a file that the holding process keeps locked: the system drops that
lock when the process dies, however it dies, also across containers and process-id reuse.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import msgspec

from ...core.errors import RefusedError, StorageError
from ...core.model import Job, JobState, Record, Taken
from .. import held
from .file import PIXELS, in_batches, storage
from .shared_claims import Place, SharedClaims

DAY_S = 24 * 60 * 60
#: Durations that tell how long a service takes; none of them longer than this.
_REMEMBERED = 200
_LONGEST_S = 12 * 60.0
#: A row for a key that has none, or one that failed; answers with a row if that was so.
_INSERT = (
    "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request_key) "
    "DO UPDATE SET state = excluded.state, open_key = excluded.open_key, "
    "service = excluded.service, remote_id = excluded.remote_id, "
    "holder = excluded.holder, record = excluded.record "
    "WHERE jobs.state = 'failed' RETURNING 1"
)


class Claimed(Record, frozen=True, kw_only=True):
    """The answer to a claim: ours (`job` as we wrote it), or what somebody else has there."""

    is_ours: bool
    job: Job


class Ledger(SharedClaims):
    """An open ledger. Owned by one thread; close it, or use it as a context manager."""

    def __init__(self, folder: Path, *, now: float, durable: bool = True) -> None:
        """Open or create `folder/ledger.sqlite`.

        `durable=False` leaves flushing to the system, for a service where no money is at stake:
        a killed process still loses nothing, a power cut may lose the last moments.

        Raises StorageError when the file cannot be used and ConfigError when a newer pixelpipe
        wrote it; neither changes anything.
        """
        super().__init__(folder / "ledger.sqlite", now=now, durable=durable)
        self._folder = folder
        self._token = ""
        self._holder_lock: held.Lock | None = None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give up every claim of this process that is still open."""
        self._base.close()
        if self._holder_lock is not None:
            self._holder_lock.release()
            self._holder_lock.place.unlink(missing_ok=True)
            self._holder_lock = None

    # -- jobs -----------------------------------------------------------------------------------

    def claim(
        self,
        jobs: Sequence[Job],
        *,
        now: float,
        day_budget: int | None = None,
        places: Mapping[str, Place] = MappingProxyType({}),
    ) -> tuple[Claimed, ...]:
        """Claim each job's key, all in one transaction, durable before any of them is sent.

        A key that failed may be claimed anew. Any other existing row wins, and is returned.
        `places` say by request key where a claim will stand in a store that machines share.

        Raises RefusedError, and claims nothing, when purchases of this day (UTC) would come to
        more than `day_budget` credits, those of other processes included.
        """
        holder = self._holder()
        answers = []
        if any(job.paid for job in jobs):
            self._keep_reserve()
        with self._transaction():
            for job in jobs:
                mine = msgspec.structs.replace(
                    job, state=JobState.CLAIMED, holder=holder, claimed_at=now
                )
                inserted = self._base.execute(_INSERT, _row(mine)).fetchone()
                if inserted:
                    self._append(mine, now)
                    self._put_place(job.request_key, places.get(job.request_key))
                    answers.append(Claimed(is_ours=True, job=mine))
                else:
                    answers.append(Claimed(is_ours=False, job=self.jobs([job.request_key])[0]))
            is_buying = any(one.is_ours and one.job.paid for one in answers)
            # Here, and not before: nobody else can claim until this transaction ends.
            if is_buying and self._is_over(day_budget, now):
                raise RefusedError(f"budget.day ({day_budget} credits) is reached")
        return tuple(answers)

    def take_up(self, job: Job, place: Place, *, now: float) -> Job | None:
        """Go on here with a purchase that another machine has sent; None if the key has a job.

        `job` is as it stands there, submitted; one that failed here before gives way.
        """
        mine = msgspec.structs.replace(job, holder=self._holder())
        with self._transaction():
            taken = self._base.execute(_INSERT, _row(mine)).fetchone()
            if taken:
                self._append(mine, now)
                self._put_place(job.request_key, place)
        return mine if taken else None

    def take_over(self, job: Job, *, now: float) -> Job | None:
        """Make this process the holder of `job` if its state and holder are still as given."""
        mine = msgspec.structs.replace(job, holder=self._holder())
        with self._transaction():
            changed = self._base.execute(
                "UPDATE jobs SET holder = ?, record = ? "
                "WHERE request_key = ? AND state = ? AND holder = ?",
                (mine.holder, _encode(mine), job.request_key, job.state, job.holder),
            ).rowcount
            if changed:
                self._append(mine, now)
        return mine if changed else None

    def follow(self, job: Job, after: Job | None, *, now: float) -> Job | None:
        """Bring a job that nobody is at to `after`, if it still is as given; nobody holds it then.

        Without an `after` the job goes: nothing was ever sent. Returns the job as written; None
        also if it has changed.
        """
        mine = msgspec.structs.replace(after or job, holder="")
        where = "WHERE request_key = ? AND state = ? AND holder = ?"
        values = (job.request_key, job.state, job.holder)
        with self._transaction():
            found = self._base.execute(f"SELECT 1 FROM jobs {where}", values).fetchone()
            if found and after is not None:
                self._base.execute(
                    "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)", _row(mine)
                )
                self._append(mine, now)
            elif found:
                self._base.execute(f"DELETE FROM jobs {where}", values)
                self._put_place(job.request_key, None)
        return mine if found and after is not None else None

    def record(self, job: Job, *, now: float) -> Job:
        """Write `job`'s new state; durable on return. Returns the job."""
        self.record_all([job], now=now)
        return job

    def record_all(self, jobs: Sequence[Job], *, now: float) -> None:
        """Write the new states of several jobs, all or none; durable on return."""

        def change() -> None:
            with self._transaction():
                for job in jobs:
                    self._base.execute(
                        "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)", _row(job)
                    )
                    self._append(job, now)

        self._surely(change)

    def amend(self, request_key: str, change: Callable[[Job], Job | None], *, now: float) -> None:
        """Write what `change` makes of a job as it stands at this moment; nothing for None.

        What was read before may be old: another process may have gone on with the job since.
        """

        def amend() -> None:
            with self._transaction():
                row = self._base.execute(
                    "SELECT record FROM jobs WHERE request_key = ?", (request_key,)
                ).fetchone()
                job = change(_decode(row[0])) if row else None
                if job is not None:
                    self._base.execute(
                        "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)", _row(job)
                    )
                    self._append(job, now)

        self._surely(amend)

    def jobs(self, keys: Iterable[str]) -> list[Job]:
        """Return the jobs of these request keys, as far as there are any."""
        return self._select("request_key", keys)

    def alike(self, open_keys: Iterable[str]) -> dict[str, Job]:
        """Return a bought job for each open key that has one; the smallest key wins."""
        found = [job for job in self._select("open_key", open_keys) if job.digest is not None]
        found.sort(key=lambda job: job.request_key, reverse=True)
        return {job.resolved.open_key: job for job in found if job.resolved.open_key}

    def made_from(self, pixels: Collection[str], service: str) -> dict[str, list[Job]]:
        """Return the bought jobs of `service` by the pixels of their request, newest first.

        Only of these `pixels`, by digest.
        """
        found: dict[str, list[Job]] = {}
        for part in in_batches(pixels):
            marks = ",".join("?" * len(part))
            where = f"state = 'bought' AND service = ? AND {PIXELS} IN ({marks})"
            for row in self._read(f"SELECT record FROM jobs WHERE {where}", (service, *part)):
                job = _decode(row[0])
                if (digest := _pixels(job)) in pixels:
                    found.setdefault(digest, []).append(job)
        for jobs in found.values():
            jobs.sort(key=lambda job: (job.settled_at or 0.0, job.request_key), reverse=True)
        return found

    def unfinished(self) -> list[Job]:
        """Return all jobs that are neither bought nor failed, oldest first."""
        rows = self._read("SELECT record FROM jobs WHERE state NOT IN ('bought', 'failed')")
        return sorted((_decode(row[0]) for row in rows), key=lambda job: job.claimed_at)

    def failed(self) -> list[Job]:
        """Return all jobs that ended without a result, oldest first."""
        rows = self._read("SELECT record FROM jobs WHERE state = 'failed'")
        return sorted((_decode(row[0]) for row in rows), key=lambda job: job.claimed_at)

    def named(self, start: str) -> list[Job]:
        """Return the jobs whose request key begins with `start`, by key."""
        rows = self._read(
            "SELECT record FROM jobs WHERE request_key >= ? AND request_key < ?",
            (start, start + "g"),  # the sign after the last hex digit
        )
        return sorted((_decode(row[0]) for row in rows), key=lambda job: job.request_key)

    def with_remote_id(self, remote_id: str, service: str) -> Job | None:
        """Return the job that has this id, or None."""
        rows = self._read(
            "SELECT record FROM jobs WHERE remote_id = ? AND service = ?", (remote_id, service)
        )
        return _decode(rows[0][0]) if rows else None

    def claimed_here(self, known: Container[str]) -> list[Job]:
        """Return the claims that were made here, but for those whose request key is `known`."""
        mine = [job for job in self.unfinished() if job.holder and job.holder == self._token]
        claims = [job for job in mine if job.state is JobState.CLAIMED]
        return [job for job in claims if job.request_key not in known]

    def is_alive(self, holder: str) -> bool:
        """Tell whether the process that holds `holder` still runs (this one included)."""
        if not holder or holder == self._token:
            return holder == self._token and bool(holder)
        return held.is_held(self._holder_path(holder))

    def sweep(self, now: float) -> None:
        """Delete the holder files of processes that were killed, a day after they began."""
        # Not sooner: between making such a file and locking it a process looks dead.
        for path in self._holder_path("").parent.glob("*.lock"):
            with suppress(OSError):
                if now - path.stat().st_mtime > DAY_S and not self.is_alive(path.stem):
                    path.unlink()

    def taken(self, service: str) -> list[Taken]:
        """Return how long the last bought jobs of `service` took, oldest first.

        Without those that took longer than anybody waits: they were fetched another day.
        """
        rows = self._read(
            "SELECT request_key FROM spend WHERE state = 'bought' AND service = ? "
            "ORDER BY number DESC LIMIT ?",
            (service, _REMEMBERED),
        )
        jobs = sorted(self.jobs(row[0] for row in rows), key=lambda job: job.settled_at or 0.0)
        found = [
            Taken(
                seconds=(job.settled_at - job.submitted_at) / (job.place + 1),
                polls=job.polls,
            )
            for job in jobs
            if job.settled_at is not None and job.submitted_at is not None
        ]
        return [one for one in found if 0 <= one.seconds <= _LONGEST_S]

    def charged_since(self, since: float, *, paid: bool = True, service: str | None = None) -> int:
        """Return the credits charged at or after `since` (seconds, UTC), by one service or all."""
        rows = self._read(
            "SELECT COALESCE(SUM(credits_charged), 0) FROM spend WHERE at >= ? AND paid = ? "
            "AND service = COALESCE(?, service)",
            (since, paid, service),
        )
        return int(rows[0][0])

    def charges(self, since: float, until: float, service: str) -> tuple[int, int]:
        """Return the credits that `service` charged in [since, until), and for how many jobs."""
        rows = self._read(
            "SELECT COALESCE(SUM(credits_charged), 0), COUNT(*) FROM spend WHERE at >= ? "
            "AND at < ? AND service = ? AND credits_charged > 0",
            (since, until, service),
        )
        return int(rows[0][0]), int(rows[0][1])

    def charges_by_source(self, since: float, until: float, service: str) -> list[tuple[str, int]]:
        """Return the credits that `service` charged in [since, until) by source, dearest first."""
        rows = self._read(
            "SELECT source, SUM(credits_charged) AS sum FROM spend WHERE at >= ? AND at < ? "
            "AND service = ? GROUP BY source HAVING sum > 0 ORDER BY sum DESC, source",
            (since, until, service),
        )
        return [(source, int(credits)) for source, credits in rows]

    def committed_since(self, since: float) -> int:
        """Return the credits charged since then, and those that jobs claimed since may cost."""
        open_jobs = (job for job in self.unfinished() if job.paid and job.claimed_at >= since)
        held = sum(job.credits_quoted for job in open_jobs if job.state is not JobState.CHARGED)
        return held + self.charged_since(since)

    # -- inside ---------------------------------------------------------------------------------

    def _is_over(self, day_budget: int | None, now: float) -> bool:
        return day_budget is not None and self.committed_since(now // DAY_S * DAY_S) > day_budget

    def _holder(self) -> str:
        if self._holder_lock is None:
            self._token = uuid.uuid4().hex
            path = self._holder_path(self._token)
            with storage(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                self._holder_lock = held.hold(path)
        return self._token

    def _holder_path(self, holder: str) -> Path:
        return self._folder / "holders" / f"{holder}.lock"

    def _append(self, job: Job, now: float) -> None:
        charged = job.credits_charged if job.state in (JobState.BOUGHT, JobState.CHARGED) else 0
        if charged:  # a purchase may be fetched twice: its price is booked once
            (booked,) = self._base.execute(
                "SELECT COALESCE(SUM(credits_charged), 0) FROM spend "
                "WHERE request_key = ? AND remote_id IS ?",
                (job.request_key, job.remote_id),
            ).fetchone()
            charged -= booked
        self._base.execute(
            "INSERT INTO spend (at, request_key, service, paid, state, remote_id, credits_quoted, "
            "credits_charged, digest, source, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                now,
                job.request_key,
                job.service,
                job.paid,
                job.state,
                job.remote_id,
                job.credits_quoted,
                charged,
                job.digest,
                job.source,
                job.reason,
            ),
        )

    def _select(self, column: str, values: Iterable[str]) -> list[Job]:
        found: list[Job] = []
        for part in in_batches(values):
            marks = ",".join("?" * len(part))
            rows = self._read(f"SELECT record FROM jobs WHERE {column} IN ({marks})", part)
            found.extend(_decode(row[0]) for row in rows)
        return found


def _pixels(job: Job) -> str:
    """Return the digest of the pixels that a job was asked for; "" when it does not say."""
    _, _, after = job.recipe.partition('pixels: "')
    return after.partition('"')[0]


def _row(job: Job) -> tuple[object, ...]:
    return (
        job.request_key,
        job.state,
        job.resolved.open_key,
        job.service,
        job.remote_id,
        job.holder,
        _encode(job),
    )


def _encode(job: Job) -> bytes:
    return msgspec.json.encode(job, order="sorted")


def _decode(record: str | bytes) -> Job:
    try:
        return msgspec.json.decode(record, type=Job)
    except msgspec.MsgspecError as exc:
        raise StorageError(
            f"a job in the ledger cannot be read ({exc}); run `pixelpipe verify`"
        ) from exc
