"""A file of ours that Godot's editor saved again has the digest of what we wrote."""

from __future__ import annotations

from pathlib import Path

import places
import pytest

from pipeline.core import keys
from pipeline.storage.files import resaved
from pipeline.storage.files.snapshot import digest_of

GOLDEN = places.TESTS / "targets" / "golden"
OURS = sorted(path for path in GOLDEN.rglob("*.t*") if path.suffix in resaved.SUFFIXES)
#: What the editor of Godot 4.6 made of the golden SpriteFrames `hero`.
FRAMES = "godot/hero.anim.tres"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name + "-" + path.name)
def test_our_own_text_is_itself(path: Path) -> None:
    """No digest in any lock file may change."""
    content = path.read_bytes()
    assert resaved.restated(content) == content
    assert digest_of(path) == keys.digest(content)


def saved_frames(text: str) -> str:
    """Do to a SpriteFrames what the editor does: uids, no steps, names as such, sorted."""
    head, texture, *parts, resource = text.split("\n\n")
    head = head.replace("load_steps=10 format=3", 'format=3 uid="uid://csnsmn6tu60bv"')
    texture = texture.replace('type="Texture2D" ', 'type="Texture2D" uid="uid://bmiysnpch86wd" ')
    walk, jump = resource.split('\n}, {\n"frames": [')
    jump, end = jump.split("\n}]\n")
    walk = walk.removeprefix('[resource]\nanimations = [{\n"frames": [')
    swapped = (
        f'[resource]\nanimations = [{{\n"frames": [{jump}\n}}, {{\n"frames": [{walk}\n}}]\n{end}'
    )
    swapped = swapped.replace('"name": "', '"name": &"')
    return "\n\n".join([head, texture, *parts[4:], *parts[:4], swapped])


def test_uids_defaults_and_order_are_no_edit(tmp_path: Path) -> None:
    """As the real editor was seen to save it."""
    content = (GOLDEN / FRAMES).read_bytes()
    saved = saved_frames(content.decode()).encode()
    assert saved != content
    path = tmp_path / "hero.anim.tres"
    path.write_bytes(saved)
    assert digest_of(path) == keys.digest(content)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"loop": false', '"loop": true'),
        ('"speed": 8.0', '"speed": 9.0'),
        ('"duration": 2.0', '"duration": 1.0'),
        ("Rect2(16, 0", "Rect2(17, 0"),
        ("metadata/pivot = Vector2(8, 24)", "metadata/pivot = Vector2(8, 23)"),
        ("art/hero.anim.png", "art/other.png"),
    ],
)
def test_an_edit_in_a_saved_file_is_still_one(tmp_path: Path, old: str, new: str) -> None:
    """What somebody changed must not be overwritten."""
    content = (GOLDEN / FRAMES).read_bytes()
    saved = saved_frames(content.decode())
    assert old in saved
    path = tmp_path / "hero.anim.tres"
    path.write_text(saved.replace(old, new, 1))
    assert digest_of(path) != keys.digest(content)


@pytest.mark.parametrize(
    "content",
    [b"", b"[gd_scene", b"\xff\xfe[gd_scene format=3]", b'[gd_resource type="Theme" format=3]\n'],
)
def test_what_is_not_ours_is_left_as_it_is(content: bytes) -> None:
    """Any file may have such a name."""
    assert resaved.restated(content) == content
