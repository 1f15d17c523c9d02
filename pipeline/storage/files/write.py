"""Write the target files beside their sources, each whole or not at all, and know them again."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...core import unfinished
from ...core.apart import apart
from ...core.errors import AssetError, HeldOpenError, PixelpipeError, StorageError
from ...core.model import File
from . import paths, snapshot
from .by_folder import Digests
from .stats import Stat, stat_of

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from ..state import State

#: Windows refuses to replace a file that another program holds open: an engine that imports the
#: old one needs a moment. Elsewhere a refusal is final.
_PATIENCE_S = (0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 0.8) if os.name == "nt" else ()
_PICTURES = (".png", ".gif", ".webp", ".apng", ".jpg", ".aseprite")
#: Files that are brought down to the disk at the same time.
_SYNCS = 8


class _Pending(NamedTuple):
    """A file that is written under a temporary name: its path, that name, and the final one."""

    path: str
    temporary: Path
    place: Path


def publish(
    root: Path, files: Sequence[File], *, below: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Write `files`, and return the paths of those that were not yet as they should be.

    `below`: these are outputs, and lie in one of these folders. Renames are durable on return.

    Raises StorageError with the path for a full disk, or a read-only or forbidden place,
    HeldOpenError when patience is at an end (some of the set may be renamed then), and AssetError
    for a name that Windows reserves, or a place outside of the project.
    """
    (written,) = publish_sets(root, [files], below=below)
    if isinstance(written, PixelpipeError):
        raise written
    sync_folders(root, written)
    return written


def publish_sets(
    root: Path, sets: Sequence[Sequence[File]], *, below: Sequence[str] | None = None
) -> list[tuple[str, ...] | PixelpipeError]:
    """Write several sets of files; returns for each what `publish` returns, or its error.

    All are written and synced under temporary names in their own folders before the first is
    renamed, so that a full disk changes nothing of a set and each switches at once. A file that
    holds the right bytes is not touched: its time stays, and no engine imports it again. Renames
    are durable once `sync_folders` is done.

    Pictures are renamed first, data files after them. An engine reacts to a data file by loading
    the picture that it names; in this order whoever sees new data sees the new picture, and the
    first time nobody sees data without its picture. The other way round an import triggered by
    the data would cut the old sheet by the new frames.
    """
    real_root = Path(os.path.realpath(root))
    begun = [_Set(files) for files in sets]
    for one in begun:
        with one, apart():
            one.write(root, below, real_root)
    errors = _sync([entry for one in begun for entry in one.pending])
    for one in begun:
        with one, apart():
            one.switch(errors)
    return [one.error or tuple(entry.path for entry in one.pending) for one in begun]


class _Set:
    """Files that are switched together: an error in a `with` of theirs is their own, and ends them.

    What is not renamed by then is removed.
    """

    def __init__(self, files: Sequence[File]) -> None:
        self.files = files
        self.pending: list[_Pending] = []
        self.error: PixelpipeError | None = None

    def __enter__(self) -> None:
        """Watch the block."""

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> bool:
        """Keep an error of ours; others go through."""
        if not isinstance(exc, PixelpipeError):
            return False
        self.error = exc
        for entry in self.pending:
            with suppress(OSError):
                entry.temporary.unlink(missing_ok=True)
        self.pending.clear()
        return True

    def write(self, root: Path, below: Sequence[str] | None, real_root: Path) -> None:
        """Write what is not yet as it should be under temporary names, once all may be written."""
        for file, place in _checked(root, self.files, below, real_root):
            with _named(file.path):
                self.pending.append(_write(file.path, place, [file.content]))

    def switch(self, errors: Mapping[Path, PixelpipeError]) -> None:
        """Rename what was written, unless some of it did not get to the disk."""
        for entry in self.pending:
            if (error := errors.get(entry.temporary)) is not None:
                raise error
        for entry in self.pending:
            with _named(entry.path):
                replace(entry.temporary, entry.place, patience_s=_PATIENCE_S)


def publish_long(root: Path, path: str, pieces: Iterable[bytes | memoryview]) -> None:
    """Write one file, whose content comes in pieces, as `publish` does.

    What making a piece raises goes through, and nothing is written.
    """
    real_root = Path(os.path.realpath(root))
    place = _place(root, path, paths.inside(root, path, AssetError), real_root)
    one = _Set(())
    with one:
        with _named(path):
            one.pending.append(_write(path, place, pieces))
        one.switch(_sync(one.pending))
    if one.error is not None:
        raise one.error
    sync_folders(root, [path])


def sync_folders(root: Path, names: Iterable[str]) -> None:
    """Make the renames to these files durable: what refers to them is written afterwards."""
    for folder in dict.fromkeys((root / name).parent for name in names):
        _sync_folder(folder)


def remove(root: Path, path: str, digest: str, *, below: Sequence[str]) -> bool:
    """Delete the output `path` if its bytes still have this `digest`; tell whether it was deleted.

    A lock file may name anything. What is no output by its name, lies in none of the folders
    `below` or in a hidden one, outside of the project, or is a link, is nothing that we wrote.
    Raises StorageError if it cannot be read or deleted.
    """
    real_root = Path(os.path.realpath(root))
    try:
        there = paths.inside(root, path, AssetError)
        _check_ours(root, path, there, below, real_root)
        place = _place(root, path, there, real_root)
    except AssetError:
        return False
    with _named(path):
        if place.is_symlink() or not snapshot.is_still(place, digest):
            return False
        place.unlink()
    return True


def digests(
    root: Path, names: Iterable[str], state: State, *, files: Mapping[str, Stat] | None = None
) -> Digests:
    """Return the digest of each of the files `names` on disk, read only where the state must.

    Of what is not there it has none. "": something is there that cannot be read as a file, and so
    is nothing that we wrote. `files` are stats that a scan has just taken; others are looked up.
    """
    known, found = files or {}, Digests()
    for path in names:
        if (digest := _digest(root, path, state, known.get(path))) is not None:
            found[path] = digest
    return found


def sweep(root: Path, leftovers: Iterable[str], *, now_s: float) -> tuple[str, ...]:
    """Delete what a killed run left half written; return the paths."""
    places = {root / path: path for path in leftovers}
    return tuple(places[place] for place in unfinished.sweep(places, now_s=now_s))


def replace(
    source: Path,
    target: Path,
    *,
    rename: Callable[[Path, Path], None] = os.replace,
    patience_s: Sequence[float] = (),
) -> None:
    """Rename `source` over `target`; wait `patience_s` between tries while it is held open.

    Raises the last PermissionError when patience is at an end, other OSErrors at once.
    """
    for wait_s in patience_s:
        try:
            return rename(source, target)
        except PermissionError:
            time.sleep(wait_s)
    rename(source, target)


class _named:
    """Turn an OSError into the sentence that names the path."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Watch the block."""

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        """Raise StorageError for an OSError."""
        if isinstance(exc, PermissionError) and _PATIENCE_S:
            raise HeldOpenError(
                f"{self._path}: is held open by another program; close it, and build again"
            ) from exc
        if isinstance(exc, OSError):
            raise StorageError(f"{self._path}: cannot be written: {exc.strerror or exc}") from exc


def _checked(
    root: Path, files: Sequence[File], below: Sequence[str] | None, real_root: Path
) -> list[tuple[File, Path]]:
    """Return the files that are to be written, with their places, in order; check all of them."""
    seen: dict[str, str] = {}
    wanted = []
    for file in sorted(files, key=lambda file: not file.path.endswith(_PICTURES)):
        folded = paths.fold(file.path)
        if folded in seen:
            raise StorageError(f"{file.path}: is the same file as {seen[folded]} on some systems")
        seen[folded] = file.path
        there = paths.inside(root, file.path, AssetError)
        if below is not None:
            _check_ours(root, file.path, there, below, real_root)
        place = _place(root, file.path, there, real_root)
        if not _holds(place, file.content):
            wanted.append((file, place))
    return wanted


def _place(root: Path, path: str, there: Path, real_root: Path) -> Path:
    """Return where to write `path`: in a real folder of the project, links above it followed.

    `there` is where a file under that name is, which may be a link.
    """
    if paths.is_reserved(path):
        raise AssetError(f"{path}: is a name that Windows reserves; rename the source")
    folder, _, name = path.rpartition("/")
    if not folder:
        return real_root / name
    is_plain = there == Path(root, path)
    return there if is_plain else paths.inside(root, folder, AssetError) / name


def _check_ours(root: Path, path: str, there: Path, below: Sequence[str], real_root: Path) -> None:
    """Raise AssetError for what is no output by its name, or lies in none of the folders.

    Neither may it lie in a hidden folder, also not behind a link.
    """
    is_inside = any(top == "." or path.startswith(f"{top}/") for top in below)
    if not is_inside or not paths.is_output(path) or unfinished.TEMPORARY in path:
        raise AssetError(f"{path}: is no output in the assets folders; it is left alone")
    parent = there.parent
    base = real_root if parent.is_relative_to(real_root) else root
    if any(part[0] == "." for part in parent.relative_to(base).parts):
        raise AssetError(f"{path}: lies in a hidden folder, where nothing of ours is written")


def _holds(place: Path, content: bytes) -> bool:
    """Tell whether the file has exactly these bytes."""
    try:
        return place.stat().st_size == len(content) and place.read_bytes() == content
    except OSError:
        return False


def _write(path: str, place: Path, pieces: Iterable[bytes | memoryview]) -> _Pending:
    """Write a file under a temporary name in its folder."""
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.parent / unfinished.name(place.name)
    try:
        with temporary.open("xb") as stream:
            for piece in pieces:
                stream.write(piece)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return _Pending(path, temporary, place)


#: Sets of a process that are brought down file by file: threads pay for many.
_FIRST_SETS = 2
_sets = itertools.count()


def _sync(pending: Sequence[_Pending]) -> dict[Path, StorageError]:
    """Bring files down to the disk, all at once: waiting for one includes most of the others.

    Returns the errors by temporary name.
    """
    if len(pending) <= 1 or (len(pending) <= _SYNCS and next(_sets) < _FIRST_SETS):
        return _synced(pending)
    shares = [pending[number::_SYNCS] for number in range(min(_SYNCS, len(pending)))]
    return {
        place: error for some in _syncing().map(_synced, shares) for place, error in some.items()
    }


@cache
def _syncing() -> ThreadPoolExecutor:
    """Return the threads that wait for the disk: made once, for a build has very many sets."""
    from concurrent.futures import ThreadPoolExecutor  # slow to load

    return ThreadPoolExecutor(_SYNCS, "sync")


def _synced(pending: Sequence[_Pending]) -> dict[Path, StorageError]:
    """Bring files down to the disk, one after another; returns as `_sync` does."""
    errors: dict[Path, StorageError] = {}
    for entry in pending:
        try:
            with _named(entry.path):
                descriptor = os.open(entry.temporary, os.O_RDWR)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        except StorageError as exc:
            errors[entry.temporary] = exc
    return errors


def _sync_folder(folder: Path) -> None:
    """Make renames in `folder` durable, where the system can: the lock file refers to them."""
    if os.name == "nt":
        return
    with suppress(OSError):  # some network file systems refuse; the files themselves are synced
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _digest(root: Path, path: str, state: State, stat: Stat | None) -> str | None:
    """Return the digest of one file, "" for what is no readable file, None for nothing."""
    if stat is not None and (known := state.digest(path, stat)) is not None:
        return known
    place = root / path
    try:
        stat = stat or stat_of(place.stat())
        if (known := state.digest(path, stat)) is not None:
            return known
        digest = snapshot.digest_of(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return ""
    state.remember(path, stat, digest)
    return digest
