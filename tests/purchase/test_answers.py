"""Whatever a service makes of its answers: what can be read is published, nothing is bought twice.

`PIXELPIPE_TEST_ANSWERS=2000` draws so many, `PIXELPIPE_TEST_SEED` others than those of every run.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import answering
import pytest
from answering import SCHEMAS, Answer, Answering, answers, odd_object
from game import KEY_NAME, Game, png, sprite
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pipeline.core.model import JobState
from pipeline.purchase import polling
from pipeline.run.report import Report
from pipeline.storage.ledger import Ledger
from pipeline.storage.store import Store

#: Sprites of one project, each with an answer of its own.
TOGETHER = 20
COUNT = int(os.environ.get("PIXELPIPE_TEST_ANSWERS", "40"))
SEED = int(os.environ.get("PIXELPIPE_TEST_SEED", "20261130"))
RULES = """\
rules:
  - name: all
    match: "{number}.png"
    clips:
      idle: "breathing calmly, sprite {number}"
"""
#: How a purchase ends by what becomes of it at the service.
STATES = {
    "readable": JobState.BOUGHT,
    "useless": JobState.BOUGHT,
    "failure": JobState.FAILED,
    "lost": JobState.UNCONFIRMED,
}
BALANCE = odd_object(
    SCHEMAS["Balance"],
    available=st.sampled_from([10_000, 10_000.5, "10000", None, "much", []]),
    total_balance=st.sampled_from([10_000, 10_000.5, None, {}]),
    monthly_balance=st.sampled_from([10_000, None, True]),
    purchased_balance=st.sampled_from([0, None, "no"]),
    reserved=st.sampled_from([0, 0.0, None, "none"]),
)
BILLING = odd_object(SCHEMAS["Billing"])


@pytest.mark.timeout(max(300, 5 * COUNT))
def test_each_answer_is_taken_for_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No exception, one POST for each sprite, one download of each result, also in the next run;
    and a lost answer stays the only doubt there is."""
    monkeypatch.setattr(polling, "_BACKOFF_S", 0.001)
    seen: Counter[str] = Counter()
    with answering.serving() as service:

        @seed(SEED)
        @settings(
            max_examples=-(-COUNT // TOGETHER),
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(answers(), min_size=TOGETHER, max_size=TOGETHER), BALANCE, BILLING)
        def run(given_: list[Answer], balance: object, billing: object) -> None:
            service.give(given_, {"balance": balance, "billing": billing})
            number = sum(seen.values()) // TOGETHER
            monkeypatch.setenv("PIXELPIPE_STATE", str(tmp_path / f"state{number}"))
            _check(_project(tmp_path / f"game{number}", service), service)
            seen.update(one.fate for one in given_)

        run()
    print(f"seed {SEED}: {sum(seen.values())} answers, {dict(seen)}")


def _project(root: Path, service: Answering) -> Game:
    made = Game(root)
    made.settings(jobs=8)
    made.rules(RULES)
    for number in range(len(service.given)):
        made.write(f"assets/{number}.png", png(sprite(number)))
    made.environment |= {"PIXELPIPE_SERVICE": service.url, KEY_NAME: answering.KEY}
    return made


def _check(made: Game, service: Answering) -> None:
    first = made.make()
    for _ in range(TOGETHER):  # two lost answers in a row end a run's purchases
        if sum(service.posts.values()) < len(service.given):
            made.make()
    second = made.make()
    states = _states()
    for one in service.given:
        told = f"{one}\n{_errors(first, one)}\n{_errors(second, one)}"
        assert one.posts == 1, f"bought {one.posts} times: {told}"
        assert states[one.number] == STATES[one.fate], told
        is_published = (made.root / f"assets/{one.number}.anim.png").exists()
        assert is_published == (one.fate == "readable"), told
        assert one.downloads == (one.fate in ("readable", "useless")), told
        if one.fate == "useless":
            store = Store(made.root / ".pixelpipe/bought")
            assert store.content(_digest(one.number)) == service.pictures[one.number]
            assert "reroll" in _errors(second, one), told


def _states() -> dict[int, JobState]:
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        return {int(Path(job.source).stem): job.state for job in ledger.named("")}


def _digest(number: int) -> str:
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        found = {int(Path(job.source).stem): job.digest for job in ledger.named("")}
        return found[number] or ""


def _errors(report: Report, one: Answer) -> str:
    steps = (result.step for result in report.results)
    return "; ".join(
        f"{step.kind} {step.error or step.reason}"
        for step in steps
        if step.source == f"assets/{one.number}.png"
    )
