"""The one question before money is spent: yes, no, list, or only some sources."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core import patterns
from ..core.model import Step
from ..plan.plan import Plan
from ..purchase import budget
from . import wording
from .question import Asker
from .voice import say

#: Up to so many clips are listed before anybody asks for it.
_LISTED_AT_ONCE = 5
#: Sources of a rule that a list names; the others are counted.
_NAMED = 20
_ANSWERS = "[y]es, [n]o, [l]ist, [c]hoose sources"


def ask(plan: Plan, asker: Asker) -> bool | frozenset[str]:
    """Ask the person at the terminal; return yes, no, or the sources to buy for."""
    priced = [step for step in plan.steps if step.credits]
    if len(priced) <= _LISTED_AT_ONCE:
        _list(plan, priced)
    while True:
        say(f"Buy {_total(priced)} from {plan.service.identity}?", err=True)
        match asker.answer(_ANSWERS).lower()[:1]:
            case "y":
                return True
            case "n" | "":
                return False
            case "l":
                _list(plan, priced)
            case "c":
                if chosen := _choose(priced, asker):
                    return chosen
            case _:
                say("Please answer y, n, l or c.", err=True)


def _total(steps: Sequence[Step]) -> str:
    credits = sum(step.credits for step in steps)
    return f"{wording.count(steps, 'clip')} for {credits} credits ({budget.dollars(credits)})"


def _sources(steps: Sequence[Step]) -> dict[str, int]:
    """Return each source's number, from 1, in the order of the plan."""
    paths = dict.fromkeys(step.source for step in steps)
    return {path: number for number, path in enumerate(paths, start=1)}


def _list(plan: Plan, steps: Sequence[Step]) -> None:
    """Print by rule and clip: the prompt once, and the sources with their numbers and prices."""
    numbers = _sources(steps)
    prompts = {
        (clip.step.source, clip.step.clip): clip.request.prompt
        for source in plan.sources
        for clip in source.clips
    }
    groups: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.rule, step.clip), []).append(step)
    for (rule, clip), group in groups.items():
        say(f"{rule} [{clip}]: {_total(group)}", err=True)
        first = prompts.get((group[0].source, clip), "")
        say(f'      "{wording.fitting(first, 200)}"', err=True)
        for step in group[:_NAMED]:
            say(f"  {numbers[step.source]:>3} {step.source}  {step.credits} credits", err=True)
        if len(group) > _NAMED:
            last = numbers[group[-1].source]
            more = len(group) - _NAMED
            say(f"      and {more} more, up to {last} {group[-1].source}", err=True)


def _choose(steps: Sequence[Step], asker: Asker) -> frozenset[str]:
    """Ask which sources; return nothing when none is meant, so that the question comes again."""
    say("Which? Numbers of the list (1-3, 7), patterns (heroes/*), or a rule's name.", err=True)
    chosen = chosen_by(asker.answer("Sources"), steps)
    if not chosen:
        say("That is none of them.", err=True)
        return chosen
    wanted = [step for step in steps if step.source in chosen]
    return chosen if asker.confirm(f"Buy {_total(wanted)}?") else frozenset()


def chosen_by(answer: str, steps: Sequence[Step]) -> frozenset[str]:
    """Return the sources that an answer means: numbers, ranges, patterns, or rules' names."""
    numbers = _sources(steps)
    found: set[str] = set()
    for word in re.split(r"[,\s]+", answer.strip()):
        if bounds := re.fullmatch(r"(\d+)(?:-(\d+))?", word):
            low, high = int(bounds[1]), int(bounds[2] or bounds[1])
            found |= {path for path, number in numbers.items() if low <= number <= high}
        elif word:
            typed = patterns.spanning(word)
            found |= {
                step.source
                for step in steps
                if step.rule == word or typed.fullmatch(step.source) is not None
            }
    return frozenset(found)
