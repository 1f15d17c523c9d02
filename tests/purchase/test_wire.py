"""What was sent, and what surely was not: each way a POST can break, over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from pipeline.purchase.service.exchange import NotSent, WireError
from pipeline.purchase.service.wire import Wire

Talk = Callable[[socket.socket], None]


@contextmanager
def listening(*talks: Talk) -> Iterator[tuple[int, list[bytes]]]:
    """Serve each connection with the next of `talks`; yields the port and what was received."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            for talk in talks:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.settimeout(10)
                    received.append(_head(connection))
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], received
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # wakes a waiting `accept`
        thread.join(timeout=60)


def _head(connection: socket.socket) -> bytes:
    """Read up to the end of the headers, or of the connection."""
    found = b""
    try:
        while (
            b"\r\n\r\n" not in found and found[:1] != b"\x16" and (piece := connection.recv(65536))
        ):
            found += piece
    except OSError:
        pass
    return found


def close(_: socket.socket) -> None:
    """Close without a word."""


def reset(connection: socket.socket) -> None:
    """Break the connection off."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def say(text: bytes) -> Talk:
    """Answer with these bytes."""
    return lambda connection: connection.sendall(text)


def _post(url: str, timeout_s: float = 1.0) -> bytes:
    wire = Wire()
    try:
        with wire.post(url, b'{"a":1}', timeout_s=timeout_s, key="pe_sk_secret") as response:
            return b"".join(response.pieces(1024))
    finally:
        wire.close()


def _stall(connection: socket.socket) -> None:
    _head(connection)  # until the caller gives up


@pytest.mark.parametrize(
    "talk",
    [
        close,
        reset,
        _stall,
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"),
        say(b"no HTTP at all\r\n\r\n"),
        say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
    ids=["close", "reset", "stall", "truncated", "garbage", "bad-chunk"],
)
def test_anything_after_the_first_byte_is_doubt(talk: Talk) -> None:
    """The service may have read the request, whatever became of the answer: never NotSent, and
    never a second try on another connection."""
    with listening(talk, talk) as (port, received):
        with pytest.raises(WireError) as caught:
            _post(f"http://127.0.0.1:{port}/x")
        assert not isinstance(caught.value, NotSent)
        assert len(received) == 1


def test_refused_connection_is_not_sent() -> None:
    """Nobody listens: surely not billed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSent):
        _post(f"http://127.0.0.1:{port}/x")


def test_unknown_host_is_not_sent() -> None:
    """A name that does not resolve: surely not billed."""
    with pytest.raises(NotSent):
        _post("http://nobody.invalid/x")


def test_failed_handshake_is_not_sent() -> None:
    """TLS comes before the first byte of the request."""
    with listening(close) as (port, _), pytest.raises(NotSent):
        _post(f"https://127.0.0.1:{port}/x")


def test_refusing_proxy_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses the tunnel has seen no byte of the request."""
    with listening(say(b"HTTP/1.1 403 Forbidden\r\n\r\n")) as (port, received):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(NotSent):
            _post("https://api.invalid/x")
        assert received[0].startswith(b"CONNECT api.invalid:443")
        assert b"pe_sk_secret" not in received[0]


def test_request_lost_behind_a_proxy_is_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that took the request and broke off may have passed it on."""
    with listening(reset, reset) as (port, received):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(WireError) as caught:
            _post("http://api.invalid/x")
        assert not isinstance(caught.value, NotSent)
        assert len(received) == 1


def test_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's proxy must neither break the built-in engine nor see its key."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    answer = say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    with listening(answer, answer) as (port, _):
        assert _post(f"http://127.0.0.1:{port}/x") == b"ok"
        wire = Wire()
        with wire.get(f"http://127.0.0.1:{port}/x", timeout_s=1.0) as response:
            assert b"".join(response.pieces(1024)) == b"ok"
        wire.close()


class _Keeping(BaseHTTPRequestHandler):
    """Keeps connections open, and notes from which port each request came."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, int]]] = []

    def do_GET(self) -> None:
        self.seen.append((self.command, self.client_address[1]))
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


def test_purchase_has_a_connection_of_its_own() -> None:
    """The service may close a kept connection just when a POST goes out on it: that would be doubt
    about a purchase for nothing. Two POSTs share none either; GETs share theirs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Keeping) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        wire, url = Wire(), f"http://127.0.0.1:{server.server_port}/x"
        for method in ("GET", "POST", "POST", "GET"):
            given = wire.get(url, timeout_s=5.0)
            if method == "POST":
                given = wire.post(url, b"{}", timeout_s=5.0, key="pe_sk_secret")
            with given as answer:
                assert list(answer.pieces(1024)) == []
        wire.close()
        server.shutdown()
        serving.join()
    methods, ports = zip(*_Keeping.seen, strict=True)
    assert methods == ("GET", "POST", "POST", "GET")
    kept, own, other, again = ports
    assert kept == again
    assert len({kept, own, other}) == 3


def test_redirect_is_not_followed() -> None:
    """A POST that is redirected would be sent twice, and with the key to who knows where."""
    with (
        listening(say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (other, visits),
        listening(
            say(
                b"HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n"
                % other
            )
        ) as (port, _),
    ):
        _post(f"http://127.0.0.1:{port}/x")
        assert visits == []
        with socket.create_connection(("127.0.0.1", other)):
            pass


def test_netrc_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Credentials of the user's for that host belong to other programs."""
    netrc = tmp_path_factory.mktemp("netrc") / "netrc"
    netrc.write_text("machine 127.0.0.1 login bob password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    answer = say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with listening(answer, answer) as (port, received):
        wire = Wire()
        with wire.get(f"http://127.0.0.1:{port}/x", timeout_s=1.0):
            pass
        wire.close()
        _post(f"http://127.0.0.1:{port}/x")
        assert b"Basic" not in received[0] + received[1]
        assert b"Authorization" not in received[0]
        assert b"Bearer pe_sk_secret" in received[1]


def _drip(head: bytes, piece: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        gone = threading.Event()
        while not gone.wait(0.05):
            try:
                connection.sendall(piece)
            except OSError:
                return

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        _drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        _drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        _drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["body", "headers", "chunks"],
)
def test_answer_that_drips_for_ever_ends(talk: Talk) -> None:
    """Every byte in time and no end: the whole answer has a deadline, not each byte."""
    with listening(talk) as (port, _), pytest.raises(WireError):
        _post(f"http://127.0.0.1:{port}/x", timeout_s=0.5)
