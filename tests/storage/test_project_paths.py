"""The project's root, the kinds of files, and what lies inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError, SourceError, StorageError
from pipeline.storage import files
from pipeline.storage.files import paths


def test_root_is_the_nearest_folder_upwards_with_a_configuration(tmp_path: Path) -> None:
    """A game in a monorepo has its own file; the one further up belongs to another game."""
    inner = tmp_path / "games" / "tower"
    (inner / "assets" / "deep").mkdir(parents=True)
    for folder in (tmp_path, inner):
        (folder / "pixelpipe.yaml").write_text("")
    assert files.find(inner / "assets" / "deep") == inner
    assert files.find(inner / "pixelpipe.yaml") == inner
    assert files.find(tmp_path / "games") == tmp_path


def test_no_configuration_names_the_command_that_writes_one(tmp_path: Path) -> None:
    """The first thing that a new user sees has to say what to do."""
    with pytest.raises(ConfigError, match=r"pixelpipe init"):
        files.find(tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hero.png", "source"),
        ("HERO.PNG", "source"),
        ("a/b c/hérö 🐉 'x'.png", "source"),
        ("hero.anim.png", "output"),
        ("assets/hero.anim.json", "output"),
        ("hero.anim.web.json", "output"),
        ("hero.anim.walk_strip8.png", "output"),
        ("a.anim.anim.png", "output"),
        (".hero.anim.png.pixelpipe-tmp12-0", "output"),
        ("hero.anim.png.import", ""),
        ("hero.anim.png.meta", ""),
        ("hero.animated.png", "source"),
        ("anim.png", "source"),
        ("assets.anim.x/hero.png", "source"),
        (".hidden.png", ""),
        ("._hero.png", ""),
        ("hero.png.yaml", "override"),
        ("hero.anim.png.yaml", "output"),
        ("hero.yaml", ""),
        ("hero.png~", ""),
    ],
)
def test_a_name_tells_what_a_file_is(name: str, kind: str) -> None:
    """An output that is taken for a source would be animated again, and paid for."""
    found = [
        label
        for label, asks in (
            ("source", files.is_source),
            ("output", files.is_output),
            ("override", files.is_override),
        )
        if asks(name)
    ]
    assert found == ([kind] if kind else [])


@pytest.mark.parametrize("path", ["../x.png", "/etc/x.png", "a/../../x.png", "", "a\0.png"])
def test_a_path_that_leaves_the_project_is_refused(tmp_path: Path, path: str) -> None:
    """A rule file from the internet must not read or write elsewhere."""
    with pytest.raises(SourceError):
        paths.inside(tmp_path, path, SourceError)


def test_a_link_that_leaves_the_project_is_refused(tmp_path: Path) -> None:
    """The path is plain, the place is not: links are followed before the check."""
    (tmp_path / "game").mkdir()
    (tmp_path / "game" / "art").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="outside"):
        paths.inside(tmp_path / "game", "art/x.png", StorageError)


@pytest.mark.parametrize(
    ("path", "is_reserved"),
    [
        ("aux.anim.png", True),
        ("art/NUL", True),
        ("com1 .png", True),
        ("lpt¹.png", True),
        ("con/hero.png", True),
        ("console.png", False),
        ("com10.png", False),
        ("auxiliary/nul-hero.png", False),
    ],
)
def test_device_names_of_windows_are_known(path: str, is_reserved: bool) -> None:
    """A repository with such a file cannot be checked out on Windows."""
    assert paths.is_reserved(path) is is_reserved


def test_names_that_other_systems_take_for_one_fold_to_one() -> None:
    """macOS and Windows compare without case, and macOS without Unicode form."""
    assert files.fold("Art/He\u0301ro.png") == files.fold("art/H\u00e9RO.PNG")
    assert files.fold("hero1.png") != files.fold("hero2.png")
