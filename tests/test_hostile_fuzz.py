"""A project that somebody spoiled: whatever is run in it, it stays in it, and nothing is sent.

`FUZZ_ROUNDS=2000 FUZZ_SEED=7 python -m pytest -n 0 -s tests/test_hostile_fuzz.py` is the long run.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import hypothesis
import pytest
from command import call
from game import KEY_NAME, RULES, Game, built, folder_in_memory
from hostile import KINDS, Spoiler
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.storage import files

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "40"))
SEED = int(os.environ.get("FUZZ_SEED", "2026"))
COMMANDS = (
    ("plan",),
    ("build",),
    ("build", "--frozen"),
    ("verify",),
    ("clean",),
    ("prune", "--yes"),
    ("doctor", "--offline"),
)
MOST_S = 30.0
MOST_MIB = 400
#: How commands may end: nothing that is a bug of ours.
EXITS = {0, 1, 3, 4, 5, 6, 7, 8, 9}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and pipes are of another kind there")


class Victim:
    """A built project, its user's state, and what lies beside it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.root, self.state, self.outside = folder / "game", folder / "state", folder / "outside"
        self.first = folder / "first"
        self.url = url
        self.seconds: Counter[str] = Counter()
        self.exits: Counter[int] = Counter()
        os.environ["PIXELPIPE_STATE"] = str(self.state)
        game = Game(self.root)
        game.settings()
        game.rules(RULES)
        for number, name in enumerate(("hero", "slime")):
            game.draw(f"{name}.png", tint=number)
        game.write("README.md", "mine")
        game.write(".git/HEAD", "ref: refs/heads/main\n")
        game.write("src/main.py", "print()\n")
        self.outside.mkdir()
        (self.outside / "precious.png").write_bytes(b"precious")
        built(game)
        for path in (self.root, self.state, self.outside):
            shutil.copytree(path, self.first / path.name)

    def renew(self) -> None:
        """Bring everything back to what it was."""
        for path in (self.root, self.state, self.outside):
            shutil.rmtree(path)
            shutil.copytree(self.first / path.name, path)

    def kept(self) -> dict[str, object]:
        """Return everything that no command may touch."""
        found: dict[str, object] = {}
        for top in (self.root, self.outside):
            for folder, _, names in os.walk(top):
                for name in names:
                    path = Path(folder, name)
                    inside = path.relative_to(self.root.parent).as_posix()
                    if not _is_ours(inside):
                        found[inside] = _content(path)
        return found


def _is_ours(path: str) -> bool:
    """Tell whether a file is one that commands write: outputs, the lock file, our own folder."""
    if path in ("game/pixelpipe.lock",) or path.startswith("game/.pixelpipe/"):
        return True
    parts = path.split("/")
    return parts[0] == "game" and files.is_output(path) and not any(p[0] == "." for p in parts[:-1])


def _content(path: Path) -> object:
    if path.is_symlink():
        return ("link", str(path.readlink()))
    return path.read_bytes() if path.is_file() else "special"


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    """Build a project once; nobody may connect to where its files will point."""
    before = {name: os.environ.get(name) for name in ("PIXELPIPE_STATE", KEY_NAME)}
    with folder_in_memory() as folder, socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        made = Victim(folder, f"http://127.0.0.1:{trap.getsockname()[1]}/functions/v1")
        yield made
        with pytest.raises(BlockingIOError):  # else somebody has called
            trap.accept()
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


changes = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 2**32)), min_size=1, max_size=4
)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_spoiled_project_harms_nobody(victim: Victim) -> None:
    """Only outputs, the lock file and our own folders change; nothing is sent; no command takes
    more than ten seconds or 400 MiB, or ends as a bug."""
    before_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    @hypothesis.seed(SEED)
    @settings(
        max_examples=ROUNDS,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=(Phase.generate,),
    )
    @given(changes)
    def spoil(made: list[tuple[str, int]]) -> None:
        _round(victim, made)

    begun = time.monotonic()
    spoil()
    used_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mib
    print(
        f"\nseed {SEED}, {ROUNDS} rounds in {time.monotonic() - begun:.0f} s, slowest commands "
        f"{dict(victim.seconds)}, {used_mib:.0f} MiB more, exits {dict(victim.exits)}"
    )
    assert used_mib < MOST_MIB


def _round(victim: Victim, made: list[tuple[str, int]]) -> None:
    victim.renew()
    for kind, number in made:
        Spoiler(victim.root, Random(number), victim.url).spoil(kind)
    kept = victim.kept()
    variables = {
        KEY_NAME: f"pe_sk_{'k' * 40}",
        "PIXELPIPE_STATE": str(victim.state),
        "PIXELPIPE_JOBS": "2",
    }
    for command in COMMANDS:
        begun = time.process_time()
        ended = call(*command, str(victim.root), environment=variables)
        seconds = time.process_time() - begun
        name = " ".join(command)
        victim.seconds[name] = max(victim.seconds[name], round(seconds, 2))  # type: ignore[assignment]
        victim.exits[ended.code] += 1
        assert ended.code in EXITS, (command, ended.err)
        assert victim.kept() == kept, command
        assert seconds < MOST_S, command
        assert "\x1b" not in ended.out
        assert not any(line.startswith("::") for line in ended.out.splitlines())
