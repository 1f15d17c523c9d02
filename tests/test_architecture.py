"""The house: one tower of wings, each of which imports only from those before it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "pipeline"
PACKAGE = ROOT.name

#: The order is the architecture: an import may only go left, for types and inside functions too.
WINGS = (
    "core",
    "engine",
    "imaging",
    "targets",
    "storage",
    "config",
    "plan",
    "purchase",
    "run",
    "api",
    "commands",
    "cli",
)
#: The package itself and its command stand above all wings.
ENTRANCES = ("__init__", "__main__")
#: Never import each other. The engine stands alone: two readings of one contract share no code.
APART = {"engine", "imaging", "targets"}
#: The one place of storage that takes imaging: it decodes a source.
TAKES_IMAGING = "storage.pictures"
#: The wings that may take the engine: the command line starts it as a server.
TAKE_ENGINE = {"cli"}
#: The one place that starts it for a run, and what it may take: requests go in, answers come out,
#: as they would over HTTP. The client beside it still knows nothing of the server's code.
STARTS_ENGINE = ("purchase.local_engine", "engine.server.within")

#: Which wings may import which third-party package. msgspec is our record type, and anywhere.
OWNERS = {
    "PIL": {"imaging", "targets", "engine"},
    "numpy": {"imaging", "engine"},
    "requests": {"purchase", "storage"},
    "urllib3": {"purchase", "storage"},
    "yaml": {"config"},
    "watchdog": {"commands"},
    "obstore": {"storage"},
    "filelock": {"storage"},
    "distributed": {"run"},
    "click": {"cli"},
    "rich": {"cli"},
    "uvicorn": {"engine"},
    "sqlite3": {"storage", "engine", "cli"},
}
#: What reaches outside: the plan must not, and the core only in the files named below.
OUTSIDE = {"os", "pathlib", "time", "random", "socket", "sqlite3", "subprocess", "shutil"}
#: Files of the core that look outside, and why each says in its docstring.
LOOKING = {
    "core.listing",
    "core.children",
    "core.stopwatch",
    "core.small_files",
    "core.private",
    "core.unfinished",
    "core.timed_answer",
}
#: What is longer is printed as a place to look at; one idea is never split to please a number.
LONG_FILE, LONG_FUNCTION = 350, 30

MODULES = sorted(ROOT.rglob("*.py"))


def module_of(path: Path) -> str:
    """Return a file's dotted name below the package; "" for the package itself."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def wing_of(module: str) -> str:
    """Return the wing that a module below the package belongs to."""
    return module.partition(".")[0] or "__init__"


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file once for all tests."""
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return every module that a file imports by its full name, inside functions and for types."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = [PACKAGE, *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from x import y` may name a module or what is in one: both count as x.y.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def inner(path: Path) -> Iterator[str]:
    """Yield the modules of ours that a file imports, named below the package."""
    for name in imports(path):
        if name.split(".")[0] == PACKAGE:
            yield name.partition(".")[2]


def fault(here: str, there: str) -> str:
    """Say why module `here` may not import `there`; "" when it may."""
    low, high = wing_of(there), wing_of(here)
    if low == high or high in ENTRANCES:
        return ""
    if low not in WINGS:
        return "" if low in ("__init__", "__version__") else f"{low} is no wing"
    if WINGS.index(low) > WINGS.index(high):
        return f"{high} stands before {low}"
    if high in APART and low in APART:
        return f"{high} and {low} never meet"
    if low == "engine" and high not in TAKE_ENGINE and not _starts_engine(here, there):
        return "the engine is spoken to by its contract"
    if high == "engine":
        return "the engine shares no code"
    if high == "storage" and low == "imaging" and here != TAKES_IMAGING:
        return f"only {TAKES_IMAGING} decodes pictures"
    return ""


def _starts_engine(here: str, there: str) -> bool:
    place, door = STARTS_ENGINE
    return here == place and f"{there}.".startswith(f"{door}.")


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_imports_go_left(path: Path) -> None:
    """A wing imports from those before it, and every module stands in a wing."""
    here = module_of(path)
    assert wing_of(here) in (*WINGS, *ENTRANCES), f"{here} stands in no wing"
    wrong = {f"{there}: {why}" for there in inner(path) if (why := fault(here, there))}
    assert not wrong, "; ".join(sorted(wrong))


def _is_inside(package: str, other: str) -> bool:
    """Tell whether a package is `other`, or lies in it; the package itself holds all."""
    return not other or f"{package}.".startswith(f"{other}.")


def test_no_two_packages_import_each_other() -> None:
    """Inside a wing, too, one of two packages is below the other."""
    packages = {module_of(path) for path in MODULES if path.name == "__init__.py"}

    def package_of(module: str) -> str:
        while module and module not in packages:
            module = module.rpartition(".")[0]
        return module

    arrows = set()
    for path in MODULES:
        here = package_of(module_of(path))
        arrows |= {(here, package_of(there)) for there in inner(path)}
    apart = {(a, b) for a, b in arrows if not (_is_inside(a, b) or _is_inside(b, a))}
    both = {(a, b) for a, b in apart if a < b and (b, a) in apart}
    assert not both


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_packages_have_owners(path: Path) -> None:
    """A third-party package is imported by the wings that own it, and by no other."""
    here = wing_of(module_of(path))
    for name in {name.split(".")[0] for name in imports(path)}:
        if name in OWNERS:
            assert here in OWNERS[name], f"{name} belongs to {', '.join(sorted(OWNERS[name]))}"
        else:
            is_known = name in sys.stdlib_module_names or name in (PACKAGE, "msgspec", "")
            assert is_known, f"{name} has no owner: add it to the table"


def test_every_owned_package_is_used() -> None:
    """A grant for a package that its wing never imports is a dependency too many."""
    used: dict[str, set[str]] = {name: set() for name in OWNERS}
    for path in MODULES:
        for name in {name.split(".")[0] for name in imports(path)} & used.keys():
            used[name].add(wing_of(module_of(path)))
    assert used == OWNERS


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_plan_and_core_are_pure(path: Path) -> None:
    """They decide without looking: nothing of files, clock, network or chance."""
    here = module_of(path)
    if wing_of(here) not in ("plan", "core") or here in LOOKING:
        return
    outside = {module.split(".")[0] for module in imports(path)}
    assert not outside & OUTSIDE


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    """A docstring stands before any code, in packages most of all."""
    assert ast.get_docstring(parsed(path))


def long_ones() -> Iterator[str]:
    """Yield the files and functions that are longer than a few screens, with their lengths."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    for path in MODULES:
        text = path.read_text("utf-8")
        if (lines := len(text.splitlines())) > LONG_FILE:
            yield f"{module_of(path)}: {lines} lines"
        for node in ast.walk(parsed(path)):
            if isinstance(node, kinds) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > LONG_FUNCTION:
                    yield f"{module_of(path)}.{node.name}: {lines} lines"


def test_what_is_long_is_printed() -> None:
    """Size is a hint: `pytest -rP tests/test_architecture.py -k printed` lists where to look."""
    print("\n".join(long_ones()))


def test_the_table_catches_what_it_is_for() -> None:
    """A table that allows everything would pass too."""
    assert fault("core.model", "storage.files")
    assert fault("plan.plan", "purchase.budget")
    assert fault("storage.store", "config.settings")
    assert fault("storage.store", "imaging.picture.png")
    assert fault("run.execute", "cli.build")
    assert fault("purchase.service.client", "engine.server.app")
    assert fault("purchase.connect", "engine.server.within")
    assert fault("purchase.local_engine", "engine.server.app")
    assert fault("engine.render", "core.model")
    assert fault("imaging.stages", "targets.sheet")
    assert not fault("storage.files.walk", "core.listing")
    assert not fault("cli.engine", "engine.server.serve")
    assert not fault("purchase.local_engine", "engine.server.within.Within")
