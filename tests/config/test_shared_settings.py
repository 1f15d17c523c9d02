"""What may be said of a shared store, and by whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import call
from game import Game

from pipeline.api import Project
from pipeline.config.project_settings import Shared
from pipeline.core.errors import ConfigError, UsageError

URL = "s3://studio-art/my-game"


def _shared(game: Game, **variables: str) -> Shared:
    return Project(game.root, environment=game.variables(variables)).workspace.shared


def test_an_address_or_a_mapping_names_a_store_and_variables_are_stronger(game: Game) -> None:
    assert _shared(game) == Shared()
    game.settings(shared={"url": URL + "/", "mode": "read", "require": True, "label": "none"})
    found = _shared(game)
    assert (found.url, found.mode, found.require, found.label) == (URL, "read", True, "")
    game.settings(shared=URL)
    assert _shared(game).mode == "write"
    other = _shared(game, PIXELPIPE_SHARED="az://art", PIXELPIPE_SHARED_MODE="read")
    assert (other.url, other.mode, other.refusal) == ("az://art", "read", "")
    assert _shared(game, PIXELPIPE_SHARED="none").url == ""
    assert Project(game.root, shared="none").workspace.shared.url == ""


@pytest.mark.parametrize(
    "text",
    [
        "ftp://art/x",
        "file://server/art",
        "file:///a%00b",
        "~nobody-of-this-name/art",
        "http://art.example/x",
        "https://me@art.example",
        "s3://",
        "s3://art?x",
        "s3:art/x",
        "S3:/art/x",
        "https:/art.example",
        "file:/mnt/art",
        "",
        " ",
    ],
)
def test_what_is_no_place_of_a_store_is_a_mistake_with_its_line(game: Game, text: str) -> None:
    game.settings(shared=text)
    with pytest.raises(ConfigError, match=r"pixelpipe\.yaml:\d"):
        _shared(game)
    game.settings()
    with pytest.raises(UsageError):
        Project(game.root, shared=text)


def test_a_foreign_store_is_allowed_for_one_project_and_taken_back(
    game: Game, tmp_path: Path
) -> None:
    game.settings(shared=URL)
    assert "trust --store" in _shared(game).refusal
    assert "PIXELPIPE_SHARED" in _shared(game, CI="true").refusal
    assert call("trust", URL, "--project", game.root).code == 0
    assert _shared(game).refusal == ""
    assert _shared(game, CI="true").refusal
    listed = call("trust", "--list", "--json").json()
    assert listed["projects"][0]["stores"] == [URL]  # type: ignore[index]
    assert call("trust", "--revoke", "--store", URL, "--project", game.root).code == 0
    assert _shared(game).refusal
    # A bucket's name is no host that may get the key.
    assert call("trust", "--list", "--json").json()["projects"] == []


def test_another_folder_under_the_same_words_is_not_allowed(game: Game, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    game.settings(shared="../mine")
    assert call("trust", "--store", "../mine", "--project", game.root).code == 0
    assert _shared(game).refusal == ""
    (tmp_path / "mine").rmdir()
    (tmp_path / "mine").symlink_to("/etc")
    assert _shared(game).refusal
