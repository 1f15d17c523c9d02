"""The machine-readable report of `plan` and `build`, and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from ..config.workspace import Workspace
from ..core import errors
from ..core.model import Record, StepKind
from ..plan.plan import Plan, SourcePlan
from ..plan.wanted import ClipPlan
from . import json_steps
from .results import Result

if TYPE_CHECKING:
    from ..purchase.forecast import Forecast
    from ..purchase.proof import Settled
    from ..storage.shared.reader import Tally

VERSION = 1


class Detail(Record, frozen=True, kw_only=True):
    """Where a planned clip is stated, and what is asked for."""

    #: `file:line` of the clip's definition.
    place: str = ""
    prompt: str = ""
    #: Why a service that is paid would not take the picture; "" when it would.
    unfit: str = ""


_NO_DETAIL = Detail()


def detail(source: SourcePlan, clip: ClipPlan) -> Detail:
    """Return what is known of a planned clip beside its step."""
    stated = {one.name: one for one in source.wanted.rule.clips}
    # A clip of a cell is called after its clip and the cell's number.
    found = stated.get(clip.request.clip) or next(iter(stated.values()), None)
    rule = source.wanted.rule
    file, line = (found.file, found.line) if found and found.file else (rule.file, rule.line)
    is_whole = source.wanted.rule.cells is None
    return Detail(
        place=file if line is None else f"{file}:{line}",
        prompt=clip.request.prompt,
        unfit=source.wanted.source.unfit if is_whole else "",
    )


class Report(Record, frozen=True, kw_only=True, dict=True):
    """What a plan says, or what a run did. `exit` is the code for the caller."""

    command: str
    workspace: Workspace
    plan: Plan
    results: Sequence[Result]
    service_url: str | None = None
    seconds: float = 0.0
    exit: int = 0
    #: Seconds by stage, in their order.
    spent: Mapping[str, float] = {}
    #: Only of a plan.
    forecast: Forecast | None = None
    #: Doubts that the books have settled before this run bought anything.
    settled: tuple[Settled, ...] = ()
    #: What of the cluster that finished them the user should know, in sentences.
    lent: tuple[str, ...] = ()
    #: Clips that were not looked at, since nothing about them has changed: they are fresh.
    rest: int = 0
    #: How many of those an older version of the built-in engine made.
    rest_outdated: int = 0
    #: What became of reads of a shared store; None without one.
    shared: Tally | None = None
    #: What the user should know of it, and why it was not asked.
    shared_notices: tuple[str, ...] = ()
    shared_refusal: str = ""

    @property
    def states(self) -> Counter[str]:
        """How many results are in each state."""
        return self._counted[0]

    @cached_property
    def _counted(self) -> tuple[Counter[str], int]:
        """How many results are in each state, and what all of them cost: looked at once."""
        states, credits = Counter[str](), 0
        for result in self.results:
            states[result.state] += 1
            credits += result.credits
        return states, credits

    def ended(self, *states: str) -> Iterator[Result]:
        """Yield the results in these states; where there are none, none is looked at."""
        if any(self.states[state] for state in states):
            yield from (result for result in self.results if result.state in states)

    @property
    def outdated(self) -> int:
        """How many free clips an older version of the built-in engine made. They stay fresh."""
        return self.plan.outdated + self.rest_outdated

    @property
    def charged(self) -> int:
        """Credits that this run was charged."""
        return self._counted[1]

    @property
    def committed(self) -> dict[str, int]:
        """Credits that this run was charged, or may be yet, by request key."""
        spent = ((one.step.request_key, one.credits or one.held) for one in self.results)
        return {key: credits for key, credits in spent if credits}

    def ready_s(self, result: Result) -> float | None:
        """Return in how many seconds a clip that is bought or fetched will be there."""
        ready = {} if self.forecast is None else self.forecast.ready_s
        return ready.get(result.step.request_key)

    def details(self) -> Iterator[Detail]:
        """Yield what is known of the clip of each result beside its step.

        As long as results come in the plan's order, the plan is read along with them.
        """
        planned = ((source, clip) for source in self.plan.sources for clip in source.clips)
        rest: dict[tuple[str, str], Detail] | None = None
        for result in self.results:
            name = (result.step.source, result.step.clip)
            if rest is None:
                source, clip = next(planned, (None, None))
                if source and clip and (clip.step.source, clip.step.clip) == name:
                    yield detail(source, clip)
                    continue
                rest = self._details()
            yield rest.get(name, _NO_DETAIL)

    def _details(self) -> dict[tuple[str, str], Detail]:
        """Return what is known of each planned clip, by source and clip; what is equal, once."""
        same: dict[Detail, Detail] = {}
        return {
            (clip.step.source, clip.step.clip): same.setdefault(found, found)
            for source in self.plan.sources
            for clip in source.clips
            for found in (detail(source, clip),)
        }

    def json(self) -> bytes:
        """Return the report as one JSON object with a line end."""
        return b"".join(self.json_pieces())

    def json_pieces(self) -> Iterator[bytes]:
        """Yield the same piece by piece: that of very many clips takes more room than all else."""
        service = self.workspace.service
        document = {
            "report": VERSION,
            "command": self.command,
            "exit": self.exit,
            "service": {
                "name": service.identity,
                "url": self.service_url or service.base_url,
                "paid": service.paid,
            },
            "totals": self._totals(),
            "steps": [],
            "unmatched": list(self.plan.unmatched),
            "notices": list(self.notices),
            "passed_over": [
                {"path": one.path, "line": one.line, "text": one.text}
                for one in self.plan.passed_over
            ],
        }
        if self.settled:
            document["settled"] = [one.document for one in self.settled]
        if self.shared is not None:
            document["shared"] = msgspec.to_builtins(self.shared)
        if self.forecast is not None:
            document["forecast"] = self.forecast.json()
        yield from json_steps.pieces(document, self._steps())

    def _steps(self) -> Iterator[dict[str, object]]:
        """Yield each result as the document has it."""
        refusals = {} if self.forecast is None else self.forecast.refusals
        for result, found in zip(self.results, self.details(), strict=True):
            yield _step(result, self.ready_s(result)) | {
                "place": found.place,
                "prompt": found.prompt,
                "refusal": refusals.get(result.step.request_key),
                "cannot_be_bought": found.unfit or None,
            }

    @property
    def refusal(self) -> str:
        """Why the service may not be contacted although this run needs it, or ""."""
        refusal = self.workspace.service.refusal
        kinds = self.plan.tally.kinds
        needs = kinds[StepKind.BUY] or kinds[StepKind.RESUME]
        return refusal if needs else ""

    @property
    def refusals(self) -> tuple[str, ...]:
        """What the user has to allow before it counts, in sentences."""
        found = (self.workspace.key_refusal, self.refusal, self.shared_refusal)
        return tuple(filter(None, (*found, self.cluster_refusal)))

    @property
    def cluster_refusal(self) -> str:
        """Why nothing may be finished by the cluster that is set although something is to be."""
        return "" if self.plan.is_up_to_date else self.workspace.workers.refusal

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the project, in sentences."""
        settled = (one.sentence for one in self.settled)
        return (
            *self.plan.notices,
            *settled,
            *self.shared_notices,
            *self._plain,
            *self.lent,
            *self.refusals,
        )

    @property
    def _plain(self) -> tuple[str, ...]:
        """Say that key and sprites go unencrypted, in every run that may send them."""
        service = self.workspace.service
        if not service.plain_by:
            return ()
        return (
            f"{service.base_url}: your key and sprites go there without encryption, as "
            f"{service.plain_by} allows",
        )

    def _totals(self) -> dict[str, object]:
        found = self.plan.tally
        return {
            "sources": found.sources,
            "clips": found.clips,
            **{kind.value: found.kinds[kind] for kind in StepKind},
            "failed": self.states["failed"],
            "outdated": self.outdated,
            "credits_planned": self.plan.credits,
            "credits_charged": self.charged,
            "seconds": round(self.seconds, 1),
        }


def exit_code(results: Sequence[Result]) -> int:
    """Return the exit code for all results together."""
    ended = (result for result in results if result.state in ("failed", "left", "asked"))
    return errors.exit_code(result.step.exit_code for result in ended)


def _step(result: Result, seconds: float | None) -> dict[str, object]:
    step = result.step
    return {
        "source": step.source,
        "clip": step.clip,
        "step": step.kind.value,
        "state": result.state,
        "reason": step.reason,
        "rule": step.rule,
        "request_key": step.request_key,
        "credits": result.credits if result.state in ("done", "hidden") else step.credits,
        "seconds": seconds if seconds is None else round(seconds, 1),
        "grade": result.grade,
        "files": list(result.files),
        "warnings": list(result.warnings),
        "notes": list(result.notes),
        "reading": result.reading,
        "error": step.error,
    }
