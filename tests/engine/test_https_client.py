"""A client that insists on https works unchanged, and pixelpipe does with the same authority."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certificates
import pytest
from certificates import Certificates
from engine_server import png
from places import REPOSITORY

from pipeline.engine.contract.errors import LocalRefusal
from pipeline.engine.server import tls

CLIENT = Path(__file__).with_name("https_client.mjs")
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    not certificates.HAS_OPENSSL, reason="openssl is not installed: https was NOT tried"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make one authority for all tests."""
    return certificates.make(tmp_path_factory.mktemp("authority"))


@contextmanager
def engine(made: Certificates, folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """Run `pixelpipe engine serve` with TLS until the block is left; gives what it announced."""
    command = [sys.executable, "-m", "pipeline", "engine", "serve", "--json"]
    named = ("--tls-cert", str(made.certificate), "--tls-key", str(made.key))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PIXELPIPE_STATE": str(folder)}
    process = subprocess.Popen(
        [*command, *named, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=folder, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


@pytest.mark.skipif(NODE is None, reason="node is not installed: no foreign client was tried")
def test_a_client_that_insists_on_https_runs_unchanged(made: Certificates, tmp_path: Path) -> None:
    """Node's fetch: balance, animate, poll, download, batch, keyframes, cancel."""
    with engine(made, tmp_path, "--latency", "0.4", "--credits", "200") as said:
        assert said["url"].startswith("https://127.0.0.1:")
        done = subprocess.run(
            [str(NODE), str(CLIENT)], capture_output=True, text=True, timeout=60,
            env={
                "PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(made.authority),
                "PIXEL_ENGINE_BASE": said["url"], "PIXEL_ENGINE_API_KEY": said["api_key"],
                "SPRITE": png(),
            },
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["before"]["available"] == 200
    assert found["animate"]["status"] == "success"
    assert found["file"] | {"size": 0} == {
        "status": 200, "type": "image/png", "size": 0, "first": 0x89,
    }  # fmt: skip
    assert found["batch"]["summary"]["success"] == 2
    assert [one["status"] for one in found["batchFiles"]] == [200, 200]
    assert found["keyframesFile"]["type"] == "image/webp"
    assert found["cancelled"]["status"] == "cancelled"
    assert found["after"]["available"] == 200 - 20 - (20 + 12) - 24
    assert found["after"]["reserved"] == 0


@pytest.mark.skipif(NODE is None, reason="node is not installed: no foreign client was tried")
def test_without_the_authority_the_client_refuses(made: Certificates, tmp_path: Path) -> None:
    """It is real TLS: who does not know the authority does not speak."""
    with engine(made, tmp_path) as said:
        done = subprocess.run(
            [str(NODE), str(CLIENT)], capture_output=True, text=True, timeout=60,
            env={
                "PATH": os.environ["PATH"], "PIXEL_ENGINE_BASE": said["url"],
                "PIXEL_ENGINE_API_KEY": said["api_key"], "SPRITE": png(),
            },
        )  # fmt: skip
    assert done.returncode != 0
    assert "fetch failed" in done.stderr


def test_pixelpipe_itself_speaks_to_it(made: Certificates, tmp_path: Path) -> None:
    """With the authority in REQUESTS_CA_BUNDLE."""
    with engine(made, tmp_path, "--public-url", "https://engine.test") as said:
        assert said["url"] == "https://engine.test/functions/v1"
        assert said["openapi"] == "https://engine.test/openapi.json"
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "balance", "--json"],
            capture_output=True, text=True, timeout=60, cwd=tmp_path,
            env={
                **os.environ, "PYTHONPATH": str(REPOSITORY), "PIXELPIPE_STATE": str(tmp_path),
                "REQUESTS_CA_BUNDLE": str(made.authority), "PIXELPIPE_SERVICE": said["local_url"],
                "PIXEL_ENGINE_API_KEY": said["api_key"],
            },
        )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_files_that_are_no_certificate_are_named(made: Certificates, tmp_path: Path) -> None:
    """A key of another certificate, no PEM at all, a file that is missing, a key alone."""
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no PEM", "utf-8")
    wrong = [
        (made.certificate, rubbish), (rubbish, None), (tmp_path / "none.pem", None),
        (None, made.key), (made.authority, made.key),
    ]  # fmt: skip
    for certificate, key in wrong:
        with pytest.raises(LocalRefusal):
            tls.read(certificate, key)


def test_certificate_and_key_may_be_one_file(made: Certificates, tmp_path: Path) -> None:
    """As some programs write them."""
    both = tmp_path / "both.pem"
    both.write_bytes(made.certificate.read_bytes() + made.key.read_bytes())
    assert tls.read(both, None) == tls.Certificate(both, both)
