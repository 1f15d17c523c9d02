"""What a service sends in place of a strip: published if it can be, else kept and told, alone."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import hostile_service
import pytest
from dresses import DRESSES, still
from game import KEY_NAME, TWO_CLIPS, Game, Run
from hostile_service import KEY, Call, Hostile
from PIL import Image

pytestmark = pytest.mark.usefixtures("in_process")

MP4 = b"\0\0\0\x20ftypisom" + bytes(500)


@pytest.fixture
def service() -> Iterator[Hostile]:
    """Serve."""
    with hostile_service.serving() as found:
        yield found


@pytest.fixture
def lone(game: Game, service: Hostile) -> Game:
    """Let a project of one sprite buy there."""
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    game.environment |= {"PIXELPIPE_SERVICE": service.url, KEY_NAME: KEY}
    return game


def strip(service: Hostile, frames: int) -> list[Image.Image]:
    """Return the first frames of what was sold last, each a little different."""
    with Image.open(io.BytesIO(service._strips[-1])) as image:
        width, height = image.width // 8, image.height
        found = [image.crop((0, 0, width, height)).convert("RGBA") for _ in range(frames)]
    for number, one in enumerate(found):
        found[number] = Image.new("RGBA", one.size, one.getpixel((0, 0)))
        found[number].paste(one, (0, number % 2))
    return found


def only_step(run: Run) -> dict[str, Any]:
    """Return the one step of a report."""
    steps = run.report["steps"]
    assert isinstance(steps, list)
    (step,) = steps
    assert isinstance(step, dict)
    return step


@pytest.mark.parametrize("frames", [1, 6, 10])
def test_other_count_is_published_with_a_note(lone: Game, service: Hostile, frames: int) -> None:
    """All that came is played, and the user is told."""
    service.talk["file"] = lambda call: call.say(200, still(frames)(strip(service, frames)))
    run = lone.build("--yes")
    assert run.exit == 0, run.stdout
    step = only_step(run)
    assert f"the service sent {frames} frame" in " ".join(step["notes"])
    sheet = json.loads((lone.root / "assets/hero.anim.json").read_text())
    assert len(sheet["frames"]) <= frames
    assert lone.build().exit == 0
    assert (service.count("POST animate"), service.count("GET file")) == (1, 1)


@pytest.mark.parametrize("dress", ["GIF", "WebP", "APNG", "column", "grid"])
def test_other_dress_is_published(lone: Game, service: Hostile, dress: str) -> None:
    """At once, and with nothing to say about it."""
    service.talk["file"] = lambda call: call.say(200, DRESSES[dress](strip(service, 8)))
    run = lone.build("--yes")
    assert run.exit == 0, run.stdout
    assert "service sent" not in run.stdout
    assert (service.count("POST animate"), service.count("GET file")) == (1, 1)


def test_what_is_of_no_use_is_final_at_once(lone: Game, service: Hostile) -> None:
    """Booked, kept, and told in every run with what to do; never fetched or bought again. Another
    take may be."""
    service.talk["file"] = lambda call: call.say(200, MP4)
    for _ in range(3):
        run = lone.build("--yes")
        assert run.exit == 1
        step = only_step(run)
        assert "a video (MP4)" in step["error"]
        assert "reroll" in step["error"]
    assert (service.count("POST animate"), service.count("GET file")) == (1, 1)
    (kept,) = (lone.root / ".pixelpipe/bought").rglob("*.png")
    assert kept.read_bytes() == MP4
    assert "charged" in lone.run("balance").stdout
    del service.talk["file"]
    run = lone.run("reroll", "assets/hero.png", "--clip", "idle", "--yes")
    assert run.exit == 0, run.stderr
    assert (lone.root / "assets/hero.anim.png").exists()
    assert lone.build().exit == 0
    assert service.count("POST animate") == 2


def test_clip_of_no_use_is_left_out_alone(lone: Game, service: Hostile) -> None:
    """The other clip of the same sprite is published, and stays so."""
    lone.rules(TWO_CLIPS)
    lone.settings(jobs=1)
    seen: list[bool] = []

    def first_is_a_video(call: Call) -> None:
        seen.append(True)
        call.say(200, MP4 if len(seen) == 1 else service._strips[-1])

    service.talk["file"] = first_is_a_video
    for _ in range(2):
        run = lone.build("--yes")
        assert run.exit == 1
        assert sorted(state for _, state in run.states().values()) in (
            ["done", "failed"],
            ["failed", "fresh"],
        )
        assert len({line["clip"] for line in lone.locked() if "clip" in line}) == 1
    assert (service.count("POST animate"), service.count("GET file")) == (2, 2)


def test_bad_member_of_a_batch_fails_alone(lone: Game, service: Hostile) -> None:
    """A failed member without an id beside one that was made: that one is published."""
    lone.rules(TWO_CLIPS)
    lone.settings(batch=True)

    def sell(call: Call) -> None:
        jobs: list[dict[str, Any]] = json.loads(call.content)["jobs"]
        service.make(jobs[0])
        call.say_json(batch_id=77, status=None)

    def members(call: Call) -> None:
        made = {"status": "success", "batch_position": 0, "output": {"url": service.link}}
        bad = {"api_job_id": None, "status": "failure", "batch_position": 1, "error": [1]}
        call.say_json(sub_jobs=[bad, None, made], summary=None)

    service.talk |= {"animate-batch": sell, "batch-jobs": members}
    run = lone.build("--yes")
    assert run.exit == 1, run.stdout
    assert sorted(state for _, state in run.states().values()) == ["done", "failed"]
    assert service.count("POST animate-batch") == 1
