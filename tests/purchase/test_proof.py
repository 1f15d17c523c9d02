"""The books settle a doubt when they prove that nothing was billed; anything else is a person's."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from buying import chaotic, unfinished
from game import Game, Run, Shop
from scripted import job as described

from pipeline.core.model import Balance, Job, JobState
from pipeline.purchase import books, proof
from pipeline.purchase.service.answers import Billing, Totals
from pipeline.storage.ledger import Ledger

pytestmark = pytest.mark.usefixtures("in_process")

Clock = Callable[[float], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let time pass for the client; the service's own clock goes on as it does."""
    shift, real = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])

    def pass_by(seconds: float) -> None:
        shift[0] += seconds

    return pass_by


@pytest.fixture
def lone(game: Game) -> Game:
    """Leave one sprite of the project."""
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    return game


def settled(run: Run) -> list[object]:
    """Return what a report says was settled."""
    found = run.report.get("settled", [])
    assert isinstance(found, list)
    return found


def test_purchase_that_never_arrived_is_bought_after_the_lapse(
    game: Game, tmp_path: Path, wait: Clock
) -> None:
    """Nothing reserved, nothing billed, nothing moved: the report has both readings, and the
    sprite is bought, once. A moment before the hold has surely lapsed nothing is settled."""
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate 1: reset") as shop:
        assert game.build("--yes").exit == 7
        wait(600)
        assert game.build("--yes").exit == 7
        wait(11)
        run = game.build("--yes")
        assert run.exit == 0, run.stdout
        (one,) = settled(run)
        assert isinstance(one, dict)
        assert one["before"]["credits_used"] == one["after"]["credits_used"] == 40
        assert one["after"]["at"] - one["before"]["at"] >= 600
        assert "was not billed" in one["proof"]
        assert one["proof"] in run.report["notices"]  # type: ignore[operator]
        assert shop.calls == 3
        assert not shop.bought_twice()


@pytest.mark.parametrize("fault", ["reset-after", "500-after", "garbled"])
def test_purchase_that_arrived_is_left_to_a_person(
    game: Game, tmp_path: Path, wait: Clock, fault: str
) -> None:
    """It was charged: however long one waits, the bill holds more than is booked here."""
    game.settings(jobs=1)
    with chaotic(tmp_path, game, f"POST /animate 1: {fault}") as shop:
        assert game.build("--yes").exit == 7
        for _ in range(2):
            wait(700)
            run = game.build("--yes")
            assert run.exit == 7
            assert settled(run) == []
        assert shop.calls == 3
        assert "unconfirmed" in game.run("jobs").stdout


def test_any_other_movement_leaves_it_to_a_person(lone: Game, tmp_path: Path, wait: Clock) -> None:
    """A colleague of the same account buys meanwhile: the books prove nothing any more."""
    with chaotic(tmp_path, lone, "POST /animate 1: reset") as shop:
        assert lone.build("--yes").exit == 7
        colleague = Game(tmp_path / "colleague")
        colleague.settings()
        colleague.rules((lone.root / "rules/own.yaml").read_text())
        colleague.draw("dragon.png", tint=90)
        colleague.use(shop)
        colleague.environment["PIXELPIPE_STATE"] = str(tmp_path / "elsewhere")
        assert colleague.build("--yes").exit == 0
        wait(700)
        run = lone.build("--yes")
        assert run.exit == 7
        assert settled(run) == []
        wait(700)
        assert lone.build("--yes").exit == 7


def test_purchase_whose_process_died_is_settled_too(
    lone: Game, tmp_path: Path, wait: Clock
) -> None:
    """Killed between claim and POST: the reading from before the claim is enough."""
    with chaotic(tmp_path, lone, "POST /animate 1: reset"):
        assert lone.build("--yes").exit == 7
        (job,) = unfinished()
        with Ledger(_state(), now=0.0) as ledger:  # as if the answer had not been written down
            ledger.record(_dead(job), now=job.claimed_at)
        wait(611)
        run = lone.build("--yes")
        assert run.exit == 0, run.stdout
        assert len(settled(run)) == 1


def test_jobs_settles_and_shows_the_rest(lone: Game, tmp_path: Path, wait: Clock) -> None:
    """A person who looks sees what was settled and by what, and nothing that is settled."""
    with chaotic(tmp_path, lone, "POST /animate 1: reset"):
        assert lone.build("--yes").exit == 7
        wait(611)
        said = lone.run("jobs").stdout
        assert "settled: " in said
        assert "before and after its hold had lapsed" in said
        assert [job.state for job in unfinished()] == []
        assert lone.build("--yes").exit == 0


def test_build_that_may_ask_nobody_settles_nothing(lone: Game, tmp_path: Path, wait: Clock) -> None:
    """Frozen, the service is not even asked."""
    with chaotic(tmp_path, lone, "POST /animate 1: reset"):
        assert lone.build("--yes").exit == 7
        wait(700)
        assert settled(lone.build("--frozen")) == []
        assert [job.state for job in unfinished()] == [JobState.UNCONFIRMED]


WHOLE = Balance(total_balance=100, available=100, purchased_balance=100)
BILL = Totals(credits_used=40, jobs_charged=2)


class Bookkeeper:
    """A service that says of its books what it is told to say."""

    def __init__(self, balance: Balance = WHOLE, totals: Totals = BILL) -> None:
        self._balance, self._totals = balance, totals

    def balance(self) -> Balance:
        """Answer."""
        return self._balance

    def billing(self, **_: str) -> Billing:
        """Answer."""
        return Billing(totals=self._totals)


@pytest.mark.parametrize(
    ("balance", "totals"),
    [
        (Balance(total_balance=80, available=80, purchased_balance=80), BILL),
        (Balance(total_balance=100, available=80, reserved=20, purchased_balance=100), BILL),
        (Balance(total_balance=120, available=120, purchased_balance=120), BILL),
        (WHOLE, Totals(credits_used=60, jobs_charged=3)),
        (WHOLE, Totals(credits_used=40, jobs_charged=3)),
        (WHOLE, Totals(credits_used=40, jobs_charged=2, is_whole=False)),
        (Balance(total_balance=100, available=100, purchased_balance=100, is_whole=False), BILL),
    ],
)
def test_whatever_differs_proves_nothing(
    shop: Shop, tmp_path: Path, balance: Balance, totals: Totals
) -> None:
    """Each figure counts, and one that was not said is no figure."""
    assert not _is_settled(tmp_path, Bookkeeper(balance, totals))
    assert _is_settled(tmp_path, Bookkeeper())


def test_credits_reserved_for_nobody_known_prove_nothing(tmp_path: Path) -> None:
    """Reserved before and after, for a job that nobody here knows: it may be this one."""
    held = Balance(total_balance=100, available=80, reserved=20, purchased_balance=100)
    assert not _is_settled(tmp_path, Bookkeeper(held), before=Bookkeeper(held))


def _is_settled(folder: Path, after: Bookkeeper, before: Bookkeeper | None = None) -> bool:
    """Tell whether a claim is settled whose process died after the first reading."""
    now = 1_800_000_000.0
    with Ledger(folder / "books", now=now) as ledger:
        first = before or Bookkeeper()
        books.note_before(first, "shop", ledger, first.balance(), now)  # type: ignore[arg-type]
        (claimed,) = ledger.claim([described()], now=now + 1)
    with Ledger(folder / "books", now=now) as ledger:
        found = proof.settle(after, "shop", ledger, now + 612)  # type: ignore[arg-type]
        assert [one.job.request_key for one in found] in ([], [claimed.job.request_key])
        return bool(found)


def _dead(job: Job) -> Job:
    return msgspec.structs.replace(job, state=JobState.CLAIMED, reason="")


def _state() -> Path:
    return Path(os.environ["PIXELPIPE_STATE"])
