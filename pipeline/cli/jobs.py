"""`jobs`: what is in flight, in doubt or failed, and how a person settles it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from ..config.workspace import Workspace
from ..core.errors import PixelpipeError, UsageError
from ..core.model import Job, JobState, Kept
from ..purchase import account, elsewhere, evidence, joining, proof, settle
from ..purchase.connect import Connection
from ..purchase.evidence import Account
from ..purchase.jobs import Desk
from ..purchase.proof import Settled
from ..purchase.settle import Entry
from ..purchase.team import Team
from ..purchase.team_books import TeamBooks
from ..storage import lock_file
from ..storage.ledger import Ledger
from ..storage.shared.claim_log import State
from ..storage.store import Store
from . import loudness, options
from .voice import say, show_json

_KEY_DIGITS = 12
_FAILED_LISTED = 20
_STATES = (
    JobState.UNCONFIRMED,
    JobState.DETACHED,
    JobState.CLAIMED,
    JobState.SUBMITTED,
    JobState.FAILED,
)

Command = TypeVar("Command", bound=Callable[..., object])


def _place(command: Command) -> Command:
    folder = click.option(
        "--project",
        default=".",
        type=click.Path(exists=True, file_okay=False),
        help="A folder of the project; for its service and key.",
    )
    return folder(options.service(command))


@click.group(invoke_without_command=True)
@click.pass_context
def jobs(context: click.Context) -> None:
    """Show and settle what is in flight, detached, unconfirmed or failed.

    A KEY may be cut short, as `jobs list` shows it.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@jobs.command("list")
@_place
@options.as_json
def list_(project: str = ".", service: str | None = None, as_json: bool = False) -> None:
    """List every job that is not simply bought, with the evidence for those in doubt."""
    workspace = _workspace(project, service)
    now = time.time()
    with _ledger(workspace) as ledger:
        _agree(workspace, ledger)
        asked, settled, trouble = _account(workspace, ledger, now)
        found = settle.entries(ledger, asked, now)
        kept = ledger.kept_back(str(workspace.root))
        others, away = _elsewhere(workspace, ledger, now)
    hands = _by_hand(workspace)
    if as_json:
        files = [{"path": path, "state": state} for path, state in hands]
        document: dict[str, object] = {
            "jobs": 1,
            "entries": found,
            "kept_back": kept,
            "account": asked,
            "files": files,
            "elsewhere": others,
        }
        if settled:
            document["settled"] = [one.document for one in settled]
        show_json(msgspec.json.encode(document))
        return
    if trouble:
        loudness.note(f"the service was not asked: {trouble}")
    for one in settled:
        say(f"settled: {one.sentence}")
    if away:
        say(f"note: other machines' purchases are not known: {away}", err=True)
    _show(found, now)
    _show_elsewhere(others, now)
    _show_kept(kept, now)
    for path, state in hands:
        what = "your edit counts" if state == "adopted" else "left to you for good"
        say(f"{state:11} {path}  {what}; `pixelpipe restore {path}` takes it back")


@jobs.command()
@click.argument("key")
@_place
@click.option("--lost", is_flag=True, help="Not billed: it and its batch may be bought again.")
@click.option("--charged", is_flag=True, help="Billed, and the result cannot be had: booked.")
@click.option("--bought", metavar="ID", help="It is the service's job ID: fetch it.")
def resolve(
    key: str, project: str, service: str | None, lost: bool, charged: bool, bought: str | None
) -> None:
    """Settle the doubt about one purchase."""
    if lost + charged + (bought is not None) != 1:
        raise UsageError("say exactly one of --lost, --charged and --bought ID")
    workspace = _workspace(project, service)
    with _ledger(workspace) as ledger:
        _agree(workspace, ledger)
        if not _is_ours(ledger, key) and (team := _team(workspace)):
            _resolve_elsewhere(workspace, ledger, team, key, lost=lost, bought=bought)
            return
        job = settle.find(ledger, key)
        if bought is not None:
            with _desk(workspace, ledger, job) as desk:
                settled = [settle.adopt(job, bought, desk)]
        elif lost:
            settled = [*settle.lose(job, ledger, time.time())]
        else:
            settled = [settle.charge(job, ledger, time.time())]
        _agree(workspace, ledger)
    for one in settled:
        say(_ended(one))


@jobs.command()
@click.argument("key")
@_place
def cancel(key: str, project: str, service: str | None) -> None:
    """Ask the service to end a job, and wait for its end; a result that came first is kept."""
    workspace = _workspace(project, service)
    with _ledger(workspace) as ledger:
        job = settle.find(ledger, key)
        with _desk(workspace, ledger, job) as desk:
            job = settle.cancel(job, workspace, desk.service, ledger)
    say(_ended(job))


@jobs.command()
@click.argument("key", required=False)
@_place
@click.option("--all", "every", is_flag=True, help="All jobs that failed.")
def retry(key: str | None, project: str, service: str | None, every: bool) -> None:
    """Let the next build try again what failed for good."""
    if every == (key is not None):
        raise UsageError("say either a KEY or --all")
    with _ledger(_workspace(project, service)) as ledger:
        found = ledger.failed() if key is None else [settle.find(ledger, key)]
        again = settle.retry(found, ledger, time.time())
    if key is not None and not again:
        raise UsageError(f"{_name(found[0])}: is {found[0].state}; it has not failed for good")
    say(f"The next build may try {_count(len(again), 'job')} again.")


@jobs.command()
@_place
def release(project: str, service: str | None) -> None:
    """Let a watch buy what it keeps back."""
    workspace = _workspace(project, service)
    with _ledger(workspace) as ledger:
        count = ledger.release(str(workspace.root))
    say(f"Released {_count(count, 'purchase')}; a running watch goes on within seconds.")


# -- inside -------------------------------------------------------------------------------------


def _workspace(project: str, service: str | None) -> Workspace:
    return account.open(Path(project), os.environ, {"service": service})


@contextmanager
def _ledger(workspace: Workspace) -> Iterator[Ledger]:
    with Ledger(workspace.state, now=time.time()) as ledger:
        yield ledger


@contextmanager
def _desk(workspace: Workspace, ledger: Ledger, job: Job) -> Iterator[Desk]:
    """Open the service that a job was sent to."""
    if job.service != workspace.service.identity or workspace.service.base_url is None:
        raise UsageError(
            f"{_name(job)}: was sent to {job.service}, and {workspace.service.identity} is the "
            "service here; say --service, and set its key"
        )
    with Connection(workspace, os.environ) as connection:
        yield Desk(connection.service(), ledger, Store(workspace.state / "bought"), time.time)


def _team(workspace: Workspace) -> Team | None:
    return joining.join(workspace, os.environ)


def _agree(workspace: Workspace, ledger: Ledger) -> None:
    """Follow what other machines' people have decided, and tell them what was decided here."""
    try:
        team = _team(workspace)
        if team is None:
            return
        trouble = TeamBooks(ledger, team, workspace.store(), time.time).agree()
    except PixelpipeError as exc:
        trouble = str(exc)
    if trouble:
        say(f"note: the shared store was not told: {trouble}", err=True)


def _is_ours(ledger: Ledger, key: str) -> bool:
    """Tell whether there is something to settle in this machine's own records."""
    found = ledger.named(key.lower())
    return any(settle.standing(job, ledger) not in (None, JobState.FAILED) for job in found)


def _resolve_elsewhere(
    workspace: Workspace,
    ledger: Ledger,
    team: Team,
    key: str,
    *,
    lost: bool,
    bought: str | None,
) -> None:
    claim = elsewhere.find(key, team, ledger, time.time())
    if bought is not None:
        with Connection(workspace, os.environ) as connection:
            entry = elsewhere.adopt(claim, bought, team, ledger, connection.service)
        text = "the next build on any machine fetches it"
    elif lost:
        entry = elsewhere.lose(claim, team)
        text = "may be bought again, on any machine"
    else:
        entry = elsewhere.charge(claim, team)
        text = f"{entry.credits} credits booked by {entry.label}; another take may be bought"
    say(f"{entry.source} [{entry.clip}]: {text}")


def _elsewhere(
    workspace: Workspace, ledger: Ledger, now: float
) -> tuple[tuple[elsewhere.Claim, ...], str]:
    """Return what other machines have open, or why that is not known."""
    try:
        team = _team(workspace)
        return ((), "") if team is None else (elsewhere.claims(team, ledger, now), "")
    except PixelpipeError as exc:
        return (), str(exc)


def _show_elsewhere(found: tuple[elsewhere.Claim, ...], now: float) -> None:
    for one in found:
        entry, key = one.entry, one.request_key[:_KEY_DIGITS]
        where = f"{key}  {entry.source} [{entry.clip}]  {entry.credits} credits"
        say(f"{entry.state:11} {where}  by {entry.label}, {_ago(now - entry.at)}")
        _row("id", entry.remote_id)
        _row("reason", entry.reason)
        _row("seen", f"unchanged for {one.unchanged_s / 60:.0f} min here")
        if entry.state is not State.SUBMITTED:
            _row("settle", f"pixelpipe jobs resolve {key} --lost | --charged | --bought ID")


def _account(
    workspace: Workspace, ledger: Ledger, now: float
) -> tuple[Account | None, tuple[Settled, ...], str]:
    """Ask the service when there is doubt, and settle what it proves; or say why it was not."""
    doubts = [job.claimed_at for job in settle.doubts(ledger)]
    if not doubts or workspace.service.base_url is None:
        return None, (), ""
    identity = workspace.service.identity
    try:
        with Connection(workspace, os.environ) as connection:
            service = connection.service()
            settled = proof.settle(service, identity, ledger, now)
            proof.note_doubt(service, identity, ledger, now)
            return evidence.ask(service, identity, min(doubts), now), settled, ""
    except PixelpipeError as exc:
        return None, (), str(exc)


def _show(found: tuple[Entry, ...], now: float) -> None:
    if not found:
        say("No job is in flight, in doubt or failed.")
    for state in _STATES:
        some = [entry for entry in found if entry.state is state]
        shown = some[-_FAILED_LISTED:] if state is JobState.FAILED else some
        for entry in shown:
            job = entry.job
            price = f"  {job.credits_quoted} credits" if job.paid else ""
            say(
                f"{state:11} {job.request_key[:_KEY_DIGITS]}  {job.source} [{job.clip}]"
                f"{price}  {_ago(now - job.claimed_at)}"
            )
            _row("id", job.remote_id or "")
            _row("reason", job.reason)
            if settle.is_final(job):
                _row("settle", f"pixelpipe jobs retry {job.request_key[:_KEY_DIGITS]}")
            _show_evidence(entry, now)
        if len(shown) < len(some):
            say(f"{state:11} and {len(some) - len(shown)} older ones (--json lists all)")


def _show_evidence(entry: Entry, now: float) -> None:
    seen = entry.evidence
    if seen is None:
        return
    if len(entry.together) > 1:
        _row("batch", f"one request for {', '.join(entry.together)}: {seen.asked_for} credits")
    left = seen.hold_lapses_at - now
    _row("hold", f"lapses in {left / 60:.0f} min" if left > 0 else f"lapsed {_ago(-left)}")
    before = "not known" if seen.before is None else f"{seen.before.reserved}"
    if seen.now is not None:
        _row(
            "reserved",
            f"{before} before, {seen.now.reserved} now; {seen.known_holds} by jobs known here",
        )
        if seen.before is not None:
            _row("total", f"{seen.before.total_balance} before, {seen.now.total_balance} now")
    if seen.billed is not None:
        _row(
            "charged",
            f"{seen.billed[0]} credits for {_count(seen.billed[1], 'job')} by the service, "
            f"{seen.booked[0]} for {_count(seen.booked[1], 'job')} in these records",
        )
    _row("reading", seen.reading)
    key = entry.job.request_key[:_KEY_DIGITS]
    _row("settle", f"pixelpipe jobs resolve {key} --lost | --charged | --bought ID")


def _by_hand(workspace: Workspace) -> list[tuple[str, str]]:
    """Return the published files that a person has taken over, with how."""
    found = lock_file.read(workspace.root).files if workspace.is_project else ()
    return [
        (line.path, "detached" if line.detached else "adopted")
        for line in found
        if line.detached or line.adopted
    ]


def _show_kept(kept: list[Kept], now: float) -> None:
    for one in kept:
        left = 0.0 if one.due is None else one.due - now
        why = f"due in {left / 60:.0f} min" if 0 < left < math.inf else "too many at once"
        key = one.request_key[:_KEY_DIGITS]
        say(f"{'kept back':11} {key}  {one.source} [{one.clip}]  {one.credits} credits  {why}")
    if kept:
        say(
            f"{_count(len(kept), 'purchase')} for {sum(one.credits for one in kept)} credits kept "
            "back by a watch; `pixelpipe jobs release` lets them go"
        )


def _ended(job: Job) -> str:
    match job.state:
        case JobState.BOUGHT:
            text = f"bought for {job.credits_charged} credits; the next build publishes it"
        case JobState.SUBMITTED | JobState.DETACHED:
            text = "still runs; the next build fetches it"
        case JobState.CHARGED:
            text = f"{job.credits_charged} credits booked; the next build may buy another take"
        case _:
            text = f"{job.state}: {job.reason}"
    return f"{_name(job)}: {text}"


def _row(name: str, text: str) -> None:
    if text:
        say(f"  {name:9} {text}")


def _name(job: Job) -> str:
    return f"{job.source} [{job.clip}]"


def _ago(seconds: float) -> str:
    minutes = max(0.0, seconds) / 60
    if minutes < 120:
        return f"{minutes:.0f} min ago"
    hours = minutes / 60
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} days ago"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
