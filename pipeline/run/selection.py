"""Which sources a run looks at: those that `--only` means, or those that have come to rest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..config import globs
from ..core.errors import UsageError
from ..plan.wish import Wish
from ..storage.files import Scan


def waiting(paths: Iterable[str], scan: Scan, wish: Wish) -> Iterator[str]:
    """Yield the sources that may still be written: changed a moment ago, not known to be whole."""
    if wish.settle_s is None:
        return
    begun_ns = time.time_ns() - int(wish.settle_s * 1e9)
    for path in paths:
        if path not in wish.settled and scan.files[path].is_after(begun_ns):
            yield path


def matching(root: Path, assets: Sequence[str], only: Sequence[str]) -> Callable[[str], bool]:
    """Return the filter for paths from the root: files as a build system names them, or globs.

    A glob is relative to the working folder, to the root or to an assets folder. Raises UsageError
    for what is no pattern, or lies outside of the project.
    """
    names = {name for text in only for name in _names(root, text)}
    expression = globs.regex([pattern for name in names if (pattern := _pattern(name))])

    def is_chosen(path: str) -> bool:
        tails = [path.removeprefix(f"{folder}/") for folder in assets]
        return path in names or any(expression.fullmatch(text) for text in (path, *tails))

    return is_chosen


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
    """Return the pattern that `name` is; a name with other signs in it means that file only."""
    try:
        return globs.compile(name)
    except globs.PatternError as exc:
        if any(mark in name for mark in "*?["):
            raise UsageError(f"--only {name}: {exc}") from exc
        return None
