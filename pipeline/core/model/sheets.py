"""What finishing makes."""

from __future__ import annotations

from .files import Pixels
from .record import Record
from .rules import Direction


class Frame(Record, frozen=True, kw_only=True):
    """One cell and how long it shows, in ms."""

    pixels: Pixels
    duration_ms: int


class SheetClip(Record, frozen=True, kw_only=True):
    """A clip's frames in a sheet: `first` and the `count - 1` after it."""

    name: str
    first: int
    count: int
    loop: bool = True
    direction: Direction = Direction.FORWARD


class Provenance(Record, frozen=True, kw_only=True):
    """Where a clip's frames come from; written into every PNG."""

    clip: str
    request_key: str
    take: int
    digest: str
    service: str
    model: str
    #: First frame and count.
    frames: tuple[int, int]


class Sheet(Record, frozen=True, kw_only=True):
    """All frames of one source: equal untrimmed cells, clips, and the pivot."""

    #: The source's path without ".png"; outputs stand beside it as `<stem>.anim…`.
    stem: str
    cell: tuple[int, int]
    frames: tuple[Frame, ...]
    clips: tuple[SheetClip, ...]
    #: px from the top left of the untrimmed cell.
    pivot: tuple[int, int]
    provenance: tuple[Provenance, ...] = ()


class Remedy(Record, frozen=True, kw_only=True):
    """What another take may mend: the fault, and the option of `reroll` with what it promises."""

    fault: str
    #: Empty when no option of ours would help.
    option: str = ""
    promise: str = ""


class Grade(Record, frozen=True, kw_only=True):
    """0 to 100 for a clip, with its largest faults in sentences, worst first."""

    points: int
    faults: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
