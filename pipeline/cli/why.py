"""`why`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import msgspec

from ..api import Project
from ..commands.animate import near_miss
from ..commands.why import Explanation, explain, not_taken
from ..core import keys
from ..core.errors import UsageError
from ..run.report import Report
from . import named_file, options
from .voice import say, show_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.service
@options.as_json
@click.option("--recipe", is_flag=True, help="Print all that goes into the key, beside the last.")
@click.option("--parts", is_flag=True, help="Draw the parts that the built-in engine finds.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The PNG of --parts.")
def why(
    file: Path, service: str | None, as_json: bool, recipe: bool, parts: bool, out: Path | None
) -> None:
    """Say which rule and key FILE has, and what differs from last time, field by field.

    FILE is a source, or one of its outputs. For a clip of the built-in engine it says how each
    word of the prompt is read; --parts writes a picture of what was found, in a temporary folder
    unless --out names a file.
    """
    if out is not None and not parts:
        raise UsageError("--out is for --parts: the picture of what was found")
    opened = Project(file.parent, service=service)
    _check_out(opened, out)
    root = opened.root.resolve()
    path = named_file.source(opened, file)
    if (root / path).is_dir():
        raise UsageError(f"{path}: is a folder; `why` is about one file, `plan --only` about many")
    if not (root / path).is_file():
        near = near_miss(root / path)
        raise UsageError(f"{path}: there is no such source in {opened.root}{near}")
    report, found = explain(opened, path)
    if as_json:
        show_json(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    for one in found:
        _show(one, with_recipe=recipe)
        if not one.frames and (one.interpretation or not opened.workspace.service.paid):
            _show_reading(opened, report, one)
    for step in report.plan.refused:
        say(step.error or step.reason)
    if path in report.plan.unmatched:
        say(f"{path}: no rule matches it; the packs and rules in use are in pixelpipe.yaml")
    elif not found and not report.plan.refused:
        say(f"{path}: {not_taken(opened, path)}")
    if parts:
        _draw(opened, report, out)


def _check_out(opened: Project, out: Path | None) -> None:
    """Raise UsageError where the picture would lie over a sprite, or over what is no picture."""
    from ..run import named_output

    named_output.check("--out", out, named_output.is_picture)
    assets = [(opened.root / folder).resolve() for folder in opened.workspace.settings.assets]
    if out is not None and out.exists() and any(map(out.resolve().is_relative_to, assets)):
        raise UsageError(f"--out {out}: is a file of the assets; name another place")


def _show_reading(opened: Project, report: Report, one: Explanation) -> None:
    """Print how the engine of today reads the prompt, word by word."""
    from . import prompt_reading  # heavy: loads the engine

    source = next(s for s in report.plan.sources if s.wanted.source.path == one.source)
    request = next(r for r in source.wanted.requests if r.clip == one.clip)
    found = prompt_reading.read(opened.workspace, source.wanted, request)
    if not one.interpretation:
        say(f"  engine  {found.sentence}")
    say(f"  sprite  {found.kind} ({found.kind_from}), facing {found.facing}")
    for words, effect in found.effects:
        say(f"  word    {words}: {effect}")


def _draw(opened: Project, report: Report, out: Path | None) -> None:
    """Write a picture of what is found for each picture that is animated."""
    from ..imaging.picture import png
    from ..run import named_output
    from . import prompt_reading

    folder = Path(tempfile.mkdtemp(prefix="pixelpipe-parts-")) if out is None else out.parent
    with named_output.told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for source in report.plan.sources:
        seen = {request.cell: request for request in reversed(source.wanted.requests)}
        for cell, request in sorted(seen.items(), key=lambda one: one[0] or 0):
            drawn = prompt_reading.drawing(opened.workspace, source.wanted, request)
            name = Path(source.wanted.source.path).stem + ("" if cell is None else f"_{cell}")
            place = folder / f"{name}.parts.png"
            if out is not None:
                place = out if cell is None else out.with_stem(f"{out.stem}_{cell}")
            with named_output.told(place):
                place.write_bytes(png.write(drawn.width, drawn.height, drawn.rgba))
            say(f"parts: {place}")


def _show(one: Explanation, *, with_recipe: bool) -> None:
    say(f"{one.source} [{one.clip}]")
    say(f"  rule    {one.rule}  ({one.place})")
    say(f"  step    {one.step}: {one.reason}")
    if one.frames:
        say(f"  frames  {', '.join(one.frames)}: as they are, for nothing")
    else:
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
    now, before = keys.fields(one.recipe), keys.fields(one.recipe_before)
    for field in sorted(now.keys() | before.keys()):
        value, old = now.get(field, "-"), before.get(field, "-")
        is_changed = bool(before) and value != old
        say(f"        {'*' if is_changed else ' '} {field}: {value}")
        if is_changed:
            say(f"            before: {old}")
