"""Many sources are finished in other processes, whatever program asked for it."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain
from pathlib import Path

from game import Game

from pipeline.core.model import Clip, Pixels, Resolved, Rule
from pipeline.run import finish_pool
from pipeline.run.finish import BoughtClip, Task
from pipeline.run.finish_pool import Finishing

MANY = 30


def task(number: int) -> Task:
    """A task that cannot be finished: its bytes are no picture."""
    resolved = Resolved(
        request_key="0" * 64,
        prompt="",
        frames=2,
        canvas=(16, 16),
        pad=(0, 0, 0, 0),
        matte="#00ff00",
    )
    bought = BoughtClip(
        clip="idle", take=0, content=b"none", resolved=resolved, digest="", service="", model=""
    )
    return Task(
        stem=f"assets/s{number}",
        pixels=Pixels(width=16, height=16, rgba=bytes(16 * 16 * 4)),
        rule=Rule(name="all", match=("*",), clips=(Clip(name="idle", prompt="x"),)),
        bought=(bought,),
        targets=(),
    )


def test_script_without_a_main_guard_builds_many_sprites(game: Game) -> None:
    """Two lines are a build script; its main module must not be run again by workers."""
    for number in range(MANY):
        game.draw(f"s{number}.png", tint=number)
    script = game.write(
        "make.py", "from pipeline import Project\nprint(Project('.').build().exit)\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        cwd=game.root,
        env=game.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0"], done.stderr
    assert len(game.outputs()) == 2 * (MANY + 3)


def test_each_task_gets_one_answer(capfd: object) -> None:
    """Errors too: one damaged purchase stops no other."""
    with Finishing(MANY) as many:
        answers: list[finish_pool.Done] = []
        for number in range(MANY):
            answers += chain(*many.room())
            many.add(f"s{number}", task(number))
        answers += chain(*many.rest())
    assert sorted(one.source for one in answers) == sorted(f"s{n}" for n in range(MANY))
    assert all(one.error is not None for one in answers)


def test_few_are_finished_here() -> None:
    """Starting processes would take longer than the work."""
    with Finishing(1) as few:
        few.add("s", task(0))
        assert [one.source for one in chain(*few.rest())] == ["s"]
        assert not few._workers


def test_tasks_in_flight_are_bounded() -> None:
    """Memory holds what is in flight, however many there are."""
    with Finishing(10_000) as many:
        most = 0
        for number in range(MANY):
            list(many.room())
            many.add(f"s{number}", task(number))
            most = max(most, many._open)
        list(many.rest())
    assert most <= max(1, many._most * finish_pool._AHEAD)


def test_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    """One task is lost with it, and said; the others are finished."""
    with Finishing(MANY) as many:
        many.add("bad", Poison())  # type: ignore[arg-type]  # ends the process that opens it
        many.add("s1", task(1))
        many.add("s2", task(2))
        answers = {one.source: one for one in chain(*many.rest())}
    assert "has died" in str(answers["bad"].error)
    assert {"s1", "s2"} < answers.keys()
    assert "has died" not in str(answers["s2"].error)


class Poison:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        import os

        return os._exit, (3,)
