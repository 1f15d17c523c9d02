"""Keep names apart that are global in a game: two sprites called `idle`, in two folders.

A style sheet's class, a tag of Phaser's, GameMaker's sprites: the sheet's name alone stands there.
The first sprite keeps it; a later one gets its folder in front. What has been published keeps the
name that it has, because games refer to it: its own files say which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from .. import targets
from ..core.errors import SourceError
from ..core.model import TargetChoice
from ..core.packed import Packed
from ..plan.wanted import WANTED, Wanted
from ..storage import files
from ..storage.lock import Lock

#: Target and folded name, to the stem that has it.
_Taken = dict[tuple[str, str], str]


def settle(root: Path, wanted: Sequence[Wanted], locked: Lock) -> Sequence[Wanted]:
    """Return what is wanted, with a prefix and a note where a name is another sprite's."""
    if not any(map(is_shared, wanted)):
        return wanted
    open_choices = {one.source.stem: tuple(_open(one.targets)) for one in wanted}
    names = {choice.name for choices in open_choices.values() for choice in choices}
    paths = {stem: [line.path for line in lines] for stem, lines in locked.files_of().items()}
    ours = {path.rpartition("/")[2].casefold() for path in open_choices}
    kept = {
        stem: _kept(root, stem, outputs, names)
        for stem, outputs in paths.items()
        if stem in open_choices or stem.rpartition("/")[2].casefold() in ours
    }
    taken: _Taken = {}
    for stem, own in kept.items():
        for target, name in own.items():
            taken.setdefault((target, name.casefold()), stem)
    named = (
        _named(one, open_choices[one.source.stem], kept.get(one.source.stem, {}), taken)
        for one in wanted
    )
    return Packed(WANTED, named)


def is_shared(one: Wanted) -> bool:
    """Tell whether a source has a name that is chosen among those of all sources."""
    return any(True for _ in _open(one.targets))


def _named(
    one: Wanted, choices: Sequence[TargetChoice], kept: Mapping[str, str], taken: _Taken
) -> Wanted:
    """Return one source with the prefixes that it needs; `taken` gets its names."""
    stem = one.source.stem
    plain = stem.rpartition("/")[2]
    changed: dict[str, TargetChoice] = {}
    notes = []
    for choice in choices:
        name = kept.get(choice.name) or _free(stem, choice.name, taken)
        taken.setdefault((choice.name, name.casefold()), stem)
        if name == plain:
            continue
        options = {**choice.options, "prefix": name}
        changed[choice.name] = TargetChoice(name=choice.name, options=options)
        other = taken.get((choice.name, plain.casefold()))
        because = f"{other}.png has that name" if other else "as published"
        notes.append(
            f"{one.source.path}: target {choice.name} calls it {name!r}, not {plain!r}: {because} "
            "(its option `prefix` chooses another)"
        )
    if not changed:
        return one
    chosen = tuple(changed.get(choice.name, choice) for choice in one.targets)
    return msgspec.structs.replace(one, targets=chosen, notes=(*one.notes, *notes))


def _open(choices: Iterable[TargetChoice]) -> Iterator[TargetChoice]:
    """Yield the targets whose names are global and left to us."""
    for choice in choices:
        if targets.shown(choice.name) is not None and not choice.options.get("prefix"):
            yield choice


def _kept(root: Path, stem: str, outputs: Sequence[str], names: Iterable[str]) -> dict[str, str]:
    """Return the names that a published source has in its files: target to name."""
    found = {}
    for target in names:
        shown = targets.shown(target)
        if shown is None:
            continue
        said = "".join(_text(root, path) for path in outputs if path.endswith(shown.ending))
        # The longest first: a short one may be the end of it.
        for name in reversed(list(_candidates(stem))):
            if shown.text(name) in said:
                found[target] = name
                break
    return found


def _text(root: Path, path: str) -> str:
    """Return what a file says; nothing if it is not there."""
    try:
        return files.read(root, path).decode("utf-8", "replace")
    except SourceError:
        return ""


def _free(stem: str, target: str, taken: _Taken) -> str:
    """Return the shortest name that no other sprite has."""
    names = list(_candidates(stem))
    return next(
        (name for name in names if taken.get((target, name.casefold()), stem) == stem), names[-1]
    )


def _candidates(stem: str) -> Iterator[str]:
    """Yield the sheet's name, then with one more folder in front each time."""
    parts = stem.split("/")
    for count in range(1, len(parts) + 1):
        yield "_".join(parts[-count:])
