"""Note what a plan says of clips with which nothing is to be done, for `listed` to say again."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b

import msgspec

from ...config.project_settings import PIXEL_ENGINE
from ...core import keys
from ...plan.plan import Plan, SourcePlan
from ...plan.wanted import ClipPlan
from ...storage.told import About, Line, Told
from ..report import Report, detail
from ..survey import Survey

#: Bytes that tell purchases, and what clips have in common, apart.
_SHORT = 8


def note(survey: Survey, plan: Plan, fresh: Collection[str]) -> None:
    """Note what the plan says of those sources of which all is `fresh`, and of no other.

    Of what was not looked at, the notes stay.
    """
    told = {
        one.wanted.source.path: [_line(one, clip, is_paid=plan.service.paid) for clip in one.clips]
        for one in plan.sources
        if one.wanted.source.path in fresh and one.is_fresh
    }
    for source, lines in told.items():
        survey.state.tell(source, lines)
    if survey.rest is None:
        survey.state.tell_only(told)
        return
    for source in survey.rest.sources - told.keys():
        survey.state.tell(source, ())


def frame(report: Report) -> str:
    """Return what the document of a plan holds beside its clips."""
    document = msgspec.json.decode(msgspec.structs.replace(report, results=()).json())
    return msgspec.json.encode(document).decode()


def _line(source: SourcePlan, clip: ClipPlan, *, is_paid: bool) -> Line:
    found = detail(source, clip)
    about = About(
        reason=clip.step.reason,
        rule=clip.step.rule,
        place=found.place,
        prompt=found.prompt,
        unfit=found.unfit,
    )
    name = blake2b(msgspec.msgpack.encode(about), digest_size=_SHORT).digest()
    purchase = b""
    if not is_paid and not clip.paid:
        purchase = bytes.fromhex(keys.request_key(clip.request, PIXEL_ENGINE))[:_SHORT]
    key = bytes.fromhex(clip.step.request_key)
    return Told(clip=clip.step.clip, key=key, about=name, purchase=purchase), about
