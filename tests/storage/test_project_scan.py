"""One pass over the assets: what it sees, what it leaves out, and what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from somebody import somebody_else

from pipeline.storage import files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one source, its override and its output."""
    make(tmp_path, "assets/hero.png", "assets/hero.png.yaml", "assets/hero.anim.json")
    return tmp_path


def make(root: Path, *names: str) -> None:
    """Make small files with their folders."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def seen(root: Path, *assets: str, ignore: tuple[str, ...] = ()) -> set[str]:
    """Return the paths that a scan finds; it has to be complete."""
    found = files.scan(root, assets or ("assets",), ignore)
    assert found.is_complete
    return set(found.files)


def test_a_scan_sees_sources_overrides_and_outputs_and_their_stats(root: Path) -> None:
    """These three kinds are all that a plan decides on."""
    make(root, "assets/notes.txt", "assets/hero.anim.json.import", "outside.png")
    found = files.scan(root, ["assets"], [])
    names = {"assets/hero.png", "assets/hero.png.yaml", "assets/hero.anim.json"}
    assert names == set(found.files)
    assert set(filter(files.is_source, found.files)) == {"assets/hero.png"}
    stat = (root / "assets/hero.png").stat()
    expected = files.Stat(stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_ctime_ns)
    assert found.files["assets/hero.png"] == expected
    assert found.folders == {"assets": (root / "assets").stat().st_ino}
    assert (found.is_complete, found.faults) == (True, ())


def test_folders_of_other_programs_are_left_out(root: Path) -> None:
    """Engines keep thousands of PNGs in caches; animating one would be paid for."""
    caches = (".godot", ".import", ".git", ".pixelpipe", "node_modules", "Library", "Temp")
    make(root, *(f"{name}/deep/x.png" for name in caches), "Assets/Library/y.png")
    (root / "ProjectSettings").mkdir()
    assert {name for name in seen(root, ".") if files.is_source(name)} == {
        "assets/hero.png",
        "Assets/Library/y.png",
    }
    assert set(files.scan(root, ["."], []).pruned) == set(caches)


def test_a_folder_called_library_is_art_without_unity(root: Path) -> None:
    """A game may well have a library in it."""
    make(root, "Library/shelf.png")
    assert "Library/shelf.png" in seen(root, ".")


def test_ignore_globs_hold_below_each_assets_folder(root: Path) -> None:
    """The project's own list, with the patterns of `.pixelpipeignore`."""
    make(root, "assets/raw/a.png", "art/raw/b.png", "art/b.wip.png", "art/b.png")
    assert seen(root, "assets", "art", ignore=("raw/", "*.wip.png")) >= {"art/b.png"}
    assert not any(
        "raw" in name or "wip" in name
        for name in seen(root, "art", ignore=("raw/",)) - {"art/b.wip.png"}
    )


def test_nested_assets_folders_are_listed_once(root: Path) -> None:
    """`[assets, assets/hud]` is easily written."""
    make(root, "assets/hud/bar.png")
    assert seen(root, "assets", "assets/hud", "./assets/") == seen(root)


def test_a_link_to_a_file_counts_as_the_file_and_folders_are_not_followed(root: Path) -> None:
    """Links make loops and pairs; nothing may be found twice or for ever."""
    make(root, "shared/tree.png")
    links: dict[str, str | Path] = {
        "tree.png": root / "shared/tree.png",
        "loop.png": "loop.png",
        "up": root,
        "gone.png": "x",
    }
    for name, target in links.items():
        (root / "assets" / name).symlink_to(target)
    found = files.scan(root, ["assets"], [])
    assert {name for name in found.files if files.is_source(name)} == {
        "assets/hero.png",
        "assets/tree.png",
    }
    assert found.files["assets/tree.png"].inode == (root / "shared/tree.png").stat().st_ino
    assert found.is_complete
    assert sorted(fault.partition(":")[0] for fault in found.faults) == [
        "assets/gone.png",
        "assets/loop.png",
        "assets/up",
    ]


def test_a_link_out_of_the_project_is_a_fault(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A repository must not be able to send a picture of the user's home to a service."""
    other = tmp_path_factory.mktemp("other")
    make(other, "secret.png")
    (root / "assets/secret.png").symlink_to(other / "secret.png")
    (root / "more").symlink_to(other)
    found = files.scan(root, ["assets", "more"], [])
    assert not any("secret" in name for name in found.files)
    assert len(found.faults) == 2


def test_pipes_and_folders_named_like_pictures_are_no_sources(root: Path) -> None:
    """Opening a pipe would wait for ever; it is told."""
    (root / "assets/dir.png").mkdir()
    os.mkfifo(root / "assets/pipe.png")
    found = files.scan(root, ["assets"], ())
    assert {name for name in found.files if files.is_source(name)} == {"assets/hero.png"}
    assert found.faults == ("assets/pipe.png: is no regular file",)


def test_a_missing_assets_folder_is_no_deletion(root: Path) -> None:
    """An unmounted drive must not look like a thousand deleted sources."""
    found = files.scan(root, ["assets", "gone"], [])
    assert not found.is_complete
    assert found.faults[0].startswith("gone: is not there")
    assert "assets/hero.png" in found.files


def test_an_unreadable_folder_is_a_fault_and_no_deletion(tmp_path: Path) -> None:
    """One folder of a colleague must not hide the others."""
    make(tmp_path, "assets/a/x.png", "assets/b/y.png")
    (tmp_path / "assets/a").chmod(0)
    with somebody_else(tmp_path):
        found = files.scan(tmp_path, ["assets"], [])
    assert set(found.files) == {"assets/b/y.png"}
    assert not found.is_complete
    assert found.faults == ("assets/a: cannot be read: Permission denied",)


def test_a_name_that_is_not_utf8_is_named_and_the_rest_goes_on(root: Path) -> None:
    """No lock file could hold that name."""
    try:
        (root / "assets" / os.fsdecode(b"h\xe9ro.png")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    found = files.scan(root, ["assets"], [])
    assert "assets/hero.png" in found.files
    assert found.faults == (r"assets/h\udce9ro.png: the name is not UTF-8; rename it",)
    assert found.is_complete


@pytest.mark.parametrize(
    ("name", "shown"), [("a\nb.png", r"a\nb.png"), ("\x1b[31m.png", r"\x1b[31m.png")]
)
def test_a_name_with_a_control_character_is_named_escaped(
    root: Path, name: str, shown: str
) -> None:
    """Printed as it is it would break lines or colour the terminal; Windows takes no such name."""
    try:
        (root / "assets" / name).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no control characters")
    make(root, "assets/\N{FAMILY}\N{ZERO WIDTH JOINER}\N{HEAVY BLACK HEART}.png")
    found = files.scan(root, ["assets"], [])
    assert f"assets/{name}" not in found.files
    assert len([path for path in found.files if not path.isascii()]) == 1
    assert found.faults == (f"assets/{shown}: the name has a control character; rename it",)


def test_an_unreadable_ignore_file_leaves_its_folder_out(root: Path) -> None:
    """Guessing "nothing is ignored" would buy what the user wanted ignored."""
    make(root, "assets/raw/a.png")
    (root / "assets/raw/.pixelpipeignore").write_bytes(b"\xff\xfe*")
    found = files.scan(root, ["assets"], [])
    assert "assets/raw/a.png" not in found.files
    assert not found.is_complete


def test_a_look_at_files_or_a_folder_sees_what_the_whole_scan_sees(root: Path) -> None:
    """A watcher looks at single paths; it must not see what a scan leaves out."""
    make(
        root, "assets/a/b/x.png", "assets/a/raw/y.png", "assets/.hid/z.png", "assets/a/.t.png",
        "assets/a/n.txt", "assets/q.wip.png",
    )  # fmt: skip
    (root / "assets/a/.pixelpipeignore").write_text("raw/\n")
    (root / "assets/link").symlink_to(root / "assets/a")
    tree = files.Tree(root, ["assets"], ["*.wip.png"])
    whole = tree.scan()
    every = [
        (Path(folder) / name).relative_to(root).as_posix()
        for folder, _, names in os.walk(root, followlinks=True)
        for name in names
    ]
    assert tree.look([*every, "assets/none.png", "elsewhere/x.png"]).files == whole.files
    assert tree.below("assets").files == whole.files
    assert set(tree.below("assets/a").files) == {"assets/a/b/x.png"}
    for left_out in ("assets/a/raw", "assets/.hid", "assets/link", "elsewhere", "assets/none"):
        found = tree.below(left_out)
        assert (found.files, found.is_complete) == ({}, True)


def test_what_a_killed_run_left_is_listed_and_swept_five_minutes_later(root: Path) -> None:
    """A kill while writing leaves a temporary file; a living run's must stay."""
    name = "assets/.hero.anim.png.pixelpipe-tmp17-0"
    make(root, name)
    found = files.scan(root, ["assets"], [])
    assert found.leftovers == (name,)
    now_s = (root / name).stat().st_mtime
    assert files.sweep(root, found.leftovers, now_s=now_s + 60) == ()
    assert files.sweep(root, ["assets/hero.png", name], now_s=now_s + 301) == (name,)
    assert (root / "assets/hero.png").exists()
