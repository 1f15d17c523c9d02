"""The plugins that users install are there, whole, and say which version they are."""

from __future__ import annotations

import pytest

from pipeline.commands.init import plugins
from pipeline.core.errors import UsageError


def test_every_program_has_its_files() -> None:
    """`init --plugin` writes these under the engine's own folder."""
    paths = {engine: [file.path for file in plugins.files(engine)] for engine in plugins.engines()}
    assert set(paths) == {"aseprite", "godot", "godot3", "unity"}
    for engine in ("godot", "godot3"):
        assert "addons/pixelpipe/plugin.cfg" in paths[engine]
    assert all(path.startswith("Assets/Editor/") for path in paths["unity"])


@pytest.mark.parametrize("engine", plugins.engines())
def test_every_file_says_the_version(engine: str) -> None:
    """`doctor` compares it with the program's."""
    for file in plugins.files(engine):
        assert plugins.version(file.content) == plugins.VERSION, file.path
        assert b"\r" not in file.content
        assert file.content.endswith(b"\n")


def test_foreign_file_has_no_version() -> None:
    """A file of the same name that someone else wrote is not an old one of ours."""
    assert plugins.version(b"extends Node\n") is None


@pytest.mark.parametrize("engine", ["", ".", "..", "unreal", "__pycache__", "godot/addons"])
def test_unknown_program_is_refused(engine: str) -> None:
    """The sentence names those that there are."""
    with pytest.raises(UsageError, match="known: aseprite, godot, godot3, unity"):
        plugins.files(engine)
