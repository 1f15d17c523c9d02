"""Somebody who says nothing, or a little at a time, keeps nobody else from the engine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from places import REPOSITORY

_SERVE = """
from pipeline.engine.server import serve
serve._Protocol.head_s = 0.5
serve.run(serve.Settings(is_ending_with_stdin=True))
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve with little patience."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    yield urlsplit(json.loads(process.stdout.readline())["url"]).port or 0
    process.stdin.close()
    process.wait(timeout=60)
    process.stdout.close()


def _lasts(port: int, pieces: list[bytes]) -> float:
    """Return for how many seconds a connection stays open that sends `pieces`, 0.2 s apart."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        begun = time.monotonic()
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:
                break
            time.sleep(0.2)
        while True:
            try:
                if not connection.recv(65536):
                    break
            except OSError:
                break
        return time.monotonic() - begun


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"GET / HTTP/1.1\r\n"],
        [b"X"] * 30,
        [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", *([b"G"] * 30)],
    ],
    ids=["silence", "half a head", "drip", "drip after an answer"],
)
def test_a_head_that_does_not_come_ends_the_connection(port: int, pieces: list[bytes]) -> None:
    """Also in a connection that was used before."""
    assert _lasts(port, pieces) < 6


def test_a_request_that_is_whole_is_answered(port: int) -> None:
    """And its connection stays for the next one."""
    request = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for _ in range(2):
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"}}"):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 404")
