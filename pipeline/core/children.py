"""Start Python processes of our own that import nothing from the folder they happen to run in.

A game project may hold a `random.py`, a `numpy.py` or a folder `pipeline`. Python puts the current
folder first on its path for `-m` and `-c`, and would load those instead of ours, or at all.
"""

from __future__ import annotations

import os
import site
from collections.abc import Mapping
from pathlib import Path

#: Products of small matrices gain nothing by threads of numpy's, which wait for work without rest.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
#: Memory of one sprite is kept for the next: giving it back each time, as glibc does with arrays of
#: this size, took a tenth of the time of a worker, and nearly half of one of Dask's.
KEPT_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "268435456"}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a child's environment: ours, with a path that leads to this package and not to cwd.

    What is set already is obeyed. Sources: docs.python.org, PYTHONSAFEPATH (3.11); mallopt(3). An
    empty entry of PYTHONPATH means cwd as well.
    """
    folders = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    here = str(Path(__file__).resolve().parents[2])
    if here not in (*folders, *site.getsitepackages()):  # a checkout that is not installed
        folders.append(here)
    path = {"PYTHONPATH": os.pathsep.join(folders)} if folders else {}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return ONE_THREAD | KEPT_MEMORY | kept | path | {"PYTHONSAFEPATH": "1"} | dict(extra or {})
