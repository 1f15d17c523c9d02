"""The base of all records.

Files with records that every run reads back do without `from __future__ import annotations`:
msgspec reads the annotations, and compiles each that is a text.
"""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records. A subclass repeats the two options for the type checker."""
