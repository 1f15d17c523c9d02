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
