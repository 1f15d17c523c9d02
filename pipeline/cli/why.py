"""`why`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from ..api import Project
from ..commands import why as explain
from ..commands.animate import near_miss
from ..commands.why import Explanation
from ..core.errors import UsageError
from ..run.report import Report
from . import named_file, options
from .voice import say, show_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.service
@options.as_json
@click.option("--recipe", is_flag=True, help="Print all that goes into the key, beside the last.")
def why(file: Path, service: str | None, as_json: bool, recipe: bool) -> None:
    """Say which rule and key FILE has, and what differs from last time, field by field.

    FILE is a source, or one of its outputs.
    """
    opened = Project(file.parent, service=service)
    root = opened.root.resolve()
    path = named_file.source(opened, file)
    if (root / path).is_dir():
        raise UsageError(f"{path}: is a folder; `why` is about one file, `plan --only` about many")
    if not (root / path).is_file():
        near = near_miss(root / path)
        raise UsageError(f"{path}: there is no such source in {opened.root}{near}")
    report, found = explain.file(opened, path)
    if as_json:
        show_json(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    for one in found:
        _show(one, with_recipe=recipe)
        if not one.interpretation and not opened.workspace.service.paid:
            say(f"  engine  {_reading(opened, report, one)}")
    for step in report.plan.refused:
        say(step.error or step.reason)
    if path in report.plan.unmatched:
        say(f"{path}: no rule matches it; the packs and rules in use are in pixelpipe.yaml")
    elif not found and not report.plan.refused:
        say(f"{path}: {explain.not_taken(opened, path)}")


def _reading(opened: Project, report: Report, one: Explanation) -> str:
    from . import prompt_reading  # heavy: loads the engine

    source = next(s for s in report.plan.sources if s.wanted.source.path == one.source)
    request = next(r for r in source.wanted.requests if r.clip == one.clip)
    return prompt_reading.sentence(opened.workspace, source.wanted, request)


def _show(one: Explanation, *, with_recipe: bool) -> None:
    say(f"{one.source} [{one.clip}]")
    say(f"  rule    {one.rule}  ({one.place})")
    say(f"  step    {one.step}: {one.reason}")
    say(f"  key     {one.request_key}")
    if one.interpretation:
        say(f"  engine  {one.interpretation}")
    for change in one.differences:
        say(f"  differs {change.field}")
        say(f"            before {change.before}")
        say(f"            now    {change.now}")
    if with_recipe:
        _show_recipe(one)


def _show_recipe(one: Explanation) -> None:
    """Print every field of the key, and what it was where that was something else."""
    now, before = explain.fields(one.recipe), explain.fields(one.recipe_before)
    for field in sorted(now.keys() | before.keys()):
        value, old = now.get(field, "-"), before.get(field, "-")
        is_changed = bool(before) and value != old
        say(f"        {'*' if is_changed else ' '} {field}: {value}")
        if is_changed:
            say(f"            before: {old}")
