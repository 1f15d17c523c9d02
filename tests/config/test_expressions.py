"""A rule's regular expression finds what Python's own engine finds, and takes a moment."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.config.expressions import Expression, ExpressionError

ATOMS = st.sampled_from(
    ["a", "b", "/", "_", ".", "[ab]", "[^a]", r"\d", r"\w", "(?:a|b/)", "(ab|a)", "^", "$", r"\b"]
)
REPEATS = st.sampled_from(["", "", "*", "+", "?", "*?", "{2}", "{1,3}", "{0,2}?"])
EXPRESSIONS = st.lists(
    st.tuples(ATOMS, REPEATS).map(lambda two: two[0] if two[0] in "^$\\b" else "".join(two)),
    min_size=1, max_size=6,
).map("".join)  # fmt: skip
NESTED = st.tuples(EXPRESSIONS, st.sampled_from(["*", "+", "{0,3}"]), EXPRESSIONS).map(
    lambda three: f"(?:{three[0]}){three[1]}{three[2]}"
)


@given(EXPRESSIONS | NESTED, st.text("ab/_1", max_size=12), st.sampled_from(["", "(?i)"]))
@example("(?:a|ab)(?:c|bcd)*d?", "abcd", "")
@example("^a*b+$", "aab\n", "")
def test_it_finds_what_python_finds(text: str, path: str, flag: str) -> None:
    """Anchors, classes, alternatives, lazy and counted repeats, nested ones too."""
    assert Expression(flag + text).is_in(path) is (re.search(flag + text, path) is not None)


@pytest.mark.parametrize(
    "text", ["(a+)+b", "(a|a)*b", "(a*)*$b", "a*a*a*a*a*a*b", "(.*a){20}b", "(?:a?){50}a{50}b"]
)
@pytest.mark.parametrize("path", ["a" * 250 + ".png", "a/" * 500 + "c.png"], ids=["name", "depth"])
def test_hostile_expressions_take_a_moment(text: str, path: str) -> None:
    """Python's own engine would take years."""
    begun = time.process_time()
    assert not Expression(text).is_in(path)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(", "is not a regular expression"),
        ("(a{1000}){1000}", "too large"),
        ("(?=a+)b+", "looks around"),
        (r"(a+)\1+", "looks around or refers back"),
        ("(?s)a+b+", "flags"),
    ],
)
def test_what_could_take_forever_is_refused_with_the_reason(text: str, reason: str) -> None:
    """Named, so that it can be written otherwise."""
    with pytest.raises(ExpressionError, match=reason):
        Expression(text)


@pytest.mark.parametrize("text", ["(?!boss)enemies", r"(?<=x/)hero", r"(hero)_\1", "(?s)a.b"])
def test_looking_around_is_fine_without_repeats(text: str) -> None:
    """Nothing can be shared out."""
    assert Expression(text).is_in("x/hero_hero enemies a.b")
