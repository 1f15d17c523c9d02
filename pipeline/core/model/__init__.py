"""The records that cross a boundary. Frozen, without files, clock, environment or network.

Paths in records are POSIX strings relative to the project's root: there are as many as there are
files, and a string costs a tenth of a `PurePosixPath`. `Path` appears at the edge only.
Positions and sizes are pixels, x to the right and y down from the top left.
"""

from __future__ import annotations

from .files import Document, File, Frames, Pixels, Source, composed, fold, stem_of
from .jobs import (
    Balance,
    FailureClass,
    Job,
    JobState,
    Kept,
    Preference,
    Reading,
    Request,
    Resolved,
    Taken,
)
from .limits import (
    ANIMATE_CREDITS,
    BATCH_MOST,
    DEFAULT_FPS,
    DEFAULT_FRAMES,
    FURTHER_CREDITS,
    MAX_ASPECT,
    MAX_FRAMES,
    MAX_PALETTE_COLORS,
    MAX_PICTURE_PX,
    MAX_SIDE_PX,
    MIN_SIDE_PX,
)
from .plans import PassedOver, Step, StepKind
from .record import Record
from .rules import Box, Clip, Direction, Flip, Grading, Hints, Rule, TargetChoice, When
from .sheets import Frame, Grade, Provenance, Remedy, Sheet, SheetClip

__all__ = [
    "ANIMATE_CREDITS",
    "BATCH_MOST",
    "DEFAULT_FPS",
    "DEFAULT_FRAMES",
    "FURTHER_CREDITS",
    "MAX_ASPECT",
    "MAX_FRAMES",
    "MAX_PALETTE_COLORS",
    "MAX_PICTURE_PX",
    "MAX_SIDE_PX",
    "MIN_SIDE_PX",
    "Balance",
    "Box",
    "Clip",
    "Direction",
    "Document",
    "FailureClass",
    "File",
    "Flip",
    "Frame",
    "Frames",
    "Grade",
    "Grading",
    "Hints",
    "Job",
    "JobState",
    "Kept",
    "PassedOver",
    "Pixels",
    "Preference",
    "Provenance",
    "Reading",
    "Record",
    "Remedy",
    "Request",
    "Resolved",
    "Rule",
    "Sheet",
    "SheetClip",
    "Source",
    "Step",
    "StepKind",
    "Taken",
    "TargetChoice",
    "When",
    "composed",
    "fold",
    "stem_of",
]
