"""A shared store in a folder: a network drive, or a disk that several accounts use.

What is created is written beside under a hidden name, made durable, and linked to its own: a link
fails where the name is taken, so that of many machines one wins, and nobody reads half an object.
"""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from ...core import small_files
from . import names
from .store import Refused, Unreachable

#: Of any object: bought bytes, a record, a claim.
_MOST_BYTES = 64 * small_files.MIB
_HIDDEN = ".pixelpipe-tmp-"
#: What a file system without hard links says.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_DENIED = (errno.EACCES, errno.EROFS)


class FolderStore:
    """A Store in a folder; usable by several threads and processes."""

    is_writable = True

    def __init__(self, url: str, root: Path) -> None:
        """Take `root`, which must be there when anything is asked; `url` is what a person wrote."""
        self.url = url
        self._root = root
        self._device: int | None = None

    def get(self, name: str) -> bytes | None:
        path = self._path(name)
        try:
            return small_files.read(path, most=_MOST_BYTES, within=self._root)
        except (FileNotFoundError, NotADirectoryError):
            self._check_there()  # a drive that went away has no objects either
            return None
        except OSError as exc:
            raise self._error(path, exc) from exc

    def create(self, name: str, content: bytes) -> bool:
        path = self._path(name)
        self._check_there()
        self._check_no_link(path)
        temporary = path.with_name(f"{_HIDDEN}{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                is_made = self._linked(temporary, path)
            finally:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
            _sync(path.parent)
        except OSError as exc:
            raise self._error(path, exc) from exc
        return is_made

    def names(self, prefix: str) -> list[str]:
        return sorted(self.times(prefix))

    def times(self, prefix: str) -> dict[str, float]:
        self._check_there()
        inside = prefix.rpartition("/")[0]
        if inside:
            self._check_no_link(self._path(inside) / "any")
        found = {}
        try:
            for folder, folders, files in os.walk(self._root / inside, onerror=_pass_over_absent):
                folders[:] = [one for one in folders if not one.startswith(".")]
                for file in files:
                    path = Path(folder, file)
                    name = path.relative_to(self._root).as_posix()
                    if not file.startswith(".") and name.startswith(prefix):
                        with suppress(FileNotFoundError):  # pruned between two looks
                            found[name] = path.stat().st_mtime
        except OSError as exc:
            raise self._error(self._root / inside, exc) from exc
        return found

    def delete(self, name: str) -> None:
        path = self._path(name)
        self._check_no_link(path)
        try:
            path.unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as exc:
            raise self._error(path, exc) from exc

    def _path(self, name: str) -> Path:
        return self._root / names.checked(name)

    def _check_no_link(self, path: Path) -> None:
        """Raise Refused where a folder on the way is a link: a checkout may bring the store."""
        for folder in path.parents:
            if folder == self._root:
                return
            if folder.is_symlink():
                raise Refused(f"{self.url}: {folder} is a link, and nothing is written behind one")

    def _linked(self, temporary: Path, path: Path) -> bool:
        """Give a whole file its name; False where that is taken."""
        try:
            os.link(temporary, path)
        except FileExistsError:
            # Over a network the answer to a link may be lost, and the question asked again.
            return temporary.stat().st_nlink > 1 and path.exists() and path.samefile(temporary)
        return True

    def _check_there(self) -> None:
        """Raise Unreachable unless the folder is there, on the drive that it was on at first.

        Below the place where a drive is mounted lies an empty folder of this machine's own: what
        would be created there nobody else would see.
        """
        try:
            device = self._root.stat().st_dev
        except OSError as exc:
            raise self._error(self._root, exc) from exc
        if self._device is None:
            self._device = device
        if device != self._device:
            raise Unreachable(f"{self.url}: another drive is mounted there than before")

    def _error(self, path: Path, exc: OSError) -> Unreachable:
        why = exc.strerror or str(exc)
        if exc.errno in _NO_LINKS:
            return Refused(f"{self.url}: this file system has no hard links: {why}")
        kind = Refused if exc.errno in _DENIED else Unreachable
        return kind(f"{self.url}: {path}: {why}")


def _pass_over_absent(exc: OSError) -> None:
    if not isinstance(exc, FileNotFoundError | NotADirectoryError):
        raise exc


def _sync(folder: Path) -> None:
    # A name is durable only with its folder; not every system lets a folder be opened.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
