"""Print what godot_parser finds in a SpriteFrames of Godot 4."""

from __future__ import annotations

import importlib
import json
import sys

resource = importlib.import_module("godot_parser").GDResource.load(sys.argv[1])
regions = {}
for section in resource.get_sub_resources():
    box = section["region"]
    regions[section.id] = [box.args[0], box.args[1], box.args[2], box.args[3]]
animations = {}
for section in resource.get_sections("resource"):
    for animation in section["animations"]:
        frames = animation["frames"]
        animations[animation["name"]] = {
            "speed": animation["speed"],
            "loop": animation["loop"],
            "durations": [frame["duration"] for frame in frames],
            "cells": [regions[frame["texture"].id] for frame in frames],
        }
(texture,) = resource.get_ext_resources()
print(json.dumps({"texture": texture.path, "animations": animations}))
