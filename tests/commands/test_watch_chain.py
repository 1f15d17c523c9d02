"""The real `pixelpipe watch`, tormented, with a service that takes credits.

Afterwards the set of animated sprites equals the set of sprites, no key was bought twice, and
nothing is left half done.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from game import RULES, Game, Shop, png, shop_serving, sprite
from saving import SAVES

from pipeline.commands.watch import loop
from pipeline.core.model import JobState
from pipeline.storage.ledger import Ledger

LIMIT_S = 120.0
SETTLE_S = 0.4


class Torment:
    """What happens to the assets; each picture is another one."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.assets = game.root / "assets"
        self._drawn = 0

    def picture(self) -> bytes:
        """Draw what was never there before."""
        self._drawn += 1
        return png(sprite(self._drawn % 60, (12 + self._drawn // 60, 14)))

    def every_editor(self) -> None:
        """Save in every way there is."""
        for save in SAVES:
            save(self.assets / f"{save.__name__}.png", self.picture())

    def slowly(self) -> None:
        """Write a file in three pieces, each after more than the settle time."""
        content = self.picture()
        third = len(content) // 3
        with (self.assets / "slow.png").open("wb", buffering=0) as stream:
            for piece in (content[:third], content[third : 2 * third], content[2 * third :]):
                stream.write(piece)
                time.sleep(1.3 * SETTLE_S)

    def folders(self) -> None:
        """Copy a folder in, move one in from outside, inside, and out again."""
        outside = self.game.root.parent / "outside"
        for name in ("pack/a", "pack/b", "moved", "gone"):
            (outside / name).mkdir(parents=True)
            for number in range(3):
                (outside / name / f"{number}.png").write_bytes(self.picture())
        shutil.copytree(outside / "pack", self.assets / "pack")
        (outside / "moved").rename(self.assets / "moved")
        (outside / "gone").rename(self.assets / "gone")
        (self.assets / "moved").rename(self.assets / "pack/inside")
        (self.assets / "gone").rename(outside / "gone again")

    def branches(self) -> None:
        """Switch to another branch, back, and there again."""
        self._git("init", "-q", "-b", "main")
        self.game.write(".gitignore", "*.anim.*\n")  # nobody commits in the middle of a build
        self._git("add", "assets")
        self._git("commit", "-qm", "one")
        self._git("checkout", "-qb", "other")
        for number in range(6):
            (self.assets / f"branch{number}.png").write_bytes(self.picture())
        self._git("add", "assets")
        self._git("commit", "-qm", "two")
        for name in ("main", "other", "main", "other"):
            self._git("checkout", "-qf", name)

    def _git(self, *words: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *who, *words], cwd=self.game.root, check=True, capture_output=True)

    def root_replaced(self) -> None:
        """Delete the assets folder and make it again."""
        shutil.move(self.assets, self.game.root / "kept")
        self.assets.mkdir()
        time.sleep(SETTLE_S)
        shutil.copytree(self.game.root / "kept", self.assets, dirs_exist_ok=True)
        shutil.rmtree(self.game.root / "kept")

    def while_stopped(self, watching: subprocess.Popen[str]) -> None:
        """Stop the process, overflow its queue of events, and let it go on too late."""
        watching.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        for number in range(6_000):  # three events each: the kernel keeps 16,384
            (self.assets / f"noise{number}.txt").write_bytes(b"x")
        for number in range(6):
            (self.assets / f"late{number}.png").write_bytes(self.picture())
        (self.assets / "pack/b").rename(self.assets / "renamed while stopped")
        time.sleep(max(0.0, loop._GAP_S + 0.5 - (time.monotonic() - stopped)))
        watching.send_signal(signal.SIGCONT)


def _differences(game: Game) -> dict[str, set[str]]:
    """Return what keeps sprites, purchases and outputs from being the same; nothing in the end."""
    sprites = {
        path.relative_to(game.root).as_posix()
        for path in (game.root / "assets").rglob("*.png")
        if ".anim." not in path.name
    }
    lines = game.locked()
    clips = {str(line["source"]) for line in lines if "source" in line and line.get("paid")}
    named = {str(line["path"]) for line in lines if "path" in line}
    on_disk = {f"assets/{name}" for name in game.outputs()}
    found = {
        "not bought": sprites - clips, "gone": clips - sprites,
        "not on disk": named - on_disk, "not in the lock file": on_disk - named,
    }  # fmt: skip
    return {name: paths for name, paths in found.items() if paths}


def _settled(game: Game, process: subprocess.Popen[str]) -> None:
    """Wait until nothing differs any more."""
    ends = time.monotonic() + LIMIT_S
    while found := _differences(game):
        assert process.poll() is None, process.communicate()
        if time.monotonic() > ends:
            process.terminate()
            pytest.fail(f"{found}\n{process.communicate()}")
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_after_all_torments_every_sprite_is_bought_once(tmp_path: Path) -> None:
    """Each torment by itself, one after the other, while purchases are on their way."""
    game = Game(tmp_path / "game")
    game.settings(watch={"settle": SETTLE_S, "buy_after": 0, "burst": 1000})
    game.rules(RULES)
    game.draw("first.png")
    torment = Torment(game)
    with shop_serving(tmp_path, "--latency", "1") as shop:
        shop.fund(100_000)
        game.use(shop)
        watching = game.start("watch", "--yes")
        try:
            _settled(game, watching)
            for act in (torment.every_editor, torment.slowly, torment.folders, torment.branches):
                act()
            _settled(game, watching)
            torment.root_replaced()
            torment.while_stopped(watching)
            _settled(game, watching)
        finally:
            watching.send_signal(signal.SIGCONT)
            watching.terminate()
            _, complaints = watching.communicate(timeout=60)
        assert "Traceback" not in complaints
        _assert_nothing_is_left(game, shop)


def _assert_nothing_is_left(game: Game, shop: Shop) -> None:
    """No key twice, nothing in flight or in doubt, nothing half written, nothing to do."""
    assert shop.bought_twice() == {}
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        assert [job for job in ledger.unfinished() if job.state is not JobState.BOUGHT] == []
    assert [path for path in game.root.rglob("*") if "pixelpipe-tmp" in path.name] == []
    assert game.plan("--check").exit == 0
    assert game.run("verify").exit == 0
    assert game.build("--frozen").totals["failed"] == 0
