"""What is said from memory, beside what a full look says."""

from __future__ import annotations

import io
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import Any

from game import Game
from undoing import EDITS, Undo

from pipeline.api import Project, Said
from pipeline.cli import plan_text, uptodate
from pipeline.cli.building import show_build
from pipeline.core.errors import PixelpipeError
from pipeline.run.report import Report
from pipeline.run.uptodate import listed, quick

Document = dict[str, Any]


def full(game: Game) -> str | None:
    """Return what a full `build` would print when nothing is to do; else None."""
    report = _settled(game)
    return None if report is None else heard(report)


def planned(game: Game) -> tuple[str, Document] | None:
    """Return what a full `plan` would print, in both forms, when nothing is to do; else None."""
    report = _settled(game)
    return None if report is None else (heard(report, plan_text.show), timeless(report.json()))


def _settled(game: Game) -> Report | None:
    """Look at everything; None when something is to do or to be said."""
    try:
        report = Project(game.root, environment=game.variables()).plan()
    except PixelpipeError:
        return None
    is_settled = report.plan.is_up_to_date and not report.exit and not report.plan.notices
    return report if is_settled else None


def timeless(document: bytes) -> Document:
    """Read a plan's document without how long it took."""
    found: Document = json.loads(document)
    del found["totals"]["seconds"]
    return found


def said_of_plan(game: Game) -> tuple[str | None, Document | None]:
    """Return what is said of a plan from memory, in both forms."""
    found = look(game, "plan", "--json")
    document = None if found is None else listed.answer(found, game.root.parent / "state")
    return answer(game, "plan"), None if document is None else timeless(b"".join(document))


def heard(report: Report, show: Callable[[Report], None] = show_build) -> str:
    """Return what is printed about a report, as `build` does it."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        show(report)
    return out.getvalue()


def look(game: Game, *arguments: str) -> quick.Found | None:
    """Compare as the command does before it loads anything."""
    return quick.look([*(arguments or ("build",)), str(game.root)], game.variables())


def answer(game: Game, *arguments: str) -> str | None:
    """Return what is said from memory."""
    found = look(game, *arguments)
    return found.said[0] if found is not None and found.is_answer else None


def run(game: Game, *, is_brief: bool = True) -> tuple[Report, bool]:
    """Build as the command does; tells whether the next run need not look at everything."""
    found = look(game) if is_brief else None
    opened = Project(game.root, environment=game.variables(), remembered=found)
    report = opened.build(remembered=found)
    is_settled = report.plan.is_up_to_date and not report.exit
    said = {"build": Said(out=heard(report))} if is_settled else {}
    return report, uptodate.note(opened, report, said)


def settle(game: Game) -> str:
    """Run until the answer comes from memory: a run may still learn stats."""
    ends = time.monotonic() + 10
    while (found := answer(game)) is None:
        run(game)
        assert time.monotonic() < ends
    return found


def expect_true(game: Game) -> None:
    """Ask what memory says of a plan, and what a plan says that looks only at what differs."""
    expect_same_words(game)
    text, document = planned(game) or (None, None)
    said = said_of_plan(game)
    assert said[0] in (None, text)
    assert said[1] in (None, document)
    if text is not None:
        found = look(game, "plan")
        opened = Project(game.root, environment=game.variables(), remembered=found)
        assert opened.workspace == Project(game.root, environment=game.variables()).workspace
        report = opened.planned(remembered=found).report
        assert heard(report, plan_text.show) == text
        if report.rest and uptodate.note(opened, report):
            noted = listed.document(game.root, game.root.parent / "state")
            assert noted is None or timeless(b"".join(noted)) == document


def expect_same_words(game: Game) -> None:
    """Plan what differs, and all, whatever is to be done: a reader sees the same."""
    found = look(game, "plan")
    if found is None:
        return
    words = []
    for remembered in (found, None):
        try:
            opened = Project(game.root, environment=game.variables(), remembered=remembered)
            report = opened.planned(remembered=remembered).report
        except PixelpipeError as exc:
            words.append(str(exc))
        else:
            words.append(heard(report, plan_text.show))
    assert words[0] == words[1], "\n".join(words)


def expect_true_throughout(game: Game, chance: random.Random, times: int) -> None:
    """Edit and take back at random, and run now and then: what is said is true after each step."""
    for _ in meddled(game, chance, times):
        expect_true(game)
        if planned(game) is not None or chance.random() < 0.3:
            with suppress(PixelpipeError):
                run(game)
            expect_true(game)


def meddled(game: Game, chance: random.Random, times: int) -> Iterator[list[str]]:
    """Edit and take back at random; yields after each the names of the edits that stand."""
    undone: list[tuple[str, Undo]] = []
    for _ in range(times):
        if undone and chance.random() < 0.6:
            undone.pop()[1]()  # the last first: they may touch the same file
        else:
            name = chance.choice(sorted(EDITS.keys() - {name for name, _ in undone}))
            try:
                undone.append((name, EDITS[name](game)))
            except OSError:
                continue  # what it would change is not there any more
        yield [name for name, _ in undone]
