"""Legal and half-legal answers of a service, drawn around its OpenAPI file, and a service of them.

Only what is needed is always there: a status, an id, an address, and a file. Every other field may
be null, missing, of another type or unknown, in any combination; the file may come in any dress.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dresses import DRESSES, saved, still
from hypothesis import strategies as st
from PIL import Image
from places import REPOSITORY

KEY = "pe_sk_answeringansweringanswering"
BASE = "/functions/v1"
SCHEMAS = json.loads((REPOSITORY / "pipeline/engine/server/openapi.json").read_text("utf-8"))[
    "components"
]["schemas"]
#: What nobody can publish.
USELESS = {
    "mp4": b"\0\0\0\x20ftypisom" + bytes(200),
    "zip": b"PK\x03\x04" + bytes(200),
    "pdf": b"%PDF-1.7" + bytes(200),
    "foreign canvas": saved(Image.new("RGB", (191, 7)), "PNG"),
}
_ABSENT = object()
_SUCCESS = ["success"] * 6 + ["SUCCESS", " success", "Success ", "completed", "succeeded", "done"]
_FAILURE = ["failure", "failed", "error", "cancelled", "FAILURE ", "canceled"]
_WAITING = ["queued", "pending", "QUEUED", "rendering", "in progress"]
_LINKS = ["whole", "whole", "whole", "relative", "rooted", "blanks", "localhost", "moved", "bare"]
_TROUBLES = ["429", "429 html", "500", "503 html", "404 html", "200 html", "cut"]
_ID_FORMS: dict[str, Callable[[int], object]] = {
    "text": lambda number: f"job-{number}",
    "blanks": lambda number: f"  job-{number} ",
    "number": lambda number: 10**6 + number,
    "fraction": lambda number: 2e6 + number,
}
_PACKINGS = ["plain", "plain", "plain", "gzip", "gzip unnamed", "deflate"]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([16.5, -1, "", "no", "halfway", "\x1b[31m", "::error::x", "0", "é\u2028"])
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


def legal(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw what a schema allows, roughly: the odd values are what matters here."""
    if "$ref" in schema:
        return legal(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return st.one_of(*map(legal, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type", "object")
    kinds = kind if isinstance(kind, list) else [kind]
    found: dict[str, st.SearchStrategy[Any]] = {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.integers(schema.get("minimum", -99), 10**6),
        "number": st.floats(0, 1),
        "string": st.text(min_size=1, max_size=30),
        "array": st.just([]),
        "object": odd_object(schema),
    }
    return st.one_of(*(found[one] for one in kinds))


def odd_object(
    schema: dict[str, Any], **needed: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an object whose fields are each legal, missing or odd, but for those `needed`."""
    loose = {
        name: st.one_of(legal(inner), st.just(_ABSENT), JSON)
        for name, inner in schema.get("properties", {}).items()
    }
    fields = {**loose, **needed}
    unknown = st.dictionaries(st.text("xyz", min_size=3, max_size=6), JSON, max_size=2)
    return st.tuples(st.fixed_dictionaries(fields), unknown).map(
        lambda both: {k: v for k, v in {**both[1], **both[0]}.items() if v is not _ABSENT}
    )


@dataclass
class Answer:
    """Everything that a service says about one purchase."""

    fate: str
    accepted: dict[str, Any]
    #: What is said before the end, and the end itself, but for its address.
    troubles: list[str]
    waiting: list[dict[str, Any]]
    end: dict[str, Any]
    link: str
    file: str
    frames: int
    packing: str
    file_troubles: list[str]
    number: int = 0
    posts: int = 0
    downloads: int = 0

    @property
    def id(self) -> str:
        """The id as a client has to write it."""
        found = self.accepted["api_job_id"]
        return str(int(found)) if isinstance(found, float) else str(found).strip()


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Draw one answer; five of six can be published."""
    fate = draw(st.sampled_from(["readable"] * 15 + ["useless", "failure", "lost"]))
    job, output = SCHEMAS["Job"], SCHEMAS["Output"]
    word = st.sampled_from(_FAILURE if fate == "failure" else _SUCCESS)
    file = draw(st.sampled_from([*USELESS] if fate == "useless" else [*DRESSES]))
    ids = {"api_job_id": st.sampled_from([*_ID_FORMS])}
    if fate == "lost":
        ids = {"api_job_id": st.sampled_from([None, "", True, [], {}, "x" * 201, "a\x00b"])}
    return Answer(
        fate=fate,
        accepted=draw(odd_object(SCHEMAS["Accepted"], **ids)),
        troubles=draw(st.lists(st.sampled_from(_TROUBLES), max_size=2)),
        waiting=draw(
            st.lists(
                odd_object(job, status=st.sampled_from(_WAITING), output=st.none()), max_size=2
            )
        ),
        end=draw(odd_object(job, status=word, output=odd_object(output, url=st.just("")))),
        link=draw(st.sampled_from(_LINKS)),
        file=file,
        frames=draw(st.sampled_from([8] * 6 + [1, 2, 4, 5, 6, 7, 10, 12, 16])),
        packing=draw(st.sampled_from(_PACKINGS)),
        file_troubles=draw(st.lists(st.sampled_from(_TROUBLES), max_size=2)),
    )


@dataclass
class Answering:
    """A service that gives each sprite its answer; a sprite's number stands in its prompt."""

    url: str = ""
    given: list[Answer] = field(default_factory=list)
    books: dict[str, Any] = field(default_factory=dict)
    pictures: dict[int, bytes] = field(default_factory=dict)
    posts: Counter[int] = field(default_factory=Counter)

    def give(self, given: list[Answer], books: dict[str, Any]) -> None:
        """Answer so from now on."""
        self.books, self.given = books, given
        self.pictures.clear()
        self.posts.clear()
        for number, one in enumerate(given):
            one.number = number
            if one.fate != "lost":
                form = str(one.accepted["api_job_id"])
                one.accepted["api_job_id"] = _ID_FORMS[form](number)

    def named(self, id: str) -> Answer:
        """Return the answer whose id this is."""
        return next(one for one in self.given if one.fate != "lost" and one.id == id)


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    @property
    def service(self) -> Answering:
        return self.server.service  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        name = place.path.removeprefix(f"{BASE}/").lstrip("/")
        if name in ("balance", "billing"):
            self._json(self.service.books[name])
        elif name == "jobs":
            self._job(self.service.named(parse_qs(place.query)["id"][0]))
        else:
            self._file(self.service.given[int(name.rpartition("/")[2])], name)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        one = self.service.given[int(body["prompt"].rpartition(" ")[2])]
        self.service.posts[one.number] += 1
        one.posts += 1
        self.service.pictures[one.number] = _file(one, body)
        self._json(one.accepted)

    def _job(self, one: Answer) -> None:
        if one.troubles:
            self._trouble(one.troubles.pop())
        elif one.waiting:
            self._json(one.waiting.pop())
        else:
            link = self._link(one)
            output = link if one.link == "bare" else {**one.end["output"], "url": link}
            self._json({**one.end, "output": None if one.fate == "failure" else output})

    def _link(self, one: Answer) -> str:
        host = self.headers["Host"]
        return {
            "relative": f"file/{one.number}",
            "rooted": f"{BASE}/file/{one.number}?token=a b",
            "blanks": f"  http://{host}{BASE}/file/{one.number} \n",
            "localhost": f"http://localhost:{host.rpartition(':')[2]}{BASE}/file/{one.number}",
            "moved": f"http://{host}{BASE}/moved/{one.number}",
        }.get(one.link, f"http://{host}{BASE}/file/{one.number}?token=t")

    def _file(self, one: Answer, name: str) -> None:
        if name.startswith("moved"):
            self._say(302, b"", Location=f"../file/{one.number}")
        elif one.file_troubles:
            self._trouble(one.file_troubles.pop())
        else:
            one.downloads += 1
            content = self.service.pictures[one.number]
            match one.packing:
                case "gzip":
                    self._say(200, gzip.compress(content), Content_Encoding="gzip")
                case "gzip unnamed":
                    self._say(200, gzip.compress(content))
                case "deflate":
                    self._say(200, zlib.compress(content), Content_Encoding="deflate")
                case _:
                    self._say(200, content)

    def _trouble(self, kind: str) -> None:
        status, _, html = kind.partition(" ")
        if kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "999")
            self.end_headers()
            self.close_connection = True
            return
        wish = "Wed, 21 Oct 2015 07:28:00 GMT" if html else "0"
        body = b"<html>sorry</html>" if html else b'{"error": "sorry"}'
        self._say(int(status), body, Retry_After=wish)

    def _json(self, said: object) -> None:
        self._say(200, json.dumps(said).encode("utf-8", "surrogatepass"))

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _file(one: Answer, body: dict[str, Any]) -> bytes:
    """Make the file that is sold: the sprite, bobbing."""
    if one.fate == "useless":
        return USELESS[one.file]
    with Image.open(io.BytesIO(base64.b64decode(body["image"]))) as image:
        sprite = image.convert("RGBA")
    frames = []
    for number in range(one.frames):
        frame = Image.new("RGBA", sprite.size, body["matte_color"])
        frame.alpha_composite(sprite, (0, number % 2))
        frames.append(frame)
    row = still(one.frames)
    encode = {"row": row, "column": still(1)}.get(one.file) or DRESSES[one.file]
    return (row if one.frames == 1 else encode)(frames)


@contextmanager
def serving() -> Iterator[Answering]:
    """Serve on this machine until the block is left."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Call)
    server.daemon_threads = True
    service = Answering(url=f"http://127.0.0.1:{server.server_port}{BASE}")
    server.service = service  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=60)
