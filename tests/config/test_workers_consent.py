"""A repository alone has no cluster finish anything: it would get art, and its answers run code."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
from game import Game, Run, built

#: What a machine answers that speaks no Dask.
_MANY = 26


class Listener:
    """A foreign scheduler on this machine that notes who came, and what they sent first."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                with connection:
                    connection.settimeout(1)
                    with suppress(OSError):
                        self.calls.append(b"")
                        self.calls[-1] = connection.recv(100)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@pytest.fixture
def foreign() -> Iterator[Listener]:
    """Listen where a foreign repository would like sprites to be sent."""
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def many(game: Game) -> Game:
    """A project with so many sprites that a cluster pays."""
    for number in range(_MANY):
        game.draw(f"s{number}.png", tint=number)
    return game


def loaded(game: Game, *arguments: str, environment: Mapping[str, str] | None = None) -> set[str]:
    """Run a command in a process of its own; returns which packages of Dask it has loaded."""
    script = (
        "import sys; from pipeline.__main__ import main\n"
        f"sys.argv = ['pixelpipe', *{list(arguments)!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=game.root,
        env=game.variables(environment),
        capture_output=True,
        text=True,
    )
    names = done.stderr.rpartition("LOADED")[2].split()
    assert "pipeline" in names, done.stderr
    return {"dask", "distributed", "tornado", "cloudpickle"} & set(names)


def is_refused(run: Run, address: str) -> bool:
    """Tell whether a run ended for that reason, with the way out."""
    says = "nothing was sent" in run.stderr and "pixelpipe.yaml:" in run.stderr
    return run.exit == 5 and says and f"pixelpipe trust {address}" in run.stderr


# -- what a checkout may say --------------------------------------------------------------------

#: Names that lead to this machine today, on this system, and that only a look-up can tell so.
NAMES = ["127.1", "2130706433", "0x7f000001", "0.0.0.0", "localhost.", "LOCALHOST.localdomain"]


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_only_resolves_to_this_machine_is_not_asked(
    game: Game, foreign: Listener, name: str
) -> None:
    """Who answers for a name is decided by whoever runs the resolver."""
    game.settings(workers=f"tcp://{name}:{foreign.port}")
    run = game.run("build")
    assert is_refused(run, f"tcp://{name.lower()}:{foreign.port}"), run.stderr
    assert foreign.calls == []
    assert not game.outputs()
    assert game.locked() == []


@pytest.mark.parametrize(
    "address", ["tcp://198.51.100.7:8786", "tls://198.51.100.7:8786", "tls://[2001:db8::7]:8786"]
)
def test_a_cluster_of_a_repository_is_not_contacted(many: Game, address: str) -> None:
    """Neither by build, nor with a yes for everything; Dask is not even loaded."""
    many.settings(workers=address)
    for command in (("build",), ("build", "--yes"), ("build", "--frozen"), ("plan",)):
        run = many.run(*command)
        assert run.exit == 5, command
        assert "nothing was sent" in run.stderr
    assert not loaded(many, "build", "--yes")
    assert not many.outputs()


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    "address",
    [
        "tcp://127.0.0.1:8786@198.51.100.7:8786",
        "tcp://127.0.0.1:8786/@198.51.100.7:8786",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:99999",
        "tcp://127.0.0.1:8786?x=198.51.100.7",
        "tcp://127.0.0.1:8786#",
        "tcp://127.0.0.1\\@198.51.100.7:8786",
        "ws://127.0.0.1:8786",
        "ucx://127.0.0.1:8786",
        "inproc://127.0.0.1/1/1",
        "127.0.0.1:8786",
        "tcp://127.0.0.1:8786 ",
        "tcp://[::1]@198.51.100.7:8786",
        "",
        "0",
        "-1",
        "1025",
        "dusk",
    ],
)
def test_what_is_no_address_is_a_mistake_in_the_file(many: Game, address: str) -> None:
    """Two readings of one text would be a way around the question."""
    many.settings(workers=address)
    run = many.run("build")
    assert run.exit == 3, run.stderr
    assert "workers" in run.stderr


@pytest.mark.usefixtures("in_process")
def test_a_repository_names_no_cluster_for_what_is_up_to_date(
    game: Game, foreign: Listener
) -> None:
    """With nothing to finish nobody is asked, so nothing has to be refused."""
    built(game)
    game.settings(workers=f"tcp://127.1:{foreign.port}")
    assert game.run("build").exit == 0
    assert foreign.calls == []


# -- the user's word ----------------------------------------------------------------------------


@pytest.mark.usefixtures("in_process")
def test_trust_is_for_one_address_of_one_project(game: Game, foreign: Listener) -> None:
    """Another port, scheme or project is not meant, nor is a host that may get the key."""
    address = f"tcp://127.1:{foreign.port}"
    game.settings(workers=address)
    for other in ("127.1", f"127.1:{foreign.port}", f"tls://127.1:{foreign.port}", "tcp://127.1:1"):
        assert game.run("trust", other).exit == 0
        assert game.run("build").exit == 5, other
    assert game.run("trust", address).exit == 0
    assert game.run("build", environment={"CI": "true"}).exit == 5
    assert address in game.run("trust", "--list").stdout
    assert game.run("build").exit == 0
    game.run("trust", "--revoke", address)
    game.draw("new.png", tint=9)
    assert game.run("build").exit == 5
    assert foreign.calls == []  # so few sprites are finished here, whoever may be asked


@pytest.mark.parametrize("way", ["trust", "flag", "environment", "dask"])
def test_with_the_users_word_the_cluster_is_asked(many: Game, foreign: Listener, way: str) -> None:
    """And when nobody there speaks Dask, all is finished here."""
    address = f"tcp://127.1:{foreign.port}"
    options, environment = [], {}
    if way == "trust":
        many.settings(workers=address)
        many.run("trust", address)
    elif way == "flag":
        options = ["--workers", address]
    elif way == "environment":
        environment = {"PIXELPIPE_WORKERS": address}
    else:
        many.settings(workers="dask")
        environment = {"DASK_SCHEDULER_ADDRESS": address.removeprefix("tcp://")}
    run = many.run("build", *options, environment=environment)
    assert run.exit == 0, run.stderr
    assert foreign.calls
    assert f"{address}: cannot be reached" in run.stderr
    assert "finished here" in run.stderr
    assert len(many.outputs()) == 2 * (_MANY + 3)


def test_a_stray_variable_of_dask_ships_nothing(many: Game, foreign: Listener) -> None:
    """It is read where `workers: dask` says so, and nowhere else."""
    stray = {"DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{foreign.port}"}
    assert not loaded(many, "build", environment=stray)
    assert foreign.calls == []
    assert len(many.outputs()) == 2 * (_MANY + 3)


@pytest.mark.usefixtures("in_process")
def test_without_the_variable_dask_is_this_machine(game: Game) -> None:
    """A colleague without the cluster builds from the same checkout."""
    game.settings(workers="dask")
    assert game.run("build").exit == 0
    wrong = {"DASK_SCHEDULER_ADDRESS": "tcp://here"}
    game.draw("new.png", tint=9)
    run = game.run("build", environment=wrong)
    assert run.exit == 5
    assert "DASK_SCHEDULER_ADDRESS" in run.stderr


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", ["tcp://h", "tls://h:1/x", "tls://u@h:1", "TLS://h:99999"])
def test_what_names_no_scheduler_is_not_trusted(game: Game, name: str) -> None:
    """Neither as a cluster nor, by mistake, as a host that gets the key."""
    assert game.run("trust", name).exit == 2
    assert "nothing is allowed" in game.run("trust").stdout


# -- what is loaded -----------------------------------------------------------------------------


def test_dask_is_loaded_for_a_cluster_alone(many: Game) -> None:
    """Help, an ordinary build, one with more processes, and a run with nothing to do need none."""
    assert not loaded(many, "--help")
    assert not loaded(many, "build", "--help")
    assert not loaded(many, "worker", "--help")
    assert not loaded(many, "build", "--workers", "2")
    assert not loaded(many, "build")
    many.settings(workers="tcp://127.0.0.1:9")
    assert not loaded(many, "build")


def test_a_missing_package_is_named_with_its_command(many: Game) -> None:
    """The sprites are finished here; a worker cannot be without it."""
    many.write("none/distributed/__init__.py", "raise ImportError('none')")
    paths = os.pathsep.join((str(many.root / "none"), many.variables()["PYTHONPATH"]))
    run = many.run("build", "--workers", "tcp://127.0.0.1:9", environment={"PYTHONPATH": paths})
    assert run.exit == 0, run.stderr
    assert "pip install 'pixelpipe[dask]'" in run.stderr
    assert len(many.outputs()) == 2 * (_MANY + 3)
