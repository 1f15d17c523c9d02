"""What there is to look at: each source beside its clips, with grades, takes and prices.

Everything is finished again from bought bytes, which is free; nothing is written and no service
is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from ... import imaging
from ...api import Project
from ...core import keys, small_files
from ...core.errors import AssetError, PixelpipeError
from ...core.model import Clip, Grade, Pixels, Record, Request, SheetClip, StepKind
from ...plan.plan import SourcePlan
from ...plan.wanted import ClipPlan, Wanted
from ...run import finish
from ...storage import pictures
from ...storage.lock import ClipLine
from ...storage.store import Bought, Store
from ...targets import Drawn, layout, registry, timing
from ...targets import sheet as sheets
from .. import takes

_MOST_BYTES = 128 * small_files.MIB


class Reel(Record, frozen=True, kw_only=True):
    """One clip as it plays: places in an image, with ms, and what is known of it."""

    clip: str
    take: int
    #: `shown`, `hidden` because of its grade, another `take`, or `derived` from another clip.
    state: str
    #: Digest of the image in `Entry.images`, and the cells' size in px.
    image: str
    cell: tuple[int, int]
    #: (x, y, ms) in the order in which they play.
    steps: tuple[tuple[int, int, int], ...]
    loop: bool
    #: The picture that it is made from: the whole source, or a cell: x, y, width, height.
    box: tuple[int, int, int, int]
    points: int | None = None
    faults: tuple[str, ...] = ()
    prompt: str = ""
    #: How the built-in engine read the prompt.
    reading: str = ""
    #: Digest of the bought bytes.
    digest: str = ""
    service: str = ""
    model: str = ""
    credits: int = 0


class Entry(Record, frozen=True, kw_only=True):
    """One source with all that was made for it."""

    source: str
    rule: str
    #: `file:line` of the rule.
    place: str
    size: tuple[int, int]
    #: The worst step of its clips, and why: what a build would do.
    step: str
    reason: str
    #: Digest of the source's picture in `images`.
    picture: str
    #: PNGs by digest.
    images: dict[str, bytes]
    reels: tuple[Reel, ...] = ()
    #: Digest of the picture of what the built-in engine finds in it; "" when that is not asked.
    parts: str = ""
    #: Published files that are not as they were made.
    edited: bool = False
    #: Why there is nothing to show, when that is so.
    trouble: str = ""


class _Group(Record, frozen=True, kw_only=True):
    """Purchases by clip that are finished together, and how they are presented."""

    records: dict[str, Bought]
    state: str


#: Draws what is found in the picture of a request.
Draw = Callable[[Wanted, Request], Pixels]


def collect(project: Project, draw: Draw | None = None) -> Iterator[Entry]:
    """Yield every source that a rule is for, in the order of their paths.

    With `draw`, each has a picture of what the built-in engine finds in it.
    """
    report = project.plan()
    lines = project.lock().lines_of()
    for source in sorted(report.plan.sources, key=lambda one: one.wanted.source.path):
        entry = _exhibit(project, source, lines)
        yield entry if draw is None or entry.trouble else _with_parts(entry, source, draw)


def _with_parts(entry: Entry, source: SourcePlan, draw: Draw) -> Entry:
    if not source.wanted.requests:
        return entry
    png = imaging.encode(draw(source.wanted, source.wanted.requests[0]))
    return msgspec.structs.replace(entry, parts=_keep(entry.images, png))


def of(project: Project, path: str) -> tuple[Entry, ...]:
    """Return the entry of one source, by its path from the root; nothing if no rule is for it."""
    lines = project.lock().lines_of()
    return tuple(_exhibit(project, one, lines) for one in project.plan_of(path).plan.sources)


def _exhibit(
    project: Project, source: SourcePlan, lines: Mapping[tuple[str, str], Sequence[ClipLine]]
) -> Entry:
    wanted = source.wanted
    steps = sorted((clip.step for clip in source.clips), key=lambda one: _RANK.index(one.kind))
    found = Entry(
        source=wanted.source.path,
        rule=source.clips[0].request.rule if source.clips else wanted.rule.name,
        place=f"{wanted.rule.file}:{wanted.rule.line}",
        size=(wanted.source.width, wanted.source.height),
        step=steps[0].kind if steps else StepKind.FRESH,
        reason=steps[0].reason if steps else "",
        picture="",
        images={},
    )
    try:
        pixels = pictures.pixels(project.workspace.root, wanted.source)
        picture = _keep(found.images, imaging.encode(pixels))
        found = msgspec.structs.replace(found, picture=picture)
        return _filled(project, source, pixels, found, lines)
    except PixelpipeError as exc:
        return msgspec.structs.replace(found, trouble=str(exc))


#: Steps by how much they ask for a look.
_RANK = (
    StepKind.BLOCKED,
    StepKind.ASK,
    StepKind.BUY,
    StepKind.RESUME,
    StepKind.REUSE,
    StepKind.FRESH,
    StepKind.ORPHAN,
)


def _filled(
    project: Project,
    source: SourcePlan,
    pixels: Pixels,
    found: Entry,
    lines: Mapping[tuple[str, str], Sequence[ClipLine]],
) -> Entry:
    wanted, reels, edited = source.wanted, list[Reel](), False
    for group in _groups(project, source, lines):
        drawn_sheet, grades, _ = finish.sheet(_task(project, wanted, pixels, group))
        drawn = sheets.draw(drawn_sheet, registry.chosen(wanted.targets)[0][1])
        png = imaging.encode(drawn.pixels)
        if group.state == "shown":
            png, edited = _published(project, drawn, png)
        image = _keep(found.images, png)
        reels += [
            _reel(clip, drawn, image, group, wanted, grades)
            for clip in drawn_sheet.clips
            if group.state == "shown" or clip.name in group.records
        ]
    return msgspec.structs.replace(found, reels=tuple(reels), edited=edited)


def _groups(
    project: Project, source: SourcePlan, lines: Mapping[tuple[str, str], Sequence[ClipLine]]
) -> Iterator[_Group]:
    """Yield what is in use as one sheet, then each hidden clip and other take by itself."""
    store, path = project.workspace.store(), source.wanted.source.path
    used: dict[str, Bought] = {}
    others: list[_Group] = []
    for clip in (one for one in source.clips if not one.is_adopted):
        name = clip.request.clip
        own = lines.get((path, name), [])
        current = _in_use(clip, own, store)
        if current is not None:
            used[name] = current
        hidden = {(line.key, line.digest) for line in own if line.grade is not None}
        for line in takes.taken(project, clip.request, own).bought:
            record = store.record(line.key, line.digest)
            if record is not None and record != current:
                state = "hidden" if (line.key, line.digest) in hidden else "take"
                others.append(_Group(records={name: record}, state=state))
    if used or source.wanted.adopted:
        yield _Group(records=used, state="shown")
    yield from others


def _in_use(clip: ClipPlan, lines: Sequence[ClipLine], store: Store) -> Bought | None:
    """Return the purchase that is shown for the source's pixels, or would be by a build."""
    if clip.digest is not None and clip.hidden is None:
        return store.record(clip.step.request_key, clip.digest)
    for line in lines:
        record = None if line.hidden else store.record(line.key, line.digest)
        if (
            record is not None
            and keys.values(record.recipe).get("pixels") == clip.request.pixel_digest
        ):
            return record
    return None


def _task(project: Project, wanted: Wanted, pixels: Pixels, group: _Group) -> finish.Task:
    store = project.workspace.store()
    bought = []
    for clip, record in group.records.items():
        if (content := store.content(record.digest)) is None:
            raise AssetError(f"the bought bytes of clip {clip!r} are damaged; `pixelpipe verify`")
        bought.append(finish.bought(clip, content, record))
    return finish.Task(
        stem=wanted.source.stem,
        pixels=pixels,
        rule=wanted.rule,
        bought=tuple(bought),
        targets=wanted.targets,
        adopted=tuple(
            finish.adopted(one, pictures.frames(project.root, one)) for one in wanted.adopted
        )
        if group.state == "shown"
        else (),
    )


def _published(project: Project, drawn: Drawn, png: bytes) -> tuple[bytes, bool]:
    """Return the sheet as it lies in the project, and whether it was edited.

    Without a file, or with one of another size, what a build would publish is shown.
    """
    try:
        content = small_files.read(project.root / drawn.image, most=_MOST_BYTES)
        pixels = imaging.decode(content, drawn.image)
    except (OSError, PixelpipeError):
        return png, False
    if (pixels.width, pixels.height) != (drawn.pixels.width, drawn.pixels.height):
        return png, True
    return content, layout.digest(pixels) != drawn.digest


def _reel(
    clip: SheetClip,
    drawn: Drawn,
    image: str,
    group: _Group,
    wanted: Wanted,
    grades: Mapping[str, Grade],
) -> Reel:
    stated = {one.name: one for one in wanted.rule.clips}
    origin = _origin(clip.name, stated)
    record = group.records.get(origin)
    grade = grades.get(clip.name)
    is_derived = origin != clip.name
    steps = timing.play(drawn.sheet, clip)
    return Reel(
        clip=clip.name,
        take=record.take if record else 0,
        state="derived" if is_derived and group.state == "shown" else group.state,
        image=image,
        cell=drawn.sheet.cell,
        steps=tuple((*drawn.layout.place(frame), ms) for frame, ms in steps),
        loop=clip.loop,
        box=_box(stated.get(clip.name), wanted),
        points=grade.points if grade else None,
        faults=grade.faults if grade else (),
        prompt=record.resolved.prompt if record else "",
        reading=record.interpretation if record else "",
        digest=record.digest if record else "",
        service=record.service if record else "",
        model=record.model if record else "",
        credits=record.credits_charged if record and not is_derived else 0,
    )


def _origin(name: str, stated: Mapping[str, Clip]) -> str:
    """Return the bought clip that a clip is derived from, or the clip itself."""
    while (clip := stated.get(name)) is not None and clip.derived_from is not None:
        name = clip.derived_from
    return name


def _box(clip: Clip | None, wanted: Wanted) -> tuple[int, int, int, int]:
    """Return which part of the source a clip shows."""
    size = wanted.rule.cells
    if clip is None or clip.cell is None or size is None:
        return (0, 0, wanted.source.width, wanted.source.height)
    top, left = divmod(clip.cell, wanted.source.width // size[0])
    return (left * size[0], top * size[1], *size)


def _keep(images: dict[str, bytes], png: bytes) -> str:
    digest = keys.digest(png)
    images[digest] = png
    return digest
