"""Which sources a run looks at: those that `--only` means, or those that have come to rest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..config import globs
from ..core.errors import UsageError
from ..core.model import composed
from ..plan.wish import Wish
from ..storage import lock_file
from ..storage.files import Scan, is_source, shown_names


def waiting(paths: Iterable[str], scan: Scan, wish: Wish) -> Iterator[str]:
    """Yield the sources that may still be written: changed a moment ago, not known to be whole."""
    if wish.settle_s is None:
        return
    begun_ns = time.time_ns() - int(wish.settle_s * 1e9)
    for path in paths:
        if path not in wish.settled and scan.files[path].is_after(begun_ns):
            yield path


class Chosen:
    """The sources that `--only` means: files as a build system names them, or globs.

    A glob is relative to the working folder, to the root or to an assets folder. What names a file
    that is there means that file, whatever signs are in its name.
    """

    def __init__(self, root: Path, assets: Sequence[str], scan: Scan, only: Sequence[str]) -> None:
        """Read `only`; raises UsageError for what is no pattern, or lies outside of `root`."""
        self._root = root
        self._assets = assets
        self._scan = scan
        self._tests = {text: self._test(text) for text in only}

    def __call__(self, path: str) -> bool:
        """Tell whether a source, by its path from the root, is meant."""
        return any(test(path) for test in self._tests.values())

    def faults(self) -> tuple[str, ...]:
        """Return what the scan says of files that are meant, or of folders that they lie in."""
        return tuple(
            fault
            for fault in self._scan.faults
            if any(self._is_behind(_place(fault), text) for text in self._tests)
        )

    def _is_behind(self, place: str, text: str) -> bool:
        """Tell whether what could not be read at `place` is meant by `text`, or holds it."""
        return self._tests[text](place) or any(
            name.startswith(f"{place}/") or place in shown_names(name)
            for name in _names(self._root, text)
        )

    def check(self) -> None:
        """Raise UsageError unless each pattern means a file on disk, or one of the lock file's.

        A misspelt name would else be a run with nothing to do, and a stamp that says so.
        """
        there = [path for path in self._scan.files if is_source(path)]
        unread = [_place(fault) for fault in self._scan.faults]
        missing = [
            text
            for text, test in self._tests.items()
            if not any(map(test, there))
            and not any(map(self._is_file, _names(self._root, text)))
            and not any(self._is_behind(place, text) for place in unread)
        ]
        if missing:
            locked = sorted({line.source for line in lock_file.read(self._root).clips})
            missing = [text for text in missing if not any(map(self._tests[text], locked))]
            for text in missing:
                why = _fault(text) or f"matches no file{_hint(text, (*there, *locked))}"
                raise UsageError(f"--only {text}: {why}")

    def _test(self, text: str) -> Callable[[str], bool]:
        names = {composed(name) for name in _names(self._root, text)}
        if any(globs.has_signs(name) and self._is_file(name) for name in names):
            return lambda path: composed(path) in names
        expression = globs.regex([found for name in names if (found := _pattern(name))])

        def is_meant(path: str) -> bool:
            path = composed(path)
            tails = [path.removeprefix(f"{composed(folder)}/") for folder in self._assets]
            return path in names or any(expression.fullmatch(one) for one in (path, *tails))

        return is_meant

    def _is_file(self, name: str) -> bool:
        return name in self._scan.files or os.path.isfile(self._root / name)  # noqa: PTH113


def _place(fault: str) -> str:
    """Return the path that a scan's sentence begins with."""
    return fault.partition(": ")[0]


def _hint(text: str, known: Sequence[str]) -> str:
    """Return which files `text` may have meant, as the end of a sentence."""
    import difflib

    by_name = {path.rpartition("/")[2].lower(): path for path in reversed(known)}
    name = text.replace(os.sep, "/").rstrip("/").rpartition("/")[2].lower()
    near = difflib.get_close_matches(text, known, n=2, cutoff=0.75)
    near += [by_name[one] for one in difflib.get_close_matches(name, by_name, n=2, cutoff=0.7)]
    near += [path for one, path in by_name.items() if name and one.startswith(f"{name}.")]
    found = list(dict.fromkeys(near))[:3]
    return f"; did you mean {' or '.join(found)}?" if found else " of the assets or the lock file"


def _names(root: Path, text: str) -> Iterator[str]:
    """Yield what `text` may mean, as paths or patterns from the root or an assets folder."""
    is_free = not Path(text).is_absolute() and ".." not in Path(text).parts
    if is_free:
        yield text.replace(os.sep, "/").removeprefix("./")
    end = "/" if text.endswith(("/", os.sep)) else ""
    here = Path(os.path.normpath(Path.cwd() / text))  # links kept, as the scan names them
    seen = ((here, root.absolute()), (Path(text).resolve(), root.resolve()))
    for place, top in seen:
        if place.is_relative_to(top):
            yield place.relative_to(top).as_posix() + end
            return
    if not is_free:
        raise UsageError(f"--only {text}: lies outside of the project {root}")


def _pattern(name: str) -> globs.Glob | None:
    """Return the pattern that `name` is; a name that is none means that file only."""
    try:
        return globs.compile(name)
    except globs.PatternError:
        return None


def _fault(text: str) -> str:
    """Say what is wrong with a pattern, or "" when nothing is."""
    try:
        globs.compile(text.replace(os.sep, "/").lstrip("/"))
    except globs.PatternError as exc:
        return str(exc) if globs.has_signs(text) else ""
    return ""
