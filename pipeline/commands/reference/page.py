"""A page of the reference, and its two forms: Markdown for a browser, plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ...core.model import Record

_HEAD = (
    "<!-- Made from the tables of the code by `python -m pipeline.commands.reference`; "
    "a test holds them equal. -->"
)


class Entry(Record, frozen=True, kw_only=True):
    """One key, target, variable or code: its name, labelled facts, and a sentence."""

    name: str
    about: str
    facts: tuple[tuple[str, str], ...] = ()


class Section(Record, frozen=True, kw_only=True):
    """Entries under a heading."""

    title: str
    about: str = ""
    entries: tuple[Entry, ...] = ()


class Page(Record, frozen=True, kw_only=True):
    """One topic."""

    topic: str
    title: str
    about: str
    sections: tuple[Section, ...]


def markdown(page: Page) -> str:
    """Return a page as Markdown: a table for each section."""
    return "\n".join([_HEAD, "", f"# {page.title}", "", page.about, *_markdown(page)]) + "\n"


def _markdown(page: Page) -> Iterator[str]:
    for section in page.sections:
        yield from ("", f"## {section.title}", "")
        if section.about:
            yield from (section.about, "")
        labels = list(dict.fromkeys(label for one in section.entries for label, _ in one.facts))
        if not section.entries:
            continue
        yield "| " + " | ".join(["", "meaning", *labels]) + " |"
        yield "|" + "---|" * (len(labels) + 2)
        for entry in section.entries:
            facts = dict(entry.facts)
            cells = [f"`{entry.name}`", entry.about, *(facts.get(label, "") for label in labels)]
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def text(page: Page, columns: int) -> str:
    """Return a page for a terminal of so many columns."""
    lines = [page.title, "", *textwrap.wrap(page.about, columns)]
    for section in page.sections:
        lines += ["", section.title.upper()]
        lines += textwrap.wrap(section.about, columns) if section.about else []
        for entry in section.entries:
            lines += ["", f"  {entry.name}", *_wrapped(entry.about, columns)]
            for label, value in entry.facts:
                if value:
                    lines += _wrapped(f"{label}: {value}", columns)
    return "\n".join(lines) + "\n"


def _wrapped(text: str, columns: int) -> list[str]:
    return textwrap.wrap(
        text,
        columns,
        initial_indent="      ",
        subsequent_indent="        ",
        break_on_hyphens=False,
        break_long_words=False,
    )
