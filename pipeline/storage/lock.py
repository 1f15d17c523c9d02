"""`pixelpipe.lock`: which purchase each clip uses, and which files are ours.

Text in, records out, and back; no file is touched here. The file holds sorted JSON lines of three
kinds, after one line with the format version. A checkout may hold any text: a line that names what
no run of ours would write is set aside, as one that cannot be read. It is committed and merged by
union: clip lines are united, since both sides were paid for; files that two sides made differently
are dropped with their whole set, and finished again for nothing.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Literal

import msgspec

from ..core.errors import ConfigError
from ..core.keys import BUILT_IN
from ..core.model import Record
from ..core.model.checked import (
    UNREADABLE,
    ClipName,
    Digest,
    Grade,
    Mark,
    OutputPath,
    ServiceName,
    SourcePath,
    Take,
)
from ..core.version import ENGINE_VERSION

VERSION = 1
NAME = "pixelpipe.lock"
_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


class ClipLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One purchase in use: the clip of a source, its key, and the digest of the bought bytes."""

    source: SourcePath
    clip: ClipName
    key: Digest
    digest: Digest
    service: ServiceName
    paid: bool = False
    take: Take = 0
    #: Key with the prompt's path words left open; see keys.open_key.
    open: Digest | None = None
    #: Set while it is kept back because of a low grade: what was judged (steps.judgement), and
    #: the grade, or None when it only waits for another clip of its source.
    hidden: Mark = ""
    grade: Grade | None = None
    #: Version of the built-in engine's art that made it; 0: not said, so the oldest.
    engine: Take = 0

    @property
    def is_outdated(self) -> bool:
        """An older version of the built-in engine made it: it may be made anew for nothing."""
        return self.service == BUILT_IN and not self.paid and self.engine < ENGINE_VERSION


class FileLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One published file: its content's digest, and the build key of the set it belongs to."""

    path: OutputPath
    digest: Digest
    build: Digest
    #: Edited by hand, and accepted so: never replaced by a build.
    adopted: bool = False
    #: No longer made by us: the whole source is left alone.
    detached: bool = False

    @property
    def is_ours(self) -> bool:
        """The content is what we wrote: it may be replaced and removed."""
        return not (self.adopted or self.detached)


class AdoptedLine(Record, frozen=True, kw_only=True):
    """A clip that is numbered pictures as they are, and the digest of their pixels.

    It states the format's version, so that a pixelpipe that knows no such line takes it for the
    first line of the file, and passes over it.
    """

    source: SourcePath
    clip: ClipName
    digest: Digest
    lock: Literal[1]


class Lock(Record, frozen=True, kw_only=True):
    """A lock file's content. `notices` says what was odd about the text, in sentences."""

    clips: tuple[ClipLine, ...] = ()
    files: tuple[FileLine, ...] = ()
    adopted: tuple[AdoptedLine, ...] = ()
    notices: tuple[str, ...] = ()
    #: Digests of files that one side of a merge wrote, and whose lines were dropped.
    dropped: frozenset[str] = frozenset()

    def lines_of(self) -> dict[tuple[str, str], list[ClipLine]]:
        """Return the clip lines by source and clip; after a merge there may be several."""
        found: dict[tuple[str, str], list[ClipLine]] = {}
        for line in self.clips:
            found.setdefault((line.source, line.clip), []).append(line)
        return found

    def adopted_of(self, sources: Container[str]) -> tuple[AdoptedLine, ...]:
        """Return the lines of clips of some sources that are numbered pictures as they are."""
        return tuple(line for line in self.adopted if line.source in sources)

    def files_of(self) -> dict[str, list[FileLine]]:
        """Return the file lines by the stem of the source they belong to."""
        found: dict[str, list[FileLine]] = {}
        for line in self.files:
            found.setdefault(stem(line.path), []).append(line)
        return found


_NONE: Mapping[str, Sequence[AdoptedLine]] = MappingProxyType({})


class _Purchase(Record, frozen=True, kw_only=True):
    clip: str
    key: str
    digest: str


class _Header(Record, frozen=True, kw_only=True):
    lock: int


_clip_line = msgspec.json.Decoder(ClipLine)
_file_line = msgspec.json.Decoder(FileLine)
_adopted_line = msgspec.json.Decoder(AdoptedLine)
#: What is said of a line.
_MARKED = "conflict marker: both sides are kept"
_UNREAD = "this line cannot be read and is set aside"
#: So many lines of a kind are named; a checkout may hold any number.
_TOLD = 10
_purchase = msgspec.json.Decoder(_Purchase)
_header = msgspec.json.Decoder(_Header)
_encoder = msgspec.json.Encoder(order="sorted")
#: The first line.
HEAD = _encoder.encode(_Header(lock=VERSION)).decode()


def parse(text: str) -> Lock:
    """Read a lock file, also one with conflict markers, doubled or damaged lines.

    Raises ConfigError if a newer pixelpipe wrote it: what we do not understand we must not
    rewrite.
    """
    clips: dict[tuple[str, str, str, str], ClipLine] = {}
    files: dict[tuple[str, str, str], FileLine] = {}
    adopted: dict[AdoptedLine, None] = {}
    told: dict[str, list[int]] = {_MARKED: [], _UNREAD: []}
    # Not splitlines: names may hold what Unicode takes for line ends, and JSON leaves them as is.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        if line.startswith(_MARKERS):
            told[_MARKED].append(number)
            continue
        match record(line):
            case ClipLine() as clip:
                place = (clip.source, clip.clip, clip.key, clip.digest)
                # Two engines that made the same: the newer one's line says that it is not old.
                clips[place] = max(clips.get(place, clip), clip, key=lambda one: one.engine)
            case FileLine() as file:
                files[file.path, file.digest, file.build] = file
            case AdoptedLine() as frames:
                adopted[frames] = None
            case _Header() as header if header.lock > VERSION:
                raise ConfigError(
                    f"was written by a newer pixelpipe (format {header.lock}, this one knows "
                    f"{VERSION}); update pixelpipe",
                    path=NAME,
                )
            case _Header():
                pass
            case None:
                told[_UNREAD].append(number)
    kept = _without_conflicts(files.values())
    return Lock(
        clips=tuple(clips.values()),
        files=kept,
        adopted=tuple(adopted),
        notices=tuple(_notices(told)),
        dropped=frozenset(
            line.digest for line in set(files.values()).difference(kept) if line.is_ours
        ),
    )


def bought(text: str) -> set[str]:
    """Return the digests of the purchases that a lock file names, and perhaps of odd lines.

    Nothing else is looked at: that takes a tenth of reading the file.
    """
    found = set()
    for line in text.split("\n"):
        if not line.startswith('{"build"'):  # as most lines of files begin
            with suppress(*UNREADABLE):
                found.add(_purchase.decode(line).digest)
    return found


def text(lock: Lock) -> str:
    """Write a lock file: one version line, then all lines sorted."""
    lines = [*map(written, lock.clips), *map(written, lock.files), *map(written, lock.adopted)]
    return "\n".join([HEAD, *sorted(lines), ""])


def replace(
    lock: Lock,
    *,
    clips: Mapping[str, Sequence[ClipLine]],
    files: Mapping[str, Sequence[FileLine]],
    adopted: Mapping[str, Sequence[AdoptedLine]] = _NONE,
) -> Lock:
    """Return `lock` with all lines of the given sources (clips, adopted) and stems exchanged.

    An empty sequence removes them. Lines of every other source stay: another process may have
    written them a moment ago.
    """
    kept_clips = [line for line in lock.clips if line.source not in clips]
    kept_files = [line for line in lock.files if stem(line.path) not in files]
    kept_frames = [line for line in lock.adopted if line.source not in adopted]
    kept_clips.extend(line for lines in clips.values() for line in lines)
    kept_files.extend(line for lines in files.values() for line in lines)
    kept_frames.extend(line for lines in adopted.values() for line in lines)
    return Lock(
        clips=tuple(kept_clips),
        files=tuple(kept_files),
        adopted=tuple(kept_frames),
        notices=lock.notices,
    )


def rank(line: ClipLine) -> tuple[str, bool, int, str]:
    """Order the lines of one clip, the one in use first: shown, paid for, of the newest engine."""
    return line.hidden, not line.paid, -line.engine, line.digest


def stem(path: str) -> str:
    """Return the part of an output's path that names its source: up to the first `.anim.`."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + name.partition(".anim.")[0]


def written(one: ClipLine | FileLine | AdoptedLine) -> str:
    """Return a record as it stands in the file."""
    return _encoder.encode(one).decode()


def record(line: str) -> ClipLine | FileLine | AdoptedLine | _Header | None:
    """Return what a line of the file says; None when it cannot be read."""
    # Most lines are as we write them: keys sorted, so that the first one tells the kind.
    first = _file_line if line.startswith(('{"build"', '{"adopted"')) else _clip_line
    for decoder in (first, _clip_line, _file_line, _adopted_line, _header):
        try:
            return decoder.decode(line)
        except UNREADABLE:
            continue
    return None


def _notices(told: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Yield a sentence for each of the first lines of a kind, and one for the others."""
    for text, numbers in told.items():
        yield from (f"{NAME}:{number}: {text}" for number in numbers[:_TOLD])
        if len(numbers) > _TOLD:
            yield f"{NAME}: and {len(numbers) - _TOLD} more lines: {text}"


def _without_conflicts(lines: Iterable[FileLine]) -> tuple[FileLine, ...]:
    by_path: dict[str, list[FileLine]] = {}
    for line in lines:
        by_path.setdefault(line.path, []).append(line)
    # A set with one doubtful file is finished again as a whole: its files refer to each other.
    doubtful = {line.build for found in by_path.values() if len(found) > 1 for line in found}
    return tuple(line for found in by_path.values() for line in found if line.build not in doubtful)
