"""How the tests are spread over workers: what is named there is there, and nothing runs twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import spread
from places import REPOSITORY


@pytest.mark.parametrize("name", spread.LONGEST)
def test_what_takes_long_is_there(name: str) -> None:
    """A test that has another name now would begin last."""
    path, _, test = name.partition("::")
    text = (REPOSITORY / path).read_text("utf-8")
    assert not test or re.search(rf"^def {re.escape(test)}", text, re.MULTILINE)


def test_a_file_stays_together_but_for_what_takes_long() -> None:
    """Each case of a long test is by itself, so that two workers share them."""
    test, file = spread.LONGEST[2], "tests/purchase/test_crash.py"
    assert test.startswith(file)
    assert spread.company(f"{test}[single]") == f"{test}[single]"
    assert spread.company(f"{file}::test_another") == file
    assert spread.company("tests/core/test_keys.py::test_a[x::y]") == "tests/core/test_keys.py"


def test_what_takes_long_comes_first_in_its_order() -> None:
    """And the others after it, as they are."""
    others = ["tests/a.py::test_b", "tests/a.py::test_a"]
    names = [*others, *(f"{name}[1]" for name in reversed(spread.LONGEST))]
    assert sorted(names, key=spread.rank) == [f"{name}[1]" for name in spread.LONGEST] + others


_written: list[Path] = []


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_folder_of_a_test_that_passed_is_empty_and_nobody_elses(
    tmp_path: Path, time: str
) -> None:
    """It stands below the run's folder, under a name that is given once."""
    assert list(tmp_path.iterdir()) == []
    assert re.search(r"-\d+$", tmp_path.name)
    for before in _written:
        assert before != tmp_path
        assert list(before.iterdir()) == []
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").write_text("c")
    _written.append(tmp_path)
