"""Notices that something may have changed. The only importer of watchdog.

A notice only says where to look: its kind, its order and its completeness are not trusted. What is
repaired here: watches that died with their folder, folders that were moved in and are not watched,
limits that leave part of the tree unwatched.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from ...storage.files import CACHES, IGNORE_NAME, Scan, is_output, is_override, is_source
from . import places
from .extras import Extras

#: With its default set watchdog 7 wakes itself above 4,096 folders and never sleeps again:
#: what merely reads must not count.
_KINDS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
#: So many notices at once are a burst: names are dropped, and everything is looked at.
BURST = 1_000


class Dirty(NamedTuple):
    """Where to look: files, folders with all below them, or everything.

    `is_doubtful`: folders moved or went, or names were dropped. Then watchdog may hold watches
    under names that are not theirs any more, and the watches are better set anew. `total` is how
    many notices there were in all, of interest or not.
    """

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    is_everything: bool = False
    is_doubtful: bool = False
    total: int = 0


class Collector(FileSystemEventHandler):
    """Takes watchdog's events and keeps the paths that are worth a look."""

    def __init__(self, root: Path, extra: Extras, wake: threading.Event) -> None:
        """Collect for the project at `root`; `extra` files count whatever they are called."""
        self._root = root
        self._bases: tuple[tuple[str, str], ...] = ()
        self.follow(())
        self._extra = extra
        self._wake = wake
        self._lock = threading.Lock()
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._is_everything = False
        self._is_doubtful = False
        self._total = 0

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take one event, in watchdog's thread. Never raises: that would end the thread."""
        self._total += 1  # by this one thread only; losing one count to `take` is no harm
        try:
            self._collect(event)
        except Exception:  # an event that cannot be read is as good as one that was lost
            with self._lock:
                self._is_everything = self._is_doubtful = True
            self._wake.set()

    def follow(self, assets: Collection[str]) -> None:
        """Learn where the assets folders really are: any of them may be a link."""
        real = {os.path.realpath(self._root / folder): folder for folder in (".", *assets)}
        self._bases = tuple(sorted(real.items(), key=lambda base: -len(base[0])))

    def take(self) -> Dirty:
        """Return what was collected since the last time."""
        with self._lock:
            dirty = Dirty(
                frozenset(self._files),
                frozenset(self._folders),
                self._is_everything,
                self._is_doubtful,
                self._total,
            )
            self._total = 0
            self._files, self._folders = set(), set()
            self._is_everything = self._is_doubtful = False
        return dirty

    def _collect(self, event: FileSystemEvent) -> None:
        """Keep the paths of one event, if they can matter."""
        source = self._relative(event.src_path)
        target = self._relative(event.dest_path) if event.dest_path else None
        is_loss = event.event_type in ("deleted", "moved")
        if event.is_directory:
            folders = [path for path in (source, target) if path is not None and _is_visible(path)]
            self._keep((), folders, is_doubtful=is_loss)
            return
        files = [source] if source and self._matters(source, is_loss=is_loss) else []
        if target and self._matters(target, is_loss=False):
            files.append(target)
        is_rule = any(path and path.endswith(IGNORE_NAME) for path in (source, target))
        self._keep(files, (), is_everything=is_rule)

    def _keep(
        self,
        files: Collection[str],
        folders: Collection[str],
        *,
        is_everything: bool = False,
        is_doubtful: bool = False,
    ) -> None:
        """Add paths, or give up on names when there are too many, and wake the loop."""
        if not (files or folders or is_everything):
            return
        with self._lock:
            self._files.update(files)
            self._folders.update(folders)
            self._is_everything |= is_everything
            self._is_doubtful |= is_doubtful
            if len(self._files) + len(self._folders) > BURST:
                self._is_everything = self._is_doubtful = True
                self._files.clear()
                self._folders.clear()
        self._wake.set()

    def _relative(self, raw: bytes | str) -> str | None:
        """Return a path as we write it, or None if it lies outside of the project."""
        path = os.fsdecode(raw)
        for base, folder in self._bases:
            if path == base:
                return folder
            if path.startswith(base + os.sep):
                inner = path[len(base) + 1 :].replace(os.sep, "/")
                return inner if folder == "." else f"{folder}/{inner}"
        return None

    def _matters(self, path: str, *, is_loss: bool) -> bool:
        """Tell whether a file is worth a look; our own outputs only when one is gone."""
        if path in self._extra:
            return True
        if path.rpartition("/")[2].startswith("."):
            return False
        return is_loss if is_output(path) else is_source(path) or is_override(path)


class Notices:
    """Watches on the folders of a project, and what they noticed."""

    def __init__(self, root: Path, extra: Extras, wake: threading.Event) -> None:
        """Prepare for the project at `root`; `wake` is set whenever something was noticed."""
        self._root = root
        self._extra = extra
        self._collector = Collector(root, extra, wake)
        self._observer: BaseObserver | None = None
        self._watches: dict[tuple[str, bool], ObservedWatch] = {}
        self._identity: dict[str, int | None] = {}

    def take(self) -> Dirty:
        """Return where to look since the last time."""
        return self._collector.take()

    def arm(self, scan: Scan, assets: Collection[str]) -> None:
        """Watch the folders of `scan`, and nothing twice; what is watched already stays so.

        Raises OSError when the system has no watches left.
        """
        self._collector.follow(assets)
        wanted = places.choose(scan, assets, self._extra.places())
        if self._observer is None:
            # watchdog 7 warns when it adds a watch twice, as it does while folders are being made.
            warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
            # It also reports every restart as an error; what matters of it we say ourselves.
            logging.getLogger("watchdog").setLevel(logging.CRITICAL)
            self._observer = Observer()
            self._observer.start()
        for place in [place for place in self._watches if place not in wanted]:
            self._unschedule(place)
        for place in wanted:
            if place not in self._watches:
                self._schedule(place)
        # A folder that is not there now is part of it: when it comes back it has to be watched.
        self._identity = {folder: _inode(self._root / folder) for folder in assets}

    def restart(self, scan: Scan, assets: Collection[str]) -> None:
        """Drop all watches and set them anew: the cure for dead and for missing ones."""
        self.stop()
        self.arm(scan, assets)

    def is_sound(self) -> bool:
        """Tell whether all threads live and the assets are still the folders that are watched.

        watchdog does not say when a watched folder is deleted and made again.
        """
        observer = self._observer
        if observer is None or not observer.is_alive():
            return False
        if len(observer.emitters) < len(self._watches):
            return False
        if not all(emitter.is_alive() for emitter in list(observer.emitters)):
            return False
        return all(_inode(self._root / folder) == inode for folder, inode in self._identity.items())

    def unwatched(self, scan: Scan) -> int:
        """Return how many folders of `scan` no watch of this process covers; 0 if unknown.

        watchdog leaves folders out without a word: moved in, or beyond the limit. The kernel
        lists every inotify watch with its inode in `/proc/self/fdinfo` (proc(5)).
        """
        watched = places.inotify_inodes()
        if watched is None:
            return 0
        folders = set(scan.folders.values())
        if watched.isdisjoint(folders):  # overlay file systems show other inodes than they watch
            return max(0, len(folders) - len(watched))
        return len(folders - watched)

    def stop(self) -> None:
        """End all threads."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(timeout=5)
        self._observer = None
        self._watches = {}

    def _schedule(self, place: tuple[str, bool]) -> None:
        """Watch one folder, alone or with all below it; a folder that is gone is not watched."""
        assert self._observer is not None
        folder, is_recursive = place
        try:
            self._watches[place] = self._observer.schedule(
                self._collector,
                os.path.realpath(self._root / folder),
                recursive=is_recursive,
                event_filter=_KINDS,
            )
        except (FileNotFoundError, NotADirectoryError):
            return

    def _unschedule(self, place: tuple[str, bool]) -> None:
        """Stop watching one folder."""
        watch = self._watches.pop(place)
        if self._observer is not None:
            self._observer.unschedule(watch)


def _is_visible(folder: str) -> bool:
    """Tell whether a folder may hold sources, judged by its path."""
    return not any(
        (name.startswith(".") and name != ".") or name in CACHES for name in folder.split("/")
    )


def _inode(folder: Path) -> int | None:
    """Return a folder's inode, or None if it is gone."""
    try:
        return folder.stat().st_ino
    except OSError:
        return None
