"""The Dockerfile serves the engine: its steps are run as a shell in a clean folder.

No image is built here: that needs a container engine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
import venv
from pathlib import Path

import pytest
from game import FOREIGN
from places import REPOSITORY

pytestmark = pytest.mark.skipif(os.name == "nt", reason="its steps are for a shell of Linux")
KEY = "pe_sk_" + "container" * 4
#: Read before a fixture clears the environment of tests: pip's own settings and cache.
OURS = {name: value for name, value in os.environ.items() if name not in {*FOREIGN, "PYTHONPATH"}}


def steps() -> list[tuple[str, str]]:
    """Read the file's steps as (word, rest)."""
    lines = (REPOSITORY / "Dockerfile").read_text("utf-8").splitlines()
    found = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in found]


def of(wanted: str) -> list[str]:
    """List what stands behind each step of one word."""
    return [rest for word, rest in steps() if word == wanted]


def test_every_file_that_is_copied_is_let_through() -> None:
    """A file that .dockerignore holds back, or that is not there, stops the build."""
    let = (REPOSITORY / ".dockerignore").read_text("utf-8").split()
    assert let[0] == "*"
    for rest in of("COPY"):
        for name in rest.split()[:-1]:
            assert (REPOSITORY / name).exists(), name
            assert f"!{name}" in let, name


def test_it_runs_as_nobody() -> None:
    """Whoever breaks out of the server is no root."""
    assert of("USER") == ["65534:65534"]


@pytest.mark.slow
def test_its_steps_serve_the_engine(tmp_path: Path) -> None:
    """Copied, installed, started as the image would be, in an environment of its own."""
    venv.create(tmp_path / "venv", with_pip=True)
    for rest in of("COPY"):
        *names, target = rest.split()
        place = tmp_path / target.strip("/")
        for name in names:
            if (REPOSITORY / name).is_dir():
                shutil.copytree(REPOSITORY / name, place)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(REPOSITORY / name, place)
    path = f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{OURS['PATH']}"
    for command in of("RUN"):
        here = command.replace("/src", str(tmp_path / "src"))
        done = subprocess.run(
            ["sh", "-ec", here], cwd=tmp_path, capture_output=True, text=True,
            env={**OURS, "PATH": path},
        )  # fmt: skip
        if done.returncode and os.environ.get("PIXELPIPE_REQUIRE_TARGETS") != "1":
            pytest.skip(f"pip cannot install here: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
    (entry,) = of("ENTRYPOINT")
    # What stands behind the image's name in `docker run` comes last, and counts.
    more = ["--port", "0", "--json", "--public-url", "http://engine.test:8787"]
    state = str(tmp_path / "state")
    process = subprocess.Popen(
        [*json.loads(entry), *more], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        env={"PATH": path, "PIXELPIPE_ENGINE_KEY": KEY, "PIXELPIPE_STATE": state},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = json.loads(process.stdout.readline())
        assert said["url"] == "http://engine.test:8787/functions/v1"
        local = said["local_url"].replace("0.0.0.0", "127.0.0.1")
        asked = urllib.request.Request(
            f"{local}/balance", headers={"Authorization": f"Bearer {KEY}"}
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert json.load(answer)["available"] > 0
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
        process.stdout.close()
