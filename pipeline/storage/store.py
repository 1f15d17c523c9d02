"""Bought bytes: kept under their digest, with the resolved request that they answer.

Two tiers with one layout: `.pixelpipe/bought` in the project, which is committed, and a second
copy in the user's state folder, which survives `git clean`. The bytes are self-verifying; a
record names a request key and a digest, and is written after the bytes, so that it never refers
to what is not there. Several results for one key may stand side by side: all were paid for.

The project's tier comes with a checkout, so that anybody may have written it. A record counts when
its names are digests, it lies where its names say, and its figures are possible; nothing is
written or removed through a link; and the user's own tier takes only what this user fetched.

    bought/9f/9f2c….png                    bytes under their digest
    bought/41/41aa….9f2c….json             record: request key, digest
"""

import errno
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core import keys, private, small_files, unfinished
from ..core.errors import ConfigError, StorageError
from ..core.late import expression
from ..core.model import MAX_PICTURE_PX, MAX_SIDE_PX, Job, JobState, Record, Resolved
from ..core.model.checked import UNREADABLE, Credits, Digest, ServiceName, Take
from .files.carried import is_pointer
from .files.paths import closed
from .lock import ClipLine

VERSION = 1
_STATE_NAME = ".pixelpipe"
#: Sixteen frames of the largest canvas at twice their size take 16 MiB unpacked; real strips a
#: hundredth. A record has a prompt, a palette and the text of its key.
_MOST_BYTES = 64 * small_files.MIB
_RECORD_BYTES = small_files.MIB
#: What no regular file of a possible size says: as good as absent, since we never wrote it.
_NOT_OURS = (errno.EINVAL, errno.EFBIG, errno.EISDIR, errno.ELOOP, errno.ENXIO)
#: A source of the largest size that is read, brought down to one pixel; frames and some to spare.
_MOST_SCALE, _MOST_FRAMES = 4096, 64
_COLOUR = expression(r"#[0-9a-fA-F]{6}")
#: What a merge that git left to a person begins with: a record is one line.
_MERGED = b"<<<<<<< "
_SHORT = 16  # hex digits of the digest in a record's name: 64 bits tell results of one key apart


class Bought(Record, frozen=True, kw_only=True):
    """The record of one purchase."""

    version: int = VERSION
    request_key: Digest
    digest: Digest
    service: ServiceName
    paid: bool
    take: Take
    credits_charged: Credits
    #: The model's name as the service gave it back.
    model: str = ""
    #: The text that the request key is the digest of.
    recipe: str = ""
    #: How the built-in engine read the prompt.
    interpretation: str = ""
    #: Words of the prompt that the built-in engine did not show, those that the clip is about and
    #: those beside them; none said: none known of.
    not_shown: str = ""
    left_out: str = ""
    #: Whether the built-in engine took it for a loop; None: not said, and taken for one.
    loops: bool | None = None
    #: Version of the built-in engine's art; 0: not said, so the oldest.
    engine: int = 0
    resolved: Resolved

    def is_fetched_by(self, jobs: Iterable[Job]) -> bool:
        """Tell whether one of the user's own jobs brought exactly this: a checkout may lie."""
        return any(
            job.state is JobState.BOUGHT
            and (job.request_key, job.digest) == (self.request_key, self.digest)
            and (job.service, job.paid, job.take) == (self.service, self.paid, self.take)
            and (job.recipe, job.resolved) == (self.recipe, self.resolved)
            for job in jobs
        )

    def line(self, source: str, clip: str) -> ClipLine:
        """Return the lock file's line for a clip that uses this purchase."""
        return ClipLine(
            source=source,
            clip=clip,
            key=self.request_key,
            digest=self.digest,
            service=self.service,
            paid=self.paid,
            take=self.take,
            open=self.resolved.open_key,
            engine=self.engine,
        )


#: Records of what was put last: it is finished in a moment.
_RECENT = 64


class Store:
    """Bought bytes in one or more folders, nearest first."""

    def __init__(self, *folders: Path, durable: bool = True) -> None:
        """Look in `folders` in this order; write to all. `durable` waits for the disk."""
        self._folders = folders
        self._durable = durable
        #: Folders that were made, or found closed to others, since then.
        self._made: set[Path] = set()
        #: The last records that were put into every tier, by key and digest.
        self._put: dict[tuple[str, str], Bought] = {}
        self._turn = threading.Lock()

    def check(self) -> None:
        """Raise StorageError for a tier that would refuse what is bought now."""
        for folder in self._folders:
            path = folder / "00" / "0"
            if _is_behind_link(folder, path):
                raise _behind_link(path.parent)
            if why := closed(folder):
                raise StorageError(f"{folder}: {why}; bought bytes cannot be kept there")

    def put(self, bought: Bought, content: bytes) -> None:
        """Keep `content` and its record in every tier, bytes first, the user's own tier first.

        So a run that dies in between leaves a purchase that is known to be this user's: the
        project's copy alone could have come with a checkout, and settles no job.

        Raises StorageError for the first tier that refuses, when all others have it: what was
        paid for is in our hands now, and may not be had again.
        """
        record = encoded(bought)
        refusals: list[StorageError] = []
        for folder in reversed(self._folders):
            try:
                self._write(_bytes_path(folder, bought.digest), content)
                self._write(_record_path(folder, bought.request_key, bought.digest), record)
            except StorageError as exc:
                refusals.append(exc)
        if refusals:
            raise refusals[0]
        with self._turn:
            self._put[bought.request_key, bought.digest] = bought
            if len(self._put) > _RECENT:
                del self._put[next(iter(self._put))]

    def take_put(self, request_key: str, digest: str) -> Bought | None:
        """Return, once, the record of a purchase that was put here a moment ago, into every tier.

        It need not be read, and there is nothing to keep or to note of it.
        """
        with self._turn:
            return self._put.pop((request_key, digest), None)

    def content(self, digest: str) -> bytes | None:
        """Return the bytes under `digest`, or None when no tier has them undamaged."""
        for folder in self._folders:
            content = _content(_bytes_path(folder, digest))
            if content is not None and keys.digest(content) == digest:
                return content
        return None

    def has(self, digest: str) -> bool:
        """Tell whether any tier has a file under `digest` (its content is checked on reading)."""
        return any(_bytes_path(folder, digest).is_file() for folder in self._folders)

    def damaged(self, digest: str) -> tuple[Path, ...]:
        """Return the files under `digest` that hold something else."""
        places = [_bytes_path(folder, digest) for folder in self._folders]
        return tuple(p for p in places if p.is_file() and not _is_whole(p, digest))

    def has_pointer(self, request_key: str, digest: str) -> bool:
        """Tell whether Git LFS has left a pointer in place of bought bytes or of their record."""
        places = [
            place
            for folder in self._folders
            for place in (_bytes_path(folder, digest), _record_path(folder, request_key, digest))
        ]
        return any(is_pointer(_content(place) or b"") for place in places)

    def find(self, request_key: str) -> Bought | None:
        """Return the purchase under `request_key`.

        Of several the newest engine's, and of these the one with the smallest digest.
        """
        found = [one for one in self._records(request_key) if self.has(one.digest)]
        return min(found, key=lambda one: (-one.engine, one.digest), default=None)

    def record(self, request_key: str, digest: str) -> Bought | None:
        """Return the record of this key and digest, or None."""
        # A record counts only where its names say: no folder of very many has to be listed.
        places = (_record_path(folder, request_key, digest) for folder in self._folders)
        found = (_read_record(place) for place in places)
        return next((one for one in found if one is not None and one.digest == digest), None)

    def records(self, folder: Path) -> Iterator[tuple[Path, Bought]]:
        """Yield every sound record in one tier, with its place; nothing that lies behind a link."""
        for path in sorted(folder.glob("??/*.json")):
            if _is_behind_link(folder, path):
                continue
            record = _read_record(path)
            if record is not None:
                yield path, record

    def sweep(self, now_s: float) -> None:
        """Delete what killed runs left half written, in every tier."""
        for folder in self._folders:
            for shard in _shards(folder):
                unfinished.sweep(unfinished.inside(shard), now_s=now_s)

    def discard(self, request_key: str, digest: str) -> None:
        """Drop a free result that nothing uses, in every tier."""
        for folder in self._folders:
            found = self.record(request_key, digest)
            with suppress(StorageError):
                if found is not None:
                    self.remove(folder, found)

    def places(self, request_key: str, digest: str) -> tuple[Path, ...]:
        """Return where the project keeps a purchase: its bytes, and its record."""
        folder = self._folders[0]
        return _bytes_path(folder, digest), _record_path(folder, request_key, digest)

    def is_kept_by_user(self, bought: Bought) -> bool:
        """Tell whether the user's own tier, where only this user's runs write, has a purchase."""
        path = _record_path(self._folders[-1], bought.request_key, bought.digest)
        return path.is_file() and _read_record(path) == bought

    def keep(self, bought: Bought, *, is_fetched: bool) -> None:
        """Bring a purchase that only some tiers have into all of them.

        Into the user's own tier, which serves all projects, only if this user's ledger says that
        it `is_fetched`: a checkout may hold any record for a well-known sprite.
        """
        folders = self._folders if is_fetched else self._folders[:-1]
        lacking = [
            folder
            for folder in folders
            if not _record_path(folder, bought.request_key, bought.digest).exists()
        ]
        content = self.content(bought.digest) if lacking else None
        if content is not None:
            Store(*lacking, durable=self._durable).put(bought, content)

    def use(self, bought: Bought) -> None:
        """Note that a purchase is used: what is not for long may go from the user's own tier."""
        with suppress(OSError):
            os.utime(_record_path(self._folders[-1], bought.request_key, bought.digest))

    def mend(self, digest: str) -> tuple[Path, ...]:
        """Replace damaged copies of bytes by a whole one, if there is one; return their places."""
        damaged = self.damaged(digest)
        content = self.content(digest) if damaged else None
        if content is None:
            return ()
        for path in damaged:
            self._write(path, content)
        return damaged

    def mend_records(self) -> tuple[Path, ...]:
        """Write the nearest tier's damaged records anew where another place has them whole."""
        nearest, *others = self._folders
        mended = []
        for path in sorted(nearest.glob("??/*.json")):
            if _is_behind_link(nearest, path) or _is_plain(path):
                continue
            places = (path, *(folder / path.relative_to(nearest) for folder in others))
            whole = next(filter(None, map(_read_record, places)), None)
            if whole is not None:
                self._write(path, encoded(whole))
                mended.append(path)
        return tuple(mended)

    def remove(self, folder: Path, bought: Bought) -> None:
        """Remove a purchase from one tier: the record first, then bytes that no record names.

        Raises StorageError for a link, behind which it is not ours.
        """
        record = _record_path(folder, bought.request_key, bought.digest)
        content = _bytes_path(folder, bought.digest)
        for path in (record, content):
            if _is_behind_link(folder, path):
                raise StorageError(f"{path}: lies behind a link; nothing is removed there")
        record.unlink(missing_ok=True)
        if not _is_named(folder, bought.digest):
            content.unlink(missing_ok=True)

    def _records(self, request_key: str) -> Iterator[Bought]:
        for folder in self._folders:
            shard = folder / request_key[:2]
            try:
                names = sorted(entry.name for entry in os.scandir(shard))
            except FileNotFoundError:
                continue
            except OSError as exc:
                raise _storage_error(shard, exc) from exc
            for name in names:
                if name.startswith(request_key) and name.endswith(".json"):
                    record = _read_record(shard / name)
                    if record is not None:
                        yield record

    def _make_folder(self, folder: Path) -> None:
        """Make the folder of a file; the user's own tier is nobody else's."""
        tier = folder.parent
        if tier.parent.name != _STATE_NAME:
            private.folder(tier.parent)
            private.folder(tier)
        folder.mkdir(parents=True, exist_ok=True)
        self._made.add(folder)

    def _write(self, path: Path, content: bytes) -> None:
        if _holds(path, content):
            return
        if _is_behind_link(path.parent.parent, path):
            raise _behind_link(path.parent)
        try:
            if path.parent not in self._made:
                self._make_folder(path.parent)
            try:
                self._replace(path, content)
            except FileNotFoundError:  # somebody has removed the folder meanwhile
                self._make_folder(path.parent)
                self._replace(path, content)
            if self._durable:
                _sync_folder(path.parent)
        except OSError as exc:
            raise _storage_error(path, exc) from exc

    def _replace(self, path: Path, content: bytes) -> None:
        temporary = path.with_name(unfinished.name(path.name))
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and _content(path) == content
    except (OSError, StorageError):
        return False


def _content(path: Path) -> bytes | None:
    """Return the bytes of a file; None for what is absent, no regular file, or absurdly large."""
    try:
        return small_files.read(path, most=_MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as exc:
        if exc.errno in _NOT_OURS:
            return None
        raise _storage_error(path, exc) from exc


def _is_whole(path: Path, digest: str) -> bool:
    content = _content(path)
    return content is not None and keys.digest(content) == digest


def _shards(folder: Path) -> list[str]:
    """Return the folders that a tier is divided into; there may be hundreds in each run."""
    try:
        with os.scandir(folder) as entries:
            found = [one for one in entries if len(one.name) == 2]
            return [one.path for one in found if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _is_named(folder: Path, digest: str) -> bool:
    """Tell whether a record in a tier is of these bytes."""
    end = f".{digest[:_SHORT]}.json"
    for shard in _shards(folder):
        with suppress(OSError):
            for name in os.listdir(shard):  # noqa: PTH208
                if name.endswith(end):
                    return True
    return False


def _is_behind_link(folder: Path, path: Path) -> bool:
    """Tell whether a step of the way to a file of a tier is a link.

    The user's own state folder may lie behind one; a project's `.pixelpipe` comes with a checkout.
    """
    steps = [path.parent, folder]
    if folder.parent.name == _STATE_NAME:
        steps.append(folder.parent)
    return any(map(os.path.islink, steps))


def _behind_link(folder: Path) -> StorageError:
    return StorageError(
        f"{folder}: leads through a link, and bought bytes are not written through one; replace "
        "it by a folder"
    )


def _bytes_path(folder: Path, digest: str) -> Path:
    return folder.joinpath(digest[:2], f"{digest}.png")


def _record_path(folder: Path, request_key: str, digest: str) -> Path:
    return folder.joinpath(request_key[:2], _record_name(request_key, digest))


def _record_name(request_key: str, digest: str) -> str:
    return f"{request_key}.{digest[:_SHORT]}.json"


def _read_record(path: Path) -> Bought | None:
    try:
        content = small_files.read(path, most=_RECORD_BYTES)
    except FileNotFoundError:
        return None  # another process pruned it between two looks
    except OSError as exc:
        if exc.errno in _NOT_OURS:
            return None
        raise _storage_error(path, exc) from exc
    record = _parsed(content)
    if record is None:
        return None  # damaged: as good as absent; the bytes stay where they are
    if record.version > VERSION or record.resolved.version > VERSION:
        raise ConfigError("was written by a newer pixelpipe; update pixelpipe", path=str(path))
    return record if _is_sound(record, path) else None


def _parsed(content: bytes) -> Bought | None:
    """Read a record; of a merge that git left to a person, one side: both name the same bytes."""
    for text in content.splitlines() if content.startswith(_MERGED) else (content,):
        with suppress(*UNREADABLE):
            return msgspec.json.decode(text, type=Bought)
    return None


def _is_plain(path: Path) -> bool:
    """Tell whether a file holds a record and nothing else."""
    return _read_record(path) is not None and not (_content(path) or b"").startswith(_MERGED)


def decoded(content: bytes, request_key: str, place: str) -> Bought | None:
    """Return the record of a key that lay elsewhere; None for what is damaged or of another key.

    Its key must be what its recipe says, where it has one. Raises ConfigError for a record of a
    newer pixelpipe; `place` is named then.
    """
    if len(content) > _RECORD_BYTES:
        return None
    try:
        record = msgspec.json.decode(content, type=Bought)
    except UNREADABLE:
        return None
    if record.version > VERSION or record.resolved.version > VERSION:
        raise ConfigError("was written by a newer pixelpipe; update pixelpipe", path=place)
    names_it = request_key == record.request_key == record.resolved.request_key
    says_it = not record.recipe or keys.digest(record.recipe.encode()) == request_key
    return record if names_it and says_it and is_possible(record.resolved) else None


def encoded(bought: Bought) -> bytes:
    """Return a record as it is kept."""
    return msgspec.json.encode(bought, order="sorted") + b"\n"


def _is_sound(record: Bought, path: Path) -> bool:
    """Tell whether a record lies where its names say, and its figures are possible."""
    if record.request_key != record.resolved.request_key:
        return False
    name = _record_name(record.request_key, record.digest)
    is_there = (path.parent.name, path.name) == (record.request_key[:2], name)
    return is_there and is_possible(record.resolved)


def is_possible(resolved: Resolved) -> bool:
    """Tell whether a request can have been resolved so: other figures ask for endless memory.

    Margins below nothing are those of a large picture, whose empty border was cut away: then
    there is none to be added at the other side.
    """
    width, height = resolved.canvas
    left, top, right, bottom = resolved.pad
    colours = (resolved.matte, *(resolved.palette or ()))
    return (
        0 < width <= MAX_SIDE_PX
        and 0 < height <= MAX_SIDE_PX
        and left * right >= 0
        and top * bottom >= 0
        and 0 < width - left - right <= MAX_PICTURE_PX
        and 0 < height - top - bottom <= MAX_PICTURE_PX
        and 1 <= resolved.scale <= _MOST_SCALE
        and 1 <= resolved.frames <= _MOST_FRAMES
        and all(map(_COLOUR.fullmatch, colours))
        and (not resolved.runner_up or _COLOUR.fullmatch(resolved.runner_up) is not None)
    )


def _sync_folder(folder: Path) -> None:
    # A rename is durable only with its folder; not every system lets a folder be opened.
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(path: Path, exc: OSError) -> StorageError:
    return StorageError(f"{path}: {exc.strerror or exc}; bought bytes cannot be kept there")
