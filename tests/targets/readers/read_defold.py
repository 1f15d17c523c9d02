"""Parse Defold's text with protobuf, by descriptors built from names, types and required flags.

The fields are those of the engine's own message definitions. Prints what Defold would see.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

pb2: Any = importlib.import_module("google.protobuf.descriptor_pb2")
pool: Any = importlib.import_module("google.protobuf.descriptor_pool").DescriptorPool()
factory: Any = importlib.import_module("google.protobuf.message_factory")
text_format: Any = importlib.import_module("google.protobuf.text_format")
PLAYBACK = (
    "NONE",
    "ONCE_FORWARD",
    "ONCE_BACKWARD",
    "LOOP_FORWARD",
    "LOOP_BACKWARD",
    "LOOP_PINGPONG",
    "ONCE_PINGPONG",
)
Field = pb2.FieldDescriptorProto
TYPES = {"string": Field.TYPE_STRING, "uint32": Field.TYPE_UINT32, "int32": Field.TYPE_INT32}
RATE = (("playback", "optional", "Playback"), ("fps", "optional", "uint32"))
MESSAGES = {
    "Tile": (
        ("id", "required", "string"),
        ("start_tile", "required", "uint32"),
        ("end_tile", "required", "uint32"),
        *RATE,
    ),
    "TileSet": (
        ("image", "required", "string"),
        ("tile_width", "required", "uint32"),
        ("tile_height", "required", "uint32"),
        ("tile_margin", "required", "uint32"),
        ("tile_spacing", "required", "uint32"),
        ("material_tag", "required", "string"),
        ("animations", "repeated", "Tile"),
        ("extrude_borders", "optional", "uint32"),
    ),
    "Picture": (("image", "required", "string"),),
    "Group": (("id", "required", "string"), ("images", "repeated", "Picture"), *RATE),
    "Atlas": (("animations", "repeated", "Group"), ("extrude_borders", "optional", "uint32")),
}


def describe() -> Any:
    """Return the descriptors as one file."""
    file = pb2.FileDescriptorProto(name="defold.proto", package="d", syntax="proto2")
    enum = file.enum_type.add(name="Playback")
    for number, name in enumerate(PLAYBACK):
        enum.value.add(name=f"PLAYBACK_{name}", number=number)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, label, kind) in enumerate(fields, 1):
            added = message.field.add(name=field, number=number)
            added.label = getattr(Field, f"LABEL_{label.upper()}")
            if kind in TYPES:
                added.type = TYPES[kind]
            else:
                added.type = Field.TYPE_ENUM if kind == "Playback" else Field.TYPE_MESSAGE
                added.type_name = f".d.{kind}"
    return file


pool.Add(describe())
kind = "TileSet" if sys.argv[1].endswith(".tilesource") else "Atlas"
message = factory.GetMessageClass(pool.FindMessageTypeByName(f"d.{kind}"))()
text_format.Parse(Path(sys.argv[1]).read_text(encoding="utf-8"), message)
animations = [
    {
        "id": group.id,
        "playback": group.playback,
        "fps": group.fps,
        "tiles": [group.start_tile, group.end_tile] if kind == "TileSet" else None,
        "images": [] if kind == "TileSet" else [picture.image for picture in group.images],
    }
    for group in message.animations
]
image = message.image if kind == "TileSet" else None
print(json.dumps({"whole": message.IsInitialized(), "image": image, "animations": animations}))
