"""What a target is: names for its files, and their contents.

A target of a third party is the same thing, found through the entry point group
`pixelpipe.targets`. It never writes: it turns a drawn sheet into bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ..core.model import Pixels, Record, Sheet
from .layout import Layout

#: What a rule can say for one option.
Value: TypeAlias = str | int | float | bool


class Option(Record, frozen=True, kw_only=True):
    """One setting of a target: its type, what it is when unstated, and what it may be."""

    default: Value
    doc: str
    #: The only values allowed; empty: any of the type.
    choices: tuple[Value, ...] = ()
    #: Bounds of a number, both included.
    low: int | None = None
    high: int | None = None

    @property
    def kind(self) -> type[Value]:
        """Return the type that a value must have: that of the default."""
        return type(self.default)


class Naming(Record, frozen=True, kw_only=True):
    """All that a target's file names depend on; known before anything is drawn."""

    #: The source's path without ".png".
    stem: str
    #: Name, and number of frames as played (`timing.beats`), of each clip.
    clips: tuple[tuple[str, int], ...]
    options: Mapping[str, Value]
    #: The clip that this sheet holds alone, or "" for a sheet of all clips.
    part: str = ""

    @property
    def name(self) -> str:
        """Return the source's name without folders."""
        return self.stem.rpartition("/")[2]

    def path(self, extension: str, *, target: str = "", clip: str = "") -> str:
        """Return `<stem>.anim[.<target>][.<clip>].<extension>`."""
        words = (self.stem, "anim", target, clip or self.part, extension)
        return ".".join(word for word in words if word)


class Drawn(Record, frozen=True, kw_only=True):
    """A sheet with its cells laid out in one image: what a target describes or encodes."""

    sheet: Sheet
    layout: Layout
    #: The whole image, and its SHA-256: of pixels, so that it is the same on every machine.
    pixels: Pixels
    digest: str
    #: Path of the image relative to the project's root.
    image: str
    naming: Naming

    @property
    def image_name(self) -> str:
        """Return the image's file name, for files that stand beside it."""
        return self.image.rpartition("/")[2]

    @property
    def options(self) -> Mapping[str, Value]:
        """Return the target's options, defaults filled in."""
        return self.naming.options


class Home(Record, frozen=True, kw_only=True):
    """How an engine's project is known: its own file, and the folder there that paths start at."""

    file: str
    folder: str = "."


class Shown(Record, frozen=True, kw_only=True):
    """Where a target's files show a name that is global in the game, as its option `prefix` says.

    Two sprites of one name need two of them; and what was published keeps the one that it has.
    """

    #: How the file's path ends.
    ending: str
    #: What stands in it when things are called so.
    text: Callable[[str], str]


class Target(Record, frozen=True, kw_only=True):
    """One output form.

    `contents` returns one bytes for each path of `paths`, in the same order: a target cannot
    write a file that the plan has not looked at.
    """

    name: str
    paths: Callable[[Naming], tuple[str, ...]]
    contents: Callable[[Drawn], tuple[bytes, ...]]
    options: Mapping[str, Option] = {}
    #: Raises AssetError where names and options alone say that it cannot be written.
    fits: Callable[[Naming], object] | None = None
    #: Raises AssetError where the size of a cell alone says so.
    room: Callable[[Naming, tuple[int, int]], object] | None = None
    #: What the option `root` is found from, where there is one.
    home: Home | None = None
    #: Where the option `prefix` shows, when it is the sheet's name by default.
    shown: Shown | None = None
