"""The house stays as design.md section 4 draws it: imports point down, packages have owners."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent / "pipeline"
FILES = sorted(ROOT.rglob("*.py"))

#: Pure: no files, no clock, no environment, no network.
CORE = frozenset(
    [
        "errors",
        "model",
        "globs",
        "templates",
        "shapes",
        "tables",
        "clipfields",
        "rulefields",
        "rulechecks",
        "rulefile",
        "rules",
        "projectfields",
        "config",
        "schema",
        "keys",
        "lock",
        "provenance",
        "steps",
        "plan",
        "budget",
        "forecast",
        "__version__",
    ]
)
#: Each owns one outside thing; what stands behind it is its own.
ADAPTERS: dict[str, set[str]] = {
    "project": set(),
    "service": {"wire"},
    "wire": set(),
    "hosting": set(),
    "store": set(),
    "ledger": {"ledgerfile", "consents"},
    "consents": {"ledgerfile"},
    "ledgerfile": set(),
    "imaging": set(),
    "targets": set(),
    "plugins": set(),
}
FACES = {"cli", "gallery", "__main__", "__init__"}
#: Third-party packages and who may import them; msgspec's records are everybody's.
OWNERS = {
    "PIL": {"imaging", "targets", "engine"},
    "click": {"cli"},
    "filelock": {"ledger", "ledgerfile", "publication"},
    "jinja2": {"gallery"},
    "numpy": {"imaging", "engine"},
    "requests": {"service", "wire"},
    "rich": {"cli"},
    "urllib3": {"wire"},
    "uvicorn": {"engine"},
    "watchdog": {"watch"},
    "yaml": {"project"},
}
MAX_LINES = 350
MAX_FUNCTION_LINES = 40


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    """Return a file's path below `pipeline`."""
    return path.relative_to(ROOT).as_posix()


def unit(path: Path) -> str:
    """Return the module or package right below `pipeline` that a file belongs to."""
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield (name, is ours) for each import of a file, also inside functions."""
    package = ("pipeline", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0], False
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            place = base + tuple((node.module or "").split(".") if node.module else ())
            names = [alias.name for alias in node.names] if len(place) == 1 else [place[1]]
            yield from ((name, True) for name in names)


@cache
def graph() -> dict[str, set[str]]:
    """Return which unit imports which."""
    found: dict[str, set[str]] = {unit(path): set() for path in FILES}
    for path in FILES:
        own = {name for name, is_ours in imports(path) if is_ours}
        found[unit(path)] |= own - {unit(path)}
    return found


def test_the_core_imports_only_the_core() -> None:
    """Decisions about money are pure, so that `plan` and `build` cannot disagree."""
    wrong = {name: graph()[name] - CORE for name in CORE & graph().keys()}
    assert not {name: found for name, found in wrong.items() if found}


def test_adapters_import_the_core_and_what_stands_behind_them() -> None:
    """Adapters never import each other: they meet in the floor above."""
    wrong = {name: graph()[name] - CORE - behind for name, behind in ADAPTERS.items()}
    assert not {name: found for name, found in wrong.items() if found}


def test_nobody_imports_a_face() -> None:
    """The command line is thin: what build scripts need stands below it."""
    wrong = {name: found & {"cli", "gallery"} for name, found in graph().items()}
    assert not {name: found for name, found in wrong.items() if found and name not in FACES}


def test_the_engine_shares_nothing_with_the_house() -> None:
    """Client and engine are two readings of one contract: shared code would agree in error."""
    assert graph()["engine"] == set()
    users = {name for name, found in graph().items() if "engine" in found}
    assert users <= {"cli"}


def test_there_are_no_cycles() -> None:
    """Each module can be read with only those below it in mind."""
    below = {name: found - {"__version__"} for name, found in graph().items()}
    del below["__init__"]  # it names the interface lazily
    TopologicalSorter(below).prepare()


def test_third_party_packages_stay_with_their_owners() -> None:
    """One seam for each outside thing: that is where it can be exchanged."""
    known = {*sys.stdlib_module_names, "pipeline", "msgspec"}
    wrong = {
        (named(path), name)
        for path in FILES
        for name, is_ours in imports(path)
        if not is_ours and name not in known and unit(path) not in OWNERS.get(name, set())
    }
    assert not wrong


def test_files_stay_small() -> None:
    """A file that grows past a screenful of ideas wants a new word."""
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_functions_stay_small() -> None:
    """One idea each; what a command's options are does not count."""
    lengths = {
        f"{named(path)}:{node.name}": (node.end_lineno or 0) - node.body[0].lineno + 1
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}


def test_public_names_are_documented() -> None:
    """A reader learns shapes, units and errors without the code."""
    bare = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in FILES
        for node in _public(tree(path).body)
        if ast.get_docstring(node) is None
    ]
    assert bare == []


def _public(
    body: list[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)
