"""How long each frame of a clip shows, and how many one round plays: known before a purchase.

Pure. Some targets number or count frames in file names, which the plan must know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import targets
from ..core.model import DEFAULT_FPS, DEFAULT_FRAMES, Clip

_Durations = tuple[int, ...]


def durations(clip: Clip, count: int, base: _Durations | None = None) -> _Durations:
    """Return each frame's ms: the `base`'s unless `fps` is stated, then the holds.

    `base` are the durations of the clip that this one is derived from.
    """
    even = int(1000 / (clip.fps or DEFAULT_FPS) + 0.5)
    shown = (even,) * count if base is None or clip.fps else base
    return tuple(clip.hold.get(at, duration) for at, duration in enumerate(shown))


def frames(clips: Sequence[Clip]) -> tuple[tuple[str, int], ...]:
    """Return each clip's name and how many frames of equal length one round of it plays.

    `clips` are all of a rule's, in any order; its origins are checked (rulechecks.py).
    """
    known = {clip.name: clip for clip in clips}
    return tuple((clip.name, _beats(clip, _stored(clip, known))) for clip in clips)


def stored(clips: Sequence[Clip]) -> tuple[tuple[str, int], ...]:
    """Return each clip's name and how many frames of it stand in a sheet, as `frames` has them."""
    known = {clip.name: clip for clip in clips}
    return tuple((clip.name, len(_stored(clip, known))) for clip in clips)


def _beats(clip: Clip, shown: _Durations) -> int:
    return targets.beats(shown, clip.direction, loop=clip.loop is not False)


def _stored(clip: Clip, known: Mapping[str, Clip]) -> _Durations:
    """Return the durations of the clip's own frames, in the order in which they are stored."""
    if clip.derived_from is None:
        return durations(clip, clip.frames or DEFAULT_FRAMES)
    base = _stored(known[clip.derived_from], known)
    return durations(clip, len(base), base[::-1] if clip.is_reversed else base)
