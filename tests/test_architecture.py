"""Who may import whom, which package has which owner, and how long things may get."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "pipeline"
PACKAGE = ROOT.name

#: Floor 0: pure. No files, no clock, no environment, no network.
CORE = {
    *(
        "__version__",
        "errors",
        "model",
        "provenance",
        "keys",
        "lock",
        "locktext",
        "steps",
        "plan",
        "budget",
    ),
    *("config", "rules", "grammar"),
    # The parts that touch files: what every adapter reads small files and makes private ones by.
    *("smallfiles", "private"),
}
#: Floor 1: each owns one outside thing; what is in brackets are parts of one adapter.
ADAPTERS = (
    {"project", "imprint"},
    {"service"},
    {"store"},
    {"ledger"},
    {"imaging"},
    {"targets"},
)
#: Floor 3. Everything that is named nowhere is orchestration, floor 2.
FACES = {"cli", "gallery", "__main__"}
#: Beside the house: two readings of one contract must not share code.
BESIDE = {"engine"}

#: Which unit owns which package. msgspec is our record type, and anywhere.
OWNERS = {
    "PIL": {"imaging", "targets", "engine"},
    "numpy": {"imaging", "engine"},
    "requests": {"service"},
    "urllib3": {"service"},
    "yaml": {"project"},
    "watchdog": {"watch"},
    "filelock": {"ledger", "publication", "trust"},
    "click": {"cli"},
    "rich": {"cli"},
    "starlette": {"engine", "gallery"},
    "uvicorn": {"engine", "gallery"},
    "jinja2": {"gallery"},
    "sqlite3": {"ledger", "project", "engine", "cli"},
}
LONGEST_FILE, LONGEST_FUNCTION = 350, 45
MODULES = sorted(ROOT.rglob("*.py"))


def unit(module: str) -> str:
    """Return the file or package directly below `pipeline` that a module belongs to."""
    return [*module.split("."), ""][1]


def module_of(path: Path) -> str:
    """Return a file's dotted name."""
    parts = (PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, inside functions and for types as well."""
    module = module_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *([node.module] if node.module else [])])
            named = [] if node.module else [f"{base}.{alias.name}" for alias in node.names]
            yield from named or [base]


def floor(name: str) -> int:
    """Return the floor that a unit stands on."""
    if name in CORE:
        return 0
    if any(name in parts for parts in ADAPTERS):
        return 1
    return 3 if name in FACES else 2


def allowed(here: str, there: str) -> bool:
    """Tell whether unit `here` may import unit `there`."""
    if here == there:
        return True
    if here in BESIDE or there in BESIDE:
        return here in FACES
    if floor(here) == floor(there) == 1:
        return any({here, there} <= parts for parts in ADAPTERS)
    return floor(there) <= floor(here)


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_imports_point_down(path: Path) -> None:
    """Floors point down only, adapters never meet, and the engine stands alone."""
    here = unit(module_of(path))
    if not here:  # the package itself: its public names
        return
    inner = {unit(name) for name in imports(path) if name.split(".")[0] == PACKAGE}
    wrong = sorted(there for there in inner - {""} if not allowed(here, there))
    assert not wrong, f"{here} may not import {', '.join(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_packages_have_owners(path: Path) -> None:
    """A third-party package is imported by the unit that owns it, and by no other."""
    here = unit(module_of(path))
    for name in {name.split(".")[0] for name in imports(path)}:
        if name in OWNERS:
            assert here in OWNERS[name], f"{name} belongs to {', '.join(sorted(OWNERS[name]))}"
        else:
            is_known = name in sys.stdlib_module_names or name in (PACKAGE, "msgspec", "")
            assert is_known, f"{name} has no owner: add it to the table"


def test_the_plan_is_pure() -> None:
    """`plan` and `steps` decide without looking: nothing of files, clock, network or chance."""
    for name in ("plan", "steps", "keys", "lock", "locktext", "rules", "budget"):
        outside = {module.split(".")[0] for module in imports(ROOT / f"{name}.py")}
        assert not outside & {"os", "pathlib", "time", "random", "socket", "sqlite3", "subprocess"}


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_files_and_functions_stay_short(path: Path) -> None:
    """What does not fit on a few screens has more than one idea."""
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert not long


def test_the_table_catches_what_it_is_for() -> None:
    """A table that allows everything would pass too."""
    assert not allowed("model", "project")
    assert not allowed("plan", "ledger")
    assert not allowed("store", "ledger")
    assert not allowed("build", "cli")
    assert not allowed("service", "engine")
    assert not allowed("engine", "model")
    assert allowed("project", "imprint")
    assert allowed("cli", "engine")
