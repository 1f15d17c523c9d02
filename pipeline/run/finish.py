"""Bought bytes, source and rule to files: pure, free and repeatable, so it can run in any process.

Bought bytes are never changed; every repair runs only where its defect is measured, and each stage
can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from .. import targets
from ..config import cells
from ..core import keys
from ..core.errors import AssetError, UnusableError
from ..core.model import (
    Clip,
    Direction,
    File,
    Flip,
    Frame,
    Frames,
    Grade,
    Pixels,
    Provenance,
    Record,
    Resolved,
    Rule,
    Sheet,
    SheetClip,
    TargetChoice,
)
from ..imaging import stages
from ..imaging.frames import cell
from ..imaging.frames.cell import Placed
from ..imaging.grading import grade, remedies
from ..imaging.picture import raster
from ..storage.store import Bought
from ..targets import playback

#: Every stage that can be left out, in the order in which they run.
STAGES = (*stages.STAGES, "holds")
#: The service whose frames are exact by construction.
PROCEDURAL = "built-in"


class BoughtClip(Record, frozen=True, kw_only=True):
    """One clip as the service sent it, with the request that it answers."""

    clip: str
    take: int
    content: bytes
    resolved: Resolved
    digest: str
    service: str
    model: str
    #: Whether it goes on or ends, as the built-in engine read the prompt; None: not said.
    loops: bool | None = None
    #: Words of the prompt that the built-in engine did not show; see the purchase's record.
    not_shown: str = ""
    left_out: str = ""


def bought(clip: str, content: bytes, record: Bought) -> BoughtClip:
    """Return a purchase, with its record, as finishing takes it."""
    return BoughtClip(
        clip=clip,
        take=record.take,
        content=content,
        resolved=record.resolved,
        digest=record.digest,
        service=record.service,
        model=record.model,
        loops=record.loops,
        not_shown=record.not_shown,
        left_out=record.left_out,
    )


class AdoptedClip(Record, frozen=True, kw_only=True):
    """One clip of numbered pictures as they are, with the digest of their pixels."""

    clip: str
    frames: tuple[Pixels, ...]
    digest: str


def adopted(frames: Frames, pixels: Sequence[Pixels]) -> AdoptedClip:
    """Return pictures that are a clip, with their pixels, as finishing takes it."""
    return AdoptedClip(clip=frames.clip, frames=tuple(pixels), digest=keys.frames_digest(frames))


class Task(Record, frozen=True, kw_only=True):
    """All that the files of one source are made from."""

    #: The source's path without ".png".
    stem: str
    pixels: Pixels
    rule: Rule
    bought: tuple[BoughtClip, ...]
    targets: tuple[TargetChoice, ...]
    adopted: tuple[AdoptedClip, ...] = ()
    #: The stages that run.
    stages: tuple[str, ...] = STAGES


class Finished(Record, frozen=True, kw_only=True):
    """The files to publish, the grade of each clip, and sentences about what was noticed."""

    files: tuple[File, ...]
    grades: Mapping[str, Grade] = {}
    notes: tuple[str, ...] = ()


class Stage(Record, frozen=True, kw_only=True):
    """What one clip looks like after one stage."""

    clip: str
    name: str
    frames: tuple[Pixels, ...]


class _Made(Record, frozen=True, kw_only=True):
    """A clip in the source's coordinates, with what the sheet must say about it."""

    clip: Clip
    #: What it is made of: a purchase, or pictures as they are, which nothing changes or grades.
    origin: BoughtClip | AdoptedClip
    placed: Placed
    durations: tuple[int, ...]
    loop: bool
    direction: Direction
    grade: Grade | None
    notes: tuple[str, ...] = ()
    #: Whether its picture is opaque all over: it stays so, and keeps its size.
    is_tile: bool = False


def make(task: Task) -> Finished:
    """Make all files of one source.

    Raises AssetError when bought bytes cannot be used; the sentence names clip and remedy.
    """
    drawn, grades, notes = sheet(task)
    return Finished(files=targets.export(drawn, task.targets), grades=grades, notes=notes)


def sheet(task: Task) -> tuple[Sheet, Mapping[str, Grade], tuple[str, ...]]:
    """Return what the targets are given, the grade of each clip, and the notes; see `make`."""
    base = cells.overlay(task.pixels, task.rule)
    point = cell.pivot(task.rule.pivot, raster.array(base))
    made, notes = _made(task, point)
    if not made:
        raise AssetError(f"{task.stem}.png: no clip to finish: nothing was bought for it")
    size = (base.width, base.height)
    made = [_cropped(one, size) for one in made]
    inks = [ink for one in made if (ink := one.placed.ink())]
    rect = cell.shared(inks, size, point)
    if rect != (0, 0, *size):
        notes.append(
            f"{task.stem}.png: cells are {rect[2] - rect[0]}x{rect[3] - rect[1]} px, so that the "
            "motion is not cut off; the pivot stays on the same pixel"
        )
    notes += [note for one in made for note in one.notes]
    drawn = _sheet(task, made, rect, (point[0] - rect[0], point[1] - rect[1]))
    return drawn, {one.clip.name: one.grade for one in made if one.grade}, tuple(notes)


def each_stage(task: Task) -> tuple[Stage, ...]:
    """Return what every bought clip looks like after each stage, on its canvas."""
    return tuple(
        Stage(
            clip=bought.clip,
            name=step.name,
            frames=raster.each(step.reel.rgba()),
        )
        for bought in task.bought
        for step in _develop(task, bought)
    )


def _made(task: Task, point: tuple[int, int]) -> tuple[list[_Made], list[str]]:
    """Make the bought and adopted clips, then the derived ones, in the rule's order."""
    bought = {one.clip: one for one in task.bought}
    adopted = {one.clip: one for one in task.adopted}
    found: dict[str, _Made] = {}
    notes = [
        f"{task.stem}.png: the rule has no clip {name!r} any more; what was bought is kept"
        for name in bought
        if all(clip.name != name for clip in task.rule.clips)
    ]
    waiting = list(task.rule.clips)
    while waiting:
        there = (*bought, *adopted)
        ready = [c for c in waiting if c.derived_from in found or c.name in there]
        if not ready:
            break
        for clip in ready:
            waiting.remove(clip)
            if clip.name in adopted:
                found[clip.name] = _adopted(clip, adopted[clip.name])
            elif clip.derived_from is None:
                found[clip.name] = _bought(task, clip, bought[clip.name])
            else:
                found[clip.name] = _derived(task, clip, found[clip.derived_from], point)
    notes += [f"{task.stem}.png: clip {clip.name!r} is not there yet" for clip in waiting]
    return [found[clip.name] for clip in task.rule.clips if clip.name in found], notes


def _bought(task: Task, clip: Clip, bought: BoughtClip) -> _Made:
    clip = _settled(clip, bought)
    try:
        steps = {step.name: step for step in _develop(task, bought)}
    except AssetError as exc:
        raise UnusableError(str(exc), clip=clip.name) from exc
    last = steps[next(reversed(steps))]
    placed = cell.put_back(last.reel.rgba(), stages.placement(bought.resolved))
    if clip.alpha == "keep":
        placed = cell.keep_alpha(placed, raster.array(_picture(task, clip)))
    loop = clip.loop is not False
    is_back_and_forth = clip.direction in (Direction.PINGPONG, Direction.PINGPONG_REVERSE)
    to_and_fro = last.to_and_fro and clip.direction is Direction.FORWARD
    return _Made(
        clip=clip,
        origin=bought,
        placed=placed,
        durations=playback.durations(clip, last.reel.count),
        loop=loop,
        direction=Direction.PINGPONG if to_and_fro else clip.direction,
        grade=grade.grade(
            last,
            loop=loop and not is_back_and_forth,
            keyed=steps["palette"],
            remedies=remedies.find(steps["palette"], bought.resolved),
            not_shown=bought.not_shown,
            left_out=bought.left_out,
        ),
        notes=tuple(
            f"{task.stem}.png, clip {clip.name!r}: {note}"
            for note in (*_other_count(steps["palette"], bought), *last.notes)
        ),
        is_tile=raster.is_tile(raster.array(_picture(task, clip))),
    )


def _adopted(clip: Clip, adopted: AdoptedClip) -> _Made:
    """Take pictures as they are: they have the source's size, and lie where it lies."""
    placed = cell.whole(adopted.frames)
    return _Made(
        clip=clip,
        origin=adopted,
        placed=placed,
        durations=playback.durations(clip, len(adopted.frames)),
        loop=clip.loop is not False,
        direction=clip.direction,
        grade=None,
        is_tile=all(raster.is_tile(raster.array(one)) for one in adopted.frames),
    )


def _other_count(step: stages.Step, bought: BoughtClip) -> tuple[str, ...]:
    """Say when the service made another number of frames than was asked for: all are played."""
    came, asked = step.reel.count, bought.resolved.frames
    if came == asked:
        return ()
    return (f"the service sent {came} frame{'s' * (came != 1)}, not the {asked} asked for",)


def _develop(task: Task, bought: BoughtClip) -> Iterator[stages.Step]:
    """Yield the clip after each stage; the last is the result."""
    stated = next((c for c in task.rule.clips if c.name == bought.clip), Clip(name=bought.clip))
    clip = _settled(stated, bought)
    return stages.develop(
        bought.content,
        _picture(task, clip),
        bought.resolved,
        clip,
        name=f"{task.stem}.png, clip {bought.clip!r}",
        stages=_stages(task, clip),
        is_procedural=bought.service == PROCEDURAL,
    )


def _settled(clip: Clip, bought: BoughtClip) -> Clip:
    """Return the clip as one that ends, where the rule leaves it open and its prompt says so.

    What plays to and fro comes back by itself, so it goes on.
    """
    is_straight = clip.direction in (Direction.FORWARD, Direction.REVERSE)
    ends = clip.loop is None and bought.loops is False and is_straight
    return msgspec.structs.replace(clip, loop=False) if ends else clip


def _stages(task: Task, clip: Clip) -> tuple[str, ...]:
    """Return the stages that run for a clip: those of the task that its rule leaves on."""
    return tuple(name for name in task.stages if clip.stages.get(name, True))


def _picture(task: Task, clip: Clip) -> Pixels:
    return cells.picture(task.pixels, task.rule, clip.cell)


def _derived(task: Task, clip: Clip, base: _Made, point: tuple[int, int]) -> _Made:
    placed, durations = base.placed, base.durations
    picture = _picture(task, clip)
    source = raster.array(picture)
    if clip.flip is Flip.X:
        placed = cell.flip_x(placed, cell.mirror_axis(point, source))
    elif clip.flip is Flip.Y:
        placed = cell.flip_y(placed, picture.height)
    if clip.is_reversed:
        placed, durations = Placed(placed.rgba[::-1], placed.x, placed.y), durations[::-1]
    return _Made(
        clip=clip,
        origin=base.origin,
        placed=placed,
        durations=playback.durations(clip, len(durations), durations),
        loop=base.loop if clip.loop is None else clip.loop,
        direction=_both(base.direction, clip.direction),
        grade=base.grade,
        is_tile=base.is_tile,
    )


def _cropped(one: _Made, size: tuple[int, int]) -> _Made:
    """Cut off what leaves the source's own rectangle: of a tile, and where the rule says so."""
    if one.clip.crop != "original" and not one.is_tile:
        return one
    inside = Placed(one.placed.crop((0, 0, *size)), 0, 0)
    return msgspec.structs.replace(one, placed=inside)


def _both(base: Direction, own: Direction) -> Direction:
    """Return how a derived clip plays: as it says, else as its base."""
    return base if own is Direction.FORWARD else own


def _sheet(task: Task, made: list[_Made], rect: cell.Rect, point: tuple[int, int]) -> Sheet:
    frames: list[Frame] = []
    clips: list[SheetClip] = []
    records: list[Provenance] = []
    for one in made:
        first = len(frames)
        frames += _frames(one, rect, merge=_may_merge(task, one))
        count = len(frames) - first
        clips.append(
            SheetClip(
                name=one.clip.name,
                first=first,
                count=count,
                loop=one.loop,
                direction=one.direction,
            )
        )
        records.append(_provenance(one, first, count))
    return Sheet(
        stem=task.stem,
        cell=(rect[2] - rect[0], rect[3] - rect[1]),
        frames=tuple(frames),
        clips=tuple(clips),
        pivot=point,
        provenance=tuple(records),
    )


def _may_merge(task: Task, one: _Made) -> bool:
    """Tell whether equal frames may become one; frames that were adopted stay as they are."""
    return isinstance(one.origin, BoughtClip) and "holds" in _stages(task, one.clip)


def _frames(one: _Made, rect: cell.Rect, *, merge: bool) -> list[Frame]:
    """Return a clip's frames; where poses are held, one frame shows for longer.

    Not where one round would then play another number of beats, as the first pose of a ping-pong
    would: the plan has named the files of a target that counts them.
    """
    pictures = raster.each(one.placed.crop(rect))
    whole = [Frame(pixels=p, duration_ms=d) for p, d in zip(pictures, one.durations, strict=True)]
    if not merge:
        return whole
    held: list[Frame] = []
    for frame in whole:
        if held and held[-1].pixels == frame.pixels:
            duration = held.pop().duration_ms + frame.duration_ms
            frame = Frame(pixels=frame.pixels, duration_ms=duration)
        held.append(frame)
    return held if _beats(held, one) == _beats(whole, one) else whole


def _beats(frames: Sequence[Frame], one: _Made) -> int:
    shown = [frame.duration_ms for frame in frames]
    return targets.beats(shown, one.direction, loop=one.loop)


def _provenance(one: _Made, first: int, count: int) -> Provenance:
    """Say where a clip comes from; one of frames that were there names no purchase."""
    if isinstance(one.origin, AdoptedClip):
        return Provenance(
            clip=one.clip.name,
            request_key="",
            take=0,
            digest=one.origin.digest,
            service="",
            model="",
            frames=(first, count),
        )
    return Provenance(
        clip=one.clip.name,
        request_key=one.origin.resolved.request_key,
        take=one.origin.take,
        digest=one.origin.digest,
        service=one.origin.service,
        model=one.origin.model,
        frames=(first, count),
    )
