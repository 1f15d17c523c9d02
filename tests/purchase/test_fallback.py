"""A clip that cannot be had falls back to what is shown of it; its others are published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import hostile_service
import pytest
from game import KEY_NAME, TWO_CLIPS, Game, shop_serving
from hostile_service import KEY, Call, Hostile

MP4 = b"\0\0\0\x20ftypisom" + bytes(500)


@pytest.fixture
def shown(game: Game) -> Game:
    """Make a game of one sprite with two clips, both shown by the built-in engine so far."""
    game.rules(TWO_CLIPS)
    game.settings(jobs=1)
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    assert game.build().exit == 0
    return game


@pytest.fixture
def service() -> Iterator[Hostile]:
    """Serve."""
    with hostile_service.serving() as found:
        yield found


def paid(game: Game) -> dict[str, bool]:
    """Return of each clip in the lock file whether it was paid for."""
    return {str(one["clip"]): bool(one.get("paid")) for one in game.locked() if "clip" in one}


def tags(game: Game) -> list[str]:
    """Return the clips of the hero's sheet."""
    sheet = json.loads((game.root / "assets/hero.anim.json").read_text())
    return [tag["name"] for tag in sheet["meta"]["frameTags"]]


@pytest.mark.parametrize(
    ("script", "options", "exit"),
    [
        ("POST /animate 1: fail", ["--yes"], 1),
        ("POST /animate 1: reset-after", ["--yes"], 7),
        ("", ["--max-credits", "20"], 5),
    ],
)
def test_what_was_bought_is_published_beside_the_placeholder_of_what_was_not(
    shown: Game, tmp_path: Path, script: str, options: list[str], exit: int
) -> None:
    """Refused for good, in doubt, or beyond the limit: the other clip was paid for."""
    before = (shown.root / "assets/hero.anim.png").read_bytes()
    with shop_serving(tmp_path, "--chaos", script) as shop:
        shown.use(shop)
        run = shown.build(*options)
        assert run.exit == exit, run.stdout
        assert sorted(state for _, state in run.states().values())[0] == "done"
        assert len(run.states()) == len(run.report["steps"]) == 2  # type: ignore[arg-type]
        assert sorted(paid(shown).values()) == [False, True]
        assert sorted(tags(shown)) == ["hop", "idle"]
        sheet = shown.root / "assets/hero.anim.png"
        assert sheet.read_bytes() != before
        stamp, calls = sheet.stat().st_mtime_ns, shop.calls
        again = shown.build("--max-credits", "0")
        assert again.exit == exit
        assert ("fresh", "fresh") in again.states().values()
        assert shown.build("--max-credits", "0", environment={KEY_NAME: ""}).exit in (0, exit)
        assert (sheet.stat().st_mtime_ns, shop.calls) == (stamp, calls)


def test_a_purchase_of_no_use_falls_back_to_its_placeholder(shown: Game, service: Hostile) -> None:
    """Its bytes are a video: the other clip is published beside the placeholder, once."""
    seen: list[bool] = []

    def first_is_a_video(call: Call) -> None:
        seen.append(True)
        call.say(200, MP4 if len(seen) == 1 else service._strips[-1])

    service.talk["file"] = first_is_a_video
    shown.environment |= {"PIXELPIPE_SERVICE": service.url, KEY_NAME: KEY}
    ended: list[object] = []
    for _ in range(3):
        run = shown.build("--yes")
        assert run.exit == 1
        ended.append(sorted(state for _, state in run.states().values()))
        assert len(run.report["steps"]) == 2  # type: ignore[arg-type]
        assert sorted(paid(shown).values()) == [False, True]
        assert sorted(tags(shown)) == ["hop", "idle"]
        ended.append((shown.root / "assets/hero.anim.png").stat().st_mtime_ns)
    assert ended[0] == ["done", "failed"]
    assert ended[2] == ended[4] == ["failed", "fresh"]
    assert ended[1] == ended[3] == ended[5]
    assert service.count("POST animate") == 2
