"""Say why a file is as it is: rule, key, and what differs from the purchase in use."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..api import Project
from ..core import keys
from ..core.model import Record
from ..plan import steps
from ..plan.plan import SourcePlan
from ..plan.wanted import ClipPlan
from ..run import passed_over
from ..run.report import Report
from ..storage import files
from ..storage.state import State
from ..storage.store import Store


class Difference(Record, frozen=True, kw_only=True):
    """A field of the request key that is not what it was."""

    field: str
    before: str
    now: str


class Explanation(Record, frozen=True, kw_only=True):
    """One clip of one source."""

    source: str
    clip: str
    step: str
    reason: str
    rule: str
    #: `file:line` of the clip's definition.
    place: str
    request_key: str
    #: The text that the key is the digest of; both are "" for frames as they are.
    recipe: str
    #: The text of the purchase in use, or that was last; "" when there is none.
    recipe_before: str = ""
    #: How the built-in engine read the prompt; "" before the clip was made, or made elsewhere.
    interpretation: str = ""
    differences: tuple[Difference, ...] = ()
    #: The numbered pictures that the clip is, as they are; such a clip has no key and no recipe.
    frames: tuple[str, ...] = ()


def explain(project: Project, path: str) -> tuple[Report, tuple[Explanation, ...]]:
    """Explain the source `path`, or the source that an output belongs to."""
    report = project.plan_of(path)
    found: list[Explanation] = []
    for source in report.plan.sources:
        derived = tuple(_derived(project, source))
        found += [_explain(project, source, clip, derived) for clip in source.clips]
    return report, tuple(found)


def not_taken(project: Project, path: str) -> str:
    """Say why a file that is there is no source of this project."""
    settings = project.workspace.settings
    scan = files.scan(project.root, settings.assets, settings.ignore)
    return passed_over.about(project.workspace, scan, path)


def _explain(
    project: Project, source: SourcePlan, clip: ClipPlan, derived: tuple[Difference, ...]
) -> Explanation:
    stated = next(one for one in source.wanted.rule.clips if one.name == clip.request.clip)
    store = project.workspace.store()
    now, before, record = "", "", None
    if not clip.is_adopted:
        now = keys.recipe(clip.request, clip.service or project.workspace.service.identity)
        before = _before(project, clip, store)
        record = store.record(clip.step.request_key, clip.digest or "")
    frames = (one.paths for one in source.wanted.adopted if one.clip == clip.request.clip)
    return Explanation(
        source=clip.request.source,
        clip=clip.request.clip,
        step=clip.step.kind,
        reason=clip.step.reason,
        rule=clip.request.rule,
        place=f"{stated.file}:{stated.line}",
        request_key=clip.step.request_key,
        recipe=now,
        recipe_before=before,
        interpretation=record.interpretation if record else "",
        frames=next(frames, ()),
        differences=(*_differences(before, now), *derived),
    )


def _derived(project: Project, source: SourcePlan) -> Iterator[Difference]:
    """Yield what is not as it was when the files were made, purchases aside.

    Only the checkout that made them knows; elsewhere nothing is yielded.
    """
    wanted = source.wanted
    recipe = steps.build_recipe(wanted, source.clips)
    state = State.open(project.root, project.workspace.state)
    for build in sorted(
        {line.build for line in project.lock().files_of().get(wanted.source.stem, ())}
    ):
        if before := state.noted(wanted.source.path, build):
            yield from _differences(before, keys.derivation(recipe))
            return


def _before(project: Project, clip: ClipPlan, store: Store) -> str:
    """Return the recipe of the purchase that the lock file names, or of the one that is reused."""
    own = project.lock().lines_of().get((clip.request.source, clip.request.clip), ())
    lines = sorted(own, key=lambda line: line.hidden)  # what is shown comes first
    for key, digest in [(line.key, line.digest) for line in lines] or [
        (clip.step.request_key, clip.digest or "")
    ]:
        if (record := store.record(key, digest)) is not None:
            return record.recipe
    with project.workspace.ledger(time.time()) as ledger:
        known = ledger.jobs(line.key for line in lines)
    return known[0].recipe if known else ""


def _differences(before: str, now: str) -> Iterator[Difference]:
    old, new = keys.fields(before), keys.fields(now)
    for field in sorted(old.keys() | new.keys()) if old else ():
        if old.get(field) != new.get(field):
            yield Difference(field=field, before=old.get(field, "-"), now=new.get(field, "-"))
