"""The sheet that every target is tried on, and odd ones.

Frame i shows its own number: bit b of i is the pixel (5 + 2b, 7), white for 1 and black for 0. So
whatever a program draws or cuts can be decoded to the frame that it took.
"""

from __future__ import annotations

from pipeline.core.model import Direction, Frame, Pixels, Provenance, Sheet, SheetClip

CELL = (16, 24)
PIVOT = (8, 24)
BITS = 4
JUMP_MS = (125, 250, 125, 125)


def frame_pixels(number: int, cell: tuple[int, int] = CELL) -> Pixels:
    """Draw a body in a colour of its own, the number's bits, and a half-transparent shadow."""
    width, height = cell
    image = [[(0, 0, 0, 0)] * width for _ in range(height)]
    for y in range(6, 22):
        for x in range(4, 12):
            image[y][x] = (40 + 13 * number, 200 - 11 * number, 90, 255)
    for bit in range(BITS):
        shade = 255 if number >> bit & 1 else 0
        image[7][5 + 2 * bit] = (shade, shade, shade, 255)
    for x in range(3, 13):
        image[23][x] = (0, 0, 0, 96)
    rgba = bytes(value for row in image for pixel in row for value in pixel)
    return Pixels(width=width, height=height, rgba=rgba)


def decode(rgba: bytes, width: int, left: int = 0, top: int = 0, scale: int = 1) -> int:
    """Return the number that the frame at (left, top) of a picture `width` px wide shows."""
    number = 0
    for bit in range(BITS):
        x, y = left + (5 + 2 * bit) * scale, top + 7 * scale
        number |= (rgba[(y * width + x) * 4] > 128) << bit
    return number


def origin(clip: str, first: int, count: int) -> Provenance:
    """Return where a clip is said to come from."""
    return Provenance(
        clip=clip,
        request_key="9f" * 32,
        take=0,
        digest="0c" * 32,
        service="built-in",
        model="motions-1",
        frames=(first, count),
    )


def sheet(
    *clips: SheetClip,
    durations: tuple[int, ...],
    stem: str = "art/hero",
    cell: tuple[int, int] = CELL,
) -> Sheet:
    """Return a sheet of numbered frames with `clips`."""
    return Sheet(
        stem=stem,
        cell=cell,
        frames=tuple(
            Frame(pixels=frame_pixels(i, cell), duration_ms=ms) for i, ms in enumerate(durations)
        ),
        clips=clips,
        pivot=PIVOT,
        provenance=tuple(origin(clip.name, clip.first, clip.count) for clip in clips),
    )


def hero(stem: str = "art/hero") -> Sheet:
    """Return the usual sheet: `walk` 0..3 looping, `jump` 4..7 once with frame 5 held."""
    return sheet(
        SheetClip(name="walk", first=0, count=4),
        SheetClip(name="jump", first=4, count=4, loop=False),
        durations=(125, 125, 125, 125, *JUMP_MS),
        stem=stem,
    )


def turning() -> Sheet:
    """Return a sheet with a clip for each direction, looping and once."""
    clips = []
    for number, direction in enumerate(Direction):
        clips.append(
            SheetClip(name=f"loop_{direction}", first=number * 4, count=4, direction=direction)
        )
    last = Direction.PINGPONG
    clips.append(SheetClip(name="once_pingpong", first=0, count=4, direction=last, loop=False))
    return sheet(*clips, durations=(100,) * 16, stem="art/turning")


def odd() -> tuple[Sheet, ...]:
    """Return the sheets that break careless targets, each with a stem of its own."""
    return (
        sheet(SheetClip(name="idle", first=0, count=1), durations=(125,), stem="art/one"),
        sheet(SheetClip(name="walk", first=0, count=16), durations=(83, 84) * 8, stem="art/many"),
        sheet(
            SheetClip(name="walk", first=0, count=2, loop=False),
            durations=(40, 41),
            stem="art/wide/hero",
            cell=(40, 24),
        ),
        sheet(
            SheetClip(name="walk", first=0, count=2), durations=(125, 500), stem="art/Grüne Höhle 2"
        ),
        turning(),
        hero(),
    )
