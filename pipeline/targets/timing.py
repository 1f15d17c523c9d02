"""The order in which frames play, and for how long: the one reading of direction and holds.

Where an engine lacks a direction it is baked, and where it lacks a time for each frame, a frame
that is held longer is repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..core.model import Direction, Sheet, SheetClip

_log = logging.getLogger(__name__)


def order(count: int, direction: Direction, *, loop: bool = True) -> tuple[int, ...]:
    """Return frame numbers 0..count-1 as one round plays them.

    A ping-pong that loops leaves out its first frame on the way back, because the next round
    shows it; one that plays once comes back to it.
    """
    forth = tuple(range(count))
    back = forth[::-1]
    match direction:
        case Direction.FORWARD:
            return forth
        case Direction.REVERSE:
            return back
        case Direction.PINGPONG:
            return forth + (back[1:-1] if loop else back[1:])
        case Direction.PINGPONG_REVERSE:
            return back + (forth[1:-1] if loop else forth[1:])


def play(sheet: Sheet, clip: SheetClip) -> tuple[tuple[int, int], ...]:
    """Return one round of `clip` as (frame of the sheet, ms), its direction baked."""
    steps = order(clip.count, clip.direction, loop=clip.loop)
    return tuple((clip.first + i, sheet.frames[clip.first + i].duration_ms) for i in steps)


def durations(sheet: Sheet, clip: SheetClip) -> tuple[int, ...]:
    """Return the ms of each frame of `clip`, in the order in which they are stored."""
    return tuple(f.duration_ms for f in sheet.frames[clip.first : clip.first + clip.count])


def base_ms(sheet: Sheet, clip: SheetClip) -> int:
    """Return the shortest duration of `clip` in ms, at least 1: the beat of its playing."""
    return max(1, min(durations(sheet, clip)))


def fps(sheet: Sheet, clip: SheetClip) -> float:
    """Return the beats of `clip` in one second."""
    return round(1000 / base_ms(sheet, clip), 6)


def beats(durations_ms: Sequence[int], direction: Direction, *, loop: bool = True) -> int:
    """Return how many frames of equal length one round takes, held frames repeated."""
    times = _times(durations_ms)
    return sum(times[i] for i in order(len(times), direction, loop=loop))


def held(sheet: Sheet, clip: SheetClip) -> tuple[int, ...]:
    """Return for how many beats each step of `play` stays."""
    times = _times(durations(sheet, clip))
    return tuple(times[i] for i in order(clip.count, clip.direction, loop=clip.loop))


def baked(sheet: Sheet, clip: SheetClip) -> tuple[int, ...]:
    """Return the frames of the sheet that one round shows, each for the base duration."""
    times = _times(durations(sheet, clip))
    _warn_when_uneven(sheet, clip, times)
    steps = order(clip.count, clip.direction, loop=clip.loop)
    return tuple(clip.first + i for i in steps for _ in range(times[i]))


def _times(durations_ms: Sequence[int]) -> tuple[int, ...]:
    """Return how often each frame is shown when all last as long as the shortest."""
    base = max(1, min(durations_ms))
    return tuple(max(1, int(ms / base + 0.5)) for ms in durations_ms)


def _warn_when_uneven(sheet: Sheet, clip: SheetClip, times: Sequence[int]) -> None:
    """Name the error in ms where a hold is no multiple of the shortest frame."""
    base = base_ms(sheet, clip)
    wanted = durations(sheet, clip)
    error = sum(abs(base * n - ms) for n, ms in zip(times, wanted, strict=True))
    if error > clip.count:  # 1 ms a frame is the rounding of 12 fps, not a hold
        _log.warning(
            "%s, clip %s: frames are repeated because the target has no time for each frame; "
            "that differs by %d ms from the %d ms wanted",
            sheet.stem,
            clip.name,
            error,
            sum(wanted),
        )
