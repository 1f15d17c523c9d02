"""Nothing waits for ever: the ways of waiting that the standard library has, and one of them not.

`queue.SimpleQueue.get` with a timeout that has passed before the queue was looked at a second time
waits without a limit (CPython 3.7 to 3.13: what is left is below zero, which means "no limit").
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "pipeline"


def name(node: ast.AST) -> str:
    """Return the last name of an expression such as `self._done`."""
    return getattr(node, "attr", getattr(node, "id", ""))


def unsafe_waits(text: str) -> list[int]:
    """Return the lines that ask a SimpleQueue and wait for a limited time."""
    tree = ast.parse(text)
    queues = {
        name(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and "SimpleQueue" in ast.unparse(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and name(node.func.value) in queues
        and (len(node.args) > 1 or any(one.arg == "timeout" for one in node.keywords))
    ]


@pytest.mark.parametrize("place", sorted(ROOT.rglob("*.py")), ids=lambda one: one.stem)
def test_no_simple_queue_is_waited_for_with_a_limit(place: Path) -> None:
    assert unsafe_waits(place.read_text("utf-8")) == []


def test_such_a_wait_is_seen() -> None:
    made = "class A:\n def a(self):\n  self.q: object = queue.SimpleQueue()\n"
    asked = "  self.q.get()\n  self.q.get(timeout=0)\n  self.q.get(True, 1)\n  self.q.get(False)\n"
    assert unsafe_waits(made + asked) == [5, 6]
