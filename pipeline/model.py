"""The records that cross a boundary. Frozen, without files, clock, environment or network.

Paths in records are POSIX strings relative to the project's root: there are as many as there are
files, and a string costs a tenth of a `PurePosixPath`. `Path` appears at the edge only.
Positions and sizes are pixels, x to the right and y down from the top left.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

#: Largest side in px and longest aspect that the pixel models take (api.md 4.1).
MAX_SIDE_PX = 256
MAX_ASPECT = 2
#: Smallest side in px that is sent; the vendor's own floor is unknown (api.md 8).
MIN_SIDE_PX = 8
DEFAULT_FRAMES = 8
MAX_FRAMES = 16
DEFAULT_FPS = 8
#: Credits of one POST /animate (api.md 3.2).
ANIMATE_CREDITS = 20


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records. A subclass repeats the two options for the type checker."""


# -- files and pixels ---------------------------------------------------------------------------


class Document(Record, frozen=True, kw_only=True):
    """One YAML file as read: its content, and the line on which each place of it stands."""

    path: str
    content: object
    #: Key path from the root, such as ("rules", 0, "clips", "walk"), to its 1-based line.
    lines: Mapping[tuple[str | int, ...], int] = {}

    def line(self, *place: str | int) -> int | None:
        """Return the line of `place`, or of the nearest ancestor that has one."""
        for end in range(len(place), -1, -1):
            if (line := self.lines.get(place[:end])) is not None:
                return line
        return None


class Pixels(Record, frozen=True, kw_only=True):
    """A picture: straight RGBA8, rows from the top, `len(rgba) == width * height * 4`."""

    width: int
    height: int
    rgba: bytes


class Source(Record, frozen=True, kw_only=True):
    """A PNG that the artist made, as the rules see it."""

    path: str
    #: SHA-256 of the file's bytes, and of its canonical pixels (design.md section 6).
    byte_digest: str
    pixel_digest: str
    width: int
    height: int
    #: Distinct opaque colours, and the share 0..1 of pixels with alpha of at least 128.
    colors: int
    opaque_share: float
    #: More than one frame (APNG), or what looks like cells of a sheet: never bought whole.
    looks_like_sheet: bool = False

    @property
    def stem(self) -> str:
        """The path without its ending; outputs are `<stem>.anim.…`."""
        return self.path[: -len(".png")]


class File(Record, frozen=True, kw_only=True):
    """A file to publish: path relative to the project's root, and its whole content."""

    path: str
    content: bytes


# -- rules --------------------------------------------------------------------------------------


class Flip(StrEnum):
    """Mirror a derived clip: left for right (`x`), top for bottom (`y`)."""

    X = "x"
    Y = "y"


class Direction(StrEnum):
    """The order in which a clip's frames play; the words are Aseprite's."""

    FORWARD = "forward"
    REVERSE = "reverse"
    PINGPONG = "pingpong"
    PINGPONG_REVERSE = "pingpong_reverse"


class Clip(Record, frozen=True, kw_only=True):
    """One named animation as a rule states it. `None` means not stated: `auto`.

    The first group is sent to the service and is part of the request key; the second is applied
    for nothing, and is part of the build key.
    """

    name: str
    prompt: str = ""
    negative_prompt: str = ""
    #: Even, 2..16.
    frames: int | None = None
    #: A count 2..256, or "source": the source's own palette.
    colors: int | Literal["source"] | None = None
    model: str | None = None
    #: "#rrggbb".
    matte: str | None = None
    seed: int | None = None
    #: Motion room: "tight", "pad", or px on each side.
    fit: int | Literal["tight", "pad"] | None = None

    loop: bool | None = None
    fps: float | None = None
    direction: Direction = Direction.FORWARD
    #: Frame number to duration in ms.
    hold: Mapping[int, int] = {}
    #: Name of the clip that this one is derived from, for nothing.
    derived_from: str | None = None
    flip: Flip | None = None
    is_reversed: bool = False
    #: "cut" makes alpha 0 or 255; "keep" puts the source's soft alpha back where unchanged.
    alpha: Literal["cut", "keep"] = "cut"
    crop: Literal["original", "grow"] = "original"

    #: File and 1-based line of the definition.
    file: str = ""
    line: int | None = None


class When(Record, frozen=True, kw_only=True):
    """Conditions on a source beside its path. `None` means any."""

    min_width: int | None = None
    max_width: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    max_colors: int | None = None
    min_opaque: float | None = None
    max_opaque: float | None = None
    #: Regular expression searched in the path relative to the assets folder.
    path: str | None = None
    #: Words, one of which must be in the file's name, or in its folders' names. Words end at
    #: signs, digits and capitals ("BossBat_2" has boss and bat), in any case and any plural.
    stem: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    #: Words of which none may be in the folders' names.
    outside: tuple[str, ...] = ()
    #: Words of which none may be in either.
    without: tuple[str, ...] = ()


class TargetChoice(Record, frozen=True, kw_only=True):
    """A target by name, with its options as stated."""

    name: str
    options: Mapping[str, str | int | float | bool] = {}


class Rule(Record, frozen=True, kw_only=True):
    """One entry of a rule file: patterns to clips, defaults and bases merged in."""

    name: str
    match: tuple[str, ...]
    clips: tuple[Clip, ...]
    when: When = When()
    #: "bottom", "center", "top" …, or (x, y) px in the source; None: bottom centre of the art.
    pivot: str | tuple[int, int] | None = None
    #: None: the project's targets.
    targets: tuple[TargetChoice, ...] | None = None
    #: Path words whose change means another picture, and so another purchase.
    vary_by: tuple[str, ...] = ()
    #: Cell size in px of a sheet, and the cells to animate.
    cells: tuple[int, int] | None = None
    pick: tuple[int, ...] = ()
    #: Points 0..100 below which a clip is reported as weak.
    grade: int | None = None
    #: Buy the clips of one source together, and show placeholders; None: as the project says.
    batch: bool | None = None
    placeholder: bool | None = None
    #: Credits that one run may spend on sources of this rule.
    budget: int | None = None
    #: The pack with its version ("characters@1"), or "" for the project's own rules.
    pack: str = ""
    file: str = ""
    line: int | None = None


# -- requests and jobs --------------------------------------------------------------------------


class Request(Record, frozen=True, kw_only=True):
    """What is asked of the service for one clip of one source, as the rule states it."""

    source: str
    pixel_digest: str
    clip: str
    rule: str
    prompt: str
    negative_prompt: str = ""
    frames: int | None = None
    colors: int | Literal["source"] | None = None
    model: str | None = None
    matte: str | None = None
    seed: int | None = None
    fit: int | Literal["tight", "pad"] | None = None
    take: int = 0
    #: The prompts with path words left open, or None when they use none: a rename that changes
    #: only those reuses what was bought (design.md section 6).
    open_prompt: str | None = None


class Resolved(Record, frozen=True, kw_only=True):
    """A request with everything that our algorithms chose. Fixed at the claim, never recomputed."""

    version: int = 1
    request_key: str
    #: Key with the path words left open; None when the prompt uses none.
    open_key: str | None = None
    prompt: str
    negative_prompt: str = ""
    #: As sent.
    frames: int
    #: Width and height of the canvas that is uploaded, in px.
    canvas: tuple[int, int]
    #: Margins around the (down-scaled) source: left, top, right, bottom, in px.
    pad: tuple[int, int, int, int]
    #: Integer by which the source was divided before padding; 1 for native pixel art.
    scale: int = 1
    #: "#rrggbb", its distance from the sprite's colours in OKLab, and the second choice.
    matte: str
    matte_distance: float = 0.0
    runner_up: str = ""
    #: "#rrggbb" each; None when a count was sent instead.
    palette: tuple[str, ...] | None = None
    colors: int | None = None
    seed: int | None = None
    model: str | None = None


class JobState(StrEnum):
    """Where a job stands (design.md section 6)."""

    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    BOUGHT = "bought"
    FAILED = "failed"
    DETACHED = "detached"
    UNCONFIRMED = "unconfirmed"
    #: Settled by a person: billed, and the result cannot be had. The next take may be bought.
    CHARGED = "charged"


class FailureClass(StrEnum):
    """What a failure is held against, and so when it is tried again (watching.md section 5)."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    ACCOUNT = "account"
    ENVIRONMENT = "environment"


class Job(Record, frozen=True, kw_only=True):
    """One request key's way through the ledger. Times are UTC, seconds since the epoch."""

    request_key: str
    state: JobState
    service: str
    paid: bool
    source: str
    clip: str
    take: int = 0
    resolved: Resolved
    recipe: str = ""
    credits_quoted: int = 0
    credits_charged: int = 0
    remote_id: str | None = None
    digest: str | None = None
    reason: str = ""
    failure: FailureClass | None = None
    #: Version of pixelpipe; another one may try again what failed for good.
    tool: str = ""
    #: Token of the process that holds the claim; see ledger.py.
    holder: str = ""
    claimed_at: float = 0.0
    submitted_at: float | None = None
    settled_at: float | None = None


class Hold(Record, frozen=True, kw_only=True):
    """A purchase that waits until a person releases it: too many came at once."""

    request_key: str
    source: str
    clip: str
    credits: int


class Balance(Record, frozen=True, kw_only=True):
    """Credits of the account. `available` is the total less what open jobs hold."""

    monthly_balance: int = 0
    purchased_balance: int = 0
    total_balance: int = 0
    reserved: int = 0
    available: int = 0


# -- results ------------------------------------------------------------------------------------


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
    """Where a clip's frames come from; written into every PNG (design.md section 7)."""

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


class Grade(Record, frozen=True, kw_only=True):
    """0 to 100 for a clip, with its largest faults in sentences, worst first."""

    points: int
    faults: tuple[str, ...] = ()


# -- plans --------------------------------------------------------------------------------------


class StepKind(StrEnum):
    """What a plan does about one clip."""

    FRESH = "fresh"
    REUSE = "reuse"
    RESUME = "resume"
    BUY = "buy"
    ASK = "ask"
    BLOCKED = "blocked"
    ORPHAN = "orphan"


class Step(Record, frozen=True, kw_only=True):
    """One decision of a plan: a clip of a source, what is done, and why."""

    source: str
    clip: str
    kind: StepKind
    reason: str
    rule: str = ""
    request_key: str = ""
    credits: int = 0
    #: Set when the step cannot be done: the sentence, and the exit code that it means.
    error: str | None = None
    exit_code: int = 0
