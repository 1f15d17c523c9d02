"""The reference, made from the tables that the program itself reads by: it cannot lie.

`pixelpipe help TOPIC` shows it in a terminal; `pipeline/reference/` holds it as Markdown. After a
change of a key, a target or a pack, `python -m pipeline.commands.reference` writes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from . import keys_pages, other_pages, page
from .page import Page

#: Topic to what makes its page, in the order of the index.
TOPICS: Mapping[str, Callable[[], Page]] = MappingProxyType(
    {
        "rules": keys_pages.rules,
        "targets": other_pages.targets_page,
        "settings": keys_pages.settings,
        "packs": other_pages.packs_page,
        "environment": other_pages.environment_page,
        "exit-codes": other_pages.exit_codes_page,
    }
)
FOLDER = Path(__file__).resolve().parent.parent.parent / "reference"


def shown(topic: str, columns: int) -> str:
    """Return a topic's page for a terminal of so many columns."""
    return page.text(TOPICS[topic](), columns)


def pages() -> dict[str, str]:
    """Return all pages as Markdown by file name, with an index."""
    made = {topic: make() for topic, make in TOPICS.items()}
    index = [
        "# Reference",
        "",
        "Made from the tables of the code; also `pixelpipe help TOPIC`.",
        "",
    ]
    index += [f"* [{one.title}]({topic}.md)" for topic, one in made.items()]
    files = {f"{topic}.md": page.markdown(one) for topic, one in made.items()}
    return {"README.md": "\n".join(index) + "\n"} | files
