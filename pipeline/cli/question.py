"""The one question before money is spent: yes, no, list, or only some sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

import click

from ..core.model import Step
from ..plan.plan import Plan
from ..purchase import budget
from . import wording

#: Up to so many clips are listed before anybody asks for it.
_LISTED_AT_ONCE = 5
#: Sources of a rule that a list names; the others are counted.
_NAMED = 20
_ANSWERS = "[y]es, [n]o, [l]ist, [c]hoose sources"


def ask(plan: Plan) -> bool | frozenset[str]:
    """Ask the person at the terminal; return yes, no, or the sources to buy for."""
    priced = [step for step in plan.steps if step.credits]
    if len(priced) <= _LISTED_AT_ONCE:
        _list(plan, priced)
    while True:
        click.echo(f"Buy {_total(priced)} from {plan.service.identity}?", err=True)
        answer = click.prompt(
            _ANSWERS, default="n", show_default=False, prompt_suffix=": ", err=True
        )
        match str(answer).strip().lower()[:1]:
            case "y":
                return True
            case "n":
                return False
            case "l":
                _list(plan, priced)
            case "c":
                if chosen := _choose(priced):
                    return chosen
            case _:
                click.echo("Please answer y, n, l or c.", err=True)


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
        click.echo(f"{rule} [{clip}]: {_total(group)}", err=True)
        first = prompts.get((group[0].source, clip), "")
        click.echo(f'      "{wording.fitting(first, 200)}"', err=True)
        for step in group[:_NAMED]:
            click.echo(
                f"  {numbers[step.source]:>3} {step.source}  {step.credits} credits", err=True
            )
        if len(group) > _NAMED:
            last = numbers[group[-1].source]
            more = len(group) - _NAMED
            click.echo(f"      and {more} more, up to {last} {group[-1].source}", err=True)


def _choose(steps: Sequence[Step]) -> frozenset[str]:
    """Ask which sources; return nothing when none is meant, so that the question comes again."""
    click.echo(
        "Which? Numbers of the list (1-3, 7), patterns (heroes/*), or a rule's name.", err=True
    )
    answer = click.prompt("Sources", default="", show_default=False, err=True)
    chosen = chosen_by(str(answer), steps)
    if not chosen:
        click.echo("That is none of them.", err=True)
        return chosen
    wanted = [step for step in steps if step.source in chosen]
    return chosen if click.confirm(f"Buy {_total(wanted)}?", err=True) else frozenset()


def chosen_by(answer: str, steps: Sequence[Step]) -> frozenset[str]:
    """Return the sources that an answer means: numbers, ranges, patterns, or rules' names."""
    numbers = _sources(steps)
    found: set[str] = set()
    for word in re.split(r"[,\s]+", answer.strip()):
        if bounds := re.fullmatch(r"(\d+)(?:-(\d+))?", word):
            low, high = int(bounds[1]), int(bounds[2] or bounds[1])
            found |= {path for path, number in numbers.items() if low <= number <= high}
        elif word:
            found |= {
                step.source
                for step in steps
                if step.rule == word
                or fnmatchcase(step.source, word)
                or fnmatchcase(step.source, f"*/{word}")
            }
    return frozenset(found)
