"""What a service sends in place of a row of PNG frames becomes the same frames."""

from __future__ import annotations

import io

import numpy as np
import pytest
from drawn_sprites import HERO, drawn
from dresses import DRESSES, animated, grid, saved, still
from PIL import Image

from pipeline.core.errors import AssetError, SourceError
from pipeline.imaging.frames import strip
from pipeline.imaging.picture.raster import U8

CANVAS = (14, 18)
MATTE = "#ff00ff"  # as in `dresses`


def pictures(count: int) -> list[Image.Image]:
    """Draw so many different frames on a matte."""
    figure = Image.fromarray(drawn(HERO), "RGBA")
    found = []
    for number in range(count):
        frame = Image.new("RGBA", CANVAS, MATTE)
        frame.alpha_composite(figure, (0, 0))
        frame.putpixel((number % CANVAS[0], number // CANVAS[0]), (10, 200, 10, 255))
        found.append(frame)
    return found


def whole(frames: list[Image.Image]) -> U8:
    """Return (frames, height, width, 3)."""
    return np.stack([np.asarray(one.convert("RGB")) for one in frames])


def read(content: bytes, count: int = 8) -> U8:
    """Read what was delivered."""
    return strip.frames(content, count=count, canvas=CANVAS, name="x", matte=MATTE)


@pytest.mark.parametrize("dress", DRESSES)
def test_frames_come_out_of_any_dress(dress: str) -> None:
    """The same pictures in the same order, to the pixel."""
    frames = pictures(8)
    assert (read(DRESSES[dress](frames)) == whole(frames)).all()


@pytest.mark.parametrize("count", [2, 5, 6, 7, 10, 12, 16, 24])
@pytest.mark.parametrize("dress", ["row", "column", "GIF", "WebP", "APNG"])
def test_other_counts_than_asked_are_taken(dress: str, count: int) -> None:
    """It was paid for: whatever number came is what the clip has."""
    frames = pictures(count)
    encode = {"row": still(count), "column": still(1)}.get(dress) or DRESSES[dress]
    assert (read(encode(frames)) == whole(frames)).all()


def test_single_picture_is_one_frame() -> None:
    """Even that was paid for."""
    assert read(still(1)(pictures(1))).shape == (1, 18, 14, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_frames_that_an_encoder_held_come_back(kind: str) -> None:
    """Encoders merge equal neighbours and show them for longer: the clip has all beats again."""
    a, b, c = pictures(3)
    frames = [a, a, a, b, b, c, c, c]
    content = animated(kind, **({} if kind == "GIF" else {"lossless": True}))(frames)
    with Image.open(io.BytesIO(content)) as image:
        assert getattr(image, "n_frames", 1) == 3
    assert (read(content) == whole(frames)).all()


def test_transparent_background_is_shown_on_the_matte() -> None:
    """Then it is keyed out as any other; black would be a colour of the sprite."""
    figure = Image.fromarray(drawn(HERO), "RGBA")
    row = Image.new("RGBA", (CANVAS[0] * 8, CANVAS[1]))
    for number in range(8):
        row.paste(figure, (number * CANVAS[0], 0))
    assert (read(saved(row, "PNG"))[:, 0, 0] == (255, 0, 255)).all()


def test_lossy_pictures_are_near() -> None:
    """WebP and JPEG as services send them: no pixel is exact, and none is far."""
    frames = pictures(8)
    for content in (
        still(8, "WEBP", factor=4, quality=95)(frames),
        saved(grid(8, 4)(frames).convert("RGB"), "JPEG", quality=95, subsampling=0),
        animated("WEBP", factor=4, quality=95)(frames),
    ):
        far = np.abs(read(content).astype(int) - whole(frames)).sum(axis=-1) > 96
        assert far.mean() < 0.02


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\0\0\0\x20ftypisom" + bytes(99), "a video"),
        (b"\x1aE\xdf\xa3" + bytes(99), "a video"),
        (b"RIFF\0\0\0\0AVI " + bytes(99), "a video"),
        (b"PK\x03\x04" + bytes(99), "a ZIP archive"),
        (b"%PDF-1.7" + bytes(99), "a PDF"),
        (b"\0\0\0\x20ftypavif" + bytes(99), "an AVIF picture"),
        (saved(Image.new("RGB", (99, 7)), "PNG"), "99x7 px"),
        (saved(Image.new("RGB", (99, 18)), "WEBP"), "99x18 px"),
        (saved(Image.new("RGB", (14, 7)), "GIF"), "14x7 px"),
    ],
)
def test_what_is_of_no_use_says_so_and_what_to_do(content: bytes, what: str) -> None:
    """Another download would be the same: this is no damage."""
    with pytest.raises(AssetError, match=what) as caught:
        strip.read(content, count=8, canvas=CANVAS, name="x")
    assert "reroll" in str(caught.value)


@pytest.mark.parametrize("dress", [*DRESSES])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_what_is_cut_short_is_damage(dress: str, share: float) -> None:
    """The next download may be whole: a sentence, never a crash, never half of the frames."""
    content = DRESSES[dress](pictures(8))
    with pytest.raises(SourceError):
        strip.read(content[: int(len(content) * share)], count=8, canvas=CANVAS, name="x")


def test_noise_is_never_a_crash() -> None:
    """Bytes turned over at random: frames, damage or nothing of use; no other exception."""
    rng = np.random.default_rng(7)
    for dress in ("row", "GIF", "WebP", "APNG", "row of WebP"):
        content = np.frombuffer(DRESSES[dress](pictures(8)), np.uint8)
        for _ in range(60):
            spoiled = content.copy()
            spoiled[rng.integers(0, len(content), 4)] = rng.integers(0, 256, 4)
            try:
                strip.read(spoiled.tobytes(), count=8, canvas=CANVAS, name="x")
            except (AssetError, SourceError):
                continue


def test_sizes_are_known_before_anything_is_unpacked() -> None:
    """A header that claims a picture of absurd size is judged by what it claims."""
    gif = bytearray(DRESSES["GIF"](pictures(8)))
    gif[6:10] = b"\xff\xff\xff\xff"
    assert strip.area_px(bytes(gif), "x") == 65535 * 65535 * 8
    webp = bytearray(DRESSES["WebP"](pictures(8)))
    webp[24:30] = b"\xff" * 6
    assert strip.area_px(bytes(webp), "x") == 2**24 * 2**24 * 8
