"""Turn an order into a file. Pure CPU work that runs in a worker process.

An animation's frames have the input's size unless a transform says otherwise, frame 0 is the input
on the matte, and the matte stays in the file: a client keys it out. What only some orders need is
loaded with the first of them: most are animations.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from .. import ENGINE_VERSION
from ..accounts.jobs import Product, Refusal
from ..contract import pictures
from ..contract.errors import InvalidImage
from ..contract.fields import Colour
from ..contract.orders import (
    ANIMATED,
    ENLARGED,
    AnimateOrder,
    BackgroundOrder,
    GenerateOrder,
    KeyframesOrder,
    Look,
    Order,
    PixelateOrder,
    RetakeOrder,
)
from ..motions import gather
from ..parts.types import Pixels
from . import animate, encode, rasters

CONTENT_TYPES = {"spritesheet": "image/png", "gif": "image/gif", "webp": "image/webp"}
DEFAULT_FPS = 8


def render(raw_order: bytes, matte_noise: int) -> Product | Refusal:
    """Carry out a packed order; `matte_noise` (0..64) is how far the matte may be off."""
    order: Order = msgspec.msgpack.decode(raw_order, type=Order)
    try:
        return _carry_out(order, matte_noise)
    except InvalidImage as exc:
        return Refusal(exc.code, str(exc))


def _carry_out(order: Order, matte_noise: int) -> Product | Refusal:
    match order:
        case AnimateOrder():
            return _animate(order, matte_noise)
        case KeyframesOrder():
            return _keyframes(order, matte_noise)
        case PixelateOrder():
            from . import pixelate

            pictures.check(order.image, "image", ENLARGED)
            return pixelate.native_size(rasters.decode(order.image), order.colors)
        case BackgroundOrder():
            from . import background

            pictures.check(order.image, "image", ANIMATED)
            return background.cut_out(order.image, order.threshold)
        case GenerateOrder():
            return _placeholder_image(order)
        case RetakeOrder():
            pictures.check(order.image, "image", ANIMATED)
            return _placeholder_retake(order, matte_noise)


def _placeholder_image(order: GenerateOrder) -> Product:
    from . import placeholder, recolour

    drawn = recolour.onto_count(placeholder.figure(order), order.colors)
    metadata: dict[str, object] = {"width": placeholder.SIDE, "height": placeholder.SIDE}
    reading = "a placeholder: only the real Pixel Engine service can draw what is asked for"
    notes: dict[str, object] = {"placeholder": True, "interpretation": reading}
    return Product(encode.png(drawn[..., :3]), "image/png", metadata, notes)


def _placeholder_retake(order: RetakeOrder, matte_noise: int) -> Product:
    from . import placeholder

    frames, fps = placeholder.unchanged(order)
    reading = "a placeholder: the frames are unchanged; only the real service makes new ones"
    notes: dict[str, object] = {"placeholder": True, "interpretation": reading}
    cut = rasters.cut_alpha(frames)
    return _product(cut, order.look, order.seed, fps, matte_noise, notes)


def _animate(order: AnimateOrder, matte_noise: int) -> Product | Refusal:
    sprite = placed(rasters.cut_alpha(rasters.decode(order.image)), order.look)
    clip = animate.animate(
        sprite,
        order.prompt,
        frames=order.output_frames,
        negative_prompt=order.negative_prompt,
        seed=order.seed,
        described=order.sprite,
    )
    notes: dict[str, object] = {
        "interpretation": clip.interpretation,
        "loops": clip.loops,
        "engine_version": ENGINE_VERSION,
    }
    unsaid = {"not_shown": clip.not_shown, "left_out": clip.left_out}
    notes |= {name: ", ".join(said) for name, said in unsaid.items() if said}
    if clip.needs_ai is not None:
        notes |= {"needs_ai": True, "needs_ai_reason": clip.needs_ai}
        if order.is_strict:
            return Refusal("needs_ai", clip.needs_ai, notes)
    if not matte_noise and (words := _painted(clip.words, order.look)) is not None:
        return _animated(clip, words, order.look, notes)
    return _product(clip.frames, order.look, order.seed, clip.fps, matte_noise, notes)


def _painted(words: NDArray[np.uint32], look: Look) -> NDArray[np.uint32] | None:
    """Return the words of a clip as they are shown, on the matte; None where the frames decide."""
    colours = words.view(np.uint8).reshape(-1, 4)
    if look.palette is not None or look.colors is not None:
        from . import recolour  # few orders name colours

    if look.palette is not None:
        colours = recolour.onto_palette(colours, look.palette, look.matte)
    elif look.colors is not None and recolour.count(colours) > look.colors:
        return None
    return _on_ground(colours, _ground(look))


def _animated(
    clip: animate.Animation, words: NDArray[np.uint32], look: Look, notes: dict[str, object]
) -> Product:
    """Write a clip of which the words are opaque."""
    if look.output_format != "spritesheet":
        shown = gather.painted(words, clip.map_)[..., :3]
        return _written(shown, look.output_format, clip.fps, notes)
    count, height, width = clip.map_.shape
    body = encode.sheet_of(words, clip.map_)
    return _made(body, look.output_format, (count, height, width), clip.fps, notes)


def _keyframes(order: KeyframesOrder, matte_noise: int) -> Product:
    from . import keyframes

    keys = {
        key.index: placed(
            keyframes.moved(rasters.cut_alpha(rasters.decode(key.image)), key), order.look
        )
        for key in order.frames
        if key.strength > 0 or key.index == order.frames[0].index
    }
    frames = keyframes.between(keys, order.total_frames)
    reading = f"{len(keys)} pictures held, {order.total_frames - len(keys)} frames between them"
    return _product(
        frames, order.look, order.seed, DEFAULT_FPS, matte_noise, {"interpretation": reading}
    )


def placed(sprite: Pixels, look: Look) -> Pixels:
    """Put a sprite on the square canvas that `transform` asks for, if it does."""
    transform = look.transform
    if transform is None:
        return sprite
    size = transform.canvas_size
    height, width = sprite.shape[:2]
    left = (size - width) // 2 + transform.offset_x
    top = (size - height) // 2 + transform.offset_y
    rows, columns = np.arange(size) - top, np.arange(size) - left
    canvas: Pixels = sprite[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]
    if transform.fill_method == "edge-extend":
        return canvas
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[None]
    framed: Pixels = np.where(inside[..., None], canvas, np.uint8(0))
    return framed


def _product(
    frames: Pixels, look: Look, seed: int, fps: int, matte_noise: int, notes: dict[str, object]
) -> Product:
    if look.palette is not None or look.colors is not None:
        from . import recolour
    if look.palette is not None:
        frames = recolour.onto_palette(frames, look.palette, look.matte)
    elif look.colors is not None:
        frames = recolour.onto_count(frames, look.colors)
    opaque = flattened(frames, _ground(look), matte_noise, seed)
    return _written(opaque, look.output_format, fps, notes)


def _ground(look: Look) -> Colour:
    filled = look.transform.fill_color if look.transform else None
    return filled or look.matte


def _written(opaque: Pixels, form: str, fps: int, notes: dict[str, object]) -> Product:
    """Write (frames, height, width, 3) in a form."""
    match form:
        case "spritesheet":
            body = encode.sheet(opaque)
        case "gif":
            body = encode.gif(opaque, fps)
        case _:
            body = encode.webp(opaque, fps)
    count, height, width = opaque.shape[:3]
    return _made(body, form, (count, height, width), fps, notes)


def _made(
    body: bytes, form: str, shape: tuple[int, int, int], fps: int, notes: dict[str, object]
) -> Product:
    count, height, width = shape
    size = {"width": width, "height": height}
    if form == "spritesheet":
        size = {"width": width * count, "height": height, "frame_w": width, "frame_h": height}
    metadata: dict[str, object] = {**size, "frame_count": count, "fps": fps}
    return Product(body, CONTENT_TYPES[form], metadata, notes)


def flattened(frames: Pixels, ground: Colour, noise: int, seed: int) -> Pixels:
    """Put (frames, height, width, 4) on the matte: (frames, height, width, 3), opaque.

    With `noise` the matte has a cast of up to `noise` a channel and grain of half as much, as the
    vendor's is only near the colour asked for.
    """
    if not noise:
        plain: Pixels = _on_ground(frames, ground).view(np.uint8).reshape(frames.shape)[..., :3]
        return plain
    backdrop = np.broadcast_to(np.array(ground, np.int16), (*frames.shape[:3], 3))
    random = np.random.Generator(np.random.PCG64(seed))
    cast = random.integers(-noise, noise + 1, 3)
    grain = random.integers(-(noise // 2), noise // 2 + 1, backdrop.shape)
    backdrop = np.clip(backdrop + cast + grain, 0, 255)
    opaque: Pixels = np.where(frames[..., 3:] > 0, frames[..., :3], backdrop.astype(np.uint8))
    return opaque


def _on_ground(pixels: Pixels, ground: Colour) -> NDArray[np.uint32]:
    """Return (..., 4) uint8 as words, the ground where nothing is opaque."""
    matte = rasters.words(np.array([*ground, 255], np.uint8))
    shown: NDArray[np.uint32] = np.where(pixels[..., 3] > 0, rasters.words(pixels), matte)
    return shown
