"""Run the built-in engine as its own process for a test, and speak plain HTTP to it."""

from __future__ import annotations

import base64
import http.client
import io
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import forked
from forked import HANGS_S
from PIL import Image

from pipeline.engine.server import local

KEY = "pe_sk_" + "TestKey0" * 5
VARIABLE = "PIXELPIPE_TEST_ENGINE_KEY"
ENDED = ("success", "failure", "cancelled")


@dataclass(frozen=True)
class Answer:
    """Hold a whole HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """Parse the body as a JSON object."""
        content = json.loads(self.body)
        assert isinstance(content, dict)
        return content

    @property
    def code(self) -> str:
        """Give the error code of a refusal, which must have the shape {error: {code, message}}."""
        content = self.json()
        assert set(content) == {"error"}
        error = content["error"]
        assert isinstance(error, dict)
        assert set(error) == {"code", "message"}
        assert error["message"]
        return str(error["code"])


class Server:
    """Talk to one running engine with a key; an empty `key` argument sends none."""

    def __init__(self, process: forked.Program, url: str, key: str) -> None:
        self.process = process
        self.url = url
        self.key = key

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request on a fresh connection; `path` is below the API, or a whole address."""
        parts = urlsplit(path if "://" in path else self.url + path)
        sent = {**(headers or {})}
        if key != "" and "://" not in path:
            sent["Authorization"] = f"Bearer {key or self.key}"
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request(
                method, f"{parts.path}?{parts.query}" if parts.query else parts.path, raw, sent
            )
            reply = connection.getresponse()
            named = {name.lower(): value for name, value in reply.getheaders()}
            return Answer(reply.status, named, reply.read())
        finally:
            connection.close()

    def get(self, path: str, *, key: str | None = None) -> Answer:
        """GET a path."""
        return self.request("GET", path, key=key)

    def post(self, path: str, body: object, *, key: str | None = None) -> Answer:
        """POST a JSON body."""
        return self.request("POST", path, body, key=key)

    def submit(self, path: str = "/animate", **fields: object) -> str:
        """Submit a job, with a small sprite unless `fields` say otherwise; gives its id."""
        body: dict[str, object] = {"prompt": "breathing calmly", **fields}
        if path != "/keyframes":
            body.setdefault("image", png())
        answer = self.post(path, body)
        assert answer.status == 200, answer.body
        return str(answer.json()["api_job_id"])

    def state(self, job: str) -> dict[str, object]:
        """Read a job."""
        answer = self.get(f"/jobs?id={job}")
        assert answer.status == 200, answer.body
        return answer.json()

    def ended(self, job: str) -> dict[str, object]:
        """Poll a job until it has ended."""
        deadline = time.monotonic() + 60
        while (found := self.state(job))["status"] not in ENDED:
            assert time.monotonic() < deadline, f"job {job} does not end: {found}"
            time.sleep(0.01)
        return found

    def balance(self) -> dict[str, object]:
        """Read the balance."""
        return self.get("/balance").json()


@contextmanager
def serving(*options: str, key: str = KEY, end: str = "stdin") -> Iterator[Server]:
    """Run `serve` with these options until the block is left; `end` "kill" then kills it."""
    arguments = ["serve", "--key-env", VARIABLE, "--until-stdin-closes", *options]
    process = forked.serve("pipeline.engine", arguments, subprocess.DEVNULL, {VARIABLE: key})
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield Server(process, str(json.loads(line)["url"]), key)
    finally:
        if end == "kill":
            process.kill()
        process.stdin.close()
        process.wait(timeout=HANGS_S)
        process.stdout.close()


def account_in(folder: Path, *options: str) -> tuple[Path, str, tuple[str, ...]]:
    """Make a database with a free account: its path, a key, and the options to serve it."""
    db = folder / "engine.sqlite"
    return db, local.add_key(db), ("--db", str(db), *options)


def sprite(width: int = 12, height: int = 12) -> Image.Image:
    """Draw a small figure of four colours with room around it."""
    image = Image.new("RGBA", (width, height))
    for y in range(2, height - 1):
        for x in range(3, width - 3):
            edge = x in (3, width - 4) or y in (2, height - 2)
            image.putpixel((x, y), (40, 20, 60, 255) if edge else (200, 60 + 20 * (y % 3), 80, 255))
    return image


def png(width: int = 12, height: int = 12) -> str:
    """Give the small figure as base64 PNG."""
    return encoded(sprite(width, height))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> str:
    """Write a picture as base64."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return base64.b64encode(out.getvalue()).decode()
