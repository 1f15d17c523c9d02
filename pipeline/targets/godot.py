"""Godot: a SpriteFrames resource for AnimatedSprite2D (4) or AnimatedSprite (3).

Godot 4 has a time for each frame, Godot 3 repeats a held one. Neither has a ping-pong in every
release, so directions are baked. For Godot 4 a scene or a library may stand beside it.
The pivot is no part of the format; it stands in the resource's metadata, where a script finds it:
`sprite.offset = -frames.get_meta("pivot")` with `centered = false`.
"""

from __future__ import annotations

from ..core.errors import ConfigError
from ..core.model import SheetClip
from . import godotscene, roots, texts, timing
from .target import Drawn, Home, Naming, Option, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the frames, then what stands beside them.

    Raises ConfigError for a form that Godot 3 does not have.
    """
    form = naming.options["form"]
    if form != "frames" and naming.options["version"] == 3:
        raise ConfigError(f"target godot: form {form} needs version 4")
    found: tuple[str, ...] = (naming.path("tres"),)
    if form == "library":
        found += (naming.path("tres", target="library"),)
    return found if form == "frames" else (*found, naming.path("tscn"))


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the resource for the version that the option names, and what stands beside it."""
    image = texts.quote(_seen(drawn, drawn.image))
    if drawn.options["version"] == 3:
        return (_version_3(drawn, image),)
    frames, *others = [_seen(drawn, path) for path in paths(drawn.naming)]
    match drawn.options["form"]:
        case "scene":
            return (_version_4(drawn, image), godotscene.scene(drawn, frames))
        case "library":
            library = godotscene.library(drawn, others[0], str(drawn.options["node"]))
            scene = godotscene.scene(drawn, frames, others[0])
            return (_version_4(drawn, image), library, scene)
        case _:
            return (_version_4(drawn, image),)


def _seen(drawn: Drawn, path: str) -> str:
    """Return `path` as Godot names it."""
    return "res://" + roots.inside(path, str(drawn.options["root"]), "godot")


def _version_4(drawn: Drawn, image: str) -> bytes:
    """Return text of format 3."""
    rows = [
        f'[gd_resource type="SpriteFrames" load_steps={len(drawn.sheet.frames) + 2} format=3]',
        "",
        f'[ext_resource type="Texture2D" path={image} id="1_sheet"]',
        "",
    ]
    for index in range(len(drawn.sheet.frames)):
        rows += [
            f'[sub_resource type="AtlasTexture" id="AtlasTexture_{index}"]',
            'atlas = ExtResource("1_sheet")',
            f"region = Rect2({_region(drawn, index)})",
            "",
        ]
    clips = ", ".join(_clip_4(drawn, clip) for clip in drawn.sheet.clips)
    pivot = f"{drawn.sheet.pivot[0]}, {drawn.sheet.pivot[1]}"
    rows += [
        "[resource]",
        f"animations = [{clips}]",
        f"metadata/pivot = Vector2({pivot})",
        f'metadata/png_hash = "{drawn.digest}"',
    ]
    return texts.lines(*rows)


def _clip_4(drawn: Drawn, clip: SheetClip) -> str:
    """Return one animation: each duration a multiple of the shortest."""
    base = timing.base_ms(drawn.sheet, clip)
    frames = ", ".join(
        f'{{\n"duration": {texts.real(ms / base)},\n'
        f'"texture": SubResource("AtlasTexture_{frame}")\n}}'
        for frame, ms in timing.play(drawn.sheet, clip)
    )
    return (
        f'{{\n"frames": [{frames}],\n"loop": {texts.boolean(clip.loop)},\n'
        f'"name": {texts.quote(clip.name)},\n'
        f'"speed": {texts.real(timing.fps(drawn.sheet, clip))}\n}}'
    )


def _version_3(drawn: Drawn, image: str) -> bytes:
    """Return text of format 2."""
    rows = [
        f'[gd_resource type="SpriteFrames" load_steps={len(drawn.sheet.frames) + 2} format=2]',
        "",
        f'[ext_resource path={image} type="Texture" id=1]',
        "",
    ]
    for index in range(len(drawn.sheet.frames)):
        rows += [
            f'[sub_resource type="AtlasTexture" id={index + 1}]',
            "atlas = ExtResource( 1 )",
            f"region = Rect2( {_region(drawn, index)} )",
            "",
        ]
    clips = ", ".join(_clip_3(drawn, clip) for clip in drawn.sheet.clips)
    pivot = f"{drawn.sheet.pivot[0]}, {drawn.sheet.pivot[1]}"
    rows += [
        "[resource]",
        f"animations = [ {clips} ]",
        "__meta__ = {",
        f'"pivot": Vector2( {pivot} ),',
        f'"png_hash": "{drawn.digest}"',
        "}",
    ]
    return texts.lines(*rows)


def _clip_3(drawn: Drawn, clip: SheetClip) -> str:
    """Return one animation: a held frame is listed again."""
    frames = ", ".join(f"SubResource( {i + 1} )" for i in timing.baked(drawn.sheet, clip))
    return (
        f'{{\n"frames": [ {frames} ],\n"loop": {texts.boolean(clip.loop)},\n'
        f'"name": {texts.quote(clip.name)},\n'
        f'"speed": {texts.real(timing.fps(drawn.sheet, clip))}\n}}'
    )


def _region(drawn: Drawn, index: int) -> str:
    """Return x, y, width and height of a cell."""
    return ", ".join(str(px) for px in (*drawn.layout.place(index), *drawn.layout.cell))


TARGET = Target(
    name="godot",
    home=Home(file="project.godot"),
    paths=paths,
    contents=contents,
    options={
        "version": Option(default=4, choices=(3, 4), doc="Godot's major version"),
        "form": Option(
            default="frames",
            choices=("frames", "scene", "library"),
            doc="frames: a SpriteFrames; scene: also an AnimatedSprite2D with pivot, nearest "
            "filter and autoplay; library: also an AnimationLibrary, and a scene that plays it",
        ),
        "node": Option(
            default=".",
            doc="the sprite that a library moves, seen from the AnimationPlayer's root node",
        ),
        "root": roots.option(".", "the folder that holds project.godot"),
    },
)
