"""JSON Schema of the two YAML files, for editors (2020-12).

It is made from the tables that the parser reads by. What only the parser can know, such as a
placeholder that no pattern captures, a clip derived from itself or an unknown target, is not in it.
"""

from __future__ import annotations

from .project_fields import PROJECT
from .rule_fields import FILE, OVERRIDE
from .tables import Table

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def project() -> dict[str, object]:
    """Return the schema of `pixelpipe.yaml`."""
    return _schema(PROJECT, "pixelpipe.yaml", "Settings of a project that uses pixelpipe.")


def rules() -> dict[str, object]:
    """Return the schema of a rule file, such as `rules/mine.yaml`."""
    return _schema(FILE, "pixelpipe rules", "Which sprites get which animations.")


def override() -> dict[str, object]:
    """Return the schema of a per-file override, such as `hero.png.yaml`."""
    return _schema(OVERRIDE, "pixelpipe override", "What is different for one sprite.")


def _schema(table: Table, title: str, description: str) -> dict[str, object]:
    head: dict[str, object] = {"$schema": _DIALECT, "title": title, "description": description}
    return head | table.schema()
