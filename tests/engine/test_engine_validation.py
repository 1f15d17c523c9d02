"""Every documented rule for requests has its own refusal."""

from __future__ import annotations

import base64

import pytest
from engine_server import encoded, png, sprite
from PIL import Image

from pipeline.engine.contract import orders
from pipeline.engine.contract.errors import EngineError, InvalidRequest

PNG = png()


def animate(**changes: object) -> dict[str, object]:
    """Give a good body of /animate with changes; None takes a field away."""
    body = {"image": PNG, "prompt": "bob", **changes}
    return {name: value for name, value in body.items() if value is not None}


def cut_short() -> str:
    """Give a PNG whose second half is missing."""
    raw = base64.b64decode(encoded(Image.effect_noise((64, 64), 90)))
    return base64.b64encode(raw[: len(raw) // 2]).decode()


def with_trailer() -> str:
    """Give a PNG with bytes after its end, as some tools leave them."""
    return base64.b64encode(base64.b64decode(PNG) + bytes(500)).decode()


BAD_ANIMATE: list[tuple[dict[str, object], str, str]] = [
    ({"image": None}, "invalid_request", "`image` is missing"),
    ({"image": 5}, "invalid_request", "`image` must be a string"),
    ({"image": "@@@"}, "invalid_request", "not valid base64"),
    ({"image": "data:image/png," + PNG}, "invalid_request", "data URL"),
    ({"image": base64.b64encode(b"GIF89a").decode()}, "invalid_image", "not a PNG"),
    ({"image": encoded(sprite().convert("RGB"), "JPEG")}, "invalid_image", "not a PNG"),
    ({"image": cut_short()}, "invalid_image", "ends too early"),
    ({"image": png(257, 200)}, "invalid_image", "257x200 px; at most 256x256"),
    ({"image": png(100, 257)}, "invalid_image", "at most 256x256"),
    ({"image": png(41, 20)}, "invalid_image", "aspect must be from 1:2 to 2:1"),
    ({"image": png(20, 41)}, "invalid_image", "aspect"),
    ({"image": base64.b64encode(bytes(5 * 2**20 + 1)).decode()}, "payload_too_large", "5 MB"),
    ({"prompt": None}, "invalid_request", "`prompt` is missing"),
    ({"prompt": ""}, "invalid_request", "`prompt` is empty"),
    ({"prompt": " \n\t\x01"}, "invalid_request", "`prompt` is empty"),
    ({"prompt": ["bob"]}, "invalid_request", "`prompt` must be a string, not a list"),
    ({"prompt": "x" * 3001}, "invalid_request", "3001 characters"),
    ({"negative_prompt": 1}, "invalid_request", "`negative_prompt` must be a string"),
    ({"output_frames": 7}, "invalid_request", "`output_frames` is 7; it must be even"),
    ({"output_frames": 0}, "invalid_request", "from 2 to 16"),
    ({"output_frames": 18}, "invalid_request", "from 2 to 16"),
    ({"output_frames": "8"}, "invalid_request", "`output_frames` must be an integer"),
    ({"output_frames": True}, "invalid_request", "not a boolean"),
    ({"output_frames": 8.5}, "invalid_request", "must be an integer"),
    ({"output_format": "png"}, "invalid_request", '"webp", "gif", "spritesheet"'),
    ({"matte_color": "#12345"}, "invalid_request", "six hex digits"),
    ({"matte_color": "red"}, "invalid_request", "six hex digits"),
    ({"pixel_config": {}}, "invalid_request", "neither `colors` nor `palette`"),
    ({"pixel_config": {"colors": 8, "palette": ["#000000"]}}, "invalid_request", "both"),
    ({"pixel_config": {"colors": 1}}, "invalid_request", "`colors` is 1; it must be from 2 to 256"),
    ({"pixel_config": {"colors": 257}}, "invalid_request", "from 2 to 256"),
    ({"pixel_config": {"palette": []}}, "invalid_request", "at least one colour"),
    ({"pixel_config": {"palette": ["#0000"]}}, "invalid_request", "pixel_config.palette[0]"),
    ({"pixel_config": {"palette": ["#000000"] * 257}}, "invalid_request", "at most 256"),
    ({"pixel_config": 24}, "invalid_request", "`pixel_config` must be an object"),
    ({"seed": -1}, "invalid_request", "`seed` is -1"),
    ({"seed": 2**64}, "invalid_request", "`seed`"),
    ({"seed": "7"}, "invalid_request", "`seed` must be an integer"),
    ({"strict": "yes"}, "invalid_request", "`strict` must be true or false"),
    ({"model": 1}, "invalid_request", "`model` must be a string"),
    ({"model": "frame-engine-v1.1"}, "not_supported", "real Pixel Engine service"),
    ({"transform": {}}, "invalid_request", "`canvas_size` is missing"),
    ({"transform": {"canvas_size": 7}}, "invalid_request", "from 8 to 256"),
    ({"transform": {"canvas_size": 64, "fill_method": "blur"}}, "invalid_request", "edge-extend"),
    ({"transform": {"canvas_size": 64, "fill_method": "solid"}}, "invalid_request", "fill_color"),
    ({"transform": {"canvas_size": 64, "fill_color": "#000000"}}, "invalid_request", "only to it"),
    ({"transform": {"canvas_size": 64, "offset_x": 1.5}}, "invalid_request", "`offset_x`"),
]


@pytest.mark.parametrize(("changes", "code", "says"), BAD_ANIMATE)
def test_each_bad_field_of_animate_has_its_own_message(
    changes: dict[str, object], code: str, says: str
) -> None:
    """The message names the field and the rule, so that a person can mend it."""
    body = {"image": PNG, "prompt": "bob", **changes}
    with pytest.raises(EngineError) as caught:
        orders.read_animate({name: value for name, value in body.items() if value is not None})
    assert caught.value.code == code
    assert says in str(caught.value)


def test_the_messages_differ() -> None:
    """One sentence for each rule, not one for all."""
    messages = set()
    for changes, _, _ in BAD_ANIMATE:
        with pytest.raises(EngineError) as caught:
            orders.read_animate(animate(**changes))
        messages.add(str(caught.value))
    assert len(messages) > 35


@pytest.mark.parametrize(
    "changes",
    [
        {"image": png(256, 128)}, {"image": png(8, 16)}, {"output_frames": 2},
        {"output_frames": 16}, {"output_frames": 8.0}, {"matte_color": "00ff00"},
        {"matte_color": "#AbCdEf"}, {"seed": 0}, {"seed": 2**64 - 1}, {"negative_prompt": ""},
        {"negative_prompt": None}, {"model": "pixel-engine-v1.2"}, {"unknown": {"x": 1}},
        {"pixel_config": {"colors": 2}}, {"pixel_config": {"palette": ["#000000"] * 256}},
        {"transform": {"canvas_size": 64, "fill_method": "solid", "fill_color": "#102030"}},
        {"prompt": "喷火 🔥 " + "x" * 2990},
    ],
)  # fmt: skip
def test_the_edges_of_every_range_are_inside(changes: dict[str, object]) -> None:
    """A limit that is off by one refuses paid work."""
    assert orders.read_animate({"image": PNG, "prompt": "bob", **changes}).endpoint == "/animate"


FRAME = {"index": 0, "image": PNG}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"total_frames": 2}, "from 3 to 20"),
        ({"total_frames": 21}, "from 3 to 20"),
        ({"total_frames": None}, "`total_frames` is missing"),
        ({"frames": []}, "1 to 8"),
        ({"frames": [FRAME] * 9}, "1 to 8"),
        ({"frames": [FRAME, FRAME]}, "an index twice"),
        ({"frames": [{"index": 8, "image": PNG}]}, "`frames[0]`: `index` is 8"),
        ({"frames": [{"index": 1}]}, "`frames[0]`: `image` is missing"),
        ({"frames": [{**FRAME, "strength": 1.5}]}, "`strength` is 1.5"),
        ({"frames": [{**FRAME, "placement": {"flip_h": 1}}]}, "`flip_h` must be true or false"),
        ({"frames": [FRAME, {"index": 1, "image": png(14, 12)}]}, "differ in size"),
        ({"frames": [5]}, "`frames[0]` must be an object"),
        ({"frames": {}}, "`frames` must be a list"),
        ({"render_mode": "detailed"}, "`render_mode`"),
    ],
)
def test_keyframes_rules(body: dict[str, object], says: str) -> None:
    """Counts, indices, strengths and one canvas for all pictures."""
    full = {"prompt": "turns", "total_frames": 8, "frames": [FRAME], **body}
    with pytest.raises(EngineError) as caught:
        orders.read_keyframes({name: value for name, value in full.items() if value is not None})
    assert says in str(caught.value)


def test_batches_name_the_position_of_the_bad_job() -> None:
    """In a list of twenty the message must say which."""
    good = animate()
    with pytest.raises(InvalidRequest, match=r"`jobs\[2\]`: `prompt` is empty"):
        orders.read_batch({"jobs": [good, good, animate(prompt=" ")]})
    lists: tuple[object, ...] = (None, [], [good] * 21, {})
    for jobs in lists:
        with pytest.raises(InvalidRequest, match="`jobs`"):
            orders.read_batch({"jobs": jobs})


def test_other_endpoints_take_larger_and_moving_pictures() -> None:
    """Enlarged art and whole animations are over the limits of a sprite."""
    assert orders.read_pixelate({"image": png(1000, 400)}).inputs["colors"] == 24
    assert orders.read_animate(animate(image=with_trailer())).endpoint == "/animate"
    frames = [sprite(24, 12), sprite(24, 12).transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    webp = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert orders.read_remove_background({"image": webp}).inputs["rmbg_alpha_threshold"] == 128
    apng = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(EngineError, match="animated"):
        orders.read_animate(animate(image=apng))


def test_equal_bodies_have_equal_digests_whatever_their_order() -> None:
    """Tests ask the ledger how often one request was accepted; key order must not hide a double."""
    body = animate(seed=1)
    assert orders.body_digest(body) == orders.body_digest(dict(reversed(body.items())))
    assert orders.body_digest(body) != orders.body_digest(animate(seed=2))
