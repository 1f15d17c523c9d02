"""A plan that was saved to be read, agreed to, and carried out exactly, once.

It holds what it would do and what it was made from. Before it is carried out, a new plan is made
and compared: whatever moved in between makes it stale.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

import msgspec

from ..config.workspace import Workspace
from ..core import keys
from ..core.errors import ConfigError, UsageError
from ..core.model import Balance, Record, Rule
from ..core.version import __version__
from ..storage import lock
from ..storage.lock import Lock
from .plan import Plan

VERSION = 1
_NAMED = 3


class SavedStep(Record, frozen=True, kw_only=True):
    """One step as it was agreed to."""

    source: str
    clip: str
    step: str
    reason: str
    rule: str
    request_key: str
    credits: int


class SavedPlan(Record, frozen=True, kw_only=True):
    """A plan with what it was made from. `id` is new for each: it is good for one run."""

    plan: int = VERSION
    id: str
    tool: str
    service: str
    only: tuple[str, ...]
    credits: int
    balance: Balance | None
    steps: tuple[SavedStep, ...]
    #: Digests of the sources' pixels by path, of rules and settings, and of the lock file's lines.
    inputs: Mapping[str, str]
    rules: str
    lock: str
    #: What shows that this user made it here: a plan is a yes, and a checkout may bring a file.
    proof: str = ""


def make(
    plan: Plan, workspace: Workspace, locked: Lock, only: tuple[str, ...], balance: Balance | None
) -> SavedPlan:
    """Return `plan`, made from `workspace` and the lock file `locked`, to be saved."""
    return SavedPlan(
        id=uuid.uuid4().hex,
        tool=__version__,
        service=plan.service.identity,
        only=only,
        credits=plan.credits,
        balance=balance,
        steps=tuple(_steps(plan)),
        inputs={one.wanted.source.path: one.wanted.source.pixel_digest for one in plan.sources},
        rules=_rules(workspace),
        lock=keys.digest(lock.text(locked).encode()),
    )


def agreed(saved: SavedPlan, workspace: Workspace) -> bytes:
    """Return the text that is signed: the whole plan, and where it holds."""
    bare = msgspec.to_builtins(msgspec.structs.replace(saved, proof=""))
    return msgspec.json.encode(["plan", str(workspace.root.resolve()), bare], order="sorted")


def moved(saved: SavedPlan, now: SavedPlan) -> list[str]:
    """Say what is not as it was when `saved` was made; nothing when it still holds."""
    found = []
    if saved.service != now.service:
        found.append(f"the service was {saved.service}, and is {now.service}")
    sources = saved.inputs.keys() | now.inputs.keys()
    changed = sorted(path for path in sources if saved.inputs.get(path) != now.inputs.get(path))
    if changed:
        found.append(f"sources have changed: {_some(changed)}")
    if saved.rules != now.rules:
        found.append("rules or settings have changed")
    if saved.lock != now.lock:
        found.append(f"{lock.NAME} has changed")
    steps = sorted(
        f"{one.source} [{one.clip}]" for one in _differing(saved.steps, now.steps) if one.clip
    )
    if steps and not found:
        found.append(f"other steps are due: {_some(list(dict.fromkeys(steps)))}")
    return found


def encode(saved: SavedPlan) -> bytes:
    """Return a plan as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(saved), indent=2) + b"\n"


def decode(content: bytes, path: str) -> SavedPlan:
    """Return the plan that the file `path` holds.

    Raises UsageError when it is none, ConfigError when a newer pixelpipe wrote it.
    """
    try:
        saved = msgspec.json.decode(content, type=SavedPlan)
    except msgspec.MsgspecError as exc:
        raise UsageError(f"{path}: is no plan that `pixelpipe plan --out` wrote") from exc
    if saved.plan > VERSION:
        raise ConfigError("was written by a newer pixelpipe; update pixelpipe", path=path)
    return saved


def _steps(plan: Plan) -> Iterator[SavedStep]:
    for step in plan.steps:
        yield SavedStep(
            source=step.source,
            clip=step.clip,
            step=step.kind.value,
            reason=step.reason,
            rule=step.rule,
            request_key=step.request_key,
            credits=step.credits,
        )


def _differing(one: tuple[SavedStep, ...], two: tuple[SavedStep, ...]) -> list[SavedStep]:
    """Return the steps that only one of two plans has; their reasons do not count."""
    plain = [{msgspec.structs.replace(step, reason="") for step in steps} for steps in (one, two)]
    return list(plain[0] ^ plain[1])


def _rules(workspace: Workspace) -> str:
    """Digest what the rules and settings mean, not how their files are written."""
    settings = workspace.settings
    meant = (
        [_unplaced(rule) for rule in workspace.rules],
        settings.assets,
        settings.ignore,
        settings.targets,
        settings.batch,
    )
    # Frame numbers of `hold` become text: only such keys can be sorted.
    plain = msgspec.to_builtins(meant, str_keys=True)
    return keys.digest(msgspec.json.encode(plain, order="sorted"))


def _unplaced(rule: Rule) -> Rule:
    clips = tuple(msgspec.structs.replace(clip, file="", line=None) for clip in rule.clips)
    return msgspec.structs.replace(rule, clips=clips, file="", line=None)


def _some(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
