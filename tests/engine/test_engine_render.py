"""What the engine returns as files: exact, opaque, as many frames and colours as were asked for."""

from __future__ import annotations

import base64
import io

import msgspec
import numpy as np
import pytest
from engine_server import encoded, png, sprite
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from pipeline.engine import render
from pipeline.engine.accounts.jobs import Product, Refusal
from pipeline.engine.contract import orders
from pipeline.engine.contract.orders import Draft
from pipeline.engine.render import background, encode, keyframes, pixelate, recolour

Pixels = NDArray[np.uint8]
MATTE = (255, 0, 255)


def product(draft: Draft, noise: int = 0) -> Product:
    """Render a draft as the worker does."""
    made = render.render(msgspec.msgpack.encode(draft.order), noise)
    assert isinstance(made, Product)
    return made


def animated(**fields: object) -> Product:
    """Render an animation of the small figure."""
    body = {"image": png(), "prompt": "swaying", "matte_color": "#FF00FF", **fields}
    return product(orders.read_animate(body))


def frames_of(made: Product) -> Pixels:
    """Decode a product to (frames, height, width, 4)."""
    with Image.open(io.BytesIO(made.body)) as image:
        if "frame_w" in made.metadata:
            row = np.asarray(image.convert("RGBA"))
            return np.stack(np.split(row, int(str(made.metadata["frame_count"])), axis=1))
        shown = []
        for frame in ImageSequence.Iterator(image):
            shown.append(np.asarray(frame.convert("RGBA")))
        return np.stack(shown)


noise = st.integers(0, 2**32).map(lambda seed: np.random.default_rng(seed))


@settings(max_examples=15)
@given(random=noise, count=st.integers(2, 6), colours=st.integers(1, 200), is_cut=st.booleans())
def test_gif_and_webp_keep_every_pixel_and_every_frame(
    random: np.random.Generator, count: int, colours: int, is_cut: bool
) -> None:
    """Equal neighbours are kept, which Pillow's own writers merge."""
    table = random.integers(0, 256, (colours, 3)).astype(np.uint8)
    frames = table[random.integers(0, colours, (count, 9, 14))]
    frames[-1] = frames[-2]
    if is_cut:
        alpha = random.choice([0, 255], frames.shape[:3]).astype(np.uint8)
        frames = np.concatenate([frames, alpha[..., None]], axis=-1)
        frames[-1] = frames[-2]
    for raw in (encode.gif(frames, 8), encode.webp(frames, 8)):
        back = frames_of(Product(raw, "", {}, {}))
        assert len(back) == count
        visible = back[..., 3] > 0
        assert np.array_equal(visible, frames[..., 3] > 0 if is_cut else np.ones_like(visible))
        assert np.array_equal(back[visible][:, :3], frames[visible][:, :3])


def test_a_gif_of_more_than_256_colours_is_near() -> None:
    """A table has 256 places; what is over them is merged, not refused."""
    ramp = np.arange(2 * 20 * 20 * 3).reshape(2, 20, 20, 3).astype(np.uint32)
    frames = (ramp * 2654435761 >> 8).astype(np.uint8)
    back = frames_of(Product(encode.gif(frames, 8), "", {}, {}))
    assert np.abs(back[..., :3].astype(int) - frames.astype(int)).mean() < 30


@pytest.mark.parametrize(
    ("output_format", "kind"), [("webp", "WEBP"), ("gif", "GIF"), ("spritesheet", "PNG")]
)
def test_every_format_holds_the_same_frames(output_format: str, kind: str) -> None:
    """Same picture, same count, metadata that fits, eight frames a second."""
    made = animated(output_format=output_format)
    with Image.open(io.BytesIO(made.body)) as image:
        assert image.format == kind
    assert made.metadata["frame_count"] == 8
    assert made.metadata["fps"] == 8
    expected = frames_of(animated(output_format="spritesheet"))
    assert np.array_equal(frames_of(made), expected)
    assert (expected[..., 3] == 255).all()


def test_colours_are_the_sources_and_the_matte() -> None:
    """No new colours; the matte is exactly the one asked for."""
    allowed = {tuple(color) for color in np.asarray(sprite()).reshape(-1, 4).tolist() if color[3]}
    seen = {tuple(int(v) for v in color) for color in frames_of(animated()).reshape(-1, 4)}
    assert seen <= allowed | {(*MATTE, 255)}
    assert (*MATTE, 255) in seen


def test_a_palette_maps_the_figure_and_never_onto_the_matte() -> None:
    """The client appends the matte to the palette; the figure must not take it."""
    pink = np.zeros((8, 8, 4), np.uint8)
    pink[2:6, 2:6] = (250, 10, 240, 255)
    pink[3, 3] = (30, 20, 20, 255)
    palette = ["#FF00FF", "#101010", "#F0F0F0"]
    image = encoded(Image.fromarray(pink))
    first = frames_of(animated(image=image, pixel_config={"palette": palette}))[0]
    is_figure = pink[..., 3] > 0
    colours = {tuple(c[:3]) for c in first[is_figure].tolist()}
    assert colours == {(16, 16, 16), (240, 240, 240)}
    assert (first[~is_figure][:, :3] == MATTE).all()


def test_a_number_of_colours_gives_one_table_for_the_clip() -> None:
    """Per-frame quantising would flicker; the kept colours are the source's own."""
    random = np.random.default_rng(1)
    picture = np.full((16, 16, 4), 255, np.uint8)
    picture[..., :3] = random.integers(0, 256, (16, 16, 3))
    image = encoded(Image.fromarray(picture))
    made = animated(image=image, pixel_config={"colors": 6}, output_format="spritesheet")
    figure = frames_of(made).reshape(-1, 4)
    seen = {tuple(int(v) for v in c[:3]) for c in figure} - {MATTE}
    assert len(seen) == 6
    assert seen <= {tuple(int(v) for v in c) for c in picture.reshape(-1, 4)[:, :3]}


def test_few_colours_stay_untouched() -> None:
    """Only an input with more colours is reduced."""
    frames = np.asarray(sprite())[None]
    assert recolour.onto_count(frames, 4) is frames


def test_soft_alpha_is_cut_at_half_before_flattening() -> None:
    """Motions work on the source with alpha cut at 128."""
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[2:6, 2:4] = (10, 20, 30, 127)
    picture[2:6, 4:6] = (10, 20, 30, 128)
    first = frames_of(animated(image=encoded(Image.fromarray(picture))))[0]
    assert (first[2:6, 2:4, :3] == MATTE).all()
    assert (first[2:6, 4:6, :3] == (10, 20, 30)).all()


def test_matte_noise_touches_only_the_matte_and_repeats() -> None:
    """An option makes the matte as unsure as the vendor's."""
    draft = orders.read_animate({"image": png(), "prompt": "bob", "matte_color": "#20C040"})
    clean, noisy, again = (frames_of(product(draft, level)) for level in (0, 12, 12))
    is_matte = (clean[..., :3] == (0x20, 0xC0, 0x40)).all(axis=-1)
    assert np.array_equal(noisy, again)
    assert np.array_equal(noisy[~is_matte], clean[~is_matte])
    off = np.abs(noisy[is_matte].astype(int) - clean[is_matte].astype(int)).max()
    assert 0 < off <= 18


def test_transform_places_the_sprite_on_a_square() -> None:
    """Centred plus offset; solid and edge-extend fill what is around."""
    made = animated(transform={"canvas_size": 20, "offset_x": 2, "offset_y": -3})
    first = frames_of(made)[0]
    assert first.shape == (20, 20, 4)
    flat = Image.new("RGBA", (12, 12), (*MATTE, 255))
    flat.alpha_composite(sprite())
    assert np.array_equal(first[1:13, 6:18], np.asarray(flat))
    solid = {"canvas_size": 20, "fill_method": "solid", "fill_color": "#010203"}
    assert tuple(frames_of(animated(transform=solid))[0][0, 0]) == (1, 2, 3, 255)
    full = encoded(Image.new("RGBA", (8, 8), (9, 9, 9, 255)))
    extend = {"canvas_size": 20, "fill_method": "edge-extend"}
    assert (frames_of(animated(image=full, transform=extend))[0] == (9, 9, 9, 255)).all()


def key(index: int, picture: Image.Image, **more: object) -> dict[str, object]:
    """Give one entry of `frames`."""
    return {"index": index, "image": encoded(picture), **more}


def test_keyframes_hold_their_pictures_and_invent_no_colour() -> None:
    """Palette-safe in-betweens; each supplied picture stands exactly at its index."""
    other = sprite().transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGBA")
    other.putpixel((6, 6), (1, 2, 3, 255))
    keys = [key(1, sprite()), key(6, other)]
    body = {"prompt": "flips", "total_frames": 9, "matte_color": "#FF00FF",
            "output_format": "spritesheet", "frames": keys}  # fmt: skip
    frames = frames_of(product(orders.read_keyframes(body)))
    assert len(frames) == 9
    for number, picture in ((0, sprite()), (1, sprite()), (6, other), (8, other)):
        flat = Image.new("RGBA", (12, 12), (*MATTE, 255))
        flat.alpha_composite(picture)
        assert np.array_equal(frames[number], np.asarray(flat)), number
    known = {tuple(c) for f in (frames[1], frames[6]) for c in f.reshape(-1, 4).tolist()}
    assert {tuple(c) for c in frames.reshape(-1, 4).tolist()} <= known
    assert not np.array_equal(frames[4], frames[1])


def test_keyframes_between_equal_pictures_stand_still() -> None:
    """First = last = source is how clients close a loop; nothing must be drawn in between."""
    still = keyframes.between({0: np.asarray(sprite()), 7: np.asarray(sprite())}, 8)
    assert (still == still[0]).all()


def test_keyframes_follow_a_figure_that_moves() -> None:
    """A figure that is only shifted stays whole on its way."""
    picture = np.zeros((30, 30, 4), np.uint8)
    picture[4:10, 4:10] = (200, 30, 30, 255)
    late = np.roll(picture, (8, 16), axis=(0, 1))
    frames = keyframes.between({0: picture, 8: late}, 9)
    assert [(frame[..., 3] > 0).sum() for frame in frames] == [36] * 9
    assert np.array_equal(frames[4], np.roll(picture, (4, 8), axis=(0, 1)))


def test_placement_flips_and_shifts_a_key() -> None:
    """Flips first, then whole pixels."""
    body = {"prompt": "x", "total_frames": 3, "output_format": "spritesheet",
            "frames": [key(0, sprite(), placement={"flip_v": True, "offset_x": 2})]}  # fmt: skip
    first = frames_of(product(orders.read_keyframes(body)))[0]
    flat = Image.new("RGBA", (12, 12), (128, 128, 128, 255))
    flat.alpha_composite(sprite().transpose(Image.Transpose.FLIP_TOP_BOTTOM), (2, 0))
    assert np.array_equal(first, np.asarray(flat))


@pytest.mark.parametrize("factor", [2, 3, 8])
def test_pixelate_finds_the_exact_factor(factor: int) -> None:
    """An exact enlargement comes back bit for bit."""
    large = sprite().resize((12 * factor, 12 * factor), Image.Resampling.NEAREST)
    made = product(orders.read_pixelate({"image": encoded(large)}))
    assert made.metadata == {"width": 12, "height": 12}
    with Image.open(io.BytesIO(made.body)) as image:
        assert np.array_equal(np.asarray(image.convert("RGBA")), np.asarray(sprite()))


def test_pixelate_refuses_what_has_no_grid() -> None:
    """Art at its native size would only lose."""
    assert isinstance(pixelate.native_size(np.asarray(sprite()), 24), Refusal)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_remove_background_restores_the_outline_in_the_same_kind(kind: str) -> None:
    """One call for a whole file; same kind out as in."""
    flat = Image.new("RGBA", (12, 12), (*MATTE, 255))
    flat.alpha_composite(sprite())
    shown = flat.convert("RGB")
    options = {} if kind == "PNG" else {"save_all": True, "append_images": [shown.rotate(90)]}
    if kind == "WEBP":
        options["lossless"] = True
    made = product(orders.read_remove_background({"image": encoded(shown, kind, **options)}))
    with Image.open(io.BytesIO(made.body)) as image:
        assert image.format == kind
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
        assert getattr(image, "n_frames", 1) == (1 if kind == "PNG" else 2)
    assert np.array_equal(alpha, np.asarray(sprite())[..., 3])


def test_remove_background_finds_pockets_and_spares_inner_colours() -> None:
    """An enclosed pocket of the very matte goes, a near colour inside stays."""
    picture = np.zeros((12, 12, 4), np.uint8)
    picture[:] = (0, 255, 0, 255)
    picture[2:10, 2:10] = (200, 0, 0, 255)
    picture[4, 4] = (0, 255, 0, 255)
    picture[6, 6] = (40, 235, 60, 255)
    cut = background.outside(picture)
    assert cut[4, 4]
    assert not cut[6, 6]
    assert cut.sum() == 144 - 64 + 1


def test_flood_follows_a_spiral() -> None:
    """The flood works in rows and columns; a winding path takes several rounds."""
    walls = [
        "#########",
        ".......##",
        "#.###.#.#",
        "#.#...#.#",
        "#.###.#.#",
        "#.....#.#",
        "#########",
    ]
    passable = np.array([[cell == "." for cell in row] for row in walls])
    expected = passable.copy()
    expected[2:6, 7] = False
    assert np.array_equal(background.flooded(passable), expected)


def test_sixteen_bit_grey_is_scaled() -> None:
    """Pillow would clip it to white."""
    grey = Image.fromarray(np.full((8, 8), 0x8040, np.uint16))
    body = {"image": encoded(grey), "prompt": "bob", "output_format": "spritesheet"}
    assert tuple(frames_of(product(orders.read_animate(body)))[0][4, 4][:3]) == (128, 128, 128)
    assert base64.b64decode(encoded(grey)).startswith(b"\x89PNG")
