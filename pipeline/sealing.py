"""Decide whether what a run found may be sealed: see `seal`."""

from __future__ import annotations

from collections.abc import Mapping

from . import config, lock, packs, project, projectfields, seal, targets
from .lock import Lock
from .plan import Plan
from .seal import Draft, Moment, Terms
from .site import Site
from .steps import Known
from .survey import Survey


def draft(
    site: Site,
    survey: Survey,
    known: Known,
    plan: Plan,
    stated: tuple[Mapping[str, str], Mapping[str, object]],
    begun: Moment,
) -> Draft | None:
    """Return what the next run has to compare; None unless nothing at all is to do or to say.

    `stated` holds the environment and the flags.
    """
    if not (survey.is_whole and survey.keeps_index and _is_settled(plan)):
        return None
    if survey.scan.leftovers:  # each run looks whether they are old enough to be deleted
        return None
    if not _stands(survey.lock, known) or _asks_others(site):
        return None
    environment, flags = stated
    return Draft(
        root=site.root,
        environment=environment,
        flags=flags,
        terms=_terms(site),
        scan=survey.scan,
        begun=begun,
    )


def _is_settled(plan: Plan) -> bool:
    """Tell whether every source that a rule matches is fresh, and there is nothing else."""
    return plan.is_up_to_date and not (plan.refused or plan.orphans or plan.notices)


def _stands(locked: Lock, known: Known) -> bool:
    """Tell whether all outputs are on disk as the lock file says.

    Then nothing depends on bought bytes, which no stat here speaks for.
    """
    return all(known.on_disk.get(line.path) == line.digest for line in locked.files)


def _asks_others(site: Site) -> bool:
    """Tell whether a target of another package is used: it may change without a trace here."""
    chosen = [site.settings.targets, *(rule.targets or () for rule in site.rules)]
    return any(one.name not in targets.BUILT_IN for choices in chosen for one in choices)


def _terms(site: Site) -> Terms:
    settings = site.settings
    return Terms(
        assets=settings.assets,
        ignore=settings.ignore,
        rules=settings.rules,
        files=(
            project.CONFIG_NAME,
            lock.NAME,
            ".env",
            seal.INDEX,
            *(str(packs.path(name)) for name in settings.packs),
        ),
        variables=(*config.VARIABLES, *seal.HOMES),
        keys=projectfields.KEY_NAMES,
    )
