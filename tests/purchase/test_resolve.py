"""What is chosen for a request: canvas, matte, palette, seed."""

from __future__ import annotations

import numpy as np
import pytest
from places import SPRITES

from pipeline import imaging
from pipeline.core.errors import SourceError
from pipeline.core.model import MAX_SIDE_PX, MIN_SIDE_PX, Pixels, Request, Resolved
from pipeline.imaging.picture import color, raster
from pipeline.imaging.upload import fit, matte
from pipeline.purchase import resolve


def _art(width: int, height: int, *, margin: int = 0) -> Pixels:
    rgba = np.zeros((height + 2 * margin, width + 2 * margin, 4), dtype=np.uint8)
    inner = rgba[margin : margin + height, margin : margin + width]
    inner[...] = (180, 60, 40, 255)
    inner[::2, ::3] = (40, 40, 60, 255)
    return raster.pixels(rgba)


def _ask(pixels: Pixels, **fields: object) -> Resolved:
    stated: dict[str, object] = {"clip": "idle", "prompt": "breathing calmly", **fields}
    request = Request(source="art/hero.png", pixel_digest="0" * 64, rule="r", **stated)  # type: ignore[arg-type]  # a table of fields
    return resolve.request(request, pixels, request_key="f00d", open_key=None)


@pytest.mark.parametrize("size", [(1, 1), (3, 15), (16, 16), (256, 256), (200, 256), (256, 60)])
def test_every_allowed_sprite_gets_a_canvas_within_the_limits(size: tuple[int, int]) -> None:
    """A canvas that the service refuses is a build that fails after planning."""
    pixels = _art(*size)
    resolved = _ask(pixels)
    width, height = resolved.canvas
    assert min(width, height) >= MIN_SIDE_PX
    assert max(width, height) <= MAX_SIDE_PX
    assert width <= 2 * height
    assert height <= 2 * width
    sent = raster.array(imaging.decode(resolve.upload(pixels, resolved), "upload"))
    left, top, _, _ = resolved.pad
    inner = sent[top : top + size[1], left : left + size[0]]
    assert (inner == raster.array(pixels)).all()
    assert sent[..., 3].sum() == inner[..., 3].sum()


def test_a_full_canvas_gets_no_room() -> None:
    """256x256 px of art is allowed; it is never scaled for the sake of a margin."""
    resolved = _ask(_art(256, 256))
    assert (resolved.pad, resolved.scale) == ((0, 0, 0, 0), 1)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((300, 40), "art/hero.png: 300x40 px is wider than 256; "),
        ((40, 300), "art/hero.png: 40x300 px is higher than 256; "),
        ((4000, 4000), "art/hero.png: 4000x4000 px is wider than 256; "),
    ],
)
def test_too_large_art_is_refused_in_a_sentence(size: tuple[int, int], words: str) -> None:
    """Never resampled: the artist decides how to draw it smaller."""
    with pytest.raises(SourceError, match=words):
        _ask(_art(*size))


def test_a_transparent_picture_is_refused() -> None:
    """There is nothing to animate, and 20 credits would buy a moving background."""
    with pytest.raises(SourceError, match="every pixel is transparent"):
        _ask(Pixels(width=16, height=16, rgba=b"\0" * 1024))


def test_scaled_up_art_is_divided_only_when_it_does_not_fit_otherwise() -> None:
    """The service sees native pixels; smaller doubled art is sent as it was drawn."""
    small = raster.array(_art(90, 80))
    large = _ask(raster.pixels(raster.enlarge(small, 4)))
    assert large.scale == 4
    assert _ask(raster.pixels(raster.enlarge(small[:20, :20], 2))).scale == 1


def test_scaled_up_art_gets_as_much_room_as_the_same_art_at_its_own_size() -> None:
    """The service sees the small picture: a thirtieth of the room would cut every motion off."""
    small = _art(16, 16)
    large = raster.pixels(raster.enlarge(raster.array(small), 30))
    for fields in ({}, {"prompt": "hopping"}, {"prompt": "spinning"}, {"fit": "tight"}):
        assert _ask(large, **fields).pad == _ask(small, **fields).pad
    assert _ask(large, fit=90).pad == (3, 3, 3, 3)


def test_empty_border_is_given_up_before_art() -> None:
    """A 100 px figure on a 300 px canvas is a usual export and must not be refused."""
    resolved = _ask(_art(100, 90, margin=100))
    assert resolved.canvas == (256, 256)
    assert min(resolved.pad) < 0
    sent = raster.array(imaging.decode(resolve.upload(_art(100, 90, margin=100), resolved), "u"))
    assert int((sent[..., 3] > 0).sum()) == 100 * 90


@pytest.mark.parametrize(
    ("clip", "prompt", "name"),
    [
        ("idle", "", "idle"),
        ("walk", "hero", "walk"),
        ("move", "hopping happily", "hop"),
        ("hit", "quick slash with a sword", "attack"),
        ("idle", "standing still, no jumping", "idle"),
        ("loop", "torch burning", "effect"),
    ],
)
def test_room_follows_the_motion(clip: str, prompt: str, name: str) -> None:
    """A jump needs other room than a breath; what is negated needs none."""
    assert fit.motion_classes(clip, prompt)[0].name == name


def test_stated_room_is_obeyed() -> None:
    """`fit: 5` is an axis for another take: the user's word counts."""
    assert _ask(_art(20, 20), fit=5).pad == (5, 5, 5, 5)
    assert _ask(_art(20, 20), fit="tight").pad == (0, 0, 0, 0)
    sprite = _art(20, 20, margin=1)
    assert _ask(sprite, fit="pad") == _ask(sprite)


def test_picture_that_is_opaque_all_over_is_sent_without_room() -> None:
    """A tile has no room around it in the game either; `fit: pad` gives it some."""
    assert _ask(_art(20, 20)).canvas == (20, 20)
    assert _ask(_art(20, 20), fit="pad").canvas > (22, 22)
    assert _ask(_art(3, 20)).canvas > (5, 22), "a stick is a sprite"


def test_the_matte_keeps_away_from_art_and_prompt() -> None:
    """A matte like a sprite's colour eats the sprite; one like the fire to come eats the fire."""
    magenta = np.array([[255, 0, 255], [20, 20, 20]], dtype=np.uint8)
    assert matte.choose(magenta, "").color not in ("#ff00ff", "#8000ff")
    grey = np.array([[90, 90, 90], [200, 200, 200]], dtype=np.uint8)
    for prompt in ("burning", "poison dripping", "blue and cyan lightning", "purple smoke"):
        chosen = matte.choose(grey, prompt)
        assert chosen.color not in matte._expected(prompt)
        assert chosen.runner_up != chosen.color


def test_a_stated_matte_is_kept_and_measured() -> None:
    """The rule wins, and the distance tells key-out how careful to be."""
    resolved = _ask(_art(8, 8), matte="#B43C28")
    assert (resolved.matte, resolved.matte_distance) == ("#b43c28", 0.0)


def test_the_palette_is_the_sources_with_the_matte_appended() -> None:
    """Without it the background competes for a sprite colour."""
    resolved = _ask(_art(8, 8))
    assert resolved.palette == ("#28283c", "#b43c28", resolved.matte)
    assert resolved.colors is None
    assert _ask(_art(8, 8), colors="source").palette == resolved.palette
    counted = _ask(_art(8, 8), colors=12)
    assert (counted.palette, counted.colors) == (None, 12)


def test_many_colours_are_sent_as_a_count_unless_the_rule_insists() -> None:
    """The service takes 256 colours at most; beyond 64 a common palette gains nothing."""
    ramp = np.full((10, 30, 4), 255, dtype=np.uint8)
    ramp[..., 0] = np.arange(300).reshape(10, 30) % 256
    ramp[..., 1] = np.arange(300).reshape(10, 30) // 256 * 90
    assert _ask(raster.pixels(ramp)).colors == resolve.AUTO_PALETTE_COLORS
    with pytest.raises(SourceError, match="300 colours are too many"):
        _ask(raster.pixels(ramp), colors="source")


def test_seeds_come_from_the_key_and_a_reroll_overrides_the_rule() -> None:
    """The same seed again would buy the same frames again."""
    first = _ask(_art(8, 8), seed=7)
    again = _ask(_art(8, 8), seed=7, take=1)
    assert first.seed == 7
    assert again.seed not in (7, None)
    assert _ask(_art(8, 8)).seed == again.seed
    assert again.seed is not None
    assert 1 <= again.seed < 2**31


def test_the_same_request_resolves_to_the_same_bytes() -> None:
    """A resolved request is stored with the claim; a second process must see the same."""
    pixels = _art(31, 17)
    assert _ask(pixels) == _ask(pixels)
    assert resolve.upload(pixels, _ask(pixels)) == resolve.upload(pixels, _ask(pixels))


@pytest.mark.skipif(not SPRITES.is_dir(), reason="needs the shared sprites")
def test_every_shared_sprite_gets_a_good_matte() -> None:
    """0.40 is usable for all 41 real sprites; under 0.30 pockets could not be cut out."""
    for path in SPRITES.rglob("*.png"):
        picture = imaging.decode(path.read_bytes(), path.name)
        resolved = _ask(picture)
        art = color.palette(raster.cut(raster.array(picture)))
        assert resolved.matte_distance > 0.40, path.name
        assert resolved.matte_distance == round(matte.distance(resolved.matte, art), 4)
