"""A shared store in a folder: created once, whole, and only there."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.storage.shared import opening
from pipeline.storage.shared.store import Refused, Store, Unreachable


def _store(root: Path) -> Store:
    return opening.connect(str(root), root, {})


def test_of_many_that_create_the_same_one_wins_and_its_content_stays(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(25):
            name, store = f"bytes/aa/{number}.png", _store(tmp_path)
            contents = [b"%d" % one for one in range(8)]
            won = list(pool.map(store.create, [name] * 8, contents))
            assert sum(won) == 1
            assert store.get(name) == b"%d" % won.index(True)


def test_objects_are_listed_by_the_begin_of_their_names_without_what_is_half_written(
    tmp_path: Path,
) -> None:
    store = _store(tmp_path)
    for name in ("claims/ab/ab1/0001.json", "claims/ab/ab1/0000.json", "bytes/ab/ab.png"):
        store.create(name, b"x")
    (tmp_path / "claims/ab/ab1/.pixelpipe-tmp-1").write_bytes(b"half")
    assert store.names("claims/ab/ab1/") == ["claims/ab/ab1/0000.json", "claims/ab/ab1/0001.json"]
    assert store.names("claims/zz/") == []
    assert len(store.names("")) == 3
    store.delete("bytes/ab/ab.png")
    store.delete("bytes/ab/ab.png")
    assert store.get("bytes/ab/ab.png") is None
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".png")]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../b", ".hidden", "a//b", "", "a\n"])
def test_a_name_never_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    store = _store(tmp_path / "store")
    for act in (store.get, store.delete, lambda one: store.create(one, b"")):
        with pytest.raises(ValueError, match="no name"):
            act(name)


def test_a_drive_that_is_away_is_unreachable_and_nothing_is_written_in_its_place(
    tmp_path: Path,
) -> None:
    store = _store(tmp_path / "mnt")
    with pytest.raises(Unreachable):
        store.get("pixelpipe.json")
    with pytest.raises(Unreachable):
        store.create("bytes/aa/aa.png", b"x")
    assert not (tmp_path / "mnt").exists()


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="needs modes")
def test_a_folder_that_may_not_be_written_refuses(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        (tmp_path / "bytes").write_bytes(b"a file where a folder should be")
        with pytest.raises(Unreachable):
            _store(tmp_path).create("bytes/aa/aa.png", b"x")
        return
    tmp_path.chmod(0o500)
    with pytest.raises(Refused):
        _store(tmp_path).create("bytes/aa/aa.png", b"x")


def test_a_folder_that_is_no_store_says_so_and_a_newer_one_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="share init"):
        opening.open(str(tmp_path), tmp_path, {})
    (tmp_path / "pixelpipe.json").write_text('{"format":2,"claims":true}')
    with pytest.raises(ConfigError, match="newer"):
        opening.open(str(tmp_path), tmp_path, {})
    (tmp_path / "pixelpipe.json").write_text('{"format":1,"claims":true,"later":1}')
    assert opening.open(str(tmp_path), tmp_path, {})[1].claims


def test_addresses_of_unknown_kinds_and_plain_http_are_refused(tmp_path: Path) -> None:
    for url in ("ftp://art/x", "http://art.example/x", "https://me@art.example/x"):
        with pytest.raises(ConfigError):
            opening.connect(url, tmp_path, {})
    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID"):
        opening.connect("s3://art/game", tmp_path, {})


def test_nothing_is_written_read_or_deleted_behind_a_link_in_the_store(tmp_path: Path) -> None:
    """A store may lie in a project, and come with a checkout."""
    outside, root = tmp_path / "outside", tmp_path / "store"
    (outside / "aa").mkdir(parents=True)
    (outside / "aa/mine.png").write_bytes(b"mine")
    root.mkdir()
    (root / "bytes").symlink_to(outside)
    store = _store(root)
    for act in (store.get, store.delete, lambda one: store.create(one, b"x")):
        with pytest.raises(Unreachable):
            act("bytes/aa/mine.png")
    with pytest.raises(Refused):
        store.create("bytes/bb/new.png", b"x")
    with pytest.raises(Refused):
        store.names("bytes/")
    assert store.names("") == []
    assert [path.name for path in outside.rglob("*.png")] == ["mine.png"]
