"""Decide whether what a run found may be sealed: see `seal`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ... import targets
from ...config import packs, project_fields, project_settings
from ...config.workspace import Workspace
from ...core import keys
from ...core.model import TargetChoice
from ...plan.plan import Plan
from ...plan.steps import Known
from ...storage import files, lock, lock_text
from ...storage.lock import FileLine
from .. import engine_roots
from ..survey import Survey
from . import compare
from .compare import Draft, Moment, Terms


def draft(
    workspace: Workspace,
    survey: Survey,
    known: Known,
    plan: Plan,
    stated: tuple[Mapping[str, str], Mapping[str, object]],
    begun: Moment,
) -> Draft | None:
    """Return what the next run has to compare; None unless nothing at all is to do or to say.

    `stated` holds the environment and the flags.
    """
    is_known = survey.is_whole or survey.since is not None
    if not (is_known and survey.keeps_index and _is_settled(plan)):
        return None
    if survey.scan.leftovers:  # each run looks whether they are old enough to be deleted
        return None
    if not _stands(survey, known) or _asks_others(workspace):
        return None
    environment, flags = stated
    return Draft(
        root=workspace.root,
        environment=environment,
        flags=flags,
        terms=_terms(workspace),
        scan=survey.scan,
        lock=survey.lock_stat,
        digests=_digests(survey, known),
        unmatched=survey.unmatched,
        is_plain=lock_text.is_plain(survey.lock_text)
        if survey.since is None
        else survey.since.is_plain,
        inputs=workspace.inputs,
        begun=begun,
        said=None if survey.since is None else survey.since.said,
    )


def _is_settled(plan: Plan) -> bool:
    """Tell whether every source that a rule matches is fresh, and there is nothing else."""
    return plan.is_up_to_date and not (plan.refused or plan.orphans or plan.notices)


def _stands(survey: Survey, known: Known) -> bool:
    """Tell whether all outputs are on disk as the lock file says.

    Then nothing depends on bought bytes, which no stat here speaks for.
    """
    lines: Iterable[FileLine] = survey.lock.files
    if survey.since is not None:
        of = survey.lock.files_of()
        lines = (line for one in survey.wanted for line in of.get(one.source.stem, ()))
    return all(known.on_disk.get(line.path) == line.digest for line in lines)


def _is_plain(survey: Survey) -> bool:
    """Tell whether the lock file is to the letter as we write it."""
    since = survey.since
    return lock_text.is_plain(survey.lock_text) if since is None else since.is_plain


def _digests(survey: Survey, known: Known) -> dict[str, str]:
    """Return the digests of the files whose content is known, for those that are young."""
    young = {} if survey.since is None else survey.since.young
    sources = {one.source.path: one.source.byte_digest for one in survey.wanted}
    own = {lock.NAME: keys.digest(survey.lock_text.encode())}
    return {**young, **known.on_disk, **sources, **own}


def _asks_others(workspace: Workspace) -> bool:
    """Tell whether a target of another package is used: it may change without a trace here."""
    return any(one.name not in targets.BUILT_IN for one in _choices(workspace))


def _choices(workspace: Workspace) -> tuple[TargetChoice, ...]:
    """Return the targets of the project and of all its rules."""
    chosen = [workspace.settings.targets, *(rule.targets or () for rule in workspace.rules)]
    return tuple(one for choices in chosen for one in choices)


def _terms(workspace: Workspace) -> Terms:
    settings = workspace.settings
    return Terms(
        assets=settings.assets,
        ignore=settings.ignore,
        rules=settings.rules,
        files=(
            files.CONFIG_NAME,
            ".env",
            compare.INDEX,
            *engine_roots.watched(workspace.root, settings.assets, _choices(workspace)),
            *(str(packs.path(name)) for name in settings.packs),
        ),
        lock=lock.NAME,
        variables=(*project_settings.VARIABLES, *compare.HOMES),
        keys=project_fields.KEY_NAMES,
    )
