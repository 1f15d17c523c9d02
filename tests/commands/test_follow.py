"""What a watch builds, and when: the real follower in this process, with the built-in engine."""

from __future__ import annotations

import os
import queue
import threading
import time
from pathlib import Path

import pytest
from followed import Followed, made
from game import RULES, Game, shop_serving

from pipeline.api import Wish
from pipeline.run.report import Report
from pipeline.storage.lock_authorship import Authorship

SETTLE_S = 0.3


def looked_at(report: Report) -> set[str]:
    """Return the sources that a build looked at."""
    return {step.source.rpartition("/")[2] for step in report.plan.steps}


@pytest.fixture
def own(tmp_path: Path) -> Game:
    """Make a project of one sprite."""
    game = Game(tmp_path / "game")
    game.settings(watch={"settle": SETTLE_S})
    game.rules(RULES)
    game.draw("hero.png")
    return game


def test_what_a_watch_writes_wakes_no_build(own: Game) -> None:
    """Outputs and the lock file are ours; each save is one build of one sprite."""
    with Followed(own) as followed:
        followed.made("hero.png")
        followed.reports.clear()
        for number in range(3):
            own.draw(f"new{number}.png", tint=9 + number)
            followed.made(f"new{number}.png")
    assert [made(report) for report in followed.reports] == [
        ["new0.png"], ["new1.png"], ["new2.png"],
    ]  # fmt: skip
    assert [looked_at(report) for report in followed.reports] == [
        {"new0.png"}, {"new1.png"}, {"new2.png"},
    ]  # fmt: skip


def test_a_lock_file_that_another_wrote_is_looked_at(own: Game) -> None:
    """A pull brings another lock; also one that we had written some time before."""
    with Followed(own) as followed:
        followed.made("hero.png")
        before = (own.root / "pixelpipe.lock").read_bytes()
        own.draw("slime.png", tint=9)
        followed.made("slime.png")
        (own.root / "pixelpipe.lock").write_bytes(before)
        report = followed.until(lambda report: "slime.png" in looked_at(report))
    assert looked_at(report) == {"hero.png", "slime.png"}


def test_an_override_and_a_lost_output_concern_their_sprite_only(own: Game) -> None:
    """Among ten thousand sprites nobody wants to wait for a look at all."""
    own.draw("slime.png", tint=9)
    with Followed(own) as followed:
        followed.until(lambda report: len(made(report)) == 2)
        own.write("assets/hero.png.yaml", "clips: {idle: hopping}\n")
        assert looked_at(followed.made("hero.png")) == {"hero.png"}
        (own.root / "assets/slime.anim.png").unlink()
        assert looked_at(followed.made("slime.png")) == {"slime.png"}


def test_a_build_of_everything_leaves_out_what_is_still_being_written(own: Game) -> None:
    """Settled first, then hashed. A rule that is saved meanwhile does not hurry it."""
    own.settings(watch={"settle": 1.5})
    with Followed(own) as followed:
        followed.made("hero.png")
        followed.reports.clear()
        merging = own.write(".git/MERGE_HEAD", "")
        own.write("rules/more.yaml", "rules: []\n")
        time.sleep(1.8)
        own.draw("slow.png", tint=50)
        merging.unlink()  # the rule is told, the sprite has not settled
        followed.made("slow.png")
    *before, last = map(looked_at, followed.reports)
    assert {"hero.png"} in before
    assert all("slow.png" not in found for found in before)
    assert last == {"slow.png"}


def test_what_is_being_written_when_a_watch_starts_is_taken_when_it_rests(own: Game) -> None:
    """The first build leaves it out, and nothing tells of it but the watcher itself."""
    own.draw("fresh.png", tint=7)
    with Followed(own) as followed:
        followed.made("fresh.png")
    assert "fresh.png" not in looked_at(followed.reports[0])


def test_what_has_settled_is_built_with_all_others_whatever_its_time_says(own: Game) -> None:
    """The clock of a network drive may be ahead: the watcher saw the file at rest."""
    with Followed(own) as followed:
        followed.made("hero.png")
        merging = own.write(".git/MERGE_HEAD", "")  # until it is gone all is told at once
        ahead = time.time() + 3600
        os.utime(own.draw("ahead.png", tint=8), (ahead, ahead))
        own.write("rules/more.yaml", "rules: []\n")
        time.sleep(3 * SETTLE_S)
        merging.unlink()
        followed.made("ahead.png")


def test_what_another_wrote_stays_news_when_a_build_writes_over_it() -> None:
    """Our write has merged their lines, and nobody has looked at these yet."""
    authorship = Authorship()
    with authorship.writing("", "ours"):
        pass
    assert not authorship.is_news(lambda: "ours")
    with authorship.writing("theirs", "theirs and ours"):
        pass
    assert authorship.is_news(lambda: "theirs and ours")
    assert not authorship.is_news(lambda: "theirs and ours")
    with authorship.writing("theirs and ours", "more of ours"):
        pass
    assert not authorship.is_news(lambda: "more of ours")
    assert authorship.is_news(lambda: "ours")


def test_nobody_looks_at_the_lock_file_while_it_is_being_written() -> None:
    """Between the file's change and the note of it, our own text would look like another's."""
    authorship, text = Authorship(), "before"
    asked = threading.Event()
    answers = queue.SimpleQueue[bool]()

    def ask() -> None:
        asked.set()
        answers.put(authorship.is_news(lambda: text))

    thread = threading.Thread(target=ask)
    with authorship.writing(text, "after"):
        text = "after"
        thread.start()
        asked.wait()
        time.sleep(0.05)
    thread.join()
    assert answers.get() is False


def test_a_broken_rule_file_is_said_and_mended(own: Game) -> None:
    """The watch goes on with the rules that it has."""
    with Followed(own) as followed:
        followed.made("hero.png")
        own.write("rules/own.yaml", RULES + "\t:")
        with pytest.raises(AssertionError, match=r"own\.yaml"):
            followed.until(lambda report: False)
        own.write("rules/own.yaml", RULES.replace("calmly", "slowly"))
        followed.made("hero.png")


def test_doubt_counts_against_the_limit_of_a_watch(own: Game, tmp_path: Path) -> None:
    """`watch --max-credits 40`: a purchase whose answer was lost may have been billed; with what
    was charged besides, the limit is used up, and the third sprite is not bought."""
    with shop_serving(tmp_path, "--chaos", "POST /animate 1: reset-after") as shop:
        shop.fund(1000)
        own.use(shop)
        with Followed(own, Wish(max_credits=40)) as followed:
            followed.until(lambda report: report.exit == 7)
            own.draw("second.png", tint=9)
            followed.until(lambda report: report.charged == 20)
            own.draw("third.png", tint=10)
            refused = followed.until(_is_refused)
            assert shop.calls == 2
            assert "--max-credits" in str(refused.results[0].step.error)


def _is_refused(report: Report) -> bool:
    return any(result.step.exit_code == 5 for result in report.results)
