"""`doctor`: find what would go wrong, before money is spent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from ..commands.doctor import checks, checkup
from ..commands.doctor.checks import Finding, Level
from . import loudness, options
from .voice import say, show_json

_COLOURS = {Level.OK: "green", Level.NOTE: "yellow", Level.PROBLEM: "red"}


@click.command()
@options.project
@options.service
@click.option("--offline", is_flag=True, help="Ask no service, the built-in engine included.")
@options.as_json
def doctor(project: str, service: str | None, offline: bool, as_json: bool) -> None:
    """Find what would go wrong, before money is spent.

    Looks at key, credits, sprites, prompts, rules, disks, records and git. Buys nothing, changes
    nothing, and never shows the key. Ends with the exit code that a build would end with; notes
    do not count.
    """
    found: list[Finding] = []
    for finding in checkup.findings(
        Path(project), os.environ, {"service": service}, is_offline=offline
    ):
        found.append(finding)
        if not (as_json or _is_passed_over(finding)):
            _show(finding)
    code = checks.exit_code(found)
    if as_json:
        document = {"doctor": 1, "exit": code, "findings": [_entry(one) for one in found]}
        show_json(msgspec.json.encode(document))
    else:
        problems = sum(one.level is Level.PROBLEM for one in found)
        notes = sum(one.level is Level.NOTE for one in found)
        say(f"{_count(problems, 'problem')}, {_count(notes, 'note')}.")
    sys.exit(code)


def _is_passed_over(finding: Finding) -> bool:
    return loudness.is_quiet() and finding.level is not Level.PROBLEM


def _show(finding: Finding) -> None:
    """Print one line; the level is coloured on a terminal."""
    level = click.style(f"{finding.level:8}", fg=_COLOURS[finding.level])
    say(finding.line[8:], style=level)


def _entry(finding: Finding) -> dict[str, object]:
    return {
        "level": finding.level.value,
        "subject": finding.subject,
        "text": finding.text,
        "remedy": finding.remedy,
        "paths": list(finding.paths),
        "details": list(finding.details),
        "exit": finding.exit_code,
    }


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
