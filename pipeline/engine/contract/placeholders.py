"""Read the requests that the engine can only stand in for: /generate-image and /retake.

Both are known from clients alone; what is read here is what those send.
"""

from __future__ import annotations

from . import fields, orders, pictures
from .errors import InvalidRequest
from .fields import Body
from .orders import Draft, GenerateOrder, RetakeOrder

#: Credits by the model that draws (as clients were charged); the first is the default.
IMAGE_PRICES = {
    "oai_gpt25_low": 6, "nb_flash": 12, "oai_gpt25_high": 12, "nb_pro": 36, "oai_gpt25_max": 36,
}  # fmt: skip
_LAST_FRAME = 23


def read_generate(body: Body) -> Draft:
    """Read the body of POST /generate-image; a picture, which sets the style, is only checked."""
    prompt = fields.text(body, "prompt", None, longest=orders.LONGEST_TEXT)
    models = tuple(IMAGE_PRICES)
    model = fields.choice(body, "model", models[0], models)
    colors = _colors(body)
    if body.get("image") is not None:
        pictures.read(body, "image", orders.ENLARGED)
    inputs: dict[str, object] = {
        "model": model, "prompt": prompt, "pixel_config": {"colors": colors}, "engine": "builtin",
    }  # fmt: skip
    order = GenerateOrder(prompt, model, colors)
    return Draft("/generate-image", order, inputs, orders.body_digest(body), IMAGE_PRICES[model])


def read_retake(body: Body, source: tuple[bytes, int] | None = None) -> Draft:
    """Read the body of POST /retake; `source` is the file and frame count of a job named in it."""
    digest = orders.body_digest(body)
    prompt = fields.text(body, "prompt", None, longest=orders.LONGEST_TEXT)
    mode = fields.choice(body, "render_mode", "pixel", ("pixel",))
    negative = fields.text(body, "negative_prompt", "", longest=orders.LONGEST_TEXT)
    look, seed = orders.read_look(body), orders.read_seed(body, digest)
    region = _region(body)
    if source is None or body.get("image") is not None:
        given = pictures.read(body, "image", orders.ANIMATED), 0
    image, count = source or given
    order = RetakeOrder(image, count, region["end_frame"] if region else None, seed, look)
    inputs: dict[str, object] = {"model": "ltx-keyframes-v1", "prompt": prompt, "render_mode": mode}
    if region is not None:
        inputs["retake_region"] = region
    return orders.draft("/retake", order, inputs, negative, look, seed, digest)


def _colors(body: Body) -> int:
    config = fields.record(body, "pixel_config")
    if config is None:
        return 24
    with orders.within("pixel_config"):
        return fields.integer(config, "colors", None, 2, 256)


def _region(body: Body) -> dict[str, int] | None:
    region = fields.record(body, "retake_region")
    if region is None:
        return None
    with orders.within("retake_region"):
        start = fields.integer(region, "start_frame", None, 0, _LAST_FRAME)
        end = fields.integer(region, "end_frame", None, 0, _LAST_FRAME)
        if start > end:
            raise InvalidRequest(f"`start_frame` {start} is after `end_frame` {end}.")
    return {"start_frame": start, "end_frame": end}
