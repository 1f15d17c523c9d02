"""What was interrupted is taken up by the next run, and nothing is bought again for it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from buying import chaotic, killed_after_submission, ledger_now, unfinished
from game import TWO_CLIPS, Game, Shop

from pipeline.core.errors import StorageError
from pipeline.core.model import Job, JobState
from pipeline.run import finish
from pipeline.storage.ledger import Ledger

#: The same code without starting Python for every command; each exit code once for real
#: stands in test_cli and in the tests here that start processes themselves.
pytestmark = pytest.mark.usefixtures("in_process")


def test_killed_build_is_taken_up_by_the_next(game: Game, tmp_path: Path) -> None:
    """Submitted jobs are resumed by their id; nothing is submitted twice."""
    with chaotic(tmp_path, game, "", "--latency", "1") as shop:
        with killed_after_submission(game, shop):
            pass
        run = game.build("--yes")
        assert run.exit in (0, 7)
        assert not shop.bought_twice()
        resumed = [state for state in run.states().values() if state[0] == "resume"]
        assert resumed
        assert all(state == ("resume", "done") for state in resumed)
        again = game.build("--yes")
        assert again.exit == run.exit
        assert not shop.bought_twice()


def test_interrupt_keeps_the_ids_and_exits_130(game: Game, tmp_path: Path) -> None:
    """Ctrl-C: the answers of what was sent are still taken; the next build resumes all of them."""
    game.settings(jobs=3)
    with chaotic(tmp_path, game, "POST /animate *: slow=0.5", "--latency", "6") as shop:
        process = game.start("build", "--json", "--yes")
        while shop.calls == 0:
            assert process.poll() is None
        process.terminate()
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in stderr
        assert {job.state for job in unfinished()} == {JobState.SUBMITTED}
        run = game.build("--yes")
        assert run.exit == 0
        assert shop.calls == 3
        assert not shop.bought_twice()


def test_source_edited_while_its_job_runs(game: Game, tmp_path: Path) -> None:
    """The paid result is kept under its key, not published for other pixels, and used when
    the old pixels come back."""
    with chaotic(tmp_path, game, "", "--latency", "1.5") as shop:
        old = (game.root / "assets/hero.png").read_bytes()
        process = game.start("build", "--json", "--yes")
        while shop.calls < 3:
            assert process.poll() is None
        game.draw("hero.png", tint=90)
        process.communicate(timeout=60)
        assert "hero.anim.png" not in game.outputs()
        assert game.build("--yes").exit == 0
        assert shop.calls == 4
        game.write("assets/hero.png", old)
        assert game.build("--yes").exit == 0
        assert shop.calls == 4


def test_source_edited_while_its_clip_is_finished(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what is saved after the pixels were read for finishing, and before publishing: the
    old picture's clip is kept and not published."""
    whole = finish.make

    def saved_meanwhile(task: finish.Task) -> finish.Finished:
        made = whole(task)
        if task.stem == "assets/hero":
            paying.draw("hero.png", tint=90)
        return made

    monkeypatch.setattr(finish, "make", saved_meanwhile)
    run = paying.build("--yes", "--only", "hero.png")
    assert run.states()["hero.png", "idle"] == ("buy", "superseded")
    assert "hero.anim.png" not in paying.outputs()
    monkeypatch.setattr(finish, "make", whole)
    paying.draw("hero.png", tint=0)
    assert paying.build("--only", "hero.png").exit == 0
    assert shop.calls == 1


def test_result_that_was_kept_and_not_booked_is_booked_later(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that died between the store and the ledger: the next one needs no service for it, and
    books what it cost."""
    whole = Ledger.record_all

    def full(self: Ledger, jobs: Sequence[Job], *, now: float) -> None:
        if any(job.state is JobState.BOUGHT for job in jobs):
            raise StorageError("no room")
        whole(self, jobs, now=now)

    monkeypatch.setattr(Ledger, "record_all", full)
    assert paying.run("build", "--yes", "--only", "hero.png").exit == 8
    assert [job.state for job in unfinished()] == [JobState.SUBMITTED]
    monkeypatch.setattr(Ledger, "record_all", whole)
    run = paying.build("--only", "hero.png")
    assert run.states()["hero.png", "idle"] == ("reuse", "done")
    assert unfinished() == []
    with ledger_now() as ledger:
        assert ledger.charged_since(0.0) == shop.charged == 20


def test_builds_at_once_buy_each_clip_once(paying: Game, shop: Shop) -> None:
    """Several processes meet at the claims; no line of the lock is lost, and the credits that
    they report add up to what was charged."""
    paying.rules(TWO_CLIPS)
    for number in range(4):
        paying.draw(f"z{number}.png", tint=30 + number)
    processes = [paying.start("build", "--json", "--yes") for _ in range(4)]
    ends = [process.communicate(timeout=120) for process in processes]
    for process, (_, stderr) in zip(processes, ends, strict=True):
        assert process.returncode == 0, stderr
    assert shop.calls == 14
    assert not shop.bought_twice()
    assert len([line for line in paying.locked() if "clip" in line]) == 14
    told = sum(json.loads(stdout)["totals"]["credits_charged"] for stdout, _ in ends)
    assert told == shop.charged == 280
    assert paying.build().totals["fresh"] == 14


def test_lost_bytes_of_a_placeholder_are_made_again(game: Game) -> None:
    """What the built-in engine made costs nothing: losing all copies of it is no failure."""
    assert game.make().exit == 0
    shutil.rmtree(game.root / ".pixelpipe")
    shutil.rmtree(Path(os.environ["PIXELPIPE_STATE"]) / "bought")
    (game.root / "assets/hero.anim.png").unlink()
    assert game.build().exit == 0
    assert "hero.anim.png" in game.outputs()


def test_lost_bytes_of_a_purchase_are_fetched_not_bought_again(paying: Game, shop: Shop) -> None:
    """The ledger knows the job: while the service still has the file, it is fetched by its id."""
    assert paying.make().exit == 0
    shutil.rmtree(paying.root / ".pixelpipe")
    shutil.rmtree(Path(os.environ["PIXELPIPE_STATE"]) / "bought")
    (paying.root / "assets/hero.anim.png").unlink()
    run = paying.build("--yes")
    assert run.exit == 0
    assert "hero.anim.png" in paying.outputs()
    assert shop.calls == 3
    with ledger_now() as ledger:
        assert ledger.charged_since(0.0) == 60


def test_store_that_cannot_be_written_loses_no_purchase(paying: Game, shop: Shop) -> None:
    """A full or read-only project: exit 8; the jobs stay resumable and cost nothing more."""
    (paying.root / ".pixelpipe").mkdir()
    paying.write(".pixelpipe/bought", "in the way")
    run = paying.build("--yes")
    assert run.exit == 8
    assert shop.calls <= 3
    (paying.root / ".pixelpipe/bought").unlink()
    assert paying.build("--yes").exit == 0
    assert shop.calls == 3
    assert not shop.bought_twice()


def test_ledger_that_cannot_be_used_stops_before_buying(paying: Game, shop: Shop) -> None:
    """A ledger that is no database: exit 8, nothing bought, nothing overwritten."""
    state = Path(os.environ["PIXELPIPE_STATE"])
    state.mkdir(parents=True)
    (state / "ledger.sqlite").write_bytes(b"this is no database at all" * 99)
    run = paying.run("build", "--yes")
    assert run.exit == 8
    assert "ledger.sqlite" in run.stderr
    assert shop.calls == 0
    assert (state / "ledger.sqlite").read_bytes().startswith(b"this is no database")


def test_ledger_cut_short_stops_before_buying(paying: Game, shop: Shop) -> None:
    """Half a ledger must not be taken for a small one, nor none for a new one: it forgot
    purchases. With the whole one again, everything goes on."""
    assert paying.make().exit == 0
    path = Path(os.environ["PIXELPIPE_STATE"]) / "ledger.sqlite"
    whole = path.read_bytes()
    paying.draw("hero.png", tint=33)
    pages = range(4096, len(whole), 4096)
    for length in (0, 1, 50, 100, 4000, *pages, *(page + 37 for page in pages)):
        path.write_bytes(whole[:length])
        run = paying.run("build", "--yes")
        assert run.exit == 8, length
        assert "ledger.sqlite" in run.stderr
        assert "from a copy" in run.stderr
        assert path.read_bytes() == whole[:length]
    path.unlink()
    assert paying.run("build", "--yes").exit == 8
    assert not path.exists()
    assert shop.calls == 3
    path.write_bytes(whole)
    assert paying.build("--yes").exit == 0
    assert shop.calls == 4


@contextmanager
def _clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Yield what is added to the time of day of this process; it may change at any moment."""
    added, real = [0.0], time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: real() + added[0])
        yield added


def test_clock_that_jumps_back_changes_nothing(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour back while jobs run, and in the next build: nothing is late, lost or bought again,
    and the day's budget still counts what was spent in the hour that has not been yet."""
    game.settings(jobs=3, budget={"day": 80})
    with chaotic(tmp_path, game, "", "--latency", "0.5") as shop, _clock(monkeypatch) as added:
        added[0] = 3600.0 - time.time() % 86400.0  # an hour past midnight: no day ends meanwhile
        added[0] += 7200.0
        threading.Timer(0.3, lambda: added.__setitem__(0, added[0] - 3600.0)).start()
        assert game.make().exit == 0
        assert shop.calls == 3
        game.draw("hero.png", tint=34)
        game.draw("slime.png", tint=35)
        assert game.make().exit == 5
        assert shop.charged == 80
        assert not shop.bought_twice()
        added[0] += 3600.0
        assert not unfinished()


def test_clock_that_jumps_forward_detaches_and_buys_nothing_again(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour ahead while jobs run looks like an endless job: detached, and fetched by its id."""
    with chaotic(tmp_path, game, "", "--latency", "0.7") as shop, _clock(monkeypatch) as added:
        threading.Timer(0.3, lambda: added.__setitem__(0, 3600.0)).start()
        # Late again, as long as the service is at work.
        exits = list(itertools.takewhile(bool, (game.make().exit for _ in range(2000))))
        assert set(exits) <= {6}
        assert len(exits) < 2000
        assert shop.calls == 3
        assert shop.charged == 60
