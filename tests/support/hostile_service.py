"""A service that means harm: it answers as the vendor does, but for what a test lets it do."""

from __future__ import annotations

import base64
import io
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

KEY = "pe_sk_hostilehostilehostilehostile"
BASE = "/functions/v1"


class Call(BaseHTTPRequestHandler):
    """One request. The last part of its path names what is asked for."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Answer a question, or send a file."""
        self._answer()

    def do_POST(self) -> None:
        """Sell something."""
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        self.content = self.rfile.read(length)
        name = urlsplit(self.path).path.rpartition("/")[2]
        self.service.calls.append((f"{self.command} {name}", dict(self.headers)))
        try:
            (self.service.talk.get(name) or getattr(self.service, f"_{name}"))(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    @property
    def service(self) -> Hostile:
        """The one that was called."""
        found: Hostile = self.server.service  # type: ignore[attr-defined]
        return found

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say_json(self, **fields: object) -> None:
        """Send a JSON object."""
        self.say(200, json.dumps(fields).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Talk = Callable[[Call], None]


class Hostile:
    """What was asked, and what is answered: `talk` has the last part of a path and its answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.talk: dict[str, Talk] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self._strips: list[bytes] = []

    def count(self, name: str) -> int:
        """Return how often `GET jobs` and the like came."""
        return sum(call == name for call, _ in self.calls)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the strip that was sold last."""
        with Image.open(io.BytesIO(self._strips[-1])) as image:
            return image.size

    @property
    def link(self) -> str:
        """The address of the result on the service's own host."""
        return f"{self.url}/file?token=t"

    def succeed(self, call: Call, link: str) -> None:
        """Say that the job is done, and where its result lies."""
        call.say_json(
            api_job_id="j",
            status="success",
            output={"url": link, "content_type": "image/png"},
            billing={"credits_held": 20, "credits_charged": 20},
        )

    def _balance(self, call: Call) -> None:
        call.say_json(total_balance=1000, purchased_balance=1000, available=1000)

    def make(self, body: dict[str, Any]) -> None:
        """Make the strip that is asked for: it is what is sold from now on."""
        with Image.open(io.BytesIO(base64.b64decode(body["image"]))) as image:
            frames = body["output_frames"]
            strip = Image.new("RGB", (image.width * frames, image.height), body["matte_color"])
            for number in range(frames):
                strip.paste(image, (image.width * number, 0), image.convert("RGBA"))
        stream = io.BytesIO()
        strip.save(stream, "PNG")
        self._strips.append(stream.getvalue())

    def _animate(self, call: Call) -> None:
        self.make(json.loads(call.content))
        call.say_json(api_job_id="j", status="queued", error=None)

    def _jobs(self, call: Call) -> None:
        self.succeed(call, self.link)

    def _file(self, call: Call) -> None:
        call.say(200, self._strips[-1])


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Hostile]:
    """Serve on this machine until the block is left, over TLS with a certificate and its key."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    service = Hostile(f"{scheme}://localhost:{server.server_port}{BASE}")
    server.service = service  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=60)
