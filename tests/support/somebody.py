"""Be a user whom permissions bind: root, as which tests often run, may do everything."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = 65534


@contextmanager
def somebody_else(tmp_path: Path) -> Iterator[None]:
    """Give up root's rights inside the context; `tmp_path` can still be reached."""
    if os.name == "nt":
        pytest.skip("permissions are of another kind on Windows")
    if os.geteuid() != 0:
        yield
        return
    top = Path(tempfile.gettempdir()).resolve()
    for folder in (tmp_path, *tmp_path.parents):
        if top in folder.parents:
            folder.chmod(0o755)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
