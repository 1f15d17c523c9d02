"""Read request bodies into orders: frozen records with every default filled in, ready to render.

Unknown fields are ignored, so that a client of a newer contract still works.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from . import fields, pictures
from .errors import InvalidImage, InvalidRequest, NotSupported, PayloadTooLarge
from .fields import Body, Colour

DEFAULT_MODEL = "pixel-engine-v1.1"
FRAME_MODEL = "frame-engine-v1.1"
#: What `model` of an animation may be; the last is in use, and not in the vendor's documents.
PIXEL_MODELS = (DEFAULT_MODEL, "pixel-engine-v1.2")
FORMATS = ("webp", "gif", "spritesheet")
LONGEST_TEXT = 3000
LARGEST_SEED = 2**64 - 1
MOST_BATCHED = 20
KINDS = (
    *("biped", "quadruped", "winged", "legless", "serpent", "plant", "flame", "liquid"),
    *("building", "machine", "vehicle", "item", "effect"),
)
MOST_PARTS, MOST_EXTRA, FARTHEST = 40, 16, 8192
MOST_KEYS = 20
ENLARGED = pictures.Limits(largest_side=2048, has_aspect=False, is_large=True)
ANIMATED = pictures.Limits(
    kinds=("PNG", "WEBP", "GIF"),
    largest_side=8192,
    has_aspect=False,
    is_animated_allowed=True,
    is_large=True,
)


class Transform(msgspec.Struct, frozen=True):
    """Place the sprite on a square canvas of `canvas_size` px."""

    canvas_size: int
    fill_method: str
    fill_color: Colour | None
    offset_x: int
    offset_y: int


class Look(msgspec.Struct, frozen=True):
    """Say how frames become a file: colours or palette, format, matte, canvas."""

    colors: int | None
    palette: tuple[Colour, ...] | None
    output_format: str
    matte: Colour
    transform: Transform | None


class Described(msgspec.Struct, frozen=True):
    """Say what the sprite is: an extension of the contract that only this engine knows.

    `kind` and `facing` are "" where nothing was said; boxes are left, top, right, bottom in px of
    the picture, right and bottom exclusive.
    """

    kind: str = ""
    facing: str = ""
    parts: tuple[tuple[str, tuple[int, int, int, int]], ...] = ()
    extra_colors: tuple[Colour, ...] = ()


class AnimateOrder(msgspec.Struct, frozen=True, tag="animate"):
    """Ask for one animation of a still sprite."""

    image: bytes
    prompt: str
    negative_prompt: str
    model: str
    output_frames: int
    seed: int
    is_strict: bool
    look: Look
    sprite: Described = Described()


class KeyFrame(msgspec.Struct, frozen=True):
    """Pin one picture to a frame; offsets in px, flips before the shift."""

    index: int
    image: bytes
    strength: float
    offset_x: int
    offset_y: int
    flip_h: bool
    flip_v: bool


class KeyframesOrder(msgspec.Struct, frozen=True, tag="keyframes"):
    """Ask for the frames between supplied pictures."""

    prompt: str
    negative_prompt: str
    render_mode: str
    total_frames: int
    frames: tuple[KeyFrame, ...]
    seed: int
    look: Look


class PixelateOrder(msgspec.Struct, frozen=True, tag="pixelate"):
    """Ask for enlarged pixel art at its native size."""

    image: bytes
    colors: int


class BackgroundOrder(msgspec.Struct, frozen=True, tag="remove-background"):
    """Ask for the matte to be cut out; alpha below `threshold` (0..255) is cut as well."""

    image: bytes
    threshold: int


class GenerateOrder(msgspec.Struct, frozen=True, tag="generate-image"):
    """Ask for a new picture; the engine draws a placeholder."""

    prompt: str
    model: str
    colors: int


class RetakeOrder(msgspec.Struct, frozen=True, tag="retake"):
    """Ask for some frames anew; `frame_count` 0 is unknown, `end_frame` None means all."""

    image: bytes
    frame_count: int
    end_frame: int | None
    seed: int
    look: Look


Order = (
    AnimateOrder | KeyframesOrder | PixelateOrder | BackgroundOrder | GenerateOrder | RetakeOrder
)


class Draft(msgspec.Struct, frozen=True):
    """Hold a checked request that may become a job; `inputs` is the echo that /jobs shows."""

    endpoint: str
    order: Order
    inputs: dict[str, object]
    request_sha256: str
    #: Credits, where they are not the endpoint's own.
    price: int | None = None


def body_digest(body: Body) -> str:
    """Hash a body as canonical JSON: sorted keys, no spaces, UTF-8."""
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


def read_animate(body: Body, *, is_any_model: bool = False) -> Draft:
    """Read the body of POST /animate; with `is_any_model` every model's name is taken."""
    digest = body_digest(body)
    prompt = fields.text(body, "prompt", None, longest=LONGEST_TEXT)
    negative = fields.text(body, "negative_prompt", "", longest=LONGEST_TEXT)
    model = _model(body, is_any_model)
    count = _even_frames(body)
    look = read_look(body)
    seed = read_seed(body, digest)
    is_strict = fields.flag(body, "strict")
    image = pictures.read(body, "image")
    sprite = described(body)
    order = AnimateOrder(image, prompt, negative, model, count, seed, is_strict, look, sprite)
    inputs: dict[str, object] = {"model": model, "prompt": prompt, "output_frames": count}
    return draft("/animate", order, inputs, negative, look, seed, digest)


def described(body: Body) -> Described:
    """Read the extension field `sprite`: what the sprite is, and where its parts are."""
    raw = fields.record(body, "sprite")
    if raw is None:
        return Described()
    with within("sprite"):
        boxes = fields.record(raw, "parts") or {}
        if len(boxes) > MOST_PARTS:
            raise InvalidRequest(f"`parts` names {len(boxes)}; at most {MOST_PARTS} are accepted.")
        return Described(
            _word(raw, "kind", KINDS),
            _word(raw, "facing", ("left", "right", "front")),
            tuple((name[:40], _box(boxes, name)) for name in sorted(boxes)),
            _extra_colors(raw.get("extra_colors")),
        )


def _word(raw: Body, name: str, words: tuple[str, ...]) -> str:
    return "" if raw.get(name) is None else fields.choice(raw, name, None, words)


def _box(boxes: Body, name: str) -> tuple[int, int, int, int]:
    """Read a box; one that holds nothing names no part."""
    box = boxes[name]
    if not isinstance(box, list) or len(box) != 4:
        raise InvalidRequest(f"`parts.{name[:40]}` must be [left, top, right, bottom] in px.")
    sides = {f"parts.{name[:40]}[{place}]": side for place, side in enumerate(box)}
    left, top, right, bottom = (fields.integer(sides, side, None, 0, FARTHEST) for side in sides)
    return left, top, right, bottom


def _extra_colors(value: object) -> tuple[Colour, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_EXTRA:
        raise InvalidRequest(f"`extra_colors` must be a list of at most {MOST_EXTRA} colours.")
    return tuple(fields.parse_colour(one, "extra_colors") for one in value)


def read_keyframes(body: Body) -> Draft:
    """Read the body of POST /keyframes."""
    digest = body_digest(body)
    prompt = fields.text(body, "prompt", None, longest=LONGEST_TEXT)
    negative = fields.text(body, "negative_prompt", "", longest=LONGEST_TEXT)
    mode = fields.choice(body, "render_mode", "pixel", ("pixel",))
    total = fields.integer(body, "total_frames", None, 3, MOST_KEYS)
    look = read_look(body)
    seed = read_seed(body, digest)
    keys = _key_frames(body, total)
    order = KeyframesOrder(prompt, negative, mode, total, keys, seed, look)
    inputs: dict[str, object] = {
        "model": "ltx-keyframes-v1", "prompt": prompt, "render_mode": mode, "total_frames": total,
        "frame_indices": [key.index for key in keys],
    }  # fmt: skip
    return draft("/keyframes", order, inputs, negative, look, seed, digest)


def read_pixelate(body: Body) -> Draft:
    """Read the body of POST /pixelate."""
    colors = fields.integer(body, "colors", 24, 2, 256)
    order = PixelateOrder(pictures.read(body, "image", ENLARGED), colors)
    return Draft("/pixelate", order, {"colors": colors, "engine": "builtin"}, body_digest(body))


def read_remove_background(body: Body) -> Draft:
    """Read the body of POST /remove-background."""
    threshold = fields.integer(body, "rmbg_alpha_threshold", 128, 0, 255)
    order = BackgroundOrder(pictures.read(body, "image", ANIMATED), threshold)
    inputs: dict[str, object] = {"rmbg_alpha_threshold": threshold, "engine": "builtin"}
    return Draft("/remove-background", order, inputs, body_digest(body))


def read_batch(body: Body, *, is_any_model: bool = False) -> tuple[Draft, ...]:
    """Read the body of POST /animate-batch; a refusal names the position of the job."""
    drafts = []
    for position, job in enumerate(fields.records(body, "jobs", MOST_BATCHED)):
        with within(f"jobs[{position}]"):
            drafts.append(read_animate(job, is_any_model=is_any_model))
    return tuple(drafts)


def draft(
    endpoint: str, order: Order, inputs: dict[str, object], negative: str, look: Look, seed: int,
    digest: str,
) -> Draft:  # fmt: skip
    """Make the draft of a clip, with the echo that is common to all."""
    if negative:
        inputs["negative_prompt"] = negative
    inputs |= {
        "output_format": look.output_format,
        "matte_color": hex_colour(look.matte),
        "pixel_config": {"palette": [hex_colour(colour) for colour in look.palette]}
        if look.palette
        else {"colors": look.colors},
        "seed": seed,
        "engine": "builtin",
    }
    if look.transform is not None:
        inputs["transform"] = _transform_echo(look.transform)
    return Draft(endpoint, order, inputs, digest)


def _transform_echo(transform: Transform) -> dict[str, object]:
    echo: dict[str, object] = msgspec.structs.asdict(transform)
    fill = echo.pop("fill_color")
    return echo if fill is None else echo | {"fill_color": hex_colour(transform.fill_color)}


def hex_colour(colour: Colour | None) -> str:
    """Write a colour as `#rrggbb`."""
    return "#" + bytes(colour or (0, 0, 0)).hex()


def _model(body: Body, is_any: bool = False) -> str:
    model = fields.text(body, "model", DEFAULT_MODEL, longest=100)
    if model == FRAME_MODEL:
        raise NotSupported(
            f"The built-in engine animates pixel art only; the model {FRAME_MODEL} needs the real "
            "Pixel Engine service."
        )
    if is_any:
        return model or DEFAULT_MODEL
    return fields.choice(body, "model", DEFAULT_MODEL, PIXEL_MODELS)


def _even_frames(body: Body) -> int:
    count = fields.integer(body, "output_frames", 8, 2, 16)
    if count % 2:
        raise InvalidRequest(f"`output_frames` is {count}; it must be even.")
    return count


def read_seed(body: Body, digest: str) -> int:
    """Read the seed; without one it comes from the request, so that equal requests look equal."""
    derived = int(digest[:8], 16) % (2**31 - 1) + 1
    return fields.integer(body, "seed", derived, 0, LARGEST_SEED)


def read_look(body: Body) -> Look:
    """Read how frames become a file."""
    colors, palette = _pixel_config(body)
    return Look(
        colors,
        palette,
        fields.choice(body, "output_format", "webp", FORMATS),
        fields.colour(body, "matte_color", "#808080"),
        _transform(body),
    )


def _pixel_config(body: Body) -> tuple[int | None, tuple[Colour, ...] | None]:
    config = fields.record(body, "pixel_config")
    if config is None:
        return 24, None
    colors, palette = config.get("colors"), config.get("palette")
    if colors is not None and palette is not None:
        raise InvalidRequest("`pixel_config` has both `colors` and `palette`; send one of them.")
    if colors is not None:
        with within("pixel_config"):
            return fields.integer(config, "colors", None, 2, 256), None
    if palette is None:
        raise InvalidRequest("`pixel_config` has neither `colors` nor `palette`; send one of them.")
    return None, _palette(palette)


def _palette(palette: object) -> tuple[Colour, ...]:
    if not isinstance(palette, list) or not palette:
        raise InvalidRequest("`pixel_config.palette` must be a list of at least one colour.")
    if len(palette) > 256:
        raise InvalidRequest(
            f"`pixel_config.palette` has {len(palette)} colours; at most 256 are accepted."
        )
    return tuple(
        dict.fromkeys(
            fields.parse_colour(entry, f"pixel_config.palette[{position}]")
            for position, entry in enumerate(palette)
        )
    )


def _transform(body: Body) -> Transform | None:
    raw = fields.record(body, "transform")
    if raw is None:
        return None
    with within("transform"):
        return _read_transform(raw)


def _read_transform(raw: Body) -> Transform:
    methods = ("transparent", "solid", "edge-extend")
    method = fields.choice(raw, "fill_method", "transparent", methods)
    is_solid = method == "solid"
    if (raw.get("fill_color") is not None) != is_solid:
        raise InvalidRequest('`fill_color` belongs to `fill_method` "solid", and only to it.')
    return Transform(
        fields.integer(raw, "canvas_size", None, 8, 256),
        method,
        fields.colour(raw, "fill_color", "#000000") if is_solid else None,
        fields.integer(raw, "offset_x", 0, -256, 256),
        fields.integer(raw, "offset_y", 0, -256, 256),
    )


@contextmanager
def within(place: str) -> Iterator[None]:
    """Name the object around a field in its refusal."""
    try:
        yield
    except (InvalidRequest, InvalidImage, PayloadTooLarge) as exc:
        raise type(exc)(f"`{place}`: {exc}") from exc


def _key_frames(body: Body, total: int) -> tuple[KeyFrame, ...]:
    keys = []
    for position, raw in enumerate(fields.records(body, "frames", total)):
        with within(f"frames[{position}]"):
            keys.append(_key_frame(raw, total))
    indices = [key.index for key in keys]
    if len(set(indices)) != len(indices):
        raise InvalidRequest("`frames` names an index twice; each may be given once.")
    if len({pictures.png_size(key.image) for key in keys}) > 1:
        raise InvalidImage("The pictures of `frames` differ in size; use one canvas.")
    return tuple(sorted(keys, key=lambda key: key.index))


def _key_frame(raw: Body, total: int) -> KeyFrame:
    place = fields.record(raw, "placement") or {}
    return KeyFrame(
        fields.integer(raw, "index", None, 0, total - 1),
        pictures.read(raw, "image"),
        fields.number(raw, "strength", 1.0, 0.0, 1.0),
        fields.integer(place, "offset_x", 0, -256, 256),
        fields.integer(place, "offset_y", 0, -256, 256),
        fields.flag(place, "flip_h"),
        fields.flag(place, "flip_v"),
    )


def read_enhance(body: Body) -> str:
    """Read the body of POST /enhance-prompt: the prompt; picture and model are only checked."""
    prompt = fields.text(body, "prompt", None, longest=LONGEST_TEXT)
    _model(body)
    if body.get("image") is not None:
        pictures.read(body, "image")
    return prompt
