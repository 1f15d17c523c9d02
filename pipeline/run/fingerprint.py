"""One text for all that decides which bytes a source is finished to, beside the task itself.

Two machines with the same fingerprint make the same files. Python's version counts, since `sum`
of floats is another in 3.12, and the machine's kind, since numpy's sums are.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from ..core.version import __version__
from ..targets.registry import GROUP

_PACKAGE = Path(__file__).resolve().parents[1]


@functools.cache
def own() -> str:
    """Return the fingerprint of this process: version, our source, packages and plugins."""
    from ..imaging import versions  # loads numpy and Pillow

    parts = {
        "version": __version__,
        "source": _source(_PACKAGE),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "machine": platform.machine().lower(),
        "packages": dict(versions.versions()),
        "plugins": sorted(_plugins()),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _source(folder: Path) -> str:
    """Return the digest of all Python files below a folder, by their names there."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _plugins() -> Iterator[tuple[str, str, str, str]]:
    """Yield the targets of other packages: name, place, package with version, and source."""
    for entry in metadata.entry_points(group=GROUP):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""
        yield entry.name, entry.value, package, _plugin_source(entry.module)


def _plugin_source(module: str) -> str:
    """Return the digest of what a plugin's module, or its whole package, is made of."""
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return ""
    origin = Path(spec.origin)
    if spec.submodule_search_locations:
        return _source(origin.parent)
    return hashlib.sha256(origin.read_bytes()).hexdigest() if origin.is_file() else ""
