"""A shared store that sends a byte now and then holds nobody: answers have deadlines, not reads."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from pipeline.storage.shared import bucket, web
from pipeline.storage.shared.store import Store, Unreachable
from pipeline.storage.shared.web import WebStore

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n"
#: Ten bytes within the deadline of an answer, which is 10 s for users; a limit against hanging.
_DRIP_S, _DEADLINE_S, _MOST_S = 0.15, 1.5, 45.0


@contextmanager
def dripping(at_once: bytes) -> Iterator[int]:
    """Send `at_once` of an answer, and then a byte now and then; yields the port."""
    is_over = threading.Event()

    def answer(caller: socket.socket) -> None:
        with caller, suppress(OSError):
            caller.recv(1 << 16)
            caller.sendall(at_once)
            while not is_over.wait(_DRIP_S):
                caller.sendall(b"x")

    def accept(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            is_over.set()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)


def opened(kind: str, port: int) -> Store:
    """Return the store of that kind which is served there."""
    if kind == "web":
        return WebStore(f"http://127.0.0.1:{port}/art")
    variables = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}
    return bucket.open(
        "s3://art/game", variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    )


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [HEAD + b"\r\n", HEAD + b"X-Slow: "], ids=["body", "head"])
@pytest.mark.parametrize("kind", ["web", "bucket"])
def test_a_byte_now_and_then_holds_nobody(
    kind: str, at_once: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "bucket":
        pytest.importorskip("obstore")
    monkeypatch.setattr(web, "_ALL_S", _DEADLINE_S)
    monkeypatch.setitem(bucket._CLIENT, "timeout", f"{_DEADLINE_S}s")
    with dripping(at_once) as port:
        store, begun = opened(kind, port), time.monotonic()
        with pytest.raises(Unreachable):
            store.get("pixelpipe.json")
        assert time.monotonic() - begun < _MOST_S
