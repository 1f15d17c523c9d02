"""A Dask cluster makes the same files as one machine alone, whatever happens to it meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import certificates
import pytest
from dasking import Farm, farm
from game import RULES, Game
from places import REPOSITORY

#: Just enough for a cluster to pay, and many enough to be in the middle of.
FEW, MANY = 26, 160


def drawn(root: Path, count: int) -> Game:
    """Make a project of so many sprites, nothing of it built."""
    game = Game(root)
    game.settings()
    game.rules(RULES)
    for number in range(count):
        game.draw(f"s{number:03}.png", tint=number)
    return game


def made(game: Game) -> dict[str, bytes]:
    """Return all outputs and the lock file, by their paths."""
    found = {path: content for path, (_, content) in game.files().items() if ".anim." in path}
    return found | {"lock": (game.root / "pixelpipe.lock").read_bytes()}


def made_alone(folder: Path, count: int) -> dict[str, bytes]:
    """What one machine makes of so many."""
    game = drawn(folder / "game", count)
    game.environment["PIXELPIPE_STATE"] = str(folder / "state")
    assert game.run("build").exit == 0
    return made(game)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one machine makes of the few."""
    return made_alone(tmp_path_factory.mktemp("alone"), FEW)


@pytest.fixture(scope="module")
def many_alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one machine makes of the many."""
    return made_alone(tmp_path_factory.mktemp("many-alone"), MANY)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """A scheduler with two workers."""
    folder = tmp_path_factory.mktemp("farm")
    with farm(folder, Game(folder)) as found:
        found.add()
        found.add()
        yield found


def test_two_workers_make_the_same_bytes(
    tmp_path: Path, two: Farm, alone: dict[str, bytes]
) -> None:
    """And all of it is made there: nothing is said, nothing done twice."""
    game = drawn(tmp_path / "game", FEW)
    before = two.finished()
    run = game.run("build", "--workers", two.address)
    assert run.exit == 0, run.stderr
    assert "finished here" not in run.stderr
    assert two.finished() - before == FEW
    assert made(game) == alone


def test_what_is_wrong_with_a_sprite_is_told_as_it_is_here(tmp_path: Path, two: Farm) -> None:
    """An error of a sprite's own comes back as that error; nobody finishes it a second time."""
    game = drawn(tmp_path / "game", FEW)
    game.settings(targets=[{"sheet": {"max_width": 16, "max_height": 16}}])
    run = game.run("build", "--workers", two.address)
    assert run.exit == 1
    assert f"{FEW} clips" in run.stderr or run.stderr.count("more than 16x") == FEW
    assert "finished here" not in run.stderr


@pytest.mark.slow
def test_workers_of_another_version_are_sent_away(tmp_path: Path, alone: dict[str, bytes]) -> None:
    """What they were given is finished here, and only the others are asked from then on."""
    other = tmp_path / "other"
    shutil.copytree(REPOSITORY / "pipeline", other / "pipeline")
    with (other / "pipeline" / "imaging" / "stages.py").open("a") as stages:
        stages.write("\n# another version\n")
    game = drawn(tmp_path / "game", FEW)
    with farm(tmp_path / "farm", game) as mixed:
        mixed.add(environment={"PYTHONPATH": str(other)})
        run = game.run("build", "--workers", mixed.address)
        assert run.exit == 0, run.stderr
        assert run.stderr.count("have another version") == 1
        assert made(game) == alone
        mixed.add()
        again = drawn(tmp_path / "again", FEW)
        again.environment["PIXELPIPE_STATE"] = str(tmp_path / "again-state")
        run = again.run("build", "--workers", mixed.address)
        assert run.exit == 0, run.stderr
        assert run.stderr.count("have another version") == 1
        assert made(again) == alone


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(
    tmp_path: Path, many_alone: dict[str, bytes]
) -> None:
    """Its sprites are made by the other, or here; the files are the same."""
    game = drawn(tmp_path / "game", MANY)
    with farm(tmp_path / "farm", game) as two:
        two.add()
        two.add("--no-nanny")
        building = _until_some_are_there(game, two)
        _kill(two.workers[1])
        _, stderr = building.communicate(timeout=200)
    assert building.returncode == 0, stderr
    assert made(game) == many_alone


@pytest.mark.slow
@pytest.mark.parametrize("who", ["scheduler", "all workers", "a scheduler that hangs"])
def test_a_cluster_that_goes_away_is_not_waited_for(
    tmp_path: Path, who: str, many_alone: dict[str, bytes]
) -> None:
    """What it has not answered is finished here, and that is said once."""
    game = drawn(tmp_path / "game", MANY)
    with farm(tmp_path / "farm", game) as two:
        two.add("--no-nanny")
        two.add("--no-nanny")
        building = _until_some_are_there(game, two)
        assert two.scheduler is not None
        if who == "a scheduler that hangs":
            two.scheduler.send_signal(signal.SIGSTOP)
        else:
            for process in [two.scheduler] if who == "scheduler" else two.workers:
                _kill(process)
        begun = time.monotonic()
        _, stderr = building.communicate(timeout=200)
        ended = time.monotonic()
        two.scheduler.send_signal(signal.SIGCONT)
    assert building.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert stderr.count("finished here") == 1, stderr
    assert made(game) == many_alone
    assert ended - begun < 120


def test_without_a_worker_all_is_finished_here(tmp_path: Path, alone: dict[str, bytes]) -> None:
    """A scheduler alone would let us wait for ever."""
    game = drawn(tmp_path / "game", FEW)
    with farm(tmp_path / "farm", game) as empty:
        run = game.run("build", "--workers", empty.address)
    assert run.exit == 0, run.stderr
    assert "no worker is there" in run.stderr
    assert made(game) == alone


@pytest.mark.slow
@pytest.mark.skipif(not certificates.HAS_OPENSSL, reason="openssl is not installed")
def test_tls_takes_the_certificates_that_dask_takes(
    tmp_path: Path, alone: dict[str, bytes]
) -> None:
    """From its variables; without them the scheduler is not spoken to, and that is said."""
    own = certificates.make(tmp_path)
    parts = {"CA_FILE": own.authority}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        parts |= {f"{role}__CERT": own.certificate, f"{role}__KEY": own.key}
    said = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(path) for name, path in parts.items()}
    game = drawn(tmp_path / "game", FEW)
    plain = dict(game.environment)
    game.environment |= said
    with farm(tmp_path / "farm", game, "--protocol", "tls") as safe:
        assert safe.address.startswith("tls://")
        safe.add()
        run = game.run("build", "--workers", safe.address)
        assert run.exit == 0, run.stderr
        assert safe.finished() == FEW
        assert made(game) == alone
        game.environment = plain
        game.draw("s000.png", tint=200)
        for number in range(FEW):
            game.draw(f"new{number}.png", tint=100 + number)
        run = game.run("build", "--workers", safe.address)
        assert run.exit == 0, run.stderr
        assert "Dask's settings name no certificates" in run.stderr
        assert run.stderr.count("finished here") == 1


def test_ctrl_c_ends_a_build_on_a_cluster(tmp_path: Path, two: Farm) -> None:
    """At once, and the next build goes on."""
    game = drawn(tmp_path / "game", MANY)
    building = _until_some_are_there(game, two)
    os.kill(building.pid, signal.SIGTERM)
    _, stderr = building.communicate(timeout=30)
    assert building.returncode == 130, stderr
    assert "Traceback" not in stderr


def test_a_worker_has_memory_set_as_the_work_needs_it(two: Farm) -> None:
    """Dask's own settings give memory back after each sprite."""
    found = two.ask("import os; found = os.environ.get('MALLOC_TRIM_THRESHOLD_')")
    assert found == ["268435456", "268435456"]
    assert two.ask("found = dask_worker.state.nthreads") == ["1", "1"]


def test_a_worker_says_what_is_no_address(game: Game) -> None:
    """With exit 2, and nothing started."""
    run = game.run("worker", "localhost")
    assert run.exit == 2
    assert "tls://host:8786" in run.stderr


def test_a_worker_without_certificates_says_so(game: Game) -> None:
    """Dask would say it by a stack of its own; with exit 3, and nothing started."""
    run = game.run("worker", "tls://localhost:8786")
    assert run.exit == 3
    assert "name no certificates" in run.stderr
    missing = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": "/nowhere/ca.pem"}
    run = game.run("worker", "tls://localhost:8786", environment=missing)
    assert run.exit == 3
    assert "certificates" in run.stderr


def test_a_worker_says_where_no_scheduler_is(game: Game) -> None:
    """Dask would show its stack; with exit 6, once it was waited for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        run = game.run("worker", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
    assert run.exit == 6
    assert "is `dask scheduler` running there" in run.stderr
    assert game.run("worker", "tcp://no-such-host.invalid:8786").exit == 6


def _until_some_are_there(game: Game, there: Farm) -> subprocess.Popen[str]:
    """Start a build on a cluster; returns when the first files are published."""
    building = game.start("build", "--workers", there.address)
    end = time.monotonic() + 60
    while len(game.outputs()) < 20:
        assert building.poll() is None, building.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    return building


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with what it has started, without a word."""
    import psutil

    started = psutil.Process(process.pid)
    for one in (*started.children(recursive=True), started):
        one.kill()
    process.wait()
