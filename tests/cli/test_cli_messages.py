"""Messages say what, where, and what to do: once."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from game import KEY_NAME, RULES, Game, Shop

from pipeline.api import Project
from pipeline.cli.watch import Standing
from pipeline.core.errors import RefusedError, StorageError
from pipeline.core.model import StepKind
from pipeline.purchase.service.client import Service
from pipeline.storage.ledger import Ledger

pytestmark = pytest.mark.usefixtures("in_process")
HERO = "assets/hero.png"


def test_pick_names_grade_and_service_of_each_take(game: Game) -> None:
    """A bare number says nothing about the clip behind it."""
    game.make()
    told = game.run("pick", HERO).stdout
    assert f"{HERO} [idle]: takes 0 (in use)\n" in told
    assert "  take 0  built-in, grade " in told


def test_prune_names_file_clip_take_and_grade(game: Game) -> None:
    """A digest is no way to decide about something that was paid for."""
    game.make()
    game.rules(RULES.replace("calmly", "slowly"))
    game.make()
    told = game.run("prune").stdout
    assert told.count("[idle]  take 0") == 3
    assert f"  {HERO} [idle]  take 0" in told
    assert game.run("prune", "--yes").stdout.endswith("Removed.\n")


def test_orphans_name_the_command_that_removes_them(game: Game) -> None:
    """And it does: afterwards nothing is left, and nothing is told."""
    game.make()
    game.rules(RULES.replace("**/*.png", "slime.png"))
    told = game.run("build").stderr
    assert told.count("`pixelpipe clean --orphans` removes what was made of it") == 2
    assert f"removed {HERO.replace('.png', '.anim.png')}" in game.run("clean", "--orphans").stdout
    assert game.outputs() == {"slime.anim.png", "slime.anim.json"}
    assert "orphan" not in game.run("build").stderr
    assert game.run("prune").stdout.count("take 0") == 2


def test_jobs_lists_what_a_person_took_over(game: Game) -> None:
    """No other command lists adopted and detached files."""
    game.make()
    game.write("assets/hero.anim.json", b"{}")
    assert game.run("adopt", HERO).exit == 0
    assert game.run("detach", "assets/slime.png").exit == 0
    told = game.run("jobs", "list").stdout
    assert "adopted     assets/hero.anim.json  your edit counts" in told
    assert "detached    assets/slime.anim.png  left to you for good" in told
    files = game.run("jobs", "list", "--json").report["files"]
    assert {"path": "assets/hero.anim.json", "state": "adopted"} in files  # type: ignore[operator]  # JSON


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ('"pe_sk_abc"', "stands in quotes"),
        ("'pe_sk_abc'", "stands in quotes"),
        ("Bearer pe_sk_abc", "begins with `Bearer`"),
        ("pe_sk_a bc", "has a blank in it"),
        ("pe_sk_äbc", "has a character that no key has"),
    ],
)
def test_a_key_with_something_around_it_is_told_before_it_is_sent(key: str, words: str) -> None:
    """The service would only say that it is refused, and the account shows nothing wrong."""
    with pytest.raises(RefusedError, match=words) as caught:
        Service("https://127.0.0.1:9", key)
    assert "abc" not in str(caught.value)
    assert KEY_NAME not in str(caught.value)


def test_a_state_folder_that_cannot_be_made_names_the_variable(tmp_path: Path) -> None:
    """HOME may be read-only, as in a container: nothing else says what helps."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="set PIXELPIPE_STATE to a folder"):
        Ledger(tmp_path / "file" / "state", now=0.0)


def test_watch_tells_a_standing_fact_once_and_again_when_it_returns(game: Game) -> None:
    """A blocked file is no news each time that another one is saved."""
    game.make()
    game.write("assets/hero.anim.json", b"{}")
    standing = Standing()
    report = Project(game.root, environment=game.variables()).plan()
    blocked = [one for one in report.results if one.step.kind is StepKind.BLOCKED]
    assert len(blocked) == 1
    assert blocked[0] in standing.left_out(report).results
    assert blocked[0] not in standing.left_out(report).results
    mended = msgspec.structs.replace(
        report, results=tuple(msgspec.structs.replace(one, state="fresh") for one in blocked)
    )
    standing.left_out(mended)
    assert blocked[0] in standing.left_out(report).results
    assert standing.is_news("rules/own.yaml:1: x")
    assert not standing.is_news("rules/own.yaml:1: x")


def test_what_is_no_model_is_not_disclosed_as_one(game: Game) -> None:
    """The built-in engine echoes the vendor's model names for the sake of its clients."""
    game.make()
    told = game.run("disclose").stdout
    assert "(built-in)" in told
    assert "pixel-engine" not in told


def test_a_picture_that_no_service_takes_says_so_in_plan(game: Game) -> None:
    """Also with the built-in engine: else the clip is missing when the key is there."""
    from game import png, sprite

    game.write("assets/wide.png", png(sprite(1, (300, 68))))
    told = game.run("plan").stdout
    assert "blocked  assets/wide.png  cannot be bought: 300x68 px" in told
    assert told.count("assets/wide.png") == 1


def test_what_was_bought_is_not_said_to_be_made_by_the_service_of_today(
    paying: Game, shop: Shop
) -> None:
    """Without a key the built-in engine would seem to have replaced what was paid for."""
    paying.make()
    paying.use_none()
    (paying.root / "assets/hero.anim.png").unlink()
    ended = paying.run("build")
    assert ended.exit == 0
    assert "s from what was there: 0 credits." in ended.stdout
    assert "built-in" not in ended.stdout
    assert shop.calls == 3
