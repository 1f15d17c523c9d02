"""What a checkout remembers of its files, as records: see `state`, which keeps them in one file."""

from typing import Any

import msgspec

from ..core.model import PassedOver
from .told import About, Told

#: Pictures that no file of their folder shows now (another branch has them) are kept, up to these.
_SPARE_PICTURES = 200


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a file's bytes hold: a picture, or the sentence that says why it cannot be used."""

    pixel_digest: str = ""
    width: int = 0
    height: int = 0
    colors: int = 0
    opaque_share: float = 0.0
    looks_like_sheet: bool = False
    error: str = ""
    #: Why the picture as a whole cannot be sent, although it is a sound one.
    unfit: str = ""
    #: Frames of one figure, as found by the way of looking that `looked` numbers.
    repeats: bool = False
    looked: int = 0
    #: Frames of an animated picture.
    frames: int = 1


class Folder(msgspec.Struct, array_like=True):
    """What is remembered of one folder. Digests are 32 bytes, names are without the folder."""

    #: File to its stat (packed) and the digest of its bytes.
    files: dict[str, tuple[bytes, bytes]] = {}
    #: What the bytes of a digest hold.
    pictures: dict[bytes, Facts] = {}
    #: Texts by their digests, and which of them a build key stands for.
    texts: dict[bytes, str] = {}
    builds: dict[bytes, bytes] = {}
    #: Clips that a source had when it was fresh.
    clips: dict[str, int] = {}
    #: What a plan says of the clips of a source that is fresh, and what they have in common.
    told: dict[str, tuple[Told, ...]] = {}
    abouts: dict[bytes, About] = {}
    #: How many of those clips an older version of the built-in engine made; 0 is not written.
    outdated: dict[str, int] = {}

    def update(self, other: "Folder") -> None:
        """Add what `other` says; it is newer."""
        for mine, theirs in zip(self._dicts(), other._dicts(), strict=True):
            mine.update(theirs)

    def trim(self) -> None:
        """Forget pictures that long no file has shown, and what nothing needs."""
        shown = {digest for _, digest in self.files.values()}
        spare = [digest for digest in self.pictures if digest not in shown]
        for digest in spare[: -_SPARE_PICTURES - len(shown)]:
            del self.pictures[digest]
        self.told = {name: told for name, told in self.told.items() if told}
        used = {one.about for told in self.told.values() for one in told}
        self.abouts = {key: about for key, about in self.abouts.items() if key in used}
        self.outdated = {name: clips for name, clips in self.outdated.items() if clips}

    def _dicts(self) -> tuple[dict[Any, Any], ...]:
        return (
            self.files,
            self.pictures,
            self.texts,
            self.builds,
            self.clips,
            self.told,
            self.abouts,
            self.outdated,
        )


class Whole(msgspec.Struct, frozen=True, array_like=True):
    """What was so of the project as a whole when its listing was written."""

    #: All clips that were fresh, and the sources that no rule matches.
    clips: int
    unmatched: tuple[str, ...]
    #: The digest of the lock file's text, and whether it is to the letter as we write it.
    lock: str
    is_plain: bool
    #: What was seen and not taken.
    passed_over: tuple[PassedOver, ...] = ()
    #: Clips that an older version of the built-in engine made: each run tells how many. None: of
    #: what was taken from the store no plan has read yet which version made it.
    outdated: int | None = 0
