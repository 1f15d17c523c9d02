"""Real servers of buckets on this machine, each with an empty disk of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installed import TOOLS, missing

from pipeline.storage.shared import opening
from pipeline.storage.shared.store import Unreachable

_START_S = 90.0


@dataclass(frozen=True)
class Bucket:
    """A store's address, and the variables that lead to it."""

    url: str
    environment: Mapping[str, str]


def ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def seaweed(folder: Path) -> Iterator[Bucket]:
    """Serve S3 by SeaweedFS until the block is left; it makes a bucket when one is written to."""
    weed = _found("weed", TOOLS / "servers/bin/weed", Path(sys.executable).with_name("weed"))
    # Its gRPC ports are ours plus 10,000, so they must stay below 55,536.
    s3, filer, master, volume = _low_ports(4)
    arguments = [
        *(weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"),
        *(f"-s3.port={s3}", f"-filer.port={filer}", f"-master.port={master}"),
        *(f"-volume.port={volume}", "-volume.max=20", "-master.volumeSizeLimitMB=64"),
        # Two more listen on ports that are the same for every server, unless told not to.
        *("-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    ]
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    environment = _s3(s3, keys)
    with _running(arguments, folder, keys, s3):
        found = Bucket("s3://art/game", environment)
        _written_to(found, folder)
        yield found


def _written_to(bucket: Bucket, folder: Path) -> None:
    """Wait until a bucket that is made by the first write is there: the server listens before."""
    store, ends = (
        opening.connect(bucket.url, folder, bucket.environment),
        time.monotonic() + _START_S,
    )
    while True:
        try:
            store.create("ready", b"")
            return store.delete("ready")
        except Unreachable:
            assert time.monotonic() < ends
            time.sleep(0.2)


@contextmanager
def azurite(folder: Path) -> Iterator[Bucket]:
    """Serve Azure blobs by Azurite until the block is left."""
    script = TOOLS / "npm-servers/node_modules/.bin/azurite-blob"
    _found("azurite", script)
    (port,) = ports(1)
    arguments = [str(script), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    arguments += ["-l", str(folder), "--disableTelemetry", "--skipApiVersionCheck"]
    # The account and key that every Azurite has; they are no secret.
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    environment = {
        "AZURE_STORAGE_ACCOUNT_NAME": "devstoreaccount1",
        "AZURE_STORAGE_ACCOUNT_KEY": key,
        "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/devstoreaccount1",
    }
    with _running(arguments, folder, {}, port):
        yield Bucket("az://art/game", environment)


@contextmanager
def s3rver(folder: Path) -> Iterator[Bucket]:
    """Serve S3 by a server that takes `If-None-Match: *` and does not obey."""
    script = TOOLS / "npm-servers/node_modules/.bin/s3rver"
    _found("s3rver", script)
    (port,) = ports(1)
    arguments = [str(script), "-d", str(folder), "-a", "127.0.0.1", "-p", str(port), "-s"]
    arguments += ["--configure-bucket", "art"]
    keys = {"AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER"}
    with _running(arguments, folder, {}, port):
        yield Bucket("s3://art/game", _s3(port, keys))


def _s3(port: int, keys: Mapping[str, str]) -> dict[str, str]:
    return {**keys, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}


def _low_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        found += [one for one in ports(count) if one < 55_000 and one not in found]
    return found[:count]


def _found(name: str, *places: Path) -> str:
    for place in places:
        if place.exists():
            return str(place)
    return shutil.which(name) or missing(name)


@contextmanager
def _running(
    arguments: list[str], folder: Path, variables: Mapping[str, str], port: int
) -> Iterator[None]:
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            arguments, cwd=folder, env={**os.environ, **variables}, stdout=log, stderr=log
        )
    try:
        _wait(process, port, folder / "server.log")
        yield
    finally:
        process.kill()  # its disk goes with the test
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a server answers anything at all."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2):
                return
        except urllib.error.HTTPError as exc:
            exc.close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"does not answer: {log.read_text('utf-8', 'replace')[-2000:]}")
