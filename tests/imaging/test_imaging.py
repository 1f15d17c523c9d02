"""Decoding: every PNG that a game may hold gives pixels or a sentence, never a traceback."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image
from places import SPRITES

from pipeline import imaging
from pipeline.core.errors import SourceError
from pipeline.core.model import Pixels
from pipeline.core.png import SIGNATURE, chunk
from pipeline.imaging.picture import raster, regions


def _png(width: int, height: int, depth: int, kind: int, rows: bytes, *extra: bytes) -> bytes:
    """Write a PNG of any depth and colour type from filtered rows."""
    ihdr = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = (chunk(b"IHDR", ihdr), *extra, chunk(b"IDAT", zlib.compress(rows)))
    return SIGNATURE + b"".join(parts) + chunk(b"IEND", b"")


def _saved(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def _rows(count: int, stride: int) -> bytes:
    return (b"\0" + b"\1" * stride) * count


def _interlaced() -> tuple[bytes, bytes]:
    """Return an interlaced picture without its last row, and the whole one."""
    ihdr = struct.pack(">IIBBBBB", 5, 3, 8, 0, 0, 0, 1)
    rows = b"".join(b"\0" + b"\7" * px for px in (1, 1, 1, 3, 2, 2, 5))
    head = SIGNATURE + chunk(b"IHDR", ihdr)
    short, whole = (
        head + chunk(b"IDAT", zlib.compress(part)) + chunk(b"IEND", b"")
        for part in (rows[:-6], rows)
    )
    return short, whole


PLTE, TRNS = chunk(b"PLTE", b"\1\2\3\4\5\6"), chunk(b"tRNS", b"\xff")
RED = _saved(Image.new("RGBA", (9, 7), (200, 10, 10, 255)))
GREY16 = b"\0\xff\x00\x12\x34"
RGB16 = b"\0\xff\x00\x80\x00\x00\x01\x12\x34\x56\x78\x9a\xbc"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (RED[:40], "cut off"),
        (RED[:-12], "cut off"),
        (RED[:20], "cut off"),
        (RED[:5], "cut off"),
        (_saved(Image.new("RGB", (8, 8)), "JPEG"), "a JPEG, not a PNG"),
        (_saved(Image.new("RGB", (8, 8)), "WEBP"), "a WebP, not a PNG"),
        (b"hello, world", "not a PNG"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (RED.replace(b"IDAT", b"IDAT\x01"[:4]).replace(RED[50:52], b"\0\0"), "corrupt"),
        (_png(5000, 8, 8, 6, b""), "larger than 4096x4096"),
        (_png(60000, 60000, 8, 6, b""), "larger than 4096x4096"),
        (_png(0, 8, 8, 6, b""), "0x8 px"),
        (_png(8, 8, 3, 6, b""), "impossible IHDR"),
        (_png(64, 64, 8, 6, b"\0" * 30), "corrupt"),
        (_png(16, 16, 8, 6, _rows(10, 64)), "it has 10 of 16 rows"),
        (_png(16, 16, 8, 2, _rows(15, 48)), "it has 15 of 16 rows"),
        (_png(16, 16, 8, 0, b""), "corrupt"),
        (_png(16, 16, 1, 3, _rows(4, 2), PLTE), "it has 4 of 16 rows"),
        (_png(16, 16, 8, 6, _rows(15, 64) + b"\0" * 40), "corrupt"),
        (_interlaced()[0], "rows are missing"),
        (_png(16, 16, 8, 3, _rows(16, 16)), "no PLTE"),
        (_png(16, 16, 8, 3, _rows(16, 16), chunk(b"PLTE", b"")), "palette of 0 bytes"),
        (_png(16, 16, 8, 3, _rows(16, 16), chunk(b"PLTE", b"1234")), "palette of 4 bytes"),
        (_png(16, 16, 8, 6, _rows(16, 64), RED[8:33]), "two IHDR"),
        (_png(16, 16, 8, 3, _rows(16, 16), PLTE, PLTE), "two PLTE"),
        (_png(16, 16, 8, 3, _rows(16, 16), PLTE, TRNS, TRNS), "two tRNS"),
        (RED[:-12] + PLTE + RED[-12:], "PLTE after IDAT"),
        (RED[:33] + RED[33:-12] + PLTE + RED[33:], "IDAT chunks are apart"),
        (RED[:33] + RED[-12:], "no IDAT"),
    ],
)
def test_bad_files_get_a_sentence(content: bytes, words: str) -> None:
    """The user must know which file is wrong, and what to do about it."""
    with pytest.raises(SourceError, match=words) as caught:
        imaging.decode(content, "art/hero.png")
    assert str(caught.value).startswith("art/hero.png: ")
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "first"),
    [
        (_png(2, 1, 16, 0, GREY16), (255, 255, 255, 255)),
        (_png(2, 1, 16, 0, GREY16, chunk(b"tRNS", b"\xff\x00")), (0, 0, 0, 0)),
        (_png(2, 1, 16, 2, RGB16), (255, 128, 0, 255)),
        (_png(2, 1, 16, 2, RGB16, chunk(b"tRNS", RGB16[1:7])), (0, 0, 0, 0)),
        (_png(2, 1, 16, 2, RGB16, chunk(b"tRNS", b"\xff\1" + RGB16[3:7])), (255, 128, 0, 255)),
        (_interlaced()[1], (7, 7, 7, 255)),
        (_png(1, 1, 8, 2, b"\0\0\0\0"), (0, 0, 0, 255)),
        (_png(2, 1, 8, 0, b"\0\x40\x80"), (64, 64, 64, 255)),
        (_png(2, 1, 8, 4, b"\0\x40\x80\x00\x00"), (64, 64, 64, 128)),
        (_png(2, 1, 1, 0, b"\0\x80"), (255, 255, 255, 255)),
        (_png(2, 1, 1, 0, b"\0\x80", chunk(b"tRNS", b"\0\1")), (0, 0, 0, 0)),
        (_png(2, 1, 2, 0, b"\0\x60"), (85, 85, 85, 255)),
        (_png(2, 1, 2, 0, b"\0\x60", chunk(b"tRNS", b"\0\1")), (0, 0, 0, 0)),
        (
            _png(
                2, 1, 8, 3, b"\0\1\0",
                chunk(b"PLTE", b"\1\2\3\4\5\6"), chunk(b"tRNS", b"\xff\x64"),
            ),
            (4, 5, 6, 100),
        ),
        (_png(1, 1, 8, 6, b"\0\x05\x06\x07\x00"), (0, 0, 0, 0)),
    ],
)  # fmt: skip
def test_every_kind_of_png_becomes_straight_rgba(
    content: bytes, first: tuple[int, int, int, int]
) -> None:
    """Artists save 16-bit, grey, indexed and 1-bit; what differs only in form is one picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = imaging.decode(content, "a.png")
    assert tuple(picture.rgba[:4]) == first
    assert len(picture.rgba) == picture.width * picture.height * 4


def test_colour_chunks_compression_and_interlacing_change_nothing() -> None:
    """A file saved again must not look like another picture: it would be bought again."""
    rng = np.random.default_rng(1)
    art = rng.integers(0, 256, (19, 23, 4), dtype=np.uint8)
    image = Image.fromarray(art)
    gamma = chunk(b"gAMA", struct.pack(">I", 90000))
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 10**6))
    plain = _saved(image)
    marked = plain[:33] + gamma + bomb + plain[33:]
    assert imaging.decode(plain, "a") == imaging.decode(marked, "a")
    assert imaging.decode(plain, "a") == imaging.decode(_saved(image, compress_level=1), "a")
    assert imaging.decode(imaging.encode(imaging.decode(plain, "a")), "a") == imaging.decode(
        plain, "a"
    )


def test_an_animated_png_gives_its_first_frame_and_counts_as_a_sheet() -> None:
    """An animation is not a still to be animated: it is asked about, never bought."""
    frames = [Image.new("RGBA", (8, 8), (at, 0, 0, 255)) for at in (10, 20, 30)]
    content = _saved(frames[0], save_all=True, append_images=frames[1:])
    assert imaging.frame_count(content) == 3
    picture = imaging.decode(content, "a.png")
    assert picture.rgba[:4] == b"\x0a\0\0\xff"
    assert imaging.facts(picture, frames=3).looks_like_sheet


def _figure(rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    cell = np.zeros((16, 16, 4), dtype=np.uint8)
    cell[2:15, 3:13] = (*rng.integers(0, 200, 3), 255)
    cell[5:7, 5:7] = (255, 255, 255, 255)
    return cell


def test_separate_figures_in_regular_cells_are_a_sheet() -> None:
    """A sheet bought whole is 20 credits for nothing."""
    rng = np.random.default_rng(2)
    row = np.concatenate([_figure(rng) for _ in range(4)], axis=1)
    grid = np.concatenate([row, row[:, ::-1]], axis=0)
    assert imaging.facts(raster.pixels(row)).looks_like_sheet
    assert imaging.facts(raster.pixels(grid)).looks_like_sheet


def test_an_opaque_tileset_is_a_sheet_and_an_opaque_tile_is_not() -> None:
    """Tilesets have no gaps: their grid shows as breaks at equal distances."""
    rng = np.random.default_rng(3)
    tiles = rng.integers(0, 255, (4, 4, 1, 1, 3)) + rng.integers(-3, 3, (4, 4, 16, 16, 3))
    sheet = tiles.swapaxes(1, 2).reshape(64, 64, 3).clip(0, 255).astype(np.uint8)
    opaque = np.dstack([sheet, np.full((64, 64), 255, np.uint8)])
    assert imaging.facts(raster.pixels(opaque)).looks_like_sheet
    assert not imaging.facts(raster.pixels(opaque[:16, :16])).looks_like_sheet


def test_one_sprite_with_loose_pixels_is_no_sheet() -> None:
    """Sparks around a figure are islands too, but not cells."""
    art = np.zeros((48, 48, 4), dtype=np.uint8)
    art[12:40, 14:36] = (90, 60, 30, 255)
    for y, x in ((2, 2), (3, 44), (44, 4), (6, 24), (20, 44), (44, 44)):
        art[y : y + 2, x : x + 2] = (255, 255, 0, 255)
    assert not imaging.facts(raster.pixels(art)).looks_like_sheet


@pytest.mark.skipif(not SPRITES.is_dir(), reason="needs the shared sprites")
def test_none_of_the_shared_sprites_is_a_sheet() -> None:
    """All 41 are single sprites of real games; asking about one of them would be a nuisance."""
    for path in SPRITES.rglob("*.png"):
        picture = imaging.decode(path.read_bytes(), path.name)
        assert not imaging.facts(picture).looks_like_sheet, path.name


def test_facts_count_opaque_colours_only() -> None:
    """`when: {max_colors: 16}` speaks of the art, not of its soft edge."""
    art = np.zeros((4, 4, 4), dtype=np.uint8)
    art[0, 0], art[0, 1], art[0, 2] = (1, 2, 3, 255), (4, 5, 6, 128), (7, 8, 9, 127)
    assert imaging.facts(raster.pixels(art)) == imaging.Facts(
        colors=2, opaque_share=2 / 16, looks_like_sheet=False
    )


def test_regions_are_those_of_a_flood_fill() -> None:
    """The stack-wide labelling must agree with the plain definition on random masks."""
    rng = np.random.default_rng(4)
    for diagonal in (False, True):
        mask = rng.random((3, 12, 14)) < 0.5
        labels, count = regions.label(mask, diagonal=diagonal)
        assert set(np.unique(labels[mask])) == set(range(1, count + 1))
        assert (labels[~mask] == 0).all()
        for frame in range(3):
            assert _same_partition(labels[frame], _flood(mask[frame], diagonal))


def _flood(mask: raster.Bools, diagonal: bool) -> regions.Labels:
    out = np.zeros(mask.shape, dtype=np.int64)
    for y, x in zip(*np.nonzero(mask), strict=True):
        todo = [] if out[y, x] else [(int(y), int(x))]
        name = int(out.max()) + 1
        while todo:
            b, a = todo.pop()
            if not (0 <= b < mask.shape[0] and 0 <= a < mask.shape[1]):
                continue
            if not mask[b, a] or out[b, a]:
                continue
            out[b, a] = name
            steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if diagonal or not i or not j]
            todo += [(b + i, a + j) for i, j in steps]
    return out


def _same_partition(a: regions.Labels, b: regions.Labels) -> bool:
    pairs = set(zip(a.ravel().tolist(), b.ravel().tolist(), strict=True))
    return len(pairs) == len({p[0] for p in pairs}) == len({p[1] for p in pairs})


def test_scaled_up_art_is_recognised_exactly() -> None:
    """Only a whole-number nearest upscale may be undone: anything else would resample art."""
    rng = np.random.default_rng(5)
    art = rng.integers(0, 256, (9, 7, 4), dtype=np.uint8)
    assert raster.upscale_factor(art) == 1
    assert raster.upscale_factor(raster.enlarge(art, 4)) == 4
    assert raster.upscale_factor(np.zeros((8, 8, 4), dtype=np.uint8)) == 1


def test_pixels_round_trip_through_arrays() -> None:
    """A record is bytes so that it pickles and compares; nothing may be lost on the way."""
    picture = Pixels(width=1, height=2, rgba=b"\1\2\3\xff\0\0\0\0")
    assert raster.pixels(raster.array(picture)) == picture


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "LA", "P", "1", "I;16"])
def test_bands_change_nothing(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Large pictures are looked at in bands: keys and facts are those of the whole."""
    dice = np.random.default_rng(5)
    art = dice.integers(0, 4, (48, 32, 4), dtype=np.uint8) * 80
    art[::7, ::5, 3] = 255
    tiles = Image.fromarray(art[:8, :8].repeat(6, axis=0).repeat(4, axis=1))
    for picture in (Image.fromarray(art), tiles):
        grey = Image.fromarray(dice.integers(0, 65536, (48, 32), dtype=np.uint16))
        content = _saved(grey if mode == "I;16" else picture.convert(mode))
        whole = imaging.decode(content, "a.png")
        facts = imaging.facts(whole)
        with monkeypatch.context() as patch:
            patch.setattr(raster, "BAND_PX", 96)
            assert imaging.decode(content, "a.png") == whole
            assert imaging.facts(whole) == facts
