"""Expressions that are compiled when they are first asked: most runs ask few of them."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Late:
    """Stands for a pattern, and becomes one."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        compiled: Any = re.compile(self._source, self._flags)
        found = getattr(compiled, name)
        setattr(self, name, found)  # the next time it is found at once
        return found


def expression(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what does all that the compiled expression does. Raises re.error then, not now."""
    return cast("re.Pattern[AnyStr]", _Late(source, flags))
