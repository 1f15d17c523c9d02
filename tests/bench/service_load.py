"""Callers of the engine who keep it busy, and what its books say when they are done."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import trees

#: Callers ask ten times as often as the vendor asks them to.
INTERVAL_S = 0.4
PROMPTS = (
    "breathing calmly, a subtle idle loop",
    "walking to the right",
    "swinging its sword in a wide arc",
    "jumping up and landing",
    "hit by a blow, flinching",
    "glowing softly",
)
SIDES = (16, 24, 32, 48, 64)
FRAMES = (8, 8, 12, 16)
_Answer = TypeVar("_Answer")
#: How long a caller goes on asking an engine that is not there.
_PATIENCE_S = 60.0


class Caller:
    """Keeps one connection to an engine, and makes a new one when it breaks."""

    def __init__(self, url: Callable[[], str], key: str) -> None:
        """Call what `url` says then, with this key."""
        self._url = url
        self._key = key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._streams is not None:
            self._streams[1].close()

    async def get(self, path: str) -> dict[str, object]:
        """Return the JSON of an answer."""
        found = json.loads(await self._ask("GET", path, b""))
        assert isinstance(found, dict)
        return found

    async def post(self, path: str, body: bytes) -> dict[str, object]:
        """Send JSON and return the JSON of the answer."""
        found = json.loads(await self._ask("POST", path, body))
        assert isinstance(found, dict)
        return found

    async def file(self, address: str) -> bytes:
        """Return the content of a result's address."""
        parts = urlsplit(address)
        return await self._ask("GET", f"{parts.path}?{parts.query}", b"", is_below=False)

    async def _ask(self, method: str, path: str, body: bytes, *, is_below: bool = True) -> bytes:
        """Ask once, as soon as somebody listens. Raises OSError or EOFError when that breaks."""
        if self._streams is None:
            self._streams = await _patiently(self._connected)
        reader, writer = self._streams
        parts = urlsplit(self._url())
        try:
            writer.write(
                f"{method} {parts.path if is_below else ''}{path} HTTP/1.1\r\nHost: engine\r\n"
                f"Authorization: Bearer {self._key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            content = await reader.readexactly(length)
        except (OSError, EOFError):
            writer.close()
            self._streams = None
            raise
        assert head.startswith("http/1.1 200"), (head[:30], content[:200])
        return content

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self._url())
        return await asyncio.open_connection(parts.hostname, parts.port)


class Order(NamedTuple):
    """One job as its caller saw it; seconds from being sent to being shown as a success."""

    id: str
    seconds: float
    size: int


async def ordering(
    url: Callable[[], str], key: str, bodies: Sequence[bytes], callers: int
) -> tuple[list[Order], int]:
    """Send each body as a job and fetch its result, some callers at once.

    Returns the jobs that were made, and how often a caller did not learn whether one was accepted.
    """
    left = list(reversed(bodies))
    made: list[Order] = []
    unsure = 0

    async def one() -> None:
        nonlocal unsure
        async with Caller(url, key) as caller:
            while left:
                body, began = left.pop(), time.perf_counter()
                try:
                    accepted = await caller.post("/animate", body)
                except (OSError, EOFError):
                    unsure += 1
                    continue
                job = str(accepted["api_job_id"])
                link = await _shown(caller, job)
                seconds = time.perf_counter() - began
                content = await _patiently(partial(caller.file, link))
                made.append(Order(job, seconds, len(content)))

    await asyncio.gather(*(one() for _ in range(callers)))
    return made, unsure


async def _shown(caller: Caller, job: str) -> str:
    """Ask for a job until it has succeeded; returns where its file is."""
    while True:
        await asyncio.sleep(INTERVAL_S * (0.5 + random.random()))
        found = await _patiently(partial(caller.get, f"/jobs?id={job}"))
        assert found["status"] in ("queued", "pending", "success"), found
        if found["status"] == "success":
            output = found["output"]
            assert isinstance(output, dict)
            return str(output["url"])


async def _patiently(ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Ask until there is an answer: what only reads is asked again."""
    ends = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return await ask()
        except (OSError, EOFError):
            assert time.monotonic() < ends, "the engine does not come back"
            await asyncio.sleep(0.05)


def bodies(count: int) -> list[bytes]:
    """Draw sprites, no two alike, of 16 to 64 px, and ask for 8 to 16 frames of each."""
    return [_body(number) for number in range(count)]


def _body(number: int) -> bytes:
    out = io.BytesIO()
    figure = trees.figure(random.Random(f"load {number}"), SIDES[number % len(SIDES)])
    figure.save(out, "PNG")
    content = {
        "image": base64.b64encode(out.getvalue()).decode(),
        "prompt": PROMPTS[number % len(PROMPTS)],
        "output_frames": FRAMES[number % len(FRAMES)],
        "output_format": "spritesheet",
        "seed": number,
    }
    return json.dumps(content).encode()


class Books(NamedTuple):
    """What the engine's database says of all its jobs and credits."""

    jobs: dict[str, str]
    held: int
    charged: int
    released: int
    given: int
    left: int
    open: int

    @property
    def lost(self) -> int:
        """Credits that were held and neither taken nor given back, or left the account unsaid."""
        return abs(self.held - self.charged - self.released) + abs(
            self.given - self.charged - self.left
        )


def books(db: Path) -> Books:
    """Add up what is written: jobs by their holds, credits by the ledger, pools by the account."""
    with closing(sqlite3.connect(f"{db.absolute().as_uri()}?mode=ro", uri=True)) as base:
        jobs = base.execute(
            "SELECT id, status, hold_status, credits_held, credits_charged,"
            " (SELECT coalesce(-sum(credits), 0) FROM ledger WHERE ledger.job = jobs.id) FROM jobs"
        ).fetchall()
        (given,) = base.execute("SELECT sum(credits) FROM ledger WHERE job IS NULL").fetchone()
        (left,) = base.execute("SELECT sum(monthly + purchased) FROM accounts").fetchone()
    for job, _, hold, held, charged, debited in jobs:
        assert charged == debited == (held if hold == "captured" else 0), job
    return Books(
        jobs={row[0]: row[1] for row in jobs},
        held=sum(row[3] for row in jobs),
        charged=sum(row[5] for row in jobs),
        released=sum(row[3] for row in jobs if row[2] == "released"),
        given=given,
        left=left,
        open=sum(row[2] == "held" for row in jobs),
    )


def cpu_s(process: int) -> tuple[float, float]:
    """Return the CPU seconds of a process, and of all below it; zeros where that is not told."""
    found: dict[int, tuple[int, float]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        ticks = sum(map(int, fields[11:15]))  # its own, and of those it has waited for
        found[int(place.parent.name)] = int(fields[1]), ticks / os.sysconf("SC_CLK_TCK")
    below = 0.0
    for number, (_, seconds) in found.items():
        above = number
        while above in found and above != process:
            above = found[above][0]
        below += seconds if above == process != number else 0
    return found.get(process, (0, 0.0))[1], below
