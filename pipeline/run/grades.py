"""What follows from a clip's grade: reported, or kept back. A low grade never spends.

A clip below its rule's `hide` is bought and kept, and not published for the first time. What was
published once stays, whatever a later release of pixelpipe thinks of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

import msgspec

from ..core.model import ANIMATE_CREDITS, Grade, Record, Remedy, Rule
from ..plan import steps
from ..plan.plan import SourcePlan
from ..plan.wanted import ClipPlan
from ..storage.lock import ClipLine, Lock
from ..storage.store import Store
from . import fallback
from .results import Result


class Verdict(Record, frozen=True, kw_only=True):
    """Clips that are kept back, and what is published instead."""

    hidden: tuple[ClipPlan, ...]
    #: To be finished and published; empty when what is published stays.
    instead: tuple[ClipPlan, ...]
    #: What was judged: the same set is not judged again.
    judgement: str


class Published:
    """The clip lines of a lock file by source, each index made when it is first asked for."""

    def __init__(self, locked: Lock) -> None:
        self._locked = locked

    @cached_property
    def shown(self) -> frozenset[tuple[str, str]]:
        """Key and digest of each purchase that is shown, for whatever source."""
        return frozenset((line.key, line.digest) for line in self._locked.clips if not line.hidden)

    def of(self, source: str) -> Sequence[ClipLine]:
        """Return all clip lines of a source."""
        return self._of.get(source, ())

    def hidden(self, source: str) -> Sequence[ClipLine]:
        """Return the hidden clip lines of a source: most projects have none, so it costs less."""
        return self._hidden.get(source, ())

    @cached_property
    def _of(self) -> Mapping[str, Sequence[ClipLine]]:
        return self._locked.clips_of()

    @cached_property
    def _hidden(self) -> Mapping[str, Sequence[ClipLine]]:
        return Lock(clips=[line for line in self._locked.clips if line.hidden]).clips_of()


def judge(
    source: SourcePlan,
    bought: Sequence[ClipPlan],
    grades: Mapping[str, Grade],
    published: Published,
    store: Store,
    *,
    stands: Callable[[], bool],
) -> Verdict | None:
    """Return which of the `bought` clips are kept back, or None when all may be published.

    `stands` tells whether the source's published files are as they should be: then they stay as a
    whole, since old and new frames need not fit each other.
    """
    wanted = source.wanted
    hidden = tuple(
        clip
        for clip in bought
        if (grade := grades.get(clip.request.clip)) is not None
        and grade.points < wanted.rule.grade.hide
        and clip.request.clip not in wanted.picked
        and (clip.step.request_key, clip.digest) not in published.shown
    )
    if not hidden:
        return None
    lines = published.of(wanted.source.path)
    before = fallback.shown(lines)
    stays = any(clip.request.clip in before for clip in hidden) and stands()
    return Verdict(
        hidden=hidden,
        instead=() if stays else _instead(bought, hidden, before, store),
        judgement=steps.judgement(wanted, bought),
    )


def _instead(
    bought: Sequence[ClipPlan],
    hidden: Collection[ClipPlan],
    before: Mapping[str, ClipLine],
    store: Store,
) -> tuple[ClipPlan, ...]:
    """Return the clips that may be shown, with what was shown before in place of hidden ones."""
    shown = (fallback.before(one, before, store) if one in hidden else one for one in bought)
    return tuple(one for one in shown if one is not None)


def hidden_lines(
    made: Sequence[tuple[ClipPlan, ClipLine]],
    verdict: Verdict,
    grades: Mapping[str, Grade],
    published: Published,
) -> tuple[ClipLine, ...]:
    """Return the lines of purchases that are kept back, or wait, unless they are shown already."""
    return tuple(
        msgspec.structs.replace(
            line,
            hidden=verdict.judgement,
            grade=grades[line.clip].points if clip in verdict.hidden else None,
        )
        for clip, line in made
        if (line.key, line.digest) not in published.shown
    )


def kept(
    source: SourcePlan, published: Published, written: Collection[ClipLine]
) -> tuple[ClipLine, ...]:
    """Return the hidden lines of a source that still answer a request of its rule."""
    lines = published.hidden(source.wanted.source.path)
    if not lines:
        return ()
    requests = {request.clip: request for request in source.wanted.requests}
    there = {(line.key, line.digest) for line in written}
    return tuple(
        line
        for line in lines
        if (line.key, line.digest) not in there
        and line.clip in requests
        and steps.answers(line, requests[line.clip])
    )


def faults(clip: ClipPlan, rule: Rule, grade: Grade | None) -> tuple[str, ...]:
    """Return the sentences about a clip that is worth a look, and what another take may mend."""
    if grade is None:
        return ()
    name = f"{clip.request.source} [{clip.request.clip}]"
    told = {one.fault for one in grade.remedies}
    weak = grade.faults if grade.points < rule.grade.warn else ()
    plain = [f"{name}: {one}" for one in weak if one not in told]
    return (*(f"{name}: {_remedy(clip, one)}" for one in grade.remedies), *plain)


def _remedy(clip: ClipPlan, remedy: Remedy) -> str:
    """Say a fault and the take that may mend it, with its price; nothing is bought by itself."""
    if not remedy.option:
        return remedy.fault
    command = f"pixelpipe reroll {clip.request.source} --clip {clip.request.clip} {remedy.option}"
    return (
        f"{remedy.fault}; `{command}` buys another take {remedy.promise} ({_price(clip)} credits)"
    )


def _price(clip: ClipPlan) -> int:
    return ANIMATE_CREDITS if clip.paid else 0


def proposal(clip: ClipPlan, take: int, points: int, rule: Rule) -> str:
    """Say that a clip is kept back, and what can be done about it for which price."""
    name = f"{clip.request.source} --clip {clip.request.clip}"
    return (
        f"{clip.request.source} [{clip.request.clip}]: graded {points}, below {rule.grade.hide}: "
        f"kept, and not shown. `pixelpipe pick {name} --take {take}` shows it; "
        f"`pixelpipe reroll {name}` buys another take ({_price(clip)} credits), a changed prompt "
        "costs the same"
    )


def waiting(clip: ClipPlan, verdict: Verdict) -> Result:
    """Return the result of a clip that is not published because of another one."""
    names = ", ".join(one.request.clip for one in verdict.hidden)
    note = f"is bought and kept; published when {names} can be shown"
    return Result(step=clip.step, state="left", notes=(note,))
