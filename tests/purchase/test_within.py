"""The built-in engine inside the process that asks: the same contract, and nothing started."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from game import OUTPUTS, Game, png, sprite
from places import REPOSITORY

from pipeline.api import Project
from pipeline.core.errors import (
    AccountError,
    LinkExpiredError,
    NotSentError,
    RequestRefusedError,
)
from pipeline.purchase import local_engine
from pipeline.purchase.connect import Connection
from pipeline.purchase.service.answers import Endpoint
from pipeline.purchase.service.client import Service

#: Runs the command and says which processes it started, where it connected, and what it loaded.
WATCHED = """
import sys
told = []
def hear(event, _):
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "socket.connect", "socket.bind"):
        told.append(event)
sys.addaudithook(hear)
sys.argv = ["pixelpipe", *sys.argv[1:]]
from pipeline.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = ("requests", "urllib3", "asyncio", "uvicorn", "multiprocessing", "numpy")
print(*sorted(set(told)), *(name for name in heavy if name in sys.modules), file=sys.stderr)
"""
BODY: dict[str, object] = {
    "image": base64.b64encode(png(sprite(size=(16, 16)))).decode(),
    "prompt": "breathing calmly",
    "output_frames": 4,
    "output_format": "spritesheet",
}


#: Builds while the renderer cannot be loaded: a library's file is not opened, or is not there.
LACKING = """
import sys
from importlib.abc import MetaPathFinder
class Lacking(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "pipeline.engine.server.rendering":
            raise {fault}
sys.meta_path.insert(0, Lacking())
sys.argv = ["pixelpipe", "build"]
from pipeline.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [
        ("OSError(24, 'Too many open files')", 8, "Too many open files: free some"),
        ("ImportError('lib.so: cannot open: Too many open files')", 8, "open files: free some"),
        ("ImportError('nothing of that name')", 70, "a bug in pixelpipe"),
    ],
)
def test_a_renderer_that_cannot_start_is_not_waited_for(
    game: Game, fault: str, code: int, told: str
) -> None:
    """The thread that renders is the engine's: it may not end unheard."""
    ended = subprocess.run(
        [sys.executable, "-c", LACKING.format(fault=fault)],
        cwd=game.root, env=game.variables(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == code, ended.stderr
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert game.run("build").exit == 0
    assert game.outputs() == OUTPUTS


@pytest.fixture
def inside() -> Iterator[Service]:
    """Give the client of an engine in this process."""
    with local_engine.within() as engine:
        engine.draw(many=False)
        yield Service(engine.url, engine.key, way=engine.way)


def _watched(game: Game, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *words, str(game.root)],
        cwd=REPOSITORY,
        env=game.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()[-1].split()


def _link(service: Service, job: str) -> str:
    """Wait for a job's end and return where its result is."""
    ends = time.monotonic() + 60
    while not (found := service.job(job)).is_success:
        assert not found.is_failure, found.message
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert found.output is not None
    return found.output.url


def test_one_sprite_starts_nothing_and_loads_no_network(game: Game) -> None:
    """No process, no port, no HTTP: only numpy, which draws."""
    assert _watched(game, "build") == ["numpy"]
    assert game.outputs() == OUTPUTS


def test_a_plan_loads_neither_numpy_nor_the_network(game: Game) -> None:
    """What is asked about each sprite is remembered: none is decoded again."""
    game.build()
    assert _watched(game, "plan", "--json") == []


def test_few_and_many_sprites_give_the_same_bytes(game: Game) -> None:
    """Sixteen at once are drawn by processes of their own, ten and six inside the command."""
    names = [f"s{number:02}.png" for number in range(16)]
    for number, name in enumerate(names):
        game.draw(name, tint=number)
    for name in ("hero", "slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    together = _watched(game, "build")
    assert "subprocess.Popen" in together
    assert not {"requests", "uvicorn", "socket.connect"}.intersection(together)
    lock, outputs = game.root / "pixelpipe.lock", sorted(game.root.rglob("*.anim.*"))
    before = [path.read_bytes() for path in (lock, *outputs)]
    assert len(outputs) == 2 * len(names)
    for path in (lock, *outputs, *(game.root / ".pixelpipe").rglob("*")):
        if path.is_file():
            path.unlink()
    game.environment["PIXELPIPE_STATE"] = str(game.root.parent / "somebody")  # who has no clip yet
    for begin in ("s0", "s1"):
        assert "subprocess.Popen" not in _watched(game, "build", "--only", f"**/{begin}*.png")
    assert [path.read_bytes() for path in (lock, *outputs)] == before


def test_a_job_goes_its_way_as_over_http(inside: Service) -> None:
    """Balance, job, result: by the client's own reading of each answer."""
    assert inside.balance().available > 0
    link = _link(inside, inside.submit(Endpoint.ANIMATE, BODY))
    assert inside.download(link).startswith(b"\x89PNG")
    with pytest.raises(LinkExpiredError):
        inside.download(link[:-1])


def test_refusals_are_those_of_the_service(inside: Service) -> None:
    """What it does not take or know is refused by the same checks in the same order."""
    with pytest.raises(RequestRefusedError, match="prompt"):
        inside.animate({**BODY, "prompt": ""})
    with pytest.raises(RequestRefusedError, match="no job"):
        inside.job("nobody")
    stranger = Service(inside.base_url, "pe_sk_SomebodyElse", way=inside._wire)
    with pytest.raises(AccountError):
        stranger.balance()


def test_many_threads_may_ask_at_once(inside: Service) -> None:
    """The scheduler's workers share one engine: every job gets its own result."""
    urls: list[str] = []

    def buy(seed: int) -> None:
        urls.append(_link(inside, inside.animate({**BODY, "seed": seed})))

    threads = [threading.Thread(target=buy, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(urls)) == 8
    assert all(inside.download(url) for url in urls)


def test_a_connection_grows_when_many_are_wanted(game: Game) -> None:
    """A watch begins with one sprite; a folder that is copied in gets several renderers."""
    workspace = Project(game.root, environment=game.variables()).workspace
    with Connection(workspace, game.variables()) as connection:
        small = connection.service()
        assert connection.url is None
        assert _link(small, small.animate(BODY))
        assert connection.service(100) is small
        assert connection.service(100) is connection.service(1)
        jobs = [small.animate({**BODY, "seed": seed}) for seed in range(20)]
        assert len({_link(small, job) for job in jobs}) == len(jobs)


def test_a_renderer_that_is_killed_is_replaced(game: Game) -> None:
    """What it was at is drawn by the next one; nothing is asked for again."""
    workspace = Project(game.root, environment=game.variables()).workspace
    with Connection(workspace, game.variables()) as connection:
        service = connection.service(100)
        assert _link(service, service.animate(BODY))
        _end_renderers()
        jobs = [service.animate({**BODY, "seed": seed}) for seed in range(8)]
        assert all(_link(service, job) for job in jobs)
    assert not _renderers()


def _renderers() -> list[int]:
    """Find the processes that this one has started to draw."""
    found = []
    for children in Path("/proc/self/task").glob("*/children"):
        for number in children.read_text().split():
            with suppress(OSError):
                if b"server.hands" in Path(f"/proc/{number}/cmdline").read_bytes():
                    found.append(int(number))
    return found


def _end_renderers() -> None:
    if not (running := _renderers()):
        pytest.skip("processes cannot be found here")
    for number in running:
        os.kill(number, signal.SIGKILL)


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
def test_an_engine_that_still_draws_can_be_closed(*, many: bool) -> None:
    """A run that is interrupted ends: what waits is left, what is being drawn is waited for."""
    began = time.monotonic()
    with local_engine.within() as engine:
        engine.draw(many=many)
        service = Service(engine.url, engine.key, way=engine.way)
        for seed in range(50):
            service.animate({**BODY, "seed": seed})
    assert time.monotonic() - began < 20


#: Threads that ask without a pause, while the engine is closed under them.
CLOSED_UNDER = """
import threading
from pipeline.core.errors import UnavailableError
from pipeline.purchase import local_engine
from pipeline.purchase.service.client import Service

def ask(service, told):
    try:
        while True:
            service.balance()
    except UnavailableError as exc:
        told.append(str(exc))

for _ in range(30):
    told = []
    with local_engine.within() as engine:
        engine.draw(many=False)
        service = Service(engine.url, engine.key, way=engine.way)
        asking = [threading.Thread(target=ask, args=(service, told)) for _ in range(4)]
        for thread in asking:
            thread.start()
    for thread in asking:
        thread.join()
    assert len(told) == 4, told
print(told[0])
"""


def test_an_engine_is_closed_while_others_still_ask() -> None:
    """They are answered, or told that nobody is there: a database is never closed under a read."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", CLOSED_UNDER],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "cannot be reached" in done.stdout


def test_a_purchase_from_a_closed_engine_was_surely_not_sent() -> None:
    with local_engine.within() as engine:
        service = Service(engine.url, engine.key, way=engine.way)
    with pytest.raises(NotSentError):
        service.animate(BODY)
