"""The motions of the built-in engine: invariants on every sprite, and what its parts must do."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path

import contact_sheet
import drawn_sprites as drawn
import numpy as np
import places
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from places import SPRITES

from pipeline.engine import motions, parts
from pipeline.engine.motions import MOTIONS, Layer, Parameters, gather, perform
from pipeline.engine.parts import Sprite, colour
from pipeline.engine.parts.types import Pixels
from pipeline.engine.render import animate

SAMPLE = places.SAMPLE / "assets"
SHIFTS = ("bob", "float", "hover8", "shake", "lunge")
BY_FRAME = ("hop", "shake", "lunge", "afterimage", "glint", "flash", "sparkle", "blink_eyes")
PERIODIC = tuple(name for name, motion in MOTIONS.items() if motion.loops and name not in BY_FRAME)
KEEPING_FACE = (
    *("bob", "float", "hop", "squash", "pulse", "sway", "wobble", "ripple", "tilt", "breathe"),
    *("nod", "walk2", "flap"),
)
GOLDEN = Path(__file__).parent / "golden_motions.txt"
HERO, SLIME, COIN = (parts.cut(drawn.every()[name]) for name in ("hero", "slime", "coin"))


@cache
def shared_sprites() -> list[Sprite]:
    """Return the sprites that people drew, padded by 30 %."""
    return [
        parts.cut(drawn.padded(np.array(Image.open(path).convert("RGBA"))))
        for path in sorted(SPRITES.rglob("*.png"))
    ]


def shown(name: str, sprite: Sprite, frames: int = 8, **how: object) -> Pixels:
    """Return the frames of a motion, which must be performed and not replaced."""
    done, map_ = perform(name, sprite, frames, Parameters(**how), 7)  # type: ignore[arg-type] # test table
    assert done == name
    return gather.show(sprite, map_)


def assert_sound(sprite: Sprite, picture: Pixels, frames: int, *, own: int = 0) -> None:
    """Check what holds for every motion: frame `own` and all colours are the sprite's, alpha hard.

    What arrives as a one-shot ends with the sprite itself instead of beginning with it.
    """
    assert picture.shape == (frames, *sprite.pixels.shape)
    assert picture.dtype == np.uint8
    assert (picture[own] == sprite.pixels).all()
    assert set(np.unique(picture[..., 3])) <= {0, 255}
    source = np.append(sprite.pixels.copy().view(np.uint32), np.uint32(0))
    assert np.isin(np.ascontiguousarray(picture).view(np.uint32), source).all()
    assert not picture[picture[..., 3] == 0].any()
    assert (picture != picture[own]).any()
    solid = picture[..., 3] > 0
    for side in (np.s_[..., 0, :], np.s_[..., -1, :], np.s_[..., 0], np.s_[..., -1]):
        assert sprite.opaque[side].any() or not solid[side].any()


def test_the_table_of_families_names_every_motion_of_every_file() -> None:
    """A file is loaded by what the table says: a motion that it leaves out would be none."""
    found = {}
    for file in sorted(Path(motions.__file__).parent.glob("*.py")):
        if file.stem == "__init__":
            continue
        module = import_module(f"{motions.__name__}.{file.stem}")
        if family := getattr(module, "FAMILY", ()):
            found[file.stem] = tuple(motion.name for motion in family)
    assert found == dict(motions.FAMILIES)


@pytest.mark.parametrize("name", MOTIONS)
def test_invariants_hold_on_every_shared_sprite(name: str) -> None:
    """Real art has shapes that nobody would draw for a test; every motion must be sound on it."""
    sprites = shared_sprites() if SPRITES.is_dir() else []
    if not sprites:
        pytest.skip("needs ../shared/sprites")
    counts = range(MOTIONS[name].smallest, 17, 2)
    for number, sprite in enumerate(sprites):
        assert_performs(name, sprite, counts[number % len(counts)])


@pytest.mark.slow
@pytest.mark.parametrize("name", MOTIONS)
def test_invariants_hold_on_every_shared_sprite_at_every_count(name: str) -> None:
    """The full product of motions, sprites and even counts."""
    sprites = shared_sprites() if SPRITES.is_dir() else []
    if not sprites:
        pytest.skip("needs ../shared/sprites")
    for sprite, frames in product(sprites, range(MOTIONS[name].smallest, 17, 2)):
        assert_performs(name, sprite, frames)


def assert_performs(name: str, sprite: Sprite, frames: int) -> None:
    """Perform a motion, or what it falls back to, and check the invariants."""
    _, map_ = perform(name, sprite, frames, Parameters(), 7)
    assert_sound(sprite, gather.show(sprite, map_), frames)


@st.composite
def random_sprites(draw: st.DrawFn, least: int = 0) -> Sprite:
    """Draw sprites of any shape with up to six colours, one pixel and full squares included."""
    height, width = draw(st.integers(1, 20)), draw(st.integers(1, 20))
    palette = draw(arrays.arrays(np.uint8, (6, 3)))
    index = draw(arrays.arrays(np.int8, (height, width), elements=st.integers(-1, 5)))
    index[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = 0
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[index >= 0, :3] = palette[index[index >= 0]]
    pixels[index >= 0, 3] = 255
    margin = draw(st.integers(least, 6))
    return parts.cut(np.pad(pixels, ((margin, margin), (margin, margin), (0, 0))))


@settings(max_examples=1000)
@given(
    sprite=random_sprites(),
    name=st.sampled_from(list(MOTIONS)),
    half=st.integers(1, 8),
    strength=st.sampled_from([0.5, 1.0, 2.0]),
    across=st.integers(-1, 1),
    once=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_invariants_hold_on_random_sprites(
    sprite: Sprite, name: str, half: int, strength: float, across: int, once: bool, seed: int
) -> None:
    """Any pixels, any count, with or without room: nothing is clipped and something moves."""
    how = Parameters(strength=strength, across=across, once=once)
    done, map_ = perform(name, sprite, 2 * half, how, seed)
    own = -1 if once and MOTIONS[done].arrives else 0
    assert_sound(sprite, gather.show(sprite, map_), 2 * half, own=own)


@settings(max_examples=200)
@given(sprite=random_sprites(), name=st.sampled_from(SHIFTS), half=st.integers(2, 8))
def test_shifts_lose_no_pixel(sprite: Sprite, name: str, half: int) -> None:
    """A shift off the canvas would leave no pixel on its border, so pixels are counted."""
    map_ = MOTIONS[name].render(sprite, 2 * half, Parameters(strength=2.0), 3)
    assert (gather.solid(sprite, map_).sum(axis=(1, 2)) == sprite.area).all()


@settings(max_examples=200)
@given(
    sprite=random_sprites(least=1),
    prompt=st.sampled_from(
        ["float and flap wings", "bob and sway", "shake while glowing", "hover, heart beating"]
    ),
)
def test_two_motions_at_once_share_the_room(sprite: Sprite, prompt: str) -> None:
    """What the inner motion has used up the outer one must not use again."""
    clip = animate.animate(sprite.pixels, prompt, frames=8, seed=1)
    assert_sound(sprite, clip.frames, 8)


@pytest.mark.parametrize("name", PERIODIC)
def test_loops_close_by_formula(name: str) -> None:
    """Two turns in twice the frames are the clip twice, so frame N would be frame 0."""
    for sprite in (HERO, SLIME, COIN):
        twice = MOTIONS[name].render(sprite, 16, Parameters(cycles=2), 5)
        once = MOTIONS[name].render(sprite, 8, Parameters(), 5)
        assert (
            gather.show(sprite, twice) == np.tile(gather.show(sprite, once), (2, 1, 1, 1))
        ).all()


@pytest.mark.parametrize("name", MOTIONS)
def test_declared_smallest_count_is_true_and_less_falls_back(name: str) -> None:
    """A motion shows itself at its smallest count on some sprite, and below it another is named."""
    motion = MOTIONS[name]
    assert motion.smallest % 2 == 0
    sprites = [parts.cut(pixels) for pixels in drawn.every().values()]
    performed = [perform(name, s, motion.smallest, Parameters(), 7)[0] for s in sprites]
    assert name in performed
    if motion.smallest > 2:
        done, _ = perform(name, HERO, motion.smallest - 2, Parameters(), 7)
        assert done != name
        assert motion.fallback in MOTIONS


def pinned() -> str:
    """Return a line for each motion and drawn sprite: what was shown, a digest of its pixels."""
    lines = []
    for name, (label, pixels) in product(MOTIONS, drawn.every().items()):
        sprite = parts.cut(pixels)
        done, map_ = perform(name, sprite, 8, Parameters(), 7)
        digest = hashlib.sha256(gather.show(sprite, map_).tobytes()).hexdigest()[:16]
        lines.append(f"{name} {label} {done} {digest}\n")
    return "".join(lines)


def test_same_request_gives_the_pinned_pixels() -> None:
    """Pixels of every motion are pinned, so that nothing changes them unseen.

    To accept a change on purpose, run this file as a program, and look at the contact sheets.
    """
    assert pinned() == GOLDEN.read_text(encoding="utf-8")


def eyes_picture(sprite: Sprite, frame: Pixels) -> tuple[bool, tuple[int, int]]:
    """Tell whether the box round both eyes stands somewhere in a frame unchanged, and where."""
    assert sprite.eyes is not None
    left, top, right, bottom = sprite.eyes.box
    wanted = sprite.pixels[top:bottom, left:right]
    height, width = wanted.shape[:2]
    for y, x in product(range(len(frame) - height + 1), range(frame.shape[1] - width + 1)):
        if (frame[y : y + height, x : x + width] == wanted).all():
            return True, (x - left, y - top)
    return False, (0, 0)


@pytest.mark.parametrize("name", KEEPING_FACE)
@pytest.mark.parametrize("sprite", [HERO, SLIME], ids=["hero", "slime"])
@pytest.mark.parametrize("strength", [1.0, 2.0])
def test_face_stays_in_one_piece(name: str, sprite: Sprite, strength: float) -> None:
    """Eyes that split or change their width are what people notice first."""
    for frame in shown(name, sprite, 8, strength=strength):
        assert eyes_picture(sprite, frame)[0]


@pytest.mark.parametrize("name", ["sway", "wobble", "ripple", "tilt", "flap", "pendulum"])
@pytest.mark.parametrize("sprite", [HERO, SLIME, COIN], ids=["hero", "slime", "coin"])
def test_outline_stays_closed(name: str, sprite: Sprite) -> None:
    """A sprite drawn with a dark line shows no inner colour at its edge in any frame."""
    line = np.array(drawn.COLOURS["#"], np.uint8)
    dark = (sprite.pixels[sprite.rim] == line).all(axis=-1)
    for frame in shown(name, sprite):
        edge = colour.rim(frame[..., 3] > 0)
        bright = ~(frame[edge] == line).all(axis=-1)
        assert bright.sum() <= (~dark).sum() + 2


def test_planted_foot_stays_and_each_foot_lifts_once() -> None:
    """A walk whose stance foot slides, or that limps, is worse than none."""
    box = HERO.box
    feet = gather.solid(HERO, perform("walk2", HERO, 8, Parameters(), 7)[1])[:, box.bottom - 1]
    middle = int(box.centre_x)
    left, right = feet[:, box.left : middle].any(axis=1), feet[:, middle : box.right].any(axis=1)
    assert (left | right).all()
    for side in (left, right):
        assert np.count_nonzero(np.diff(side.astype(int)) == -1) == 1
    rest = feet[0]
    assert not (feet & ~rest).any()


def test_legs_are_found_as_connected_parts() -> None:
    """The hero stands on two legs with a gap between; a coin has none."""
    assert len(HERO.legs) == 2
    assert [leg.length for leg in HERO.legs] == [4, 4]
    assert COIN.legs == ()


def table(*, width: int, legs: int, margin: int) -> Sprite:
    """Draw a long body on straight legs, the outer ones at its very ends."""
    pixels = np.zeros((10, width, 4), np.uint8)
    pixels[:6] = (90, 60, 40, 255)
    for left in np.linspace(0, width - 2, legs).astype(int):
        pixels[6:, left : left + 2] = (60, 40, 30, 255)
    return parts.cut(np.pad(pixels, ((margin, margin), (margin, margin), (0, 0))))


@pytest.mark.parametrize("margin", [0, 1, 2, 3])
@pytest.mark.parametrize("legs", [0, 2, 4])
@pytest.mark.parametrize("name", ["walk_quad", "run_quad", "walk2", "run"])
def test_a_foot_stays_on_its_canvas(name: str, legs: int, margin: int) -> None:
    """It swings shorter where there is no room for it, and is not cut off by the side."""
    sprite = table(width=20, legs=legs, margin=margin)
    for frames, across in product((4, 8, 12, 16), (-1, 1)):
        how = Parameters(strength=2.0, across=across)
        done, map_ = perform(name, sprite, frames, how, 7)
        assert_sound(sprite, gather.show(sprite, map_), frames)
        assert done == name or not legs or not margin or not name.endswith("quad")


def test_eyes_in_the_last_rows_talk_without_a_mouth() -> None:
    """Under the eyes of a head that is cut off there is no place for one."""
    drawn_rows = ("2122222133202", "3131312313323", "3133321313332")
    colours = np.array(
        [(0, 0, 0, 0), (15, 71, 6, 255), (78, 203, 107, 255), (230, 219, 230, 255)], np.uint8
    )
    sprite = parts.cut(colours[np.array([list(map(int, row)) for row in drawn_rows])])
    assert sprite.eyes is not None
    assert_performs("talk", sprite, 8)
    assert_performs("laugh", sprite, 8)


def test_breathing_keeps_feet_and_head_bit_for_bit() -> None:
    """Breathing lifts the head as it is and leaves the legs alone."""
    box, neck = HERO.box, HERO.neck
    picture = shown("breathe", HERO)
    head = HERO.pixels[box.top : neck]
    for frame in picture:
        assert (frame[box.bottom - 4 :] == HERO.pixels[box.bottom - 4 :]).all()
        assert any((frame[top : top + len(head)] == head).all() for top in (box.top - 1, box.top))


def test_coin_edge_is_solid_and_its_rim_closed() -> None:
    """Seen edge-on a coin has thickness and gold in it; every row begins and ends with rim."""
    rim = tuple(drawn.COLOURS["#"])
    for frame in shown("spin", COIN):
        solid = frame[..., 3] > 0
        assert solid.sum() >= 0.15 * COIN.area
        for row in np.flatnonzero(solid.any(axis=1)):
            columns = np.flatnonzero(solid[row])
            assert columns[-1] - columns[0] + 1 == len(columns)
            assert tuple(frame[row, columns[0]]) == rim == tuple(frame[row, columns[-1]])
        assert (frame == drawn.COLOURS["y"]).all(axis=-1).any()


@pytest.mark.parametrize("name", ["tilt", "rotate"])
def test_round_rim_stays_round(name: str) -> None:
    """Turning a disc must not grow corners: its silhouette is the same, only moved."""
    for frame in shown(name, COIN):
        rows, columns = np.nonzero(frame[..., 3])
        box = COIN.box
        cut = frame[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1, 3] > 0
        assert (cut == COIN.opaque[box.top : box.bottom, box.left : box.right]).all()


@pytest.mark.parametrize("name", ["glow", "glint", "cycle", "sparkle", "blink_eyes"])
def test_colour_motions_leave_the_silhouette(name: str) -> None:
    """A colour motion that eats the outline makes the sprite shimmer on the background."""
    sprite = HERO if name == "blink_eyes" else COIN
    picture = shown(name, sprite)
    assert (picture[..., 3] == sprite.pixels[..., 3]).all()
    edge = sprite.outline
    assert (picture[:, edge] == sprite.pixels[edge]).all()


@pytest.mark.parametrize("name", ["props/torch", "props/campfire", "props/lantern"])
def test_light_stays_among_its_own_colours(name: str) -> None:
    """A flame that dims to the brown of its wood looks like wood."""
    sprite = parts.cut(np.array(Image.open(SAMPLE / f"{name}.png").convert("RGBA")))
    picture = shown("glow", sprite)
    changed = (picture != sprite.pixels).any(axis=-1)
    assert changed.any()
    light = sprite.pixels[sprite.glowing].view(np.uint32)
    assert np.isin(np.ascontiguousarray(picture[changed]).view(np.uint32), light).all()


def test_strong_glow_brightens_more_and_dims_no_deeper() -> None:
    """Two steps down a goblin's face had the colour of its eyes, and they were gone."""
    sprite = parts.cut(np.array(Image.open(SAMPLE / "creatures/bat.png").convert("RGBA")))
    usual, strong = shown("glow", sprite), shown("glow", sprite, strength=2.0)
    assert (strong[6] == usual[6]).all()
    assert (strong[2] != usual[2]).any()


def test_face_gives_no_light() -> None:
    """A face that grows brighter and darker looks ill, also where skin is the lightest colour."""
    sprite = parts.cut(np.array(Image.open(SAMPLE / "characters/hero.png").convert("RGBA")))
    assert sprite.eyes is not None
    left, top, right, bottom = sprite.eyes.box
    face = np.s_[top - 1 : bottom + 1, left - 1 : right + 1]
    assert (shown("glow", sprite)[:, *face] == sprite.pixels[face]).all()


@pytest.mark.parametrize("motion", ["bob", "float"])
@pytest.mark.parametrize("name", ["vehicles/airship", "items/potion", "items/sword"])
def test_things_move_as_one_piece(name: str, motion: str) -> None:
    """A hull whose ends come later than its middle bends like rubber."""
    pixels = drawn.padded(np.array(Image.open(SAMPLE / f"{name}.png").convert("RGBA")))
    sprite = parts.cut(pixels)
    for frame in shown(motion, sprite):
        rows = np.flatnonzero(frame[..., 3].any(axis=1))
        moved = np.roll(sprite.pixels, int(rows[0]) - sprite.box.top, axis=0)
        assert (frame == moved).all()


def test_eyes_blink_only_in_the_frame_before_the_last() -> None:
    """A blink is one frame; closed eyes keep their lower lid."""
    picture = shown("blink_eyes", HERO)
    changed = (picture != HERO.pixels).any(axis=(1, 2, 3))
    assert np.flatnonzero(changed).tolist() == [6]


def test_torch_burns_and_its_handle_stays() -> None:
    """A flame that is a part moves alone."""
    torch = parts.cut(drawn.every()["torch"])
    picture = shown("flicker", torch)
    handle = slice(torch.box.top + 5, None)
    assert (picture[:, handle] == torch.pixels[handle]).all()


@pytest.mark.parametrize("size", [8, 256])
@pytest.mark.parametrize("name", MOTIONS)
def test_smallest_and_largest_sprites_move(name: str, size: int) -> None:
    """The service takes 8 to 256 pixels; both ends must be sound and visibly move."""
    source = drawn.drawn(drawn.SLIME)
    rows, columns = (
        np.arange(size * 3 // 4) * length // (size * 3 // 4) for length in source.shape[:2]
    )
    sprite = parts.cut(drawn.padded(source[rows][:, columns], 0.17, 1))
    done, map_ = perform(name, sprite, 8, Parameters(), 7)
    picture = gather.show(sprite, map_)
    assert_sound(sprite, picture, 8)
    if MOTIONS[done].layer is not Layer.COLOUR and size == 256:
        step = (picture != np.roll(picture, 1, axis=0)).any(axis=-1).sum(axis=(1, 2)).max()
        assert step >= 0.005 * sprite.area


def test_soft_alpha_is_cut_at_half() -> None:
    """Frames have one-bit alpha, and hidden colours are gone."""
    pixels = np.full((9, 9, 4), 200, np.uint8)
    pixels[..., 3] = 127
    pixels[3:6, 3:6, 3] = 128
    clip = animate.animate(pixels, "bob", frames=4)
    assert np.flatnonzero(clip.frames[0, 4, :, 3] == 255).tolist() == [3, 4, 5]
    assert not clip.frames[clip.frames[..., 3] == 0].any()


def test_empty_picture_is_no_error() -> None:
    """A blank sprite gives blank frames."""
    clip = animate.animate(np.zeros((16, 16, 4), np.uint8), "walk", frames=8)
    assert not clip.frames.any()


def test_contact_sheet_of_twelve_prompts_is_written(tmp_path: Path) -> None:
    """The sheet is what people judge the motions by; each prompt must be read and need no model."""
    if not SPRITES.is_dir():
        pytest.skip("needs ../shared/sprites")
    contact_sheet.write_prompts(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width >= 8 * 100
    for name, prompt in contact_sheet.PROMPTS:
        clip = animate.animate(contact_sheet.source(name), prompt)
        assert clip.needs_ai is None


if __name__ == "__main__":
    GOLDEN.write_text(pinned(), encoding="utf-8")
