"""Bought bytes: kept under their digest, with the resolved request that they answer.

Two tiers with one layout: `.pixelpipe/bought` in the project, which is committed, and a second
copy in the user's state folder, which survives `git clean`. The bytes are self-verifying; a
record names a request key and a digest, and is written after the bytes, so that it never refers
to what is not there. Several results for one key may stand side by side: all were paid for.

    bought/9f/9f2c….png                    bytes under their digest
    bought/41/41aa….9f2c….json             record: request key, digest
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core import keys
from ..core.errors import ConfigError, StorageError
from ..core.model import Record, Resolved
from .files import unfinished
from .files.carried import is_pointer
from .lock import ClipLine

VERSION = 1
_SHORT = 16  # hex digits of the digest in a record's name: 64 bits tell results of one key apart


class Bought(Record, frozen=True, kw_only=True):
    """The record of one purchase."""

    version: int = VERSION
    request_key: str
    digest: str
    service: str
    paid: bool
    take: int
    credits_charged: int
    #: The model's name as the service gave it back.
    model: str = ""
    #: The text that the request key is the digest of.
    recipe: str = ""
    #: How the built-in engine read the prompt.
    interpretation: str = ""
    resolved: Resolved

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
        )


class Store:
    """Bought bytes in one or more folders, nearest first."""

    def __init__(self, *folders: Path, durable: bool = True) -> None:
        """Look in `folders` in this order; write to all. `durable` waits for the disk."""
        self._folders = folders
        self._durable = durable

    def put(self, bought: Bought, content: bytes) -> None:
        """Keep `content` and its record in every tier, bytes first.

        Raises StorageError for the first tier that refuses, when all others have it: what was
        paid for is in our hands now, and may not be had again.
        """
        record = msgspec.json.encode(bought, order="sorted") + b"\n"
        refusals: list[StorageError] = []
        for folder in self._folders:
            try:
                self._write(_bytes_path(folder, bought.digest), content)
                self._write(_record_path(folder, bought.request_key, bought.digest), record)
            except StorageError as exc:
                refusals.append(exc)
        if refusals:
            raise refusals[0]

    def content(self, digest: str) -> bytes | None:
        """Return the bytes under `digest`, or None when no tier has them undamaged."""
        for folder in self._folders:
            try:
                content = _bytes_path(folder, digest).read_bytes()
            except FileNotFoundError:
                continue
            except OSError as exc:
                raise _storage_error(_bytes_path(folder, digest), exc) from exc
            if keys.digest(content) == digest:
                return content
        return None

    def has(self, digest: str) -> bool:
        """Tell whether any tier has a file under `digest` (its content is checked on reading)."""
        return any(_bytes_path(folder, digest).is_file() for folder in self._folders)

    def damaged(self, digest: str) -> tuple[Path, ...]:
        """Return the files under `digest` that hold something else."""
        places = [_bytes_path(folder, digest) for folder in self._folders]
        return tuple(p for p in places if p.is_file() and keys.digest(p.read_bytes()) != digest)

    def has_pointer(self, request_key: str, digest: str) -> bool:
        """Tell whether Git LFS has left a pointer in place of bought bytes or of their record."""
        places = [
            place
            for folder in self._folders
            for place in (_bytes_path(folder, digest), _record_path(folder, request_key, digest))
        ]
        return any(is_pointer(place.read_bytes()) for place in places if place.is_file())

    def find(self, request_key: str) -> Bought | None:
        """Return the purchase under `request_key`; the smallest digest when there are several."""
        found = {one.digest: one for one in self._records(request_key) if self.has(one.digest)}
        return found[min(found)] if found else None

    def record(self, request_key: str, digest: str) -> Bought | None:
        """Return the record of this key and digest, or None."""
        return next((one for one in self._records(request_key) if one.digest == digest), None)

    def records(self, folder: Path) -> Iterator[tuple[Path, Bought]]:
        """Yield every readable record in one tier, with its place."""
        for path in sorted(folder.glob("??/*.json")):
            record = _read_record(path)
            if record is not None:
                yield path, record

    def sweep(self, now_s: float) -> None:
        """Delete what killed runs left half written, in every tier."""
        for folder in self._folders:
            for shard in folder.glob("??"):
                unfinished.sweep(unfinished.inside(shard), now_s=now_s)

    def discard(self, request_key: str, digest: str) -> None:
        """Drop a free result that nothing uses: its record, then bytes that no record names."""
        for folder in self._folders:
            with suppress(OSError):
                _record_path(folder, request_key, digest).unlink(missing_ok=True)
                if not any(folder.glob(f"??/*.{digest[:_SHORT]}.json")):
                    _bytes_path(folder, digest).unlink(missing_ok=True)

    def places(self, request_key: str, digest: str) -> tuple[Path, ...]:
        """Return where the project keeps a purchase: its bytes, and its record."""
        folder = self._folders[0]
        return _bytes_path(folder, digest), _record_path(folder, request_key, digest)

    def keep(self, bought: Bought) -> None:
        """Bring a purchase that only some tiers have into all of them."""
        if all(
            _record_path(folder, bought.request_key, bought.digest).exists()
            for folder in self._folders
        ):
            return
        content = self.content(bought.digest)
        if content is not None:
            self.put(bought, content)

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

    def _write(self, path: Path, content: bytes) -> None:
        if _holds(path, content):
            return
        temporary = path.with_name(unfinished.name(path.name))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(content)
                    file.flush()
                    if self._durable:
                        os.fsync(file.fileno())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            if self._durable:
                _sync_folder(path.parent)
        except OSError as exc:
            raise _storage_error(path, exc) from exc


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _bytes_path(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / f"{digest}.png"


def _record_path(folder: Path, request_key: str, digest: str) -> Path:
    return folder / request_key[:2] / f"{request_key}.{digest[:_SHORT]}.json"


def _read_record(path: Path) -> Bought | None:
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Bought)
    except msgspec.MsgspecError:
        return None  # damaged: as good as absent; the bytes stay where they are
    except FileNotFoundError:
        return None  # another process pruned it between two looks
    except OSError as exc:
        raise _storage_error(path, exc) from exc
    if record.version > VERSION or record.resolved.version > VERSION:
        raise ConfigError("was written by a newer pixelpipe; update pixelpipe", path=str(path))
    return record


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
