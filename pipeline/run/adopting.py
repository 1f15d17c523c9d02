"""Numbered frames that are a clip: whose they are, and that they are no sources of their own.

The first frame's source owns the clip, where its rule or override states it; else the source that
states it without being one of the frames. All of them lie in one folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from ..config.workspace import Workspace
from ..core import small_files
from ..core.apart import apart, log
from ..core.errors import AssetError, BugError, NoRoomError, PixelpipeError, SourceError
from ..core.model import Frames, Record, Source, Step
from ..plan import steps
from ..plan.wanted import Wanted
from ..storage import files
from ..storage.files import Scan

_OVERRIDE = ".yaml"
_FIELD = b"frames_from"
#: What is wrong with one source only.
_ITS_OWN = (SourceError, AssetError, BugError, NoRoomError)


class Looked(Record, frozen=True, kw_only=True):
    """What the rules want of sources, what cannot be used, and what no rule matches."""

    wanted: Sequence[Wanted]
    refused: tuple[Step, ...]
    unmatched: tuple[str, ...]
    #: Sources that wait because one of their frames may still be written.
    waiting: frozenset[str] = frozenset()

    def within(self, chosen: Collection[str]) -> Looked:
        """Return what is about the sources `chosen`, or about one that such a frame belongs to."""
        owners = {
            one.source.path
            for one in self.wanted
            if any(path in chosen for frames in one.adopted for path in frames.paths)
        }
        kept = owners.union(chosen)
        return Looked(
            wanted=tuple(one for one in self.wanted if one.source.path in kept),
            refused=tuple(one for one in self.refused if one.source in kept),
            unmatched=tuple(path for path in self.unmatched if path in kept),
            waiting=self.waiting & kept,
        )


class Beside:
    """The sources that lie in a folder, listed once."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._folders: dict[str, list[str]] | None = None

    def __call__(self, folder: str) -> Sequence[str]:
        """Return the paths of all sources in `folder`; "" is the root."""
        if self._folders is None:
            self._folders = {}
            for path in filter(files.is_source, self._scan.files):
                self._folders.setdefault(path.rpartition("/")[0], []).append(path)
        return self._folders.get(folder, ())


def may_be_frames(workspace: Workspace, scan: Scan, paths: Collection[str]) -> bool:
    """Tell whether some of these sources may belong to one that states `frames_from`."""
    numbered = [path for path in paths if any(map(str.isdigit, path.rpartition("/")[2]))]
    if not numbered:
        return False
    if any(clip.frames_from is not None for rule in workspace.rules for clip in rule.clips):
        return True
    folders = {path.rpartition("/")[0] for path in numbered}
    return any(
        path.endswith(_OVERRIDE)
        and path.rpartition("/")[0] in folders
        and _FIELD in _text(workspace.root, path)
        for path in scan.files
    )


def _text(root: Path, path: str) -> bytes:
    try:
        return small_files.read(root / path, most=small_files.MIB, within=root)
    except OSError:
        return b""


def settle(
    looked: Looked, look: Callable[[str], Source | None], waiting: Collection[str]
) -> Looked:
    """Give each clip of numbered frames to one source, and take the other frames out.

    `look` describes a frame; it raises SourceError when that cannot be used. A frame that is among
    `waiting` makes its source wait.
    """
    stating = [one for one in looked.wanted if one.adopted]
    if not stating:
        return looked
    owner_of, refused = _owners(stating)
    owners = set(owner_of.values())
    gone = owner_of.keys() - owners
    wanted: list[Wanted] = []
    late: set[str] = set()
    for one in looked.wanted:
        path = one.source.path
        if path in gone or path in refused:
            continue
        if any(frame in waiting for frames in one.adopted for frame in frames.paths):
            late.add(path)
            continue
        try:
            with apart():
                wanted.append(_with_pictures(one, look))
        except _ITS_OWN as exc:
            refused[path] = exc
    for error in refused.values():
        log(error)
    kept = [step for step in looked.refused if step.source not in gone]
    return Looked(
        wanted=tuple(wanted),
        refused=(*kept, *(steps.refused(path, error) for path, error in refused.items())),
        unmatched=tuple(path for path in looked.unmatched if path not in gone),
        waiting=frozenset(late),
    )


def _owners(
    stating: Iterable[Wanted],
) -> tuple[dict[str, str], dict[str, PixelpipeError]]:
    """Return the owner of each frame, and why some sources cannot have the frames they state."""
    firsts = {one.source.path for one in stating if one.source.path == one.adopted[0].paths[0]}
    owner_of: dict[str, str] = {}
    refused: dict[str, PixelpipeError] = {}
    for one in sorted(stating, key=lambda one: one.source.path not in firsts):
        path = one.source.path
        if path in owner_of:
            continue  # a frame of another one, whose rule it shares
        frames = [frame for clip in one.adopted for frame in clip.paths]
        if path in frames and path not in firsts:
            first = next(clip.paths[0] for clip in one.adopted if path in clip.paths)
            if path != first:
                refused[path] = SourceError(
                    f"{path}: is a frame of {first}; state `frames_from` there, in {first}.yaml"
                )
                continue
        taken = next((frame for frame in frames if frame in owner_of), None)
        if taken is not None:
            refused[path] = SourceError(
                f"{path}: the frame {taken} belongs to {owner_of[taken]} already; state "
                "`frames_from` for one of them"
            )
            continue
        owner_of |= dict.fromkeys((path, *frames), path)
    return owner_of, refused


def _with_pictures(one: Wanted, look: Callable[[str], Source | None]) -> Wanted:
    """Return `one` with its frames looked at. Raises SourceError when they cannot be one clip."""
    if not one.adopted:
        return one
    adopted = tuple(
        msgspec.structs.replace(
            frames, pictures=tuple(_picture(one, frames, path, look) for path in frames.paths)
        )
        for frames in one.adopted
    )
    for frames in adopted:
        _check_sizes(one.source, frames)
    return msgspec.structs.replace(one, adopted=adopted)


def _picture(
    one: Wanted, frames: Frames, path: str, look: Callable[[str], Source | None]
) -> Source:
    found = one.source if path == one.source.path else look(path)
    if found is None:
        raise SourceError(
            f"{one.source.path}: clip {frames.clip!r}: {path} is an output of pixelpipe, no frame"
        )
    return found


def _check_sizes(source: Source, frames: Frames) -> None:
    """Raise SourceError unless all frames have the source's size; it names the odd one."""
    sizes = [(one.width, one.height) for one in (*frames.pictures, source)]
    usual = Counter(sizes).most_common(1)[0][0]
    for one in (*frames.pictures, source):
        if (one.width, one.height) != usual:
            raise SourceError(
                f"{source.path}: clip {frames.clip!r}: {one.path} is {one.width}x{one.height} px, "
                f"the others are {usual[0]}x{usual[1]} px; frames of one clip have one size"
            )
