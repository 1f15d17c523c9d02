"""What a rule says of a sprite travels to the built-in engine alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from game import RULES, Game, Shop

from pipeline.core.model import Hints, Pixels, Request
from pipeline.purchase import orders, resolve

TOLD = RULES.replace(
    "    clips:", "    kind: biped\n    facing: left\n    parts: {tail: [0, 1, 2, 3]}\n    clips:"
)
REQUEST = Request(source="a.png", pixel_digest="d" * 64, clip="idle", rule="r", prompt="idle")
PIXELS = Pixels(width=16, height=16, rgba=bytes((200, 40, 40, 255)) * 256)


def _body(hints: Hints | None) -> dict[str, object]:
    resolved = resolve.request(REQUEST, PIXELS, request_key="k" * 64, open_key=None, hints=hints)
    return orders.body(resolved, b"png")


def test_boxes_are_sent_in_px_of_the_canvas() -> None:
    """The source is padded before it is sent."""
    resolved = resolve.request(REQUEST, PIXELS, request_key="k" * 64, open_key=None)
    left, top = resolved.pad[:2]
    sent = _body(Hints(kind="biped", parts={"tail": (1, 2, 5, 6)}))["sprite"]
    assert sent == {
        "kind": "biped",
        "parts": {"tail": [left + 1, top + 2, left + 5, top + 6]},
    }
    assert "sprite" not in _body(None)


def test_extra_colours_are_in_the_palette_that_is_sent() -> None:
    """Otherwise the engine's own effect would be put onto the sprite's colours."""
    config = _body(Hints(extra_colors=("#ff8800",)))["pixel_config"]
    assert isinstance(config, dict)
    assert "#ff8800" in config["palette"]
    plain = _body(None)["pixel_config"]
    assert isinstance(plain, dict)
    assert "#ff8800" not in plain["palette"]


@pytest.mark.usefixtures("in_process")
def test_a_paid_service_is_never_told_and_never_paid_for_it(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No field of ours is sent, no clip is bought again, and `plan` says what the words are for."""
    sent: list[dict[str, object]] = []
    body = orders.body

    def spied(*given: object) -> dict[str, object]:
        asked: Callable[..., dict[str, object]] = body
        sent.append(asked(*given))
        return sent[-1]

    monkeypatch.setattr(orders, "body", spied)
    paying.rules(RULES)
    assert paying.run("build", "--yes").exit == 0
    before = shop.calls
    paying.rules(TOLD)
    plan = paying.run("plan")
    assert "guide grade and placeholder" in plan.stdout
    assert paying.run("build", "--yes").exit == 0
    assert shop.calls == before
    assert sent
    assert not any("sprite" in one for one in sent)


@pytest.mark.usefixtures("in_process")
def test_the_built_in_engine_is_told(game: Game) -> None:
    """It reads the prompt for what the sprite is said to be."""
    game.rules(TOLD.replace("kind: biped", "kind: building"))
    run = game.run("build", "--json")
    assert run.exit == 0
    steps = run.report["steps"]
    assert isinstance(steps, list)
    assert all(step["reading"].startswith("Read as gl") for step in steps)
