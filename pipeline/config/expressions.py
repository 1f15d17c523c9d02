"""Regular expressions of rules (`when: {path: …}`), searched in linear time.

A rule comes with a checkout, and `(a+)+b` makes Python's engine try every way to share out a path:
thirty letters take minutes. Where an expression repeats more than once it is searched as an
automaton instead, which is in all its states at a time and never goes back.

Source: Thompson 1968, "Regular expression search algorithm"; the tree is Python's own.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

#: Larger automata come from counted repeats of counted repeats.
MOST_STATES = 5_000
#: A repeat of one sign goes over a path once for each place where it may begin.
_HARMLESS_REPEATS = 1

_parser: Any = importlib.import_module("re._parser")
_codes: Any = importlib.import_module("re._constants")
_CATEGORIES = {
    _codes.CATEGORY_DIGIT: r"\d",
    _codes.CATEGORY_NOT_DIGIT: r"\D",
    _codes.CATEGORY_SPACE: r"\s",
    _codes.CATEGORY_NOT_SPACE: r"\S",
    _codes.CATEGORY_WORD: r"\w",
    _codes.CATEGORY_NOT_WORD: r"\W",
}
_REPEATS = (_codes.MAX_REPEAT, _codes.MIN_REPEAT)
_SIGNS = (_codes.LITERAL, _codes.NOT_LITERAL, _codes.ANY, _codes.IN)
_FLAGS = re.UNICODE | re.IGNORECASE

_Test = Callable[[str], bool]


class ExpressionError(ValueError):
    """An expression cannot be used; the text is a clause that reads after it."""


class Expression:
    """A compiled expression."""

    def __init__(self, text: str) -> None:
        """Compile `text`. Raises ExpressionError with the reason."""
        try:
            self._plain = re.compile(text)
            tree = _parser.parse(text)
        except (re.error, OverflowError, RecursionError) as exc:
            raise ExpressionError(f"is not a regular expression: {exc}") from exc
        self._automaton: _Automaton | None = None
        if _repeats(tree) > _HARMLESS_REPEATS:
            self._automaton = _Automaton(tree)

    def is_in(self, path: str) -> bool:
        """Tell whether the expression matches somewhere in `path`."""
        if self._automaton is not None:
            return self._automaton.is_in(path)
        return self._plain.search(path) is not None


def _repeats(tree: Iterable[tuple[Any, Any]]) -> int:
    """Count the repeats of an expression; one that repeats more than a sign counts double."""
    found = 0
    for code, value in tree:
        if code in _REPEATS or str(code) == "POSSESSIVE_REPEAT":
            inner = list(value[2])
            is_sign = len(inner) == 1 and inner[0][0] in _SIGNS
            found += 1 if is_sign else 2 + _repeats(inner)
        else:
            found += sum(_repeats(one) for one in _trees(value))
    return found


def _trees(value: Any) -> Iterator[Any]:
    """Yield the trees that stand below a code."""
    if isinstance(value, _parser.SubPattern):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _trees(one)


class _Automaton:
    """All ways through an expression. A state is a test of a sign, a place, or a fork."""

    def __init__(self, tree: Any) -> None:
        if tree.state.flags & ~_FLAGS:
            raise ExpressionError("has flags other than `(?i)`, and repeats more than once")
        self._ignores_case = bool(tree.state.flags & re.IGNORECASE)
        #: Test of a sign, or the code of a place, or None for a fork; and what comes next.
        self._states: list[tuple[_Test | Any | None, list[int]]] = []
        self._end = self._add(None, [])
        self._begin = self._joined(list(tree), self._end)

    def is_in(self, path: str) -> bool:
        """Tell whether a way through the automaton leads along some part of `path`."""
        states: set[int] = set()
        for at in range(len(path) + 1):
            states = self._reached({*states, self._begin}, path, at)
            if self._end in states:
                return True
            if at < len(path):
                states = {
                    state
                    for one in states
                    if callable(test := self._states[one][0]) and test(path[at])
                    for state in self._states[one][1]
                }
        return False

    def _reached(self, states: set[int], path: str, at: int) -> set[int]:
        """Return the states with those that are reached from them without a sign."""
        found, open_ = set(states), list(states)
        while open_:
            test, following = self._states[open_.pop()]
            if callable(test) or (test is not None and not _is_at(test, path, at)):
                continue
            new = [state for state in following if state not in found]
            found.update(new)
            open_ += new
        return found

    def _add(self, test: _Test | Any | None, following: list[int]) -> int:
        if len(self._states) >= MOST_STATES:
            raise ExpressionError("is too large; repeat fewer things fewer times")
        self._states.append((test, following))
        return len(self._states) - 1

    def _joined(self, items: list[tuple[Any, Any]], after: int) -> int:
        for code, value in reversed(items):
            after = self._one(code, value, after)
        return after

    def _one(self, code: Any, value: Any, after: int) -> int:
        if code in _SIGNS:
            return self._add(self._test(code, value), [after])
        if code is _codes.AT:
            return self._add(value, [after])
        if code is _codes.BRANCH:
            return self._add(None, [self._joined(list(one), after) for one in value[1]])
        if code is _codes.SUBPATTERN and not (value[1] or value[2]):
            return self._joined(list(value[3]), after)
        if code in _REPEATS:
            return self._repeated(value[0], value[1], list(value[2]), after)
        raise ExpressionError(
            "looks around or refers back, and repeats more than once, which may take forever; "
            "write it without"
        )

    def _repeated(self, least: int, most: Any, items: list[tuple[Any, Any]], after: int) -> int:
        if most is _codes.MAXREPEAT:
            fork: list[int] = [after]
            start = self._add(None, fork)
            fork.append(self._joined(items, start))
        else:
            start = after
            for _ in range(int(most) - least):
                start = self._add(None, [self._joined(items, start), after])
        for _ in range(least):
            start = self._joined(items, start)
        return start

    def _test(self, code: Any, value: Any) -> _Test:
        test = _sign(code, value)
        if not self._ignores_case:
            return test
        return lambda sign: test(sign) or test(sign.lower()) or test(sign.upper())


def _sign(code: Any, value: Any) -> _Test:
    """Return the test of one sign."""
    if code is _codes.LITERAL:
        return lambda sign: ord(sign[0]) == value
    if code is _codes.NOT_LITERAL:
        return lambda sign: ord(sign[0]) != value
    if code is _codes.ANY:
        return lambda sign: sign != "\n"
    if code is _codes.RANGE:
        return lambda sign: value[0] <= ord(sign[0]) <= value[1]
    if code is _codes.CATEGORY:
        kind = re.compile(_CATEGORIES[value])
        return lambda sign: kind.match(sign) is not None
    tests = [_sign(*one) for one in value if one[0] is not _codes.NEGATE]
    is_negated = value[0][0] is _codes.NEGATE
    return lambda sign: any(test(sign) for test in tests) is not is_negated


def _is_at(place: Any, path: str, at: int) -> bool:
    """Tell whether `at` is such a place of `path`: its begin, its end, a border of a word."""
    if place in (_codes.AT_BEGINNING, _codes.AT_BEGINNING_STRING):
        return at == 0
    if place is _codes.AT_END_STRING:
        return at == len(path)
    if place is _codes.AT_END:
        return path[at:] in ("", "\n")
    around = path[max(0, at - 1) : at], path[at : at + 1]
    before, after = (bool(re.match(r"\w", sign)) for sign in around)
    return (before != after) is (place is _codes.AT_BOUNDARY)
