"""The review page: one HTML file that holds everything, and opens without a server.

Names and prompts are somebody's text: they reach the page as JSON in which `<` is escaped, so none
of them can become markup or script. It must never load anything from elsewhere, or change a file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib import resources

import msgspec

from .entries import Entry

_MARK = "/*DATA*/null"


def page(title: str, entries: Iterable[Entry]) -> str:
    """Return the page: source and animations side by side, with grades, takes and prices.

    Pictures are part of it, so that it can be sent to somebody as it is.
    """
    content = {"title": title, "entries": [_plain(one) for one in entries]}
    # "<" never stands in a script element's JSON: no text of a prompt can end the element.
    text = msgspec.json.encode(content).decode().replace("<", "\\u003c")
    template = resources.files(__package__).joinpath("page.html").read_text("utf-8")
    return template.replace("POLICY", _policy(template), 1).replace(_MARK, text)


def _policy(template: str) -> str:
    """Return what the page may do: run its own script, show its own pictures, and nothing else."""
    script = template.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _plain(entry: Entry) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(
        msgspec.structs.replace(entry, images={}), str_keys=True
    )
    fields["images"] = {
        digest: "data:image/png;base64," + base64.b64encode(png).decode()
        for digest, png in entry.images.items()
    }
    return fields
