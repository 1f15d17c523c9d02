"""What stands beside a single picture: clips and outputs that a further `animate` keeps in step.

The sheet says which purchases it was made of. Without a project there is no other memory; so a
clip that is asked for is added to those, and every output that is there is written again: no two
of them ever describe different sheets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import imaging, targets
from ..core import keys, provenance
from ..core.errors import PixelpipeError
from ..core.model import Provenance, Record, TargetChoice
from ..storage import files
from ..storage.lock import ClipLine
from ..storage.store import Bought, Store

#: Parts of a purchase's recipe that a rule states for a clip.
_STATED = ("prompt", "negative_prompt", "frames", "colors", "model", "matte", "seed", "fit")
#: Frames a second where nothing is stated, in ms a frame.
_USUAL_MS = 125


class Standing(Record, frozen=True, kw_only=True):
    """The clips that a sheet holds, as a rule would state them, and the outputs beside it."""

    clips: Mapping[str, Mapping[str, object]] = {}
    #: The purchase of each clip.
    picked: Mapping[str, ClipLine] = {}
    targets: tuple[str, ...] = ()


def find(root: Path, name: str, store: Store) -> Standing:
    """Return what `animate` made of the picture `name` before; nothing where that cannot be told.

    Clips of other pixels than the picture's are passed over: they are of another sprite.
    """
    stem = name[: -len(".png")]
    try:
        noted = provenance.read(files.read(root, f"{stem}.anim.png")) or ()
        pixels = keys.pixel_digest(imaging.decode(files.read(root, name), name))
    except PixelpipeError:
        return Standing()
    tags = _tags(root, stem)
    clips: dict[str, Mapping[str, object]] = {}
    picked = {}
    for one in noted:
        record = _record(one, store)
        stated = _recipe(record) if record is not None else {}
        if record is None or stated.pop("pixels", None) != pixels:
            continue
        clips[one.clip] = stated | tags.get(one.clip, {})
        picked[one.clip] = record.line(name, one.clip)
    return Standing(clips=clips, picked=picked, targets=tuple(_targets(root, stem, noted)))


def _record(one: Provenance, store: Store) -> Bought | None:
    """Return the purchase that a clip was made of, if its bytes are still there."""
    record = store.record(one.request_key, one.digest)
    return record if record is not None and store.has(record.digest) else None


def _recipe(record: Bought) -> dict[str, object]:
    """Return what was stated for a purchase, and its pixels."""
    return {
        field: value
        for field, value in keys.values(record.recipe).items()
        if field == "pixels" or (field in _STATED and value not in (keys.AUTO, ""))
    }


def _tags(root: Path, stem: str) -> dict[str, dict[str, object]]:
    """Return how each clip plays, as the JSON beside the sheet says; it may not be there."""
    try:
        document = json.loads(files.read(root, f"{stem}.anim.json"))
        cells = list(document["frames"].values())
        found = {}
        for tag in document["meta"]["frameTags"]:
            shortest = min(cell["duration"] for cell in cells[tag["from"] : tag["to"] + 1])
            found[tag["name"]] = {"loop": "repeat" not in tag} | (
                {} if shortest == _USUAL_MS else {"fps": round(1000 / shortest, 3)}
            )
        return found
    except (PixelpipeError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _targets(root: Path, stem: str, noted: tuple[Provenance, ...]) -> Iterator[str]:
    """Yield the targets of which a file stands beside the picture."""
    shapes = tuple((one.clip, one.frames[1]) for one in noted)
    for name in targets.BUILT_IN[1:]:
        try:
            paths = targets.paths(stem, shapes, (TargetChoice(name=name),))[1:]
        except PixelpipeError:
            continue
        if any((root / path).is_file() for path in paths):
            yield name
