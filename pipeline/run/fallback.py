"""What is shown of a clip while the one that is wanted cannot be: refused, in doubt, of no use.

A sprite's clips share one sheet. One that cannot be had keeps no other back, as long as nothing
that is published gets lost: in its place stays what is shown of it, such as a placeholder, if that
was made from the same picture.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ..core import keys
from ..core.model import StepKind
from ..plan.wanted import ClipPlan
from ..storage.lock import ClipLine
from ..storage.store import Store


def shown(lines: Iterable[ClipLine]) -> dict[str, ClipLine]:
    """Return what is published of a source's clips, by their names."""
    return {line.clip: line for line in lines if not line.hidden}


def before(clip: ClipPlan, lines: Mapping[str, ClipLine], store: Store) -> ClipPlan | None:
    """Return the purchase that is shown of a clip, if its bytes are there and show its picture."""
    line = lines.get(clip.request.clip)
    record = None if line is None else store.record(line.key, line.digest)
    if record is None or not store.has(record.digest):
        return None
    if keys.values(record.recipe).get("pixels") != clip.request.pixel_digest:
        return None
    step = msgspec.structs.replace(
        clip.step, kind=StepKind.REUSE, reason="shown before", request_key=record.request_key
    )
    return msgspec.structs.replace(
        clip, step=step, digest=record.digest, job=None, is_standing_in=True
    )


def beside(
    clips: Iterable[ClipPlan],
    lost: Collection[ClipPlan],
    lines: Mapping[str, ClipLine],
    store: Store,
) -> tuple[ClipPlan, ...] | None:
    """Return what can be published of a source's `clips` without those that are `lost`.

    None where something that is published would get lost as well.
    """
    found: list[ClipPlan] = []
    for clip in clips:
        if clip not in lost:
            found.append(clip)
        elif clip.request.clip in lines:
            old = None if clip.is_standing_in else before(clip, lines, store)
            if old is None:
                return None
            found.append(old)
    return tuple(found)


def told(clips: Iterable[ClipPlan]) -> Sequence[ClipPlan]:
    """Return the clips of which is told how they ended; in place of the others one has been."""
    return [clip for clip in clips if not clip.is_standing_in]
