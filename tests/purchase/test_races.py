"""Many processes on one project at the same moment: each key is bought once, and all agree."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from game import TWO_CLIPS, Game, Shop

from pipeline.core.model import JobState
from pipeline.storage.ledger import Ledger

BUILDS = 8
SPRITES = 5
LIMIT_S = 120.0


@pytest.mark.parametrize("batch", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_eight_builds_and_a_watch_buy_each_clip_once(paying: Game, shop: Shop, batch: bool) -> None:
    """Whoever has a key makes it, the others wait for that clip and no longer; a sprite that
    is drawn meanwhile is bought once as well. No line of the lock file is lost, and what the
    builds report, with what the watch bought, is what was charged."""
    paying.rules(TWO_CLIPS)
    paying.settings(batch=batch, watch={"settle": 0.2})
    for number in range(SPRITES - 3):
        paying.draw(f"z{number}.png", tint=30 + number)
    watch = paying.start("watch", "--yes")
    builds = [paying.start("build", "--json", "--yes") for _ in range(BUILDS)]
    try:
        _until(watch, lambda: shop.calls > 0)
        paying.draw("late.png", tint=70)
        ends = [build.communicate(timeout=LIMIT_S) for build in builds]
        _until(watch, lambda: _is_all_paid(paying, 2 * (SPRITES + 1)))
    finally:
        watch.terminate()
        _, stderr = watch.communicate(timeout=60)
        for build in builds:
            build.kill()
    assert watch.returncode == 130, stderr
    for build, (_, said) in zip(builds, ends, strict=True):
        assert build.returncode == 0, said
        assert "Traceback" not in said
    assert shop.calls == 2 * (SPRITES + 1)
    assert not shop.bought_twice()
    told = sum(json.loads(stdout)["totals"]["credits_charged"] for stdout, _ in ends)
    assert told <= shop.charged
    with closing(Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0)) as ledger:
        assert ledger.charged_since(0.0) == shop.charged
        assert {job.state for job in ledger.named("") if job.paid} == {JobState.BOUGHT}
    calls = shop.calls
    assert paying.build().exit == 0  # the watch may have been stopped before it showed its last one
    assert paying.build().totals["fresh"] == 2 * (SPRITES + 1)
    assert shop.calls == calls


def _until(process: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + LIMIT_S
    while not is_so():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
        time.sleep(0.05)


def _is_all_paid(game: Game, clips: int) -> bool:
    lines = [line for line in game.locked() if "clip" in line]
    return len(lines) == clips and all(line.get("paid") for line in lines)
