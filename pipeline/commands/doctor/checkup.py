"""Look at everything that would stop a build or waste money, before money is spent."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...api import Project
from ...config import dotenv, packs
from ...config.workspace import Workspace
from ...core.errors import ConfigError, PixelpipeError, UnavailableError
from ...core.model import Rule, Step, StepKind
from ...purchase import account
from ...purchase.connect import Connection
from ...run import alike
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
    groups: dict[tuple[object, ...], list[Step]] = {}
    for step in report.plan.steps:
        if step.error or step.kind in (StepKind.ASK, StepKind.BLOCKED):
            alike_in = (bool(step.error), step.exit_code, alike.kind(_reason(step), step.source))
            groups.setdefault(alike_in, []).append(step)
    for steps in groups.values():
        yield from _obstacles(steps)
    for one in report.plan.passed_over:
        yield checks.note("passed over", one.sentence)
    if report.plan.unmatched:
        yield checks.note(
            "rules",
            "sprites that no rule matches",
            "write a rule, or list them under `ignore:`",
            report.plan.unmatched,
        )


def _reason(step: Step) -> str:
    return (step.error or step.reason).removeprefix(f"{step.source}: ")


def _obstacles(steps: Sequence[Step]) -> Iterator[Finding]:
    """Yield why these steps cannot be done, or cannot be done without a person: once for many.

    Clips of one source mostly share their obstacle.
    """
    reasons: dict[str, list[str]] = {}
    for step in steps:
        reasons.setdefault(step.source, []).append(_reason(step))
    if len(reasons) > alike.FEW:
        text = alike.sentence([one for some in reasons.values() for one in some])
        yield _told(steps[0], f"{len(reasons)} sprites: {text}", tuple(reasons))
        return
    for source, some in reasons.items():
        for reason in dict.fromkeys(some):
            yield _told(steps[0], f"{source}: {reason}")


def _told(step: Step, text: str, paths: Sequence[str] = ()) -> Finding:
    if step.error:
        return checks.problem("plan", text, paths=paths, exit_code=step.exit_code)
    return checks.note("plan", text, paths=paths)


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
