"""GameMaker's local package: sprites with frames, speed and origin, imported by one drag.

A `.yymps` is a zip of a small project: a `.yyp` that lists sprites, and for each of them a `.yy`
with its images. Entries are stored, not compressed, and dated alike: the same sheet gives the same
bytes on every machine. Ids come from names.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator

from ..core.model import SheetClip
from . import sheet, texts, timing
from .target import Drawn

#: The sprite's origin stands where we say.
_CUSTOM_ORIGIN = 9
#: The release whose form is written; newer ones convert it.
_IDE = "2023.11.1.129"
_LAYER = "layer"


def content(drawn: Drawn, names: tuple[str, ...]) -> bytes:
    """Return the package with one sprite for each clip, called `names`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for path, file in _files(drawn, names):
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            package.writestr(entry, file)
    return out.getvalue()


def _files(drawn: Drawn, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield paths and contents: what the package is, its project, then each sprite."""
    about = {
        "package_id": f"pixelpipe.{names[0]}",
        "display_name": drawn.naming.name,
        "version": "1.0.0",
        "package_type": "asset",
        "ide_version": _IDE,
    }
    yield "metadata.json", texts.dump(about)
    yield f"{drawn.naming.name}.yyp", texts.dump(_project(drawn, names))
    for name, clip in zip(names, drawn.sheet.clips, strict=True):
        yield from _sprite_files(drawn, clip, name)


def _project(drawn: Drawn, names: tuple[str, ...]) -> dict[str, texts.Json]:
    """List the sprites, and the folder that they come in."""
    folder = {
        "resourceType": "GMFolder",
        "resourceVersion": "1.0",
        "name": "Sprites",
        "folderPath": "folders/Sprites.yy",
    }
    return {
        "resourceType": "GMProject",
        "resourceVersion": "1.7",
        "name": drawn.naming.name,
        "AudioGroups": [],
        "configs": {"name": "Default", "children": []},
        "defaultScriptType": 1,
        "Folders": [folder],
        "IncludedFiles": [],
        "isEcma": False,
        "LibraryEmitters": [],
        "MetaData": {"IDEVersion": _IDE},
        "resources": [{"id": {"name": name, "path": _path(name)}} for name in names],
        "RoomOrderNodes": [],
        "TextureGroups": [],
    }


def _sprite_files(drawn: Drawn, clip: SheetClip, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield one sprite: its description, and each frame twice, as it is and as its only layer."""
    from . import images

    yield _path(name), texts.dump(_sprite(drawn, clip, name))
    origin = sheet.origin(drawn.sheet, clip, 1)
    for step, (frame, _) in enumerate(timing.play(drawn.sheet, clip)):
        png = images.png(drawn.sheet.frames[frame].pixels, origin)
        image = _id(name, str(step))
        yield f"sprites/{name}/{image}.png", png
        yield f"sprites/{name}/layers/{image}/{_id(name, _LAYER)}.png", png


def _sprite(drawn: Drawn, clip: SheetClip, name: str) -> dict[str, texts.Json]:
    """Describe one sprite: what the sprite editor shows."""
    width, height = drawn.layout.cell
    steps = range(len(timing.play(drawn.sheet, clip)))
    frames: list[texts.Json] = [
        {"resourceType": "GMSpriteFrame", "resourceVersion": "1.1", "name": _id(name, str(step))}
        for step in steps
    ]
    layer: texts.Json = {
        "resourceType": "GMImageLayer",
        "resourceVersion": "1.0",
        "name": _id(name, _LAYER),
        "blendMode": 0,
        "displayName": "default",
        "isLocked": False,
        "opacity": 100.0,
        "visible": True,
    }
    return {
        "resourceType": "GMSprite",
        "resourceVersion": "1.0",
        "name": name,
        "bboxMode": 1,
        "bbox_bottom": height - 1,
        "bbox_left": 0,
        "bbox_right": width - 1,
        "bbox_top": 0,
        "collisionKind": 1,
        "collisionTolerance": 0,
        "DynamicTexturePage": False,
        "edgeFiltering": False,
        "For3D": False,
        "frames": frames,
        "gridX": 0,
        "gridY": 0,
        "height": height,
        "HTile": False,
        "layers": [layer],
        "nineSlice": None,
        "origin": _CUSTOM_ORIGIN,
        "parent": {"name": "Sprites", "path": "folders/Sprites.yy"},
        "preMultiplyAlpha": False,
        "sequence": _sequence(drawn, clip, name),
        "swatchColours": None,
        "swfPrecision": 2.525,
        "textureGroupId": {"name": "Default", "path": "texturegroups/Default"},
        "type": 0,
        "VTile": False,
        "width": width,
    }


def _sequence(drawn: Drawn, clip: SheetClip, name: str) -> dict[str, texts.Json]:
    """Describe how it plays: frames a second, and how many beats each image stays."""
    shown = timing.play(drawn.sheet, clip)
    lengths = timing.held(drawn.sheet, clip)
    track: texts.Json = {
        "resourceType": "GMSpriteFramesTrack",
        "resourceVersion": "1.0",
        "name": "frames",
        "builtinName": 0,
        "events": [],
        "inheritsTrackColour": True,
        "interpolation": 1,
        "isCreationTrack": False,
        "keyframes": {
            "resourceType": "KeyframeStore<SpriteFrameKeyframe>",
            "resourceVersion": "1.0",
            "Keyframes": [
                _key(name, step, sum(lengths[:step]), lengths[step]) for step in range(len(shown))
            ],
        },
        "modifiers": [],
        "spriteId": None,
        "trackColour": 0,
        "tracks": [],
        "traits": 0,
    }
    return {
        "resourceType": "GMSequence",
        "resourceVersion": "1.4",
        "name": name,
        "autoRecord": True,
        "backdropHeight": 768,
        "backdropImageOpacity": 0.5,
        "backdropImagePath": "",
        "backdropWidth": 1366,
        "backdropXOffset": 0.0,
        "backdropYOffset": 0.0,
        "events": _nothing("MessageEventKeyframe"),
        "eventStubScript": None,
        "eventToFunction": {},
        "length": float(sum(lengths)),
        "lockOrigin": False,
        "moments": _nothing("MomentsEventKeyframe"),
        "playback": 1 if clip.loop else 0,
        "playbackSpeed": float(timing.fps(drawn.sheet, clip)),
        "playbackSpeedType": 0,
        "showBackdrop": True,
        "showBackdropImage": False,
        "timeUnits": 1,
        "tracks": [track],
        "visibleRange": None,
        "volume": 1.0,
        "xorigin": drawn.sheet.pivot[0],
        "yorigin": drawn.sheet.pivot[1],
    }


def _key(name: str, step: int, start: int, length: int) -> dict[str, texts.Json]:
    """Describe one image of the track: from which beat on, and for how many."""
    image: texts.Json = {
        "resourceType": "SpriteFrameKeyframe",
        "resourceVersion": "1.0",
        "Id": {"name": _id(name, str(step)), "path": _path(name)},
    }
    return {
        "resourceType": "Keyframe<SpriteFrameKeyframe>",
        "resourceVersion": "1.0",
        "Channels": {"0": image},
        "Disabled": False,
        "id": _id(name, f"key {step}"),
        "IsCreationKey": False,
        "Key": float(start),
        "Length": float(length),
        "Stretch": False,
    }


def _nothing(kind: str) -> dict[str, texts.Json]:
    return {
        "resourceType": f"KeyframeStore<{kind}>",
        "resourceVersion": "1.0",
        "Keyframes": [],
    }


def _path(name: str) -> str:
    return f"sprites/{name}/{name}.yy"


def _id(name: str, what: str) -> str:
    """Return an id that is the same wherever and whenever this is made."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"pixelpipe/{name}/{what}"))
