"""Rules as they are stated."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from .record import Record


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
    #: "original" cuts off what leaves the source's own rectangle; "grow" makes the cell larger.
    crop: Literal["original", "grow"] = "grow"
    #: Stages of finishing by name that are switched on or off; those not stated run.
    stages: Mapping[str, bool] = {}
    #: Number of the cell of a sheet that this clip is of; see cells.py.
    cell: int | None = None
    #: Names of numbered frames beside the source, such as `slime_{n}.png`, that are this clip.
    frames_from: str | None = None

    #: File and 1-based line of the definition.
    file: str = ""
    line: int | None = None

    @property
    def is_bought(self) -> bool:
        """A service makes it; else it follows from another clip, or from frames that are there."""
        return self.derived_from is None and self.frames_from is None


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


class Grading(Record, frozen=True, kw_only=True):
    """What follows from a clip's grade, 0..100."""

    #: Points below which a clip is reported as weak.
    warn: int = 85
    #: Points below which a clip is kept back instead of published; 0: never.
    hide: int = 0


Box = tuple[int, int, int, int]


class Hints(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule says of the sprite itself. Only the built-in engine is told; no purchase is.

    `kind` is what it is, `facing` where it looks: "left", "right" or "front". `parts` are boxes by
    name: left, top, right, bottom in px of the source (or of its cell), right and bottom exclusive.
    `extra_colors` are "#rrggbb" that effects may use beside the sprite's own.
    """

    kind: str | None = None
    facing: str | None = None
    parts: Mapping[str, Box] = {}
    extra_colors: tuple[str, ...] = ()


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
    #: What the sprite is, where it looks, where its parts are, which colours its effects may have:
    #: for the built-in engine alone.
    kind: str | None = None
    facing: str | None = None
    parts: Mapping[str, Box] = {}
    extra_colors: tuple[str, ...] = ()
    #: Path words whose change means another picture, and so another purchase.
    vary_by: tuple[str, ...] = ()
    #: Cell size in px of a sheet, and the cells to animate.
    cells: tuple[int, int] | None = None
    pick: tuple[int, ...] = ()
    grade: Grading = Grading()
    #: Buy the clips of one source together, and show placeholders; None: as the project says.
    batch: bool | None = None
    placeholder: bool | None = None
    #: Whether its sources are sheets; False: each is one picture, whatever it looks like.
    sheet: bool | None = None
    #: Credits that one run may spend on sources of this rule.
    budget: int | None = None
    #: The pack with its version ("characters@1"), or "" for the project's own rules.
    pack: str = ""
    file: str = ""
    line: int | None = None

    @property
    def hints(self) -> Hints | None:
        """What it says of the sprite itself; None when it says nothing."""
        said = Hints(
            kind=self.kind,
            facing=self.facing,
            parts=self.parts,
            extra_colors=self.extra_colors,
        )
        return None if said == Hints() else said
