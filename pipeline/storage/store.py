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
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core import keys
from ..core.errors import ConfigError, StorageError
from ..core.model import Record, Resolved
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
    #: Whether the built-in engine took it for a loop; None: not said, and taken for one.
    loops: bool | None = None
    #: Version of the built-in engine's art; 0: not said, so the oldest.
    engine: int = 0
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
            engine=self.engine,
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

    def find(self, request_key: str) -> Bought | None:
        """Return the purchase under `request_key`.

        Of several the newest engine's, and of these the one with the smallest digest.
        """
        found = [one for one in self._records(request_key) if self.has(one.digest)]
        return min(found, key=lambda one: (-one.engine, one.digest), default=None)

    def record(self, request_key: str, digest: str) -> Bought | None:
        """Return the record of this key and digest, or None."""
        return next((one for one in self._records(request_key) if one.digest == digest), None)

    def records(self, folder: Path) -> Iterator[tuple[Path, Bought]]:
        """Yield every readable record in one tier, with its place."""
        for path in sorted(folder.glob("??/*.json")):
            record = _read_record(path)
            if record is not None:
                yield path, record

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
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.pixelpipe-tmp")
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
