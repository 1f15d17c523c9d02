"""Previews read back: every frame, every millisecond."""

from __future__ import annotations

import io

import hero_sheet
import pytest
from PIL import Image, ImageSequence

from pipeline import targets
from pipeline.core.model import Frame, Pixels, Sheet, SheetClip, TargetChoice
from pipeline.targets import timing

#: Colours that a palette of 255 cannot hold.
MANY = bytes(v for i in range(400) for v in (i % 256, i // 256 * 90, 255 - i % 256, 255))


def shown(image: Image.Image) -> list[tuple[bytes, int]]:
    """Return RGBA bytes and ms of each frame."""
    return [
        (frame.convert("RGBA").tobytes(), int(frame.info.get("duration", 0)))
        for frame in ImageSequence.Iterator(image)
    ]


def export(sheet: Sheet, name: str, **options: int) -> dict[str, Image.Image]:
    """Return each clip's preview, opened again."""
    files = targets.export(sheet, (TargetChoice(name=name, options=options),))[1:]
    return {
        clip.name: Image.open(io.BytesIO(file.content))
        for clip, file in zip(sheet.clips, files, strict=True)
    }


def cut(rgba: bytes) -> bytes:
    """Make alpha 0 or 255 at 128, and clear what it hides: what a GIF can show."""
    pixels = (rgba[i : i + 4] for i in range(0, len(rgba), 4))
    return b"".join(p[:3] + b"\xff" if p[3] >= 128 else bytes(4) for p in pixels)


def visible(rgba: bytes) -> bytes:
    """Clear colours that nobody sees: WebP does not keep them."""
    pixels = (rgba[i : i + 4] for i in range(0, len(rgba), 4))
    return b"".join(p if p[3] else bytes(4) for p in pixels)


@pytest.mark.parametrize("sheet", hero_sheet.odd(), ids=lambda s: s.stem)
@pytest.mark.parametrize("name", ["webp", "apng"])
def test_exact_previews_keep_every_pixel_and_millisecond(sheet: Sheet, name: str) -> None:
    """These two can hold all that a sheet says."""
    previews = export(sheet, name)
    for clip in sheet.clips:
        wanted = timing.play(sheet, clip)
        found = shown(previews[clip.name])
        assert [visible(rgba) for rgba, _ in found] == [
            visible(sheet.frames[i].pixels.rgba) for i, _ in wanted
        ]
        if len(wanted) > 1:
            assert [ms for _, ms in found] == [ms for _, ms in wanted]
            assert previews[clip.name].info["loop"] == (0 if clip.loop else 1)


@pytest.mark.parametrize("sheet", hero_sheet.odd(), ids=lambda s: s.stem)
def test_gif_shows_every_frame_without_trails(sheet: Sheet) -> None:
    """A half-transparent shadow is dropped; everything else is exact, within one tick in time."""
    previews = export(sheet, "gif")
    for clip in sheet.clips:
        wanted = timing.play(sheet, clip)
        found = shown(previews[clip.name])
        assert [cut(rgba) for rgba, _ in found] == [
            cut(sheet.frames[i].pixels.rgba) for i, _ in wanted
        ]
        if len(wanted) > 1:
            assert abs(sum(ms for _, ms in found) - sum(ms for _, ms in wanted)) <= 10
            assert ("loop" in previews[clip.name].info) == clip.loop


def test_gif_ticks_run_on() -> None:
    """8 fps is 12.5 ticks: 13, 12, 13, 12, not 12 for ever."""
    sheet = hero_sheet.sheet(
        SheetClip(name="all", first=0, count=8), durations=(125,) * 5 + (250, 125, 125)
    )
    (preview,) = export(sheet, "gif").values()
    assert [ms for _, ms in shown(preview)] == [130, 120, 130, 120, 130, 250, 120, 130]


def test_gif_joins_equal_neighbours_and_keeps_their_time() -> None:
    """Pillow merges them itself, and then the sum of the ticks drifts."""
    sheet = hero_sheet.sheet(SheetClip(name="all", first=0, count=7), durations=(125,) * 7)
    doubled = (sheet.frames[0], sheet.frames[1], *sheet.frames[1:])
    clip = SheetClip(name="all", first=0, count=8)
    (preview,) = export(
        Sheet(stem="a", cell=sheet.cell, frames=doubled, clips=(clip,), pivot=(0, 0)), "gif"
    ).values()
    assert [ms for _, ms in shown(preview)] == [130, 250, 120, 130, 120, 130, 120]


@pytest.mark.parametrize("name", ["gif", "webp", "apng"])
def test_what_moves_leaves_no_trail(name: str) -> None:
    """Each frame replaces the one before: Pillow's default would add them up."""
    frames = tuple(
        Frame(pixels=Pixels(width=8, height=8, rgba=dot(place)), duration_ms=100)
        for place in (0, 9, 18, 27)
    )
    clip = SheetClip(name="all", first=0, count=4)
    sheet = Sheet(stem="a", cell=(8, 8), frames=frames, clips=(clip,), pivot=(0, 0))
    (preview,) = export(sheet, name).values()
    assert [rgba for rgba, _ in shown(preview)] == [frame.pixels.rgba for frame in frames]


def dot(place: int) -> bytes:
    """Return 8x8 transparent pixels with a red one."""
    pixels = bytearray(8 * 8 * 4)
    pixels[place * 4 : place * 4 + 4] = b"\xff\0\0\xff"
    return bytes(pixels)


def test_gif_of_too_many_colours_is_reduced() -> None:
    """It is a preview: a coarser one is better than none."""
    frame = Frame(pixels=Pixels(width=20, height=20, rgba=MANY), duration_ms=100)
    other = Frame(pixels=Pixels(width=20, height=20, rgba=MANY[::-1]), duration_ms=100)
    clip = SheetClip(name="all", first=0, count=2)
    sheet = Sheet(stem="a", cell=(20, 20), frames=(frame, other), clips=(clip,), pivot=(0, 0))
    (preview,) = export(sheet, "gif").values()
    found = shown(preview)
    assert len(found) == 2
    worst = max(abs(a - b) for a, b in zip(found[0][0], MANY, strict=True))
    assert worst <= 40


@pytest.mark.parametrize("name", ["gif", "webp", "apng"])
def test_scaled_preview_makes_squares(name: str) -> None:
    """Pixel art is enlarged by whole numbers, never smoothed."""
    preview = export(hero_sheet.hero(), name, scale=3)["walk"]
    assert preview.size == (48, 72)
    numbers = [hero_sheet.decode(rgba, 48, scale=3) for rgba, _ in shown(preview)]
    assert numbers == [0, 1, 2, 3]
