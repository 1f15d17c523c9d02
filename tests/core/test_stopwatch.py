"""Where the time of a run went."""

from __future__ import annotations

from game import Game

from pipeline.core.stopwatch import Stopwatch


def test_laps_of_one_name_are_added_up() -> None:
    """A stage that is entered a thousand times is one line."""
    ticks = iter([0.0, 1.0, 3.0, 6.0, 10.0])
    watch = Stopwatch(clock=lambda: next(ticks))
    watch.lap("planning")
    watch.lap("waiting")
    watch.lap("planning")
    assert watch.spent == {"planning": 4.0, "waiting": 2.0}
    assert watch.seconds == 10.0


def test_build_says_where_its_time_went(game: Game) -> None:
    """On standard error, so that a report on standard output stays one object."""
    run = game.build("--timings")
    assert run.totals["buy"] == 3
    assert "waiting for clips" in run.stderr
    assert "altogether" in run.stderr
    again = game.run("build", "--timings")
    assert "looking at files" in again.stderr
    assert "waiting for clips" not in again.stderr
