"""Publish finished sources, and write the lock file after them.

A set, the files of one source, is recorded in the ledger before the first rename, so that the next
run knows a half published one as ours; the lock file names files only once they stand. Several
processes publish in one project: the guard is held for the moment of a few sets or of the lock
file, never for a job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property

from ..config.workspace import Workspace
from ..core import keys
from ..core.apart import apart
from ..core.errors import AssetError, PixelpipeError, StorageError, SupersededError
from ..core.model import File, Source, stem_of
from ..storage import files, held, lock, lock_file, lock_text
from ..storage.files import Stat, Stats, carried
from ..storage.files.carried import Carried
from ..storage.ledger import Ledger
from ..storage.lock import AdoptedLine, ClipLine, FileLine
from ..storage.lock_authorship import Authorship

#: The lock file is written at most this often while sources are being published, and takes at
#: most this share of the time: it grows with the project, and the work on one source does not.
_FLUSH_S = 0.5
_FLUSH_SHARE = 0.05
_GUARD_TIMEOUT_S = 60.0
#: Lines of so many sources are looked for one by one in the lock file's text.
_FEW = 16


class PublishSet:
    """The files of one source, as they were made, and what the lock file will say of them."""

    def __init__(
        self,
        source: Source,
        made: Sequence[File],
        clips: Sequence[ClipLine],
        build_key: str,
        adopted: Sequence[AdoptedLine] = (),
    ) -> None:
        """Take the digest of each file."""
        self.source = source
        self.files = made
        self.clips = clips
        self.build_key = build_key
        self.adopted = adopted
        self.digests = {file.path: keys.digest(file.content) for file in made}


class Publication:
    """What one run publishes. Owned by the thread that owns the ledger."""

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        before: lock.Lock,
        restored: Collection[str] = (),
        *,
        is_splicing: bool = False,
        authorship: Authorship | None = None,
        claimed: Mapping[str, str] | None = None,
        is_frozen: bool = False,
        is_standing_in: bool = False,
    ) -> None:
        """`before` is the lock file as the plan saw it; `restored` stems may be overwritten.

        `is_splicing`: of a plain lock file only the lines of what is published are looked at.
        `authorship` is told of each text that is written.
        `claimed` are files that no line names, and that say themselves that they are ours.
        `is_frozen` writes outputs only: the lock file stays as it is, and so do the files in it.
        `is_standing_in` gives way to whatever was published since then: it may have been bought.
        """
        self._is_splicing = is_splicing
        #: The text of the lock file as it was written last, if lines were exchanged in it.
        self._spliced: str | None = None
        #: Its digest if it is plain, and has lines of these sources only, by the hashes of their
        #: stems: two that are taken for one are looked at as a whole.
        self._grown: str | None = None
        self._stems: set[int] = set()
        self._authorship = authorship
        self._is_frozen = is_frozen
        self._is_standing_in = is_standing_in
        self._restored = restored
        self._workspace = workspace
        self._ledger = ledger
        self._name = str(workspace.root)
        self._before = before
        self._claimed = claimed or {}
        self._files_of = before.files_of()
        #: Later takes: whoever puts a source back finds it with the one that was chosen.
        self._chosen = [line for line in before.clips if line.take]
        self._clips: dict[str, Sequence[ClipLine]] = {}
        self._files: dict[str, Sequence[FileLine]] = {}
        self._adopted: dict[str, Sequence[AdoptedLine]] = {}
        #: What stood on disk when that was noted, by stem and path.
        self._stood: dict[str, dict[str, Stat | None]] = {}
        #: What every file looked like when this run had written or removed it.
        self.left = Stats()
        self._flush_due = time.monotonic() + _FLUSH_S
        self._lock = _lock(workspace)
        self._renamed: list[str] = []

    @cached_property
    def _written(self) -> frozenset[str]:
        """Digests of files that we wrote, wherever they lie: few runs ask for them."""
        return self._before.dropped.union(
            line.digest for line in self._before.files if line.is_ours
        )

    def _locked(self, path: str) -> str | None:
        """Return the digest of a file of ours, as the lock file says it."""
        lines = self._files_of.get(lock.stem(path), ())
        return next((one.digest for one in lines if one.path == path and one.is_ours), None)

    def publish(self, sets: Sequence[PublishSet]) -> list[PixelpipeError | None]:
        """Write the files of sources that are ready; returns for each why that was not possible.

        A file that is not ours (AssetError), or that another run has just put there
        (SupersededError), is never overwritten; the files of one source change together or not at
        all. Raises StorageError when nobody can publish here.
        """
        errors: list[PixelpipeError | None] = [None] * len(sets)
        with guard(self._workspace, self._lock):
            begun: list[int] = []
            changes: dict[str, tuple[str | None, str]] = {}
            for number, one in enumerate(sets):
                try:
                    with apart():
                        changes |= self._changes(one)
                    begun.append(number)
                except PixelpipeError as exc:
                    errors[number] = exc
            self._ledger.begin_set(self._name, changes)
            done = files.publish_sets(
                self._workspace.root,
                [sets[number].files for number in begun],
                below=self._workspace.settings.assets,
            )
            for number, written in zip(begun, done, strict=True):
                try:
                    with apart():
                        self._published(sets[number], written)
                except PixelpipeError as exc:
                    errors[number] = exc
        return errors

    def _changes(self, one: PublishSet) -> dict[str, tuple[str | None, str]]:
        """Return by path which digest a set replaces, and by which; raises AssetError."""
        new = one.digests
        old = {} if one.source.stem in self._restored else self._ours(new)
        return {path: (old.get(path), digest) for path, digest in new.items()}

    def _published(self, one: PublishSet, written: tuple[str, ...] | PixelpipeError) -> None:
        """Take note of a set that stands, and remove what was there of the source besides."""
        if isinstance(written, PixelpipeError):
            raise written
        source, new = one.source, one.digests
        root, below = self._workspace.root, self._workspace.settings.assets
        for line in self._files_of.get(source.stem, ()):
            if line.path not in new and line.is_ours and not self._is_frozen:
                files.remove(root, line.path, line.digest, below=below)
        self._stood[source.stem] = self._standing((*new, *self._paths(source.stem)))
        self.left.update(self._stood[source.stem])
        self._ledger.put_back(self._name, [line.key for line in one.clips if line.take])
        self._clips[source.path] = one.clips
        self._adopted[source.path] = one.adopted
        self._files[source.stem] = [
            FileLine(path=path, digest=digest, build=one.build_key) for path, digest in new.items()
        ]
        self._renamed += written

    def note(self, source: Source, clips: Sequence[ClipLine]) -> None:
        """Write down the purchases of a source whose files stay as they are.

        What is not there any more nothing brings back: the lock file names it no longer.
        """
        self._clips[source.path] = clips
        root, lines = self._workspace.root, self._files_of.get(source.stem, ())
        there = [one for one in lines if files.stat_at(root / one.path) or not one.is_ours]
        if len(there) < len(lines):
            self._files[source.stem] = there

    def stands(self, source: Source) -> bool:
        """Tell whether a source has files, and all of them are as the lock file says."""
        lines, root = self._files_of.get(source.stem, ()), self._workspace.root
        try:
            return bool(lines) and all(
                files.is_still(root / line.path, line.digest) for line in lines
            )
        except OSError:
            return False

    def is_built(self, source: Source, build_key: str) -> bool:
        """Tell whether the lock file says of all files of a source that they are of this build.

        Files that are no longer ours count as such: they are not made again.
        """
        lines = self._files_of.get(source.stem, ())
        return all(line.build == build_key or not line.is_ours for line in lines)

    def forget(self, source: str) -> tuple[str, ...]:
        """Drop a source that is gone, and remove its outputs as far as they are still ours."""
        stem = stem_of(source)
        chosen = {one.key: lock.written(one) for one in self._chosen if one.source == source}
        self._ledger.put_away(self._name, chosen)
        with guard(self._workspace):
            removed = tuple(
                line.path
                for line in self._files_of.get(stem, ())
                if line.is_ours
                and files.remove(
                    self._workspace.root,
                    line.path,
                    line.digest,
                    below=self._workspace.settings.assets,
                )
            )
            self._stood[stem] = self._standing(self._paths(stem))
            self.left.update(self._stood[stem])
        self._clips[source] = ()
        self._adopted[source] = ()
        self._files[stem] = ()
        return removed

    def flush_if_due(self) -> None:
        """Write the lock file if that was not done for a while."""
        if time.monotonic() > self._flush_due:
            self.flush()

    def flush(self) -> None:
        """Write the lock file, keeping every line that another process has written meanwhile."""
        begun = time.monotonic()
        files.sync_folders(self._workspace.root, self._renamed)
        self._renamed.clear()
        is_lock_kept = self._is_frozen or not self._workspace.is_project
        if is_lock_kept or not (self._clips or self._files):
            return
        if not self._has_grown():
            _rewrite(
                self._workspace, self._amended, self._authorship, lambda new: new is self._spliced
            )
        self._spliced = None
        self._clips.clear()
        self._adopted.clear()
        self._files.clear()
        self._stood.clear()
        ended = time.monotonic()
        self._flush_due = ended + max(_FLUSH_S, (ended - begun) / _FLUSH_SHARE)

    def _amended(self, text: str) -> str:
        """Return the lock file's text with the lines of what was published.

        Where another run has published the same source since then, its lines count and not ours.
        """
        self._drop_overtaken()
        self._spliced = None
        if self._is_splicing and len(self._clips) <= _FEW and lock_file.is_plain(text):
            self._spliced = lock_text.replace(
                text, clips=self._clips, files=self._files, adopted=self._adopted
            )
            return self._spliced
        before = lock.parse(text)
        self._stems = {hash(stem_of(line.source)) for line in before.clips}
        self._stems.update(hash(stem_of(line.source)) for line in before.adopted)
        self._stems.update(hash(lock.stem(line.path)) for line in before.files)
        found = lock.text(
            lock.replace(before, clips=self._clips, files=self._files, adopted=self._adopted)
        )
        self._stems |= self._new_stems()
        self._grown = None if "\\" in found else lock_file.digest(found)
        return found

    def _has_grown(self) -> bool:
        """Add lines to the lock file that this run wrote last, if nobody else did; tell whether.

        Records of all that it says would take several times its room.
        """
        if self._grown is None or not self._stems.isdisjoint(self._new_stems()):
            return False
        with guard(self._workspace):
            self._drop_overtaken()
            lines = [*self._lines()]
            if any("\\" in line for line in lines):
                return False
            with suppress(lock_file.ChangedError), self._author(self._grown):
                self._grown = lock_file.grow(self._workspace.root, lines, self._grown)
                self._stems |= self._new_stems()
                return True
        return False

    def _author(self, old: str) -> AbstractContextManager[None]:
        if self._authorship is None:
            return nullcontext()
        return self._authorship.exchanging(old, lambda: self._grown or "")

    def _new_stems(self) -> set[int]:
        sources = {hash(stem_of(source)) for source in self._clips}
        return sources.union(map(hash, self._files))

    def _drop_overtaken(self) -> None:
        """Forget what another run has published since then."""
        for stem, stood in self._stood.items():
            if self._standing(stood) != stood and stem in self._files:
                del self._files[stem]
                for source in [path for path in self._clips if stem_of(path) == stem]:
                    del self._clips[source]
                    self._adopted.pop(source, None)

    def _lines(self) -> Iterator[str]:
        for some in (self._clips, self._files, self._adopted):
            for lines in some.values():
                yield from map(lock.written, lines)

    def _paths(self, stem: str) -> list[str]:
        return [line.path for line in self._files_of.get(stem, ())]

    def _standing(self, names: Iterable[str]) -> dict[str, Stat | None]:
        return {path: files.stat_at(self._workspace.root / path) for path in names}

    def _ours(self, new: Mapping[str, str]) -> dict[str, str]:
        """Return the digests of files that we replace; raise AssetError if one is not ours."""
        begun = self._ledger.begun(self._name, new)
        found: dict[str, str] = {}
        for path, digest in new.items():
            try:
                there = files.digest_of(self._workspace.root / path)
            except FileNotFoundError:
                continue
            except IsADirectoryError as exc:
                raise AssetError(f"{path} is a folder or a pipe: it is left alone") from exc
            except OSError as exc:
                raise StorageError(f"{path}: {exc.strerror or exc}") from exc
            if self._is_standing_in and there != self._locked(path):
                raise SupersededError(f"{path}: was published meanwhile")
            ours = (digest, self._locked(path), *begun.get(path, ()))
            is_moved = there in self._written
            is_claimed = self._locked(path) is None and there == self._claimed.get(path)
            if there not in ours and not (is_moved or is_claimed or self._is_carried(path)):
                raise AssetError(f"{path} is not ours, or was edited by hand: it is left alone")
            found[path] = there
        return found

    def _is_carried(self, path: str) -> bool:
        """Tell whether only version control has changed a file on its way."""
        found = carried.change(self._workspace.root / path, self._locked(path))
        return found in (Carried.LINE_ENDS, Carried.MARKERS)


def amend(workspace: Workspace, change: Callable[[lock.Lock], lock.Lock]) -> None:
    """Rewrite the lock file from what it holds at this moment: no other process's line is lost."""
    _rewrite(workspace, lambda text: lock.text(change(lock.parse(text))))


def _rewrite(
    workspace: Workspace,
    change: Callable[[str], str],
    authorship: Authorship | None = None,
    is_plain: Callable[[str], bool] = lambda _: False,
) -> None:
    """Write the lock file anew; `is_plain` tells of a text whether it is known to be plain."""
    with guard(workspace):
        before = lock_file.text(workspace.root)
        text = change(before)
        with authorship.writing(before, text) if authorship else nullcontext():
            files.publish(workspace.root, [File(path=lock.NAME, content=text.encode())])
        lock_file.wrote(workspace.root, text, is_plain=is_plain(text))


def mend(workspace: Workspace, notices: Collection[str], *, kept: bool) -> None:
    """Write a merged or damaged lock file anew if it has oddities, unless it is to be `kept`.

    Both sides of a conflict are kept; else its markers would stay when nothing else is to do.
    """
    if notices and not kept:
        amend(workspace, lambda before: before)


@contextmanager
def guard(workspace: Workspace, lock: held.Lock | None = None) -> Iterator[None]:
    """Keep other processes from publishing in this folder for a moment.

    `lock` is this workspace's, of whoever needs it again and again.
    """
    try:
        with lock or _lock(workspace):
            yield
    except held.BusyError as exc:
        raise StorageError("another pixelpipe has been publishing for a minute") from exc


def _lock(workspace: Workspace) -> held.Lock:
    workspace.guard.parent.mkdir(parents=True, exist_ok=True)
    return held.Lock(workspace.guard, wait_s=_GUARD_TIMEOUT_S)
