"""A purchase whose answer is lost is named and left to a person; what surely failed is repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from buying import chaotic, unfinished
from game import RULES, TWO_CLIPS, Game

from pipeline.core.model import JobState

#: The same code without starting Python for every command; each exit code once for real
#: stands in test_cli and in the tests here that start processes themselves.
pytestmark = pytest.mark.usefixtures("in_process")


DOUBTFUL = ("reset-after", "500-after", "html-after", "garbled", "reset", "500", "503", "html")


@pytest.mark.parametrize("fault", DOUBTFUL)
def test_lost_answer_is_doubt_and_never_a_second_post(
    game: Game, tmp_path: Path, fault: str
) -> None:
    """Sent and not properly answered: unconfirmed, exit 7, the others are built, and the
    next builds ask nobody about it."""
    game.settings(jobs=1)
    with chaotic(tmp_path, game, f"POST /animate 1: {fault}") as shop:
        run = game.build("--yes")
        assert run.exit == 7
        assert "may have been billed" in run.stdout or "unconfirmed" in run.stdout.lower()
        accepted = shop.calls
        assert accepted in (2, 3)
        (job,) = unfinished()
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


def test_a_new_purchase_is_published_though_a_clip_that_never_was_is_in_doubt(
    game: Game, tmp_path: Path
) -> None:
    """What stands lacks that clip too: the new set is no less, and it was paid for."""
    game.rules(TWO_CLIPS)
    game.settings(jobs=1)
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    sheet = game.root / "assets/hero.anim.png"
    with chaotic(tmp_path, game, "POST /animate 1: reset-after"):
        assert game.build("--yes").exit == 7
        before = sheet.read_bytes()
        published = next(clip for clip in ("hop", "idle") if clip in tags(game))
        words = {"idle": "breathing calmly", "hop": "hopping on"}[published]
        game.rules(TWO_CLIPS.replace(words, f"a dragon {words}"))
        run = game.build("--yes")
        assert run.exit == 7
        assert run.states()["hero.png", published] == ("buy", "done")
        assert sheet.read_bytes() != before
        assert tags(game) == [published]
        stamp = sheet.stat().st_mtime_ns
        again = game.build("--yes")
        assert again.states()["hero.png", published] == ("fresh", "fresh")
        assert sheet.stat().st_mtime_ns == stamp


def tags(game: Game) -> list[str]:
    """Return the clips of the hero's sheet."""
    sheet = json.loads((game.root / "assets/hero.anim.json").read_text())
    return [tag["name"] for tag in sheet["meta"]["frameTags"]]


def test_two_doubtful_posts_in_a_row_stop_buying(game: Game, tmp_path: Path) -> None:
    """Answers that get lost repeatedly are the network's fault: stop before more are lost."""
    for number in range(5):
        game.draw(f"z{number}.png", tint=30 + number)
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate *: reset-after") as shop:
        run = game.build("--yes")
        assert run.exit == 7
        assert shop.calls == 2
        assert [job.state for job in unfinished()] == [JobState.UNCONFIRMED] * 2


def test_refused_connection_is_not_sent_and_needs_no_person(game: Game, tmp_path: Path) -> None:
    """A service that is not there: exit 6, nothing in doubt; when it is back, one call each."""
    with chaotic(tmp_path, game, "") as shop:
        gone = dict(game.environment)
    run = game.build("--yes", environment=gone)
    assert run.exit == 6
    assert not unfinished()
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
    """Failure has its reason and exit 1, and is not tried again unchanged."""
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
    """An edit that fails leaves what stood; a clip that was bought meanwhile is kept."""
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


def test_rules_change_during_doubt_does_not_free_it(game: Game, tmp_path: Path) -> None:
    """An unconfirmed purchase stays in the ledger although nothing asks for it any more."""
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate 1: reset-after"):
        assert game.build("--yes").exit == 7
        game.rules(RULES.replace("breathing calmly", "bobbing"))
        assert game.build("--yes").exit == 0
        assert [job.state for job in unfinished()] == [JobState.UNCONFIRMED]
