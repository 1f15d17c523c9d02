"""Find the folder that an engine's paths start at: from the engine's own project file.

Only where a rule leaves `root` to us, and only where it is another than the default: a project
whose paths were right keeps its build keys.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from .. import targets
from ..core.model import TargetChoice
from ..targets import Home

#: So many levels above the project an engine's own file is looked for.
_LEVELS_UP = 4


class Roots:
    """The engines' folders of one project, looked up once for each folder of sources."""

    def __init__(self, root: Path) -> None:
        """Look at nothing yet; `root` is the project's folder."""
        self._root = root
        self._found = functools.cache(self._look)

    def placed(self, choices: tuple[TargetChoice, ...], source: str) -> tuple[TargetChoice, ...]:
        """Return `choices` with the option `root` where it has to be another than the default."""
        folder = source.rpartition("/")[0]
        return tuple(self._placed(choice, folder) for choice in choices)

    def _placed(self, choice: TargetChoice, folder: str) -> TargetChoice:
        home = targets.home(choice.name)
        if home is None or "root" in choice.options:
            return choice
        found = self._found(home, folder)
        if found is None or found == targets.options(choice.name)["root"].default:
            return choice
        return TargetChoice(name=choice.name, options={**choice.options, "root": found})

    def _look(self, home: Home, folder: str) -> str | None:
        """Return what `root` must say for sources in `folder`; None where no engine is."""
        for place in _upwards(folder):
            if (self._root / place / home.file).is_file():
                start = PurePosixPath(place, home.folder)
                if PurePosixPath(folder).is_relative_to(start):
                    return start.as_posix()
        here = self._root.absolute()
        for above in _above(here):
            start_above = above / home.folder
            if (above / home.file).is_file() and here.is_relative_to(start_above):
                way = here.relative_to(start_above).as_posix()
                return f"res://{'' if way == '.' else way}"
        return None


def watched(root: Path, assets: Iterable[str], choices: Iterable[TargetChoice]) -> tuple[str, ...]:
    """Return the engines' files that would move a root: as paths from the project's folder.

    Those are named that are not there, too: one that comes changes as much as one that goes.
    """
    homes = {targets.home(one.name) for one in choices if "root" not in one.options}
    ups = ["/".join([".."] * (n + 1)) for n, _ in enumerate(_above(root.absolute()))]
    places = dict.fromkeys([*(place for one in assets for place in _upwards(one)), *ups])
    return tuple(
        PurePosixPath(place, home.file).as_posix()
        for home in sorted(filter(None, homes), key=lambda home: home.file)
        for place in places
    )


def _upwards(folder: str) -> Iterator[str]:
    """Yield `folder` and those above it, up to the project's."""
    path = PurePosixPath(folder)
    yield from (place.as_posix() for place in (path, *path.parents))


def _above(here: Path) -> Iterator[Path]:
    """Yield folders above the project, up to the top of the repository."""
    if (here / ".git").exists():
        return
    for folder in list(here.parents)[:_LEVELS_UP]:
        if folder == Path(folder.anchor):
            return
        yield folder
        if (folder / ".git").exists():
            return
