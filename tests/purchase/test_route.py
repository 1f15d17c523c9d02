"""Proxies and certificates of the environment: obeyed, or named with what can be done."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import hostile_service
import pytest
from test_hostile import certificate
from test_service import closing_service

from pipeline.core import errors
from pipeline.purchase.service.exchange import NotSent
from pipeline.purchase.service.wire import Wire

ELSEWHERE = "https://api.pixelengine.invalid/v1"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", *CERTIFICATES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9", "pysocks"),
        ("HTTPS_PROXY", "socks5h://user:secret@127.0.0.1:9", "pysocks"),
        ("https_proxy", "socks4://127.0.0.1:9", "pysocks"),
        ("HTTPS_PROXY", "http://", "HOST:PORT"),
        ("HTTPS_PROXY", "://", "HOST:PORT"),
        ("HTTPS_PROXY", "http://proxy:port", "HOST:PORT"),
        ("HTTPS_PROXY", "http://[broken", "HOST:PORT"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:9", "HOST:PORT"),
        ("REQUESTS_CA_BUNDLE", "/nonexistent/corp.pem", "unset it"),
        ("CURL_CA_BUNDLE", "/nonexistent/corp.pem", "unset it"),
    ],
)
def test_setting_that_leads_nowhere_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, remedy: str
) -> None:
    """Of a question and of a purchase: a sentence with the variable, and never what it hides."""
    monkeypatch.setenv(variable, value)
    if remedy == "pysocks":
        monkeypatch.setitem(sys.modules, "socks", None)  # as where it was never installed
    with closing_service(ELSEWHERE) as service:
        for ask in (service.balance, lambda: service.animate({"prompt": "x"})):
            with pytest.raises(errors.ConfigError) as caught:
                ask()
            assert variable in str(caught.value)
            assert remedy in str(caught.value)
            assert "secret" not in str(caught.value)


def test_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent, and the user sees whose fault it is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    with closing_service(ELSEWHERE) as service:
        with pytest.raises(errors.NotSentError, match="HTTPS_PROXY"):
            service.animate({"prompt": "x"})
        with pytest.raises(errors.UnavailableError, match="HTTPS_PROXY"):
            service.balance()


@pytest.mark.parametrize("variable", CERTIFICATES)
def test_own_authority_is_trusted_by_any_of_the_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    """A company's own authority: named by the variable that its tools know."""
    trusted = certificate(tmp_path)
    monkeypatch.setenv(variable, str(trusted))
    if variable == "SSL_CERT_DIR":
        folder = tmp_path / "authorities"
        folder.mkdir()
        shutil.copy(trusted, folder)
        subprocess.run(["openssl", "rehash", folder], check=True)
        monkeypatch.setenv(variable, str(folder))
    with hostile_service.serving(trusted) as there, closing_service(there.url) as service:
        assert service.balance().available == 1000


def test_remedy_for_an_unknown_authority_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else "try later" for ever; with a wrong file, the variable that names it."""
    mine = certificate(tmp_path)
    with (
        hostile_service.serving(mine) as there,
        closing_service(there.url) as service,
        pytest.raises(errors.UnavailableError, match="REQUESTS_CA_BUNDLE"),
    ):
        service.balance()
    (tmp_path / "other").mkdir()
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        for content in (certificate(tmp_path / "other").read_text(), "no certificate", ""):
            wrong = tmp_path / "wrong.pem"
            wrong.write_text(content)
            with monkeypatch.context() as patch, hostile_service.serving(mine) as there:
                patch.setenv(variable, str(wrong))
                with closing_service(there.url) as service:
                    with pytest.raises(errors.PixelpipeError, match=variable):
                        service.balance()
                    with pytest.raises(errors.PixelpipeError, match=variable):
                        service.animate({"prompt": "x"})


def test_system_file_that_is_not_there_is_no_hindrance(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As with all other programs that read SSL_CERT_FILE."""
    trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/corp.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    with hostile_service.serving(trusted) as there, closing_service(there.url) as service:
        assert service.balance().available == 1000


def _socks(connection: socket.socket, targets: list[bytes]) -> None:
    """Speak SOCKS5 to a client, and pass everything on to where it wants to go."""
    with connection, suppress(OSError, IndexError):  # of a client that goes away
        connection.recv(2 + 255)
        connection.sendall(b"\x05\x00")
        head = connection.recv(4 + 255 + 2)
        length = head[4]
        name = head[5 : 5 + length] if head[3] == 3 else socket.inet_ntoa(head[4:8]).encode()
        port = int.from_bytes(head[-2:], "big")
        targets.append(name)
        with socket.create_connection(("127.0.0.1", port)) as there:
            connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
            for one, other in ((connection, there), (there, connection)):
                threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()
            while connection.fileno() >= 0 and there.fileno() >= 0 and not _is_over(connection):
                time.sleep(0.01)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)


def _is_over(connection: socket.socket) -> bool:
    try:
        connection.getpeername()
    except OSError:
        return True
    return False


def test_socks_proxy_is_used_where_its_package_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through it goes everything, and a purchase that it refuses was surely not sent."""
    targets: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        port = proxy.getsockname()[1]

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(
                        target=_socks, args=(proxy.accept()[0], targets), daemon=True
                    ).start()

        threading.Thread(target=serve, daemon=True).start()
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{port}")
        with hostile_service.serving() as there:
            wire = Wire()
            for host in ("one.example", "two.example"):
                url = there.url.replace("localhost", host) + "/balance"
                with wire.get(url, timeout_s=5) as answer:
                    assert answer.status == 200
                    assert b"available" in b"".join(answer.pieces(1024))
            wire.close()
    assert targets == [b"one.example", b"two.example"]
    wire = Wire()
    with pytest.raises(NotSent), wire.post("http://x.example/", b"{}", timeout_s=5, key="k"):
        pass
    wire.close()
