"""The fields of a clip: one table for the parser and for editors."""

from __future__ import annotations

import re

from ..core.model import DEFAULT_FPS, DEFAULT_FRAMES, MAX_FRAMES, Direction, Flip
from . import numbered, templates
from .shapes import Choice, Number, Switch, Text, Toggle, Whole
from .tables import Field, MapOf, OneOf, Table

#: Most room for motion on each side that a rule may ask for.
MOST_ROOM_PX = 128


def _braces_problem(text: str) -> str | None:
    if re.search(templates.PATTERN, text):
        return None
    return "has a brace that names nothing; write `{name}`, or `{{` and `}}` for the signs"


def _prompt_problem(text: str) -> str | None:
    """Say why a text is nothing that could be bought."""
    if text.strip().lower() in _NO_MOTION:
        return f"is no motion: `{text.strip()}`; `null`, without quotes, drops the clip"
    return _braces_problem(text)


#: What people write for "not this clip", or for "later": each would be bought as a prompt.
_NO_MOTION = frozenset(
    [
        "none",
        "null",
        "nil",
        "nul",
        "no",
        "off",
        "false",
        "n/a",
        "na",
        "undefined",
        "disabled",
        "true",
        "yes",
        "on",
        "todo",
        "tbd",
    ]
)
PROMPT = Text(
    wanted="a prompt",
    pattern=templates.PATTERN.replace("^", r"^(?=[\s\S]*\S)", 1),
    longest=3000,
    check=_prompt_problem,
)
_NEGATIVE = Text(
    wanted="what to avoid", pattern=templates.PATTERN, longest=1200, check=_braces_problem
)
CLIP_NAME = Text(
    wanted="a clip's name, which becomes part of file names: letters, digits, `_`, `-`",
    pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$",
    longest=40,
)

#: The stages of finishing, in the order in which they run, and what each does.
STAGES = {
    "pockets": "Take enclosed background out, as between arm and body.",
    "fringe": "Unmix the edge where background was mixed in.",
    "specks": "Drop lone specks and fill single holes.",
    "palette": "Put every pixel on the sprite's own colours.",
    "calibrate": "Learn the service's colours from frame 0 where they are off.",
    "align": "Shift stray frames back, and take a drift out.",
    "lock_first": "Put the source back as frame 0.",
    "loop": "Close a loop that does not close.",
    "holds": "Show equal frames as one that lasts longer.",
}
#: What is sent to the service: it is paid for when it changes.
SENT = {
    "negative_prompt": Field(shape=_NEGATIVE, about="What must not appear."),
    "frames": Field(
        shape=Whole(low=2, high=MAX_FRAMES, even=True),
        about=f"Frames of the clip, even. Default {DEFAULT_FRAMES}.",
    ),
    "colors": Field(
        shape=OneOf(shapes=(Choice(words=("source",)), Whole(low=2, high=256))),
        about="How many colours the result may have, or `source` for the sprite's own palette.",
    ),
    "model": Field(
        shape=Text(wanted="a model's name", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", longest=80),
        about="Model of the service. Default: the service's own choice.",
    ),
    "matte": Field(
        shape=Text(
            wanted='a colour such as "#ff00ff" in quotes',
            pattern=r"^#[0-9A-Fa-f]{6}$",
            convert=str.lower,
            examples=("#ff00ff",),
        ),
        about="Colour behind the sprite while it is animated. Default: one that it does not have.",
    ),
    "seed": Field(
        shape=Whole(low=1, high=2**31 - 1), about="The service's seed. Default: the service's."
    ),
    "fit": Field(
        shape=OneOf(shapes=(Choice(words=("tight", "pad")), Whole(low=0, high=MOST_ROOM_PX))),
        about="Room for motion: `tight`, `pad`, or px on each side.",
    ),
}
#: What is done afterwards, for nothing.
FREE = {
    "loop": Field(
        shape=Switch(),
        about="Whether the clip repeats. Default true, but for what ends by its prompt: attacks,"
        " deaths, 'plays once'.",
    ),
    "fps": Field(
        shape=Number(low=0.5, high=60), about=f"Frames per second. Default {DEFAULT_FPS}."
    ),
    "direction": Field(
        shape=Choice(words=tuple(Direction)), about="The order of the frames. Default forward."
    ),
    "hold": Field(
        shape=MapOf(
            key=Text(wanted="a frame's number, from 0", pattern=r"^(?:0|[1-9][0-9]?)$"),
            each=Whole(low=10, high=60_000),
            key_convert=int,
        ),
        about="Frames that show longer: number from 0, to milliseconds.",
    ),
    "alpha": Field(
        shape=Choice(words=("cut", "keep")),
        about="`cut`: pixels are there or not. `keep`: put the source's soft alpha back where "
        "nothing changed. Default cut.",
    ),
    "crop": Field(
        shape=Choice(words=("original", "grow")),
        about="`grow`: frames are larger than the source where the motion needs it. `original`: "
        "never, what leaves the source's own size is cut off. Default grow.",
    ),
    "stages": Field(
        shape=Table(
            wanted="a mapping such as `{align: off}`",
            fields={name: Field(shape=Toggle(), about=about) for name, about in STAGES.items()},
        ),
        about="Repairs to switch off, such as `{align: off}`; `pixelpipe animate --stages` shows "
        "what each does. All are on.",
    ),
}

DEFAULTS = Table(wanted="a mapping of clip fields", fields=SENT | FREE)
#: A derived clip has none of these: it buys nothing.
PAID_FIELDS = frozenset({"prompt", *SENT})
#: Only a derived clip has these.
DERIVED_FIELDS = frozenset({"derived_from", "flip", "is_reversed"})
#: A clip of frames that are there has none of these either: they are taken as they are.
TOUCHING_FIELDS = frozenset({"alpha", "crop", "stages"})

OWN = {
    "prompt": Field(
        shape=PROMPT,
        about="What moves and how. Knows the captures of `match`, and {stem}, {folder}, {clip}, "
        "{width}, {height}.",
    ),
    "from": Field(
        shape=CLIP_NAME,
        about="Derive this clip from another one, for nothing: see flip, reverse, fps, hold.",
        name="derived_from",
    ),
    "frames_from": Field(
        shape=Text(
            wanted="a name with the number left open, such as `slime_{n}.png`",
            pattern=numbered.PATTERN,
            check=numbered.problem,
            examples=("slime_{n}.png",),
        ),
        about="Numbered frames that lie beside the sprite, `{n}` for the number: they are this "
        "clip as they are, for nothing. Knows the captures of `match`, {stem} and {folder}. The "
        "first frame's sprite owns the clip; the others are no sprites of their own any more.",
    ),
    "flip": Field(
        shape=Choice(words=tuple(Flip)),
        about="Mirror a derived clip: `x` left for right, `y` top for bottom.",
    ),
    "reverse": Field(shape=Switch(), about="Play a derived clip backwards.", name="is_reversed"),
}
