"""Measure how quickly the engine answers while it is busy: 500 queued jobs and 50 polling clients.

Run `python tests/bench/bench_service.py`. Prints the median, 95th and 99th percentile of
GET /balance and GET /jobs beside those of an idle engine of the same run; the goal is 50 ms at the
99th. Clients poll ten times as often as the vendor asks them to (every 0.4 s).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from engine_server import KEY, Server, png, serving

INTERVAL_S = 0.4


class Client:
    """Keep one connection and time each GET on it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._base = parts.path

    async def __aenter__(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def get(self, path: str) -> tuple[float, dict[str, object]]:
        """Give milliseconds and content of an answer."""
        started = time.perf_counter()
        self._writer.write(
            f"GET {self._base}{path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {KEY}\r\n\r\n".encode()
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = json.loads(await self._reader.readexactly(length))
        return (time.perf_counter() - started) * 1000, body


async def poll(url: str, jobs: list[str], until: float, times: dict[str, list[float]]) -> None:
    """Be one client: ask for the balance and for a job in turn."""
    async with Client(url) as client:
        await asyncio.sleep(random.random() * INTERVAL_S)
        while time.perf_counter() < until:
            for name in times:
                query = f"?id={random.choice(jobs)}" if name == "/jobs" else ""
                taken, _ = await client.get(name + query)
                times[name].append(taken)
                await asyncio.sleep(INTERVAL_S / 2)


async def measure(
    url: str, jobs: list[str], clients: int, seconds: float
) -> dict[str, list[float]]:
    """Let `clients` poll for `seconds`; gives the milliseconds of each kind of request."""
    times: dict[str, list[float]] = {"/balance": [], "/jobs": []}
    until = time.perf_counter() + seconds
    await asyncio.gather(*(poll(url, jobs, until, times) for _ in range(clients)))
    return times


def report(title: str, times: dict[str, list[float]]) -> None:
    """Print percentiles of each kind."""
    for name, taken in times.items():
        ordered = sorted(taken)
        marks = (ordered[int(len(ordered) * share)] for share in (0.5, 0.95, 0.99))
        shown = " / ".join(f"{mark:6.1f}" for mark in marks)
        print(f"{title:<8} {name:<9} {shown} ms (50 / 95 / 99 %), {len(ordered)} requests")


def fill(server: Server, count: int) -> list[str]:
    """Queue `count` jobs of 16 frames of 128x128."""
    started = time.perf_counter()
    image = png(128, 128)
    jobs = [server.submit(image=image, seed=seed, output_frames=16) for seed in range(count)]
    print(f"{count} jobs submitted in {time.perf_counter() - started:.1f} s")
    return jobs


def main() -> None:
    """Measure an idle engine, then a busy one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=8.0)
    parsed = parser.parse_args()
    with serving() as server:
        first = server.submit()
        server.ended(first)
        report("idle", asyncio.run(measure(server.url, [first], parsed.clients, parsed.seconds)))
        jobs = fill(server, parsed.jobs)
        started = time.perf_counter()
        left = sum(server.state(job)["status"] in ("queued", "pending") for job in jobs)
        report("busy", asyncio.run(measure(server.url, jobs, parsed.clients, parsed.seconds)))
        still = sum(server.state(job)["status"] in ("queued", "pending") for job in jobs)
        rate = (left - still) / (time.perf_counter() - started)
        print(f"{left} jobs open at the start, {still} at the end: {rate:.0f} jobs/s rendered")


if __name__ == "__main__":
    main()
