"""Look at everything that would stop a build or waste money, before money is spent."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...api import Project
from ...config import dotenv, packs
from ...config.workspace import Workspace
from ...core.errors import ConfigError, PixelpipeError, UnavailableError
from ...core.model import Rule, Step, StepKind
from ...purchase import account
from ...purchase.connect import Connection
from ...run.report import Report
from ...storage import files, lock_file
from . import artchecks, checks, placechecks
from .checks import Finding


def findings(
    start: Path, environment: Mapping[str, str], flags: Mapping[str, object], *, is_offline: bool
) -> Iterator[Finding]:
    """Yield what is found, one subject after the other, the cheap ones first.

    Nothing is bought and no output is written; the service is asked one free question, and none
    when `is_offline`. Raises ConfigError only where there is no project at all.
    """
    files.find(start)
    yield from checks.strays(environment)
    try:
        opened = Project(start, environment=environment, remembered=None, **flags)
    except ConfigError as exc:
        yield checks.refused("settings", exc)
        return
    workspace = opened.workspace
    yield checks.ok(
        "settings", f"{len(workspace.rules)} rules from {len(workspace.inputs)} files and packs"
    )
    yield from checks.old_packs(workspace.settings.packs, packs.versions())
    if workspace.key_refusal:
        yield checks.note("key", workspace.key_refusal)
    text = None if workspace.key_refusal else dotenv.look(workspace.root).text
    yield from checks.key(environment, text, is_needed=workspace.service.base_url is not None)
    yield from _place(workspace)
    yield from _plan(opened, environment, is_offline=is_offline)


def _place(workspace: Workspace) -> Iterator[Finding]:
    """Look at disks, records and version control; one that fails does not hide the others."""
    listed = files.scan(workspace.root, workspace.settings.assets, workspace.settings.ignore)
    yield from placechecks.watches(len(listed.folders))
    yield from checks.collisions(filter(files.is_source, listed.files), files.fold)
    try:
        yield from placechecks.file_systems(workspace)
        found = account.records(workspace.state, workspace.service, time.time())
        yield from placechecks.records(workspace, found)
        yield from placechecks.store(workspace.store(), lock_file.read(workspace.root))
    except PixelpipeError as exc:
        yield checks.refused("records", exc)
    yield from placechecks.version_control(workspace)
    yield from placechecks.plugins(workspace.root)


def _plan(
    opened: Project, environment: Mapping[str, str], *, is_offline: bool
) -> Iterator[Finding]:
    """Look at the sprites and what is planned for them, then ask whether it can be had."""
    try:
        report = opened.plan()
    except PixelpipeError as exc:
        yield checks.refused("plan", exc)
        return
    yield from _steps(report)
    wanted = [source.wanted for source in report.plan.sources]
    yield from artchecks.look(opened.root, wanted)
    yield from checks.prompts(_distinct(one.rule for one in wanted))
    if not is_offline:
        yield from _service(opened.workspace, environment, report.plan.credits)


def _distinct(rules: Iterator[Rule]) -> list[Rule]:
    return list({(rule.pack, rule.name, rule.file): rule for rule in rules}.values())


def _steps(report: Report) -> Iterator[Finding]:
    """Report what the plan cannot do."""
    # Clips of one source mostly share their obstacle: it is told once.
    told = dict.fromkeys(_obstacle(step) for step in report.plan.steps)
    yield from (finding for finding in told if finding is not None)
    for one in report.plan.passed_over:
        yield checks.note("passed over", one.sentence)
    if report.plan.unmatched:
        yield checks.note(
            "rules",
            "sprites that no rule matches",
            "write a rule, or list them under `ignore:`",
            report.plan.unmatched,
        )


def _obstacle(step: Step) -> Finding | None:
    """Return why a step cannot be done, or cannot be done without a person."""
    reason = step.error or step.reason
    sentence = reason if reason.startswith(step.source) else f"{step.source}: {reason}"
    if step.error:
        return checks.problem("plan", sentence, exit_code=step.exit_code)
    if step.kind in (StepKind.ASK, StepKind.BLOCKED):
        return checks.note("plan", sentence)
    return None


def _service(
    workspace: Workspace, environment: Mapping[str, str], planned: int
) -> Iterator[Finding]:
    """Ask the service for the balance: it says whether key, network and service work."""
    name = workspace.service.identity
    try:
        with Connection(workspace, environment) as connection:
            found = connection.service().balance()
    except UnavailableError as exc:
        yield checks.problem("service", str(exc), "nothing is lost; try later", exit_code=6)
    except PixelpipeError as exc:
        yield checks.refused("service", exc)
    else:
        if not workspace.service.paid:
            yield checks.ok("service", f"{name} answers; it is free")
            return
        text = f"{name} answers; {found.available} credits available, {planned} planned to be spent"
        if planned > found.available:
            yield checks.problem("service", text, "what does not fit is not started", exit_code=5)
        else:
            yield checks.ok("service", text)
