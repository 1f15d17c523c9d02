"""What tells one state of a file from another, kept of very many files."""

from __future__ import annotations

from pipeline.storage.files import Stat, Stats


def test_stats_are_as_they_were_given() -> None:
    """Also for what is not there, and the largest figures that a system may tell."""
    largest = Stat(2**62, 2**62, 2**64 - 1, -1)
    given = {"a.png": Stat(1, 2, 3, 4), "b.png": None, "c.png": largest}
    kept = Stats(given)
    assert dict(kept) == given
    assert "b.png" in kept
    assert "d.png" not in kept
    assert kept["c.png"] == largest
    del kept["c.png"]
    assert list(kept) == ["a.png", "b.png"]


def test_stats_are_a_mapping_that_grows() -> None:
    """The last word about a file counts."""
    kept = Stats()
    kept.update({"a.png": Stat(1, 2, 3)})
    kept.update({"a.png": None})
    assert len(kept) == 1
    assert kept["a.png"] is None


def test_stats_of_very_many_folders_take_little_room() -> None:
    """Those of a folder that is looked at again are what they were, and can be changed."""
    given = {f"art/{n // 10:03}/{n}.png": Stat(n, n + 1, n + 2, n + 3) for n in range(1000)}
    kept = Stats(given)
    assert len(kept) == 1000
    assert dict(kept.items()) == given
    kept["art/000/3.png"] = None
    assert kept["art/000/3.png"] is None
    assert kept["art/099/999.png"] == given["art/099/999.png"]
    del kept["art/000/4.png"]
    assert "art/000/4.png" not in kept
    assert sorted(kept) == sorted(given.keys() - {"art/000/4.png"})


def test_a_name_that_is_no_text_is_kept_among_very_many() -> None:
    """The system tells such names as they are; only text can be packed."""
    given = {f"art/{n:03}/{n}.png": Stat(n, n, n) for n in range(100)}
    given |= {"art/bad\udcff/1.png": Stat(1, 2, 3), "art/007/\udcfe.png": Stat(4, 5, 6)}
    kept = Stats(given)
    assert dict(kept.items()) == given
    del kept["art/007/\udcfe.png"]
    assert {path: kept[path] for path in given if path in kept} == {
        path: stat for path, stat in given.items() if path != "art/007/\udcfe.png"
    }
