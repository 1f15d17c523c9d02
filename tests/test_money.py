"""No yes, no purchase; no purchase twice; doubt is named and left to a person."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from game import KEY_NAME, RULES, TWO_CLIPS, Game, Shop, shop_serving

from pipeline import finish
from pipeline.errors import StorageError
from pipeline.ledger import Ledger
from pipeline.model import Job, JobState

#: The same code without starting Python for every command; each exit code once for real
#: stands in test_cli and in the tests here that start processes themselves.
pytestmark = pytest.mark.usefixtures("in_process")


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with closing(Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0)) as ledger:
        yield ledger


def _unfinished() -> list[Job]:
    with _ledger() as ledger:
        return ledger.unfinished()


@contextmanager
def chaotic(tmp_path: Path, game: Game, script: str, *options: str) -> Iterator[Shop]:
    """Let the project buy from an engine that breaks as `script` says."""
    folder = tmp_path / "chaos"
    folder.mkdir(exist_ok=True)
    with shop_serving(folder, "--chaos", script, *options) as serving:
        serving.fund(1000)
        game.use(serving)
        yield serving


# -- a yes --------------------------------------------------------------------------------------


def test_without_a_yes_nothing_is_bought(paying: Game, shop: Shop) -> None:
    """A key, no budget, no terminal: exit 5 with the total and the flag that would allow it."""
    run = paying.build()
    assert run.exit == 5
    assert shop.calls == 0
    assert "60 credits" in run.stdout
    assert "--max-credits 60" in run.stdout
    assert paying.outputs() == set()


def test_limit_buys_in_order_and_names_the_rest(paying: Game, shop: Shop) -> None:
    """`--max-credits 50` buys two clips; both are finished, the third is named, exit 5."""
    run = paying.build("--max-credits", "50")
    assert run.exit == 5
    assert shop.calls == 2
    assert run.totals["credits_charged"] == 40
    assert {"chest.anim.png", "hero.anim.png"} <= paying.outputs()
    assert run.states()["slime.png", "idle"] == ("buy", "left")
    again = paying.build("--max-credits", "20")
    assert again.exit == 0
    assert shop.calls == 3


def test_budget_in_the_file_is_a_yes(paying: Game, shop: Shop) -> None:
    """`budget: 40` allows 40 credits a run, and no more."""
    paying.settings(budget=40)
    assert paying.build().exit == 5
    assert shop.calls == 2


def test_smallest_limit_counts(paying: Game, shop: Shop) -> None:
    """A flag does not widen the file's budget: both are hard stops."""
    paying.settings(budget=20)
    assert paying.build("--max-credits", "1000", "--yes").exit == 5
    assert shop.calls == 1


def test_day_budget_holds_over_runs(paying: Game, shop: Shop) -> None:
    """What was spent today counts, whichever run spent it."""
    paying.settings(budget={"day": 40})
    assert paying.build().exit == 5
    assert paying.build().exit == 5
    assert shop.calls == 2


def test_day_budget_counts_what_is_in_flight(game: Game, tmp_path: Path) -> None:
    """A job that was submitted and not yet charged is committed all the same."""
    with chaotic(tmp_path, game, "", "--latency", "2") as shop:
        game.settings(budget={"day": 20}, jobs=1)
        with _killed_after_submission(game, shop):
            pass
        assert shop.calls == 1
        assert game.build().exit == 5
        assert shop.calls == 1, "the day's 20 credits were committed already"
        assert shop.charged == 20


@contextmanager
def _killed_after_submission(game: Game, shop: Shop) -> Iterator[None]:
    process = game.start("build", "--json", "--yes")
    try:
        while shop.calls == 0 or not any(job.remote_id for job in _unfinished()):
            assert process.poll() is None
        process.kill()
        yield
    finally:
        process.kill()
        process.communicate()


def test_ci_never_spends_by_itself(paying: Game, shop: Shop) -> None:
    """`CI=true` is `--frozen`: exit 9 with key and price; `--max-credits` is the opt-in."""
    ci = {"CI": "true"}
    run = paying.build("--yes", environment=ci)
    assert run.exit == 9
    assert shop.calls == 0
    assert "20 credits" in run.stdout
    assert "CI=true (without --max-credits) asks no service" in run.stdout
    assert paying.build("--max-credits", "60", environment=ci).exit == 0
    assert shop.calls == 3
    assert paying.build(environment=ci).exit == 0
    lock = paying.root / "pixelpipe.lock"
    lock.write_text(f"{lock.read_text('utf-8')}=======\n", "utf-8", newline="\n")
    assert paying.build(environment=ci).exit == 0
    assert lock.read_text("utf-8").endswith("=======\n"), "not even a merge is tidied up"


def test_frozen_uses_what_is_bought_and_writes_no_lock(paying: Game, shop: Shop) -> None:
    """`--frozen` finishes from bought bytes, asks nobody, and leaves the lock as it is."""
    assert paying.make().exit == 0
    lock = paying.root / "pixelpipe.lock"
    before = lock.read_bytes(), lock.stat().st_mtime_ns
    (paying.root / "assets/hero.anim.png").unlink()
    paying.settings(targets=["aseprite", "gif"])
    paying.draw("new.png", tint=99)
    run = paying.build("--frozen")
    assert run.exit == 9
    assert "hero.anim.png" in paying.outputs()
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before
    assert shop.calls == 3


def test_frozen_removes_nothing(paying: Game) -> None:
    """A source that is gone is reported, not acted on: the lock would have to change."""
    assert paying.make().exit == 0
    (paying.root / "assets/hero.png").unlink()
    paying.build("--frozen")
    assert "hero.anim.png" in paying.outputs()


def test_frozen_names_bought_bytes_that_are_missing(game: Game, shop: Shop) -> None:
    """R9: without key, with the bytes lost: exit 9 with the price, on no service at all."""
    game.use(shop)
    assert game.make().exit == 0
    game.use_none()
    shutil.rmtree(game.root / ".pixelpipe/bought")
    shutil.rmtree(os.environ["PIXELPIPE_STATE"])
    for path in (game.root / "assets").glob("*.anim.*"):
        path.unlink()
    run = game.build("--frozen")
    assert run.exit == 9
    assert "20 credits" in run.stdout


# -- accounts -----------------------------------------------------------------------------------


def test_balance_is_asked_before_buying(game: Game, shop: Shop) -> None:
    """What the balance does not cover is not started, in the rules' order."""
    poor = Shop(shop.url, shop.db, f"{shop.account} poor")
    for number in range(5):
        game.draw(f"z{number}.png", tint=30 + number)
    game.use(poor)
    run = game.build("--yes")
    assert run.exit == 5
    assert poor.calls == 5
    assert "balance" in run.stdout
    assert poor.available == 0


def test_wrong_key_is_one_sentence_and_holds_nothing_against_files(game: Game, shop: Shop) -> None:
    """401: exit 5, nothing recorded; with the right key the same build works (R29)."""
    game.use(shop)
    game.environment[KEY_NAME] = "pe_sk_" + "wrong" * 8
    run = game.run("build", "--yes")
    assert run.exit == 5
    assert "key" in run.stderr
    assert "wrongwrong" not in run.stderr + run.stdout
    game.use(shop)
    assert game.build("--yes").exit == 0
    assert shop.calls == 3


@pytest.mark.parametrize("key", ["pe_sk_\u2026copied", "pe_sk_a b", "pe_sk_a\tb"])
def test_key_with_odd_characters_is_a_clear_sentence(game: Game, shop: Shop, key: str) -> None:
    """A key pasted from a shortened display is refused here, with exit 5 and without itself."""
    game.use(shop)
    game.environment[KEY_NAME] = key
    run = game.run("build", "--yes")
    assert run.exit == 5
    assert "key" in run.stderr
    assert key not in run.stderr + run.stdout
    assert not _unfinished()


def test_missing_key_is_exit_5_and_remembered_nowhere(game: Game, shop: Shop) -> None:
    """R29: `service: pixel-engine` without a key, and then with one."""
    game.environment["PIXELPIPE_API_BASE"] = shop.url
    game.settings(service="pixel-engine")
    run = game.run("build", "--yes")
    assert run.exit == 5
    assert KEY_NAME in run.stderr
    game.environment[KEY_NAME] = shop.key
    assert game.build("--yes").exit == 0
    assert shop.calls == 3


def test_402_in_the_middle_stops_buying_at_once(game: Game, tmp_path: Path) -> None:
    """One message, what is in flight is finished, the rest stays `buy`, exit 5."""
    for number in range(6):
        game.draw(f"z{number}.png", tint=30 + number)
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate 3: 402") as shop:
        run = game.run("build", "--yes")
        assert run.exit == 5
        assert shop.calls == 2
        assert len([name for name in game.outputs() if name.endswith(".png")]) == 2
        assert game.build("--yes").exit == 0
        assert shop.calls == 9


# -- doubt --------------------------------------------------------------------------------------

DOUBTFUL = ("reset-after", "500-after", "html-after", "garbled", "reset", "500", "503", "html")


@pytest.mark.parametrize("fault", DOUBTFUL)
def test_lost_answer_is_doubt_and_never_a_second_post(
    game: Game, tmp_path: Path, fault: str
) -> None:
    """R63: sent and not properly answered: unconfirmed, exit 7, the others are built, and the
    next builds ask nobody about it."""
    game.settings(jobs=1)
    with chaotic(tmp_path, game, f"POST /animate 1: {fault}") as shop:
        run = game.build("--yes")
        assert run.exit == 7
        assert "may have been billed" in run.stdout or "unconfirmed" in run.stdout.lower()
        accepted = shop.calls
        assert accepted in (2, 3)
        (job,) = _unfinished()
        assert job.state is JobState.UNCONFIRMED
        assert len(game.outputs()) == 4
        for _ in range(2):
            assert game.build("--yes").exit == 7
        assert shop.calls == accepted
        assert not shop.bought_twice()


def test_clip_that_stands_is_fresh_while_another_is_in_doubt(game: Game, tmp_path: Path) -> None:
    """Of two clips one is published, the other's answer was lost: the next build does not say that
    the first one waits to be published."""
    game.rules(TWO_CLIPS)
    game.settings(jobs=1)
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    with chaotic(tmp_path, game, "POST /animate 1: reset-after"):
        assert game.build("--yes").exit == 7
        run = game.build("--yes")
        assert run.exit == 7
        assert set(run.states().values()) == {("ask", "asked"), ("fresh", "fresh")}


def test_two_doubtful_posts_in_a_row_stop_buying(game: Game, tmp_path: Path) -> None:
    """Answers that get lost repeatedly are the network's fault: stop before more are lost."""
    for number in range(5):
        game.draw(f"z{number}.png", tint=30 + number)
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate *: reset-after") as shop:
        run = game.build("--yes")
        assert run.exit == 7
        assert shop.calls == 2
        assert [job.state for job in _unfinished()] == [JobState.UNCONFIRMED] * 2


def test_refused_connection_is_not_sent_and_needs_no_person(game: Game, tmp_path: Path) -> None:
    """R4: a service that is not there: exit 6, nothing in doubt; when it is back, one call each."""
    with chaotic(tmp_path, game, "") as shop:
        gone = dict(game.environment)
    run = game.build("--yes", environment=gone)
    assert run.exit == 6
    assert not _unfinished()
    with chaotic(tmp_path, game, "") as shop:
        assert game.build("--yes").exit == 0
        assert shop.calls == 3


@pytest.mark.parametrize("fault", ["429=1", "503", "reset", "html", "garbled", "truncate", "500"])
def test_polls_and_downloads_may_fail_for_a_while(game: Game, tmp_path: Path, fault: str) -> None:
    """GETs cost nothing: they are repeated until they are answered, within the same run."""
    script = f"GET /jobs 2,4: {fault}; GET /balance 1: {fault}"
    if fault not in ("429=1", "503"):
        script += f"; GET /download 1-2: {fault}"
    with chaotic(tmp_path, game, script) as shop:
        run = game.build("--yes")
        assert run.exit == 0, run.stdout
        assert shop.calls == 3
        assert shop.charged == 60


@pytest.mark.parametrize("fault", ["corrupt", "expired", "truncate"])
def test_spoiled_downloads_are_fetched_again(game: Game, tmp_path: Path, fault: str) -> None:
    """A cut or corrupt download is never kept; an expired link is renewed by asking once."""
    with chaotic(tmp_path, game, f"GET /download 1,3: {fault}") as shop:
        assert game.build("--yes").exit == 0
        assert shop.calls == 3


def test_rate_limit_on_a_purchase_is_waited_for(game: Game, tmp_path: Path) -> None:
    """A clear 429 was not accepted: the same purchase is tried again after its wish."""
    with chaotic(tmp_path, game, "POST /animate 1-2: 429=1") as shop:
        assert game.build("--yes").exit == 0
        assert shop.calls == 3
        assert not shop.bought_twice()


def test_failed_job_is_remembered_and_costs_nothing(game: Game, tmp_path: Path) -> None:
    """R3, R20: failure has its reason and exit 1, and is not tried again unchanged."""
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate 1: fail") as shop:
        run = game.build("--yes")
        assert run.exit == 1
        assert shop.charged == 40
        for _ in range(3):
            assert game.build("--yes").exit == 1
        assert shop.calls == 3
        game.draw("chest.png", tint=60)
        assert game.build("--yes").exit == 0
        assert shop.calls == 4


def test_failed_replacement_keeps_the_old_output(game: Game, tmp_path: Path) -> None:
    """R3: an edit that fails leaves what stood; a clip that was bought meanwhile is kept."""
    game.rules(TWO_CLIPS)
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate 7: fail") as shop:
        assert game.build("--yes").exit == 0
        before = (game.root / "assets/hero.anim.png").read_bytes()
        game.draw("hero.png", tint=44)
        run = game.build("--yes")
        assert run.exit == 1
        assert (game.root / "assets/hero.anim.png").read_bytes() == before
        assert shop.calls == 8


# -- who made it --------------------------------------------------------------------------------


def test_paid_output_is_never_replaced_by_the_built_in_engine(game: Game, shop: Shop) -> None:
    """A checkout without a key leaves bought outputs as they are, also when a source changed."""
    game.use(shop)
    assert game.make().exit == 0
    before = {name: content for name, (_, content) in game.files().items()}
    game.use_none()
    run = game.build()
    assert run.exit == 0
    assert run.totals["fresh"] == 3
    game.draw("hero.png", tint=70)
    run = game.build()
    assert run.exit == 0
    assert run.states()["hero.png", "idle"] == ("ask", "asked")
    after = {name: content for name, (_, content) in game.files().items()}
    before.pop("assets/hero.png")
    after.pop("assets/hero.png")
    assert after == before
    game.use(shop)
    assert game.build("--yes").exit == 0
    assert shop.calls == 4


def test_placeholder_never_hides_a_purchase(game: Game, shop: Shop) -> None:
    """Requirement 26: what the built-in engine made is replaced once there is a key and a yes."""
    assert game.make().exit == 0
    placeholder = (game.root / "assets/hero.anim.json").read_bytes()
    game.use(shop)
    assert game.plan().totals["credits_planned"] == 60
    assert game.build().exit == 5
    assert (game.root / "assets/hero.anim.json").read_bytes() == placeholder
    assert game.build("--yes").exit == 0
    assert shop.calls == 3
    assert all(line["paid"] for line in game.locked() if "clip" in line)


def test_mixed_project_keeps_its_purchases(game: Game, shop: Shop) -> None:
    """A new sprite in a checkout without a key gets a placeholder, beside the bought ones."""
    game.use(shop)
    assert game.make().exit == 0
    game.use_none()
    game.draw("new.png", tint=80)
    assert game.build().exit == 0
    paid = {
        str(line["source"]): line.get("paid", False) for line in game.locked() if "clip" in line
    }
    assert paid.pop("assets/new.png") is False
    assert all(paid.values())


# -- taking up ----------------------------------------------------------------------------------


def test_killed_build_is_taken_up_by_the_next(game: Game, tmp_path: Path) -> None:
    """R8: submitted jobs are resumed by their id; nothing is submitted twice."""
    with chaotic(tmp_path, game, "", "--latency", "1") as shop:
        with _killed_after_submission(game, shop):
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
    with chaotic(tmp_path, game, "POST /animate *: slow=0.5", "--latency", "1") as shop:
        process = game.start("build", "--json", "--yes")
        while shop.calls == 0:
            assert process.poll() is None
        process.terminate()
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in stderr
        assert all(job.state is JobState.SUBMITTED for job in _unfinished())
        run = game.build("--yes")
        assert run.exit == 0
        assert shop.calls == 3
        assert not shop.bought_twice()


def test_source_edited_while_its_job_runs(game: Game, tmp_path: Path) -> None:
    """R43: the paid result is kept under its key, not published for other pixels, and used when
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
    """R43: also what is saved after the pixels were read for finishing, and before publishing: the
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
    assert [job.state for job in _unfinished()] == [JobState.SUBMITTED]
    monkeypatch.setattr(Ledger, "record_all", whole)
    run = paying.build("--only", "hero.png")
    assert run.states()["hero.png", "idle"] == ("reuse", "done")
    assert _unfinished() == []
    with _ledger() as ledger:
        assert ledger.charged_since(0.0) == shop.charged == 20


def test_builds_at_once_buy_each_clip_once(paying: Game, shop: Shop) -> None:
    """R38: several processes meet at the claims; no line of the lock is lost, and the credits that
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


def test_key_is_left_nowhere(paying: Game, shop: Shop) -> None:
    """Nothing that a run leaves behind or prints holds the key."""
    run = paying.run("-vv", "build", "--yes")
    assert run.exit == 0
    places = [paying.root, Path(os.environ["PIXELPIPE_STATE"])]
    for place in places:
        for path in place.rglob("*"):
            if path.is_file():
                assert shop.key.encode() not in path.read_bytes(), path
    assert shop.key not in run.stdout + run.stderr


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
    with _ledger() as ledger:
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
        assert not _unfinished()


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


def test_rules_change_during_doubt_does_not_free_it(game: Game, tmp_path: Path) -> None:
    """An unconfirmed purchase stays in the ledger although nothing asks for it any more."""
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate 1: reset-after"):
        assert game.build("--yes").exit == 7
        game.rules(RULES.replace("breathing calmly", "bobbing"))
        assert game.build("--yes").exit == 0
        assert [job.state for job in _unfinished()] == [JobState.UNCONFIRMED]
