"""Tell a build system what a run read: a Make depfile, and a stamp to depend on.

One rule with one target, the inputs, then an empty rule for every input, so that a deleted input
does not stop Make (targets.md 15.1). Folders are inputs too: new and deleted files are noticed.
"""

from __future__ import annotations

import os
from pathlib import Path

from . import project
from .model import File
from .report import Report


def write(report: Report, depfile: Path | None, stamp: Path | None) -> None:
    """Write what was asked for: the depfile when its text changed, the stamp always, last.

    Raises StorageError when a place cannot be written.
    """
    if depfile is not None:
        _put(depfile, text(report, stamp or _output(report)).encode())
    if stamp is not None and report.exit == 0:
        _put(stamp, b"")
        os.utime(stamp)


def text(report: Report, target: Path) -> str:
    """Return the depfile's text; paths are relative to the working folder where that is shorter."""
    root = report.site.root
    named = {step.source for step in report.plan.steps if step.source}
    overrides = {f"{path}.yaml" for path in named}
    files = [root / path for path in (*sorted(named | overrides), *report.site.inputs)]
    folders = {root / Path(path).parent for path in named}
    inputs = [_shown(path) for path in (*files, *sorted(folders)) if path.exists()]
    rule = f"{_escaped(_shown(target))}: " + " \\\n  ".join(map(_escaped, inputs))
    return "\n\n".join([rule, *(f"{_escaped(one)}:" for one in inputs)]) + "\n"


def _output(report: Report) -> Path:
    """Return the first output: the target where there is no stamp."""
    published = [path for result in report.results for path in result.files]
    locked = (f"{source.wanted.source.stem}.anim.png" for source in report.plan.sources)
    return report.site.root / next(iter(published), next(locked, "pixelpipe.lock"))


def _put(path: Path, content: bytes) -> None:
    place = path.absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    project.publish(place.parent, [File(path=place.name, content=content)])


def _shown(path: Path) -> str:
    # As Make sees it: from the working folder.
    relative = os.path.relpath(path)
    return path.as_posix() if relative.startswith("..") else Path(relative).as_posix()


def _escaped(path: str) -> str:
    return path.replace("$", "$$").replace("#", "\\#").replace(" ", "\\ ")
