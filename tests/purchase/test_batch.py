"""`batch: true`: the clips of one sprite in one POST, cheaper, on one canvas; all or none of it
in doubt."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from game import RULES, TWO_CLIPS, Game, Shop, png, shop_serving, sprite
from PIL import Image

from pipeline.api import Project
from pipeline.core.model import Job, JobState, Pixels, Request, Resolved
from pipeline.purchase import hold_back, resolve
from pipeline.storage.ledger import Ledger
from pipeline.storage.store import Bought

THREE_CLIPS = (
    TWO_CLIPS
    + """\
      rage: {prompt: "shaking with rage, fire around it", frames: 4}
"""
)

pytestmark = pytest.mark.usefixtures("in_process")


@contextmanager
def _selling(tmp_path: Path, game: Game, script: str, *options: str) -> Iterator[Shop]:
    """Let one sprite of two clips buy in batches from an engine that breaks as `script` says."""
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    game.rules(TWO_CLIPS)
    game.settings(batch=True)
    with shop_serving(tmp_path, "--chaos", script, *options) as shop:
        shop.fund(1000)
        game.use(shop)
        yield shop


def _jobs(*states: JobState) -> list[Job]:
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        return [job for job in (*ledger.unfinished(), *ledger.failed()) if job.state in states]


def _listed(game: Game) -> list[str]:
    listed = json.loads(game.run("jobs", "list", "--json").stdout)
    return [entry["state"] for entry in listed["entries"]]


def _booked() -> int:
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        return ledger.charges(0.0, float("inf"), "127.0.0.1")[0]


def _resolved(game: Game) -> list[Resolved]:
    records = (game.root / ".pixelpipe/bought").glob("*/*.json")
    return [msgspec.json.decode(path.read_bytes(), type=Bought).resolved for path in records]


def test_batch_costs_what_the_plan_says_and_shares_its_canvas(paying: Game, shop: Shop) -> None:
    """20 for the first clip, 12 for each further one, in the plan, the bill and the books; one
    canvas and one matte a sprite; the sheet is as ever."""
    paying.rules(THREE_CLIPS)
    assert paying.plan().report["forecast"]["batch_saves"] == 48  # type: ignore[index]
    paying.settings(batch=True)
    plan = paying.plan()
    assert plan.totals["credits_planned"] == 3 * (20 + 12 + 12)
    assert plan.report["forecast"]["batch_saves"] == 0  # type: ignore[index]
    run = paying.build("--yes")
    assert run.exit == 0, run.stdout
    assert run.totals["credits_charged"] == shop.charged == _booked() == 132
    assert sorted(Counter(job.batch for job in shop.jobs()).values()) == [3, 3, 3]
    assert not shop.bought_twice()
    assert len({(one.canvas, one.pad) for one in _resolved(paying)}) == 1, "equal sprites"
    assert set(Counter(one.matte for one in _resolved(paying)).values()) <= {3, 6, 9}
    assert paying.build().totals["fresh"] == 9


#: Clips that share a canvas, with others between them that do not.
PARTED = (
    RULES
    + """\
      die: {prompt: "dies", loop: false}
      hurt: {prompt: "a flash", matte: "#00ff00"}
      hop: {prompt: "hopping on the spot", frames: 4}
      burn: {prompt: "flickering", matte: "#00ff00"}
"""
)
#: Two clips of each cell of a sheet.
CELLS = TWO_CLIPS.replace("    clips:", "    cells: 12x14\n    pick: [0, 1, 2]\n    clips:")


def test_clips_of_a_batch_are_bought_together_whatever_stands_between_them(
    paying: Game, shop: Shop
) -> None:
    """They were bought one by one where others stood between them, for more than was said."""
    paying.rules(PARTED)
    paying.settings(batch=True)
    plan = paying.plan("--only", "hero.png")
    assert plan.totals["credits_planned"] == (20 + 12 + 12) + (20 + 12)
    run = paying.build("--only", "hero.png", "--max-credits", "76")
    assert run.exit == 0, run.stdout
    assert run.totals["credits_charged"] == shop.charged == _booked() == 76
    assert sorted(Counter(job.batch for job in shop.jobs()).values()) == [2, 3]


def test_clips_of_each_cell_of_a_sheet_are_bought_together(paying: Game, shop: Shop) -> None:
    sheet = Image.new("RGBA", (36, 14))
    for number in range(3):
        sheet.paste(sprite(number), (12 * number, 0))
    paying.write("assets/hero.png", png(sheet))
    paying.rules(CELLS)
    paying.settings(batch=True)
    plan = paying.plan("--only", "hero.png")
    assert plan.totals["credits_planned"] == 3 * (20 + 12)
    assert paying.build("--only", "hero.png", "--yes").totals["credits_charged"] == 96
    assert shop.charged == _booked() == 96


def test_what_is_left_of_a_batch_is_priced_as_such(paying: Game, shop: Shop) -> None:
    """A watch keeps the first clip back: without it the next one costs what a first one does."""
    paying.rules(TWO_CLIPS)
    paying.settings(batch=True)
    opened = Project(paying.root, environment=paying.variables())
    plan = opened.plan(only=["hero.png"]).plan
    first = next(step.request_key for step in plan.each_step() if step.credits == 20)
    assert plan.credits == 32
    left = hold_back.rest(plan, {first})
    assert left.credits == 20
    assert [step.credits for step in left.each_step() if step.source.endswith("hero.png")] == [20]
    assert shop.calls == 0


def test_rule_has_the_last_word(paying: Game, shop: Shop) -> None:
    """`batch: false` in a rule against the project's `batch: true`; one clip is no batch."""
    paying.settings(batch=True)
    paying.rules(TWO_CLIPS.replace("    clips:", "    batch: false\n    clips:"))
    assert paying.plan().totals["credits_planned"] == 120
    paying.rules(TWO_CLIPS.replace("frames: 4", "frames: 4, fit: tight"))
    assert paying.plan().totals["credits_planned"] == 120, "they cannot share a canvas"
    assert shop.calls == 0


def test_room_for_every_motion() -> None:
    """The shared canvas holds the largest margins; alone, a calm clip needs less."""
    pixels = Pixels(width=16, height=16, rgba=bytes(4) + b"\x10\x20\x30\xff" * 255)
    calm, wild = (
        Request(source="a.png", pixel_digest="", clip=clip, rule="r", prompt=prompt)
        for clip, prompt in (("idle", "breathing, no fire"), ("hop", "jumping high"))
    )

    def placed(request: Request, *together: Request) -> Resolved:
        return resolve.request(request, pixels, request_key="k", open_key=None, together=together)

    alone = placed(wild).canvas
    assert placed(calm).canvas < alone
    assert placed(calm, calm, wild).canvas == placed(wild, calm, wild).canvas == alone
    assert placed(calm, calm, wild).matte == placed(wild, calm, wild).matte


def test_what_the_limit_allows_is_a_smaller_batch(paying: Game, shop: Shop) -> None:
    """32 credits are one sprite; 40 are one sprite too; 20 are one clip, at the full price."""
    paying.rules(TWO_CLIPS)
    paying.settings(batch=True)
    assert paying.build("--max-credits", "40").exit == 5
    assert (shop.calls, shop.charged) == (2, 32)
    assert paying.build("--max-credits", "25").exit == 5
    assert (shop.calls, shop.charged) == (3, 52)


def test_frozen_names_each_clips_price_in_its_batch(paying: Game, shop: Shop) -> None:
    """What is missing is named with what it would cost: 20 for the first clip, 12 for the other."""
    paying.rules(TWO_CLIPS)
    paying.settings(batch=True)
    run = paying.build("--frozen", "--only", "hero.png")
    assert run.exit == 9
    assert "(20 credits" in run.stdout
    assert "(12 credits" in run.stdout
    assert shop.calls == 0


def test_rest_of_a_batch_is_not_bought_without_its_first(paying: Game, shop: Shop) -> None:
    """The 12 credits of a further clip would fit the budget; alone it costs 20."""
    paying.rules(TWO_CLIPS.replace("    clips:", "    budget: 15\n    clips:"))
    paying.settings(batch=True)
    assert paying.build("--yes").exit == 5
    assert shop.calls == 0


@pytest.mark.parametrize("fault", ["reset-after", "500-after", "garbled", "reset"])
def test_lost_answer_puts_the_whole_batch_in_doubt(game: Game, tmp_path: Path, fault: str) -> None:
    """Nothing of it is sent again; each clip is unconfirmed and can be settled."""
    with _selling(tmp_path, game, f"POST /animate-batch 1: {fault}") as shop:
        assert game.make().exit == 7
        accepted = shop.calls
        assert accepted in (0, 2)
        found = _jobs(JobState.UNCONFIRMED)
        assert [job.credits_quoted for job in found] in ([20, 12], [12, 20])
        assert game.make().exit == 7
        assert shop.calls == accepted
        if fault == "reset-after":
            for job, record in zip(
                sorted(found, key=lambda job: -job.credits_quoted), shop.jobs(), strict=True
            ):
                key = job.request_key[:12]
                assert game.run("jobs", "resolve", key, "--bought", record.id).exit == 0
            assert game.make().exit == 0
            assert _booked() == shop.charged == 32


def test_batch_that_was_surely_not_sent_is_sent_again_as_a_whole(
    game: Game, tmp_path: Path
) -> None:
    """A clear 429 was not accepted; polls of the batch may fail for a while."""
    script = "POST /animate-batch 1-2: 429=1; GET /batch-jobs 1-2: 503"
    with _selling(tmp_path, game, script) as shop:
        assert game.make().exit == 0
        assert (shop.calls, shop.charged) == (2, 32)


def test_no_credits_end_a_batch_at_once(game: Game, tmp_path: Path) -> None:
    """402 is the account's fault: nothing is held against the clips, the next build buys them."""
    with _selling(tmp_path, game, "POST /animate-batch 1: 402") as shop:
        assert game.make().exit == 5
        assert shop.calls == 0
        assert game.make().exit == 0
        assert (shop.calls, shop.charged) == (2, 32)


def test_failed_clip_of_a_batch_is_bought_alone(game: Game, tmp_path: Path) -> None:
    """At the full price, and with the usual yes: the batch may have been at fault."""
    with _selling(tmp_path, game, "POST /animate-batch 1: fail") as shop:
        assert game.make().exit == 1
        assert shop.charged == 0
        assert game.plan().totals["credits_planned"] == 40
        assert game.make().exit == 0
        assert shop.charged == 40
        assert [job.batch for job in shop.jobs()][2:] == [None, None]


def test_batch_that_is_refused_is_bought_alone(game: Game, tmp_path: Path) -> None:
    """A service without batches, or one clip that it does not like: no loop of refusals."""
    with _selling(tmp_path, game, "") as shop:
        # Filled in, the prompt is longer than the service takes.
        (game.root / "assets/hero.png").rename(game.root / f"assets/{'hero' * 40}.png")
        game.rules(TWO_CLIPS.replace("hopping", "hopping " + "{stem}" * 19))
        report = game.make()
        assert report.exit == 1
        assert "alone" in str(report.results[0].step.error)
        assert shop.calls == 0
        assert game.plan().totals["credits_planned"] == 40
        assert game.make().exit == 1
        assert shop.calls == 1
        assert game.plan().totals["blocked"] == 1


@pytest.mark.parametrize("moment", ["posted", "answered"])
def test_killed_batch_is_taken_up_or_named(game: Game, tmp_path: Path, moment: str) -> None:
    """kill -9 while the answer is on its way: both are in doubt; after it: both are resumed.
    Nothing is bought twice in either case."""
    script = "POST /animate-batch 1: stall-after=20" if moment == "posted" else ""
    with _selling(tmp_path, game, script, "--latency", "1") as shop:
        process = game.start("build", "--yes")
        while True:
            assert process.poll() is None
            is_known = bool(_jobs(JobState.SUBMITTED))
            if is_known or (moment == "posted" and shop.calls == 2):
                break
            time.sleep(0.02)
        process.kill()
        process.communicate()
        again = game.make()
        assert shop.calls == 2
        if moment == "posted":
            assert again.exit == 7
            assert _listed(game) == ["unconfirmed", "unconfirmed"]
        else:
            assert again.exit == 0
            assert _booked() == shop.charged == 32


def test_running_batch_can_be_cancelled_clip_by_clip(game: Game, tmp_path: Path) -> None:
    """The service wants the clip's own id, which the batch tells."""
    with _selling(tmp_path, game, "", "--latency", "30") as shop:
        process = game.start("build", "--yes")
        while len(found := _jobs(JobState.SUBMITTED)) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.communicate()
        for job in found:
            assert "cancelled" in game.run("jobs", "cancel", job.request_key[:12]).stdout
        assert shop.charged == 0
        assert shop.available == 1100


def test_builds_at_once_share_batches(paying: Game, shop: Shop) -> None:
    """Eight clips of four sprites, three builds: each clip once, whoever has which."""
    paying.rules(TWO_CLIPS)
    paying.settings(batch=True)
    paying.draw("extra.png", tint=55)
    processes = [paying.start("build", "--yes") for _ in range(3)]
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert shop.calls == 8
    assert not shop.bought_twice()
    assert shop.charged == _booked()
