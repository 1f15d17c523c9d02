"""One engine behind many addresses, each of which breaks in its own way: a fault costs no start.

`python faulty_engine.py DB` reads one JSON object a line: `open` with a chaos script, answered by
the `url` of a new address, or `close` with such a URL, answered by what was `seen` there. All
addresses share database, renderers and queue, as if every caller reached the same service over
another bad line. It ends with its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from game import Shop
from places import REPOSITORY

from pipeline.engine.accounts import database
from pipeline.engine.server import chaos, serve
from pipeline.engine.server.app import App
from pipeline.engine.server.pool import RenderPool
from pipeline.engine.server.runner import Runner
from pipeline.engine.server.service import Service


class Faulty:
    """Opens shops on a running process of this module. One caller at a time."""

    def __init__(self, process: subprocess.Popen[str], db: Path) -> None:
        self._process = process
        self._db = db
        #: Requests of each kind that the last shop had.
        self.seen: dict[str, int] = {}

    @contextmanager
    def shop(self, script: str, account: str) -> Iterator[Shop]:
        """Sell to `account` at an address that breaks as `script` says."""
        url = str(self._say(open=script)["url"])
        try:
            yield Shop(url, self._db, account)
        finally:
            self.seen = self._say(close=url)["seen"]

    def _say(self, **order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def running(folder: Path) -> Iterator[Faulty]:
    """Run the process until the block is left."""
    db = folder / "engine.sqlite"
    with (folder / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, __file__, str(db)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Faulty(process, db)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


async def _serve(db: Path) -> None:
    with contextlib.closing(database.connect(db)) as connection:
        settings = serve.Settings(db=db)
        pool = RenderPool(settings.workers)
        runner = Runner(connection, pool, settings.pace)
        service = Service(
            connection, runner, link_ttl_s=settings.link_ttl_s, hold_s=settings.hold_s,
            keep_s=settings.lasting_s, is_any_model=True,
        )  # fmt: skip
        queue = asyncio.create_task(runner.run())
        pool.warm_up()
        try:
            await _open_and_close(service, settings)
        finally:
            queue.cancel()
            pool.close()


async def _open_and_close(service: Service, settings: serve.Settings) -> None:
    opened: dict[str, tuple[chaos.Chaos, serve._Server]] = {}
    ending = []
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        if "close" in order:
            script, server = opened.pop(order["close"])
            server.should_exit = server.force_exit = True  # it looks ten times a second
            answer: dict[str, object] = {"seen": script._seen}
        else:
            script = chaos.parse(order["open"])
            sock = serve._listening("127.0.0.1", 0)
            server = serve._server(App(service, script, settings.origins), settings)
            url = serve._address(sock, settings).url
            opened[url] = script, server
            ending.append(asyncio.create_task(server.serve(sockets=[sock])))
            answer = {"url": url}
        print(json.dumps(answer), flush=True)
    for _, server in opened.values():
        server.should_exit = server.force_exit = True
    await asyncio.gather(*ending)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
