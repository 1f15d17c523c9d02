"""`pixelpipe.lock`: which purchase each clip uses, and which files are ours.

Text in, records out, and back; no file is touched here. The file holds sorted JSON lines of three
kinds, after one line with the format version. A checkout may hold any text: a line that names what
no run of ours would write is set aside, as one that cannot be read. It is committed and merged by
union: clip lines are united, since both sides were paid for; files that two sides made differently
are dropped with their whole set, and finished again for nothing.
"""

import sys
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
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
from .lock_lines import Form, Gathering, grouped, grouped_here, of_folders

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

    clips: Collection[ClipLine] = ()
    files: Collection[FileLine] = ()
    adopted: tuple[AdoptedLine, ...] = ()
    notices: tuple[str, ...] = ()
    #: Digests of files that one side of a merge wrote, and whose lines were dropped.
    dropped: frozenset[str] = frozenset()

    def lines_of(self) -> Mapping[tuple[str, str], Sequence[ClipLine]]:
        """Return the clip lines by source and clip; after a merge there may be several."""
        return grouped(self.clips, lambda line: (line.source, line.clip), lambda name: name[0])

    def clips_of(self) -> Mapping[str, Sequence[ClipLine]]:
        """Return the clip lines by source."""
        return grouped(self.clips, lambda line: line.source, lambda source: source)

    def adopted_of(self, sources: Container[str]) -> tuple[AdoptedLine, ...]:
        """Return the lines of clips of some sources that are numbered pictures as they are."""
        return tuple(line for line in self.adopted if line.source in sources)

    def files_of(self) -> Mapping[str, Sequence[FileLine]]:
        """Return the file lines by the stem of the source they belong to."""
        return grouped(self.files, lambda line: stem(line.path), lambda stem: stem)


_NONE: Mapping[str, Sequence[AdoptedLine]] = MappingProxyType({})


class _ClipRow(msgspec.Struct, array_like=True, omit_defaults=True, gc=False):
    """A clip line as it is packed: digests as bytes."""

    name: str
    clip: str
    key: bytes
    digest: bytes
    service: str
    paid: bool
    take: int
    open: bytes | None
    hidden: str
    grade: int | None
    engine: int


class _FileRow(msgspec.Struct, array_like=True, omit_defaults=True, gc=False):
    """A file line as it is packed."""

    name: str
    build: bytes
    digest: bytes
    adopted: bool
    detached: bool


def _clip_row(line: ClipLine, name: str) -> _ClipRow:
    return _ClipRow(
        name,
        line.clip,
        bytes.fromhex(line.key),
        bytes.fromhex(line.digest),
        line.service,
        line.paid,
        line.take,
        None if line.open is None else bytes.fromhex(line.open),
        line.hidden,
        line.grade,
        line.engine,
    )


def _clip_of(row: _ClipRow, path: str) -> ClipLine:
    return ClipLine(
        source=path,
        clip=row.clip,
        key=row.key.hex(),
        digest=row.digest.hex(),
        service=sys.intern(row.service),
        paid=row.paid,
        take=row.take,
        open=None if row.open is None else row.open.hex(),
        hidden=row.hidden,
        grade=row.grade,
        engine=row.engine,
    )


def _file_row(line: FileLine, name: str) -> _FileRow:
    digest, build = bytes.fromhex(line.digest), bytes.fromhex(line.build)
    return _FileRow(name, build, digest, line.adopted, line.detached)


def _file_of(row: _FileRow, path: str) -> FileLine:
    digest, build = row.digest.hex(), row.build.hex()
    return FileLine(
        path=path, digest=digest, build=build, adopted=row.adopted, detached=row.detached
    )


_CLIPS = Form[ClipLine](_ClipRow, lambda line: line.source, _clip_row, _clip_of)
_FILES = Form[FileLine](_FileRow, lambda line: line.path, _file_row, _file_of)


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
#: Letters that are divided into lines together.
_PIECE = 1 << 18
#: The first line.
HEAD = _encoder.encode(_Header(lock=VERSION)).decode()


def parse(text: str) -> Lock:
    """Read a lock file's text; see `read`."""
    return read(lines(pieces(text)))


def pieces(text: str) -> Iterator[str]:
    """Yield some lines of a text at a time: all at once take several times its room."""
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin + _PIECE) + 1 or len(text)
        yield text[begin:end]
        begin = end


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the lines of pieces that each end where a line does."""
    for piece in pieces:
        # Not splitlines: names may hold what Unicode takes for line ends, JSON leaves them as is.
        yield from piece.removesuffix("\n").split("\n")


def read(lines: Iterable[str]) -> Lock:
    """Read the lines of a lock file, also conflict markers, and doubled or damaged ones.

    Raises ConfigError if a newer pixelpipe wrote it: what we do not understand we must not
    rewrite.
    """
    clips, files = Gathering(_CLIPS), Gathering(_FILES)
    adopted: dict[AdoptedLine, None] = {}
    told: dict[str, list[int]] = {_MARKED: [], _UNREAD: []}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if line.startswith(_MARKERS):
            told[_MARKED].append(number)
            continue
        match record(line):
            case ClipLine() as clip:
                clips.add(clip)
            case FileLine() as file:
                files.add(file)
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
    found = files.settled(_each_file)
    doubtful = _doubtful(found)
    dropped = [line for line in found if line.build in doubtful] if doubtful else []
    if doubtful:
        found = tuple(line for line in found if line.build not in doubtful)
    return Lock(
        clips=clips.settled(_each_clip),
        files=found,
        adopted=tuple(adopted),
        notices=tuple(_notices(told)),
        dropped=frozenset(line.digest for line in dropped if line.is_ours),
    )


def _each_clip(lines: Iterable[ClipLine]) -> Sequence[ClipLine]:
    """Return each purchase of a clip once."""
    found: dict[tuple[str, str, str, str], ClipLine] = {}
    for line in lines:
        place = (line.source, line.clip, line.key, line.digest)
        # Two engines that made the same: the newer one's line says that it is not old.
        found[place] = max(found.get(place, line), line, key=lambda one: one.engine)
    return [*found.values()]


def _each_file(lines: Iterable[FileLine]) -> Sequence[FileLine]:
    """Return each file of a set once, the lines of one path behind each other."""
    by_path: dict[str, dict[tuple[str, str], FileLine]] = {}
    for line in lines:
        by_path.setdefault(line.path, {})[line.digest, line.build] = line
    return [line for found in by_path.values() for line in found.values()]


def _doubtful(files: Collection[FileLine]) -> frozenset[str]:
    """Return the builds that two sides of a merge made differently, in at least one file.

    A set with one doubtful file is finished again as a whole: its files refer to each other.
    """
    found = set[str]()
    for lines in of_folders(files):
        by_path = grouped_here(lines, lambda line: line.path)
        if len(by_path) < len(lines):
            found.update(line.build for own in by_path.values() if len(own) > 1 for line in own)
    return frozenset(found)


def bought(lines: Iterable[str]) -> Iterator[str]:
    """Yield the digests of the purchases that a lock file's lines name, and perhaps of odd ones.

    Nothing else is looked at: that takes a tenth of reading the file.
    """
    for line in lines:
        if not line.startswith('{"build"'):  # as most lines of files begin
            with suppress(*UNREADABLE):
                yield _purchase.decode(line).digest


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
