"""`gallery`."""

from __future__ import annotations

from pathlib import Path

import click

from ..api import Project
from ..core.model import File, Pixels, Request
from ..plan.wanted import Wanted
from ..storage import files
from . import options
from .voice import say

#: Where it is written unless stated: in this checkout's own state, which is not committed.
_PLACE = ".pixelpipe/tmp/gallery.html"


@click.command()
@options.project
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it here.")
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
@options.service
def gallery(project: str, out: Path | None, opens: bool, service: str | None) -> None:
    """Write the review page: every source beside its animations, with grades and takes.

    One HTML file with everything in it; it opens without a server. Free: asks no service.
    """
    from ..commands.gallery import (
        entries,  # heavy: finishes everything again
        page,
    )
    from . import prompt_reading

    opened = Project(project, service=service)

    def draw(wanted: Wanted, request: Request) -> Pixels:
        return prompt_reading.drawing(opened.workspace, wanted, request)

    found = tuple(entries.collect(opened, draw))
    text = page(opened.root.resolve().name, found)
    if out is None:
        files.prepare(opened.root)
        files.publish(opened.root, [File(path=_PLACE, content=text.encode())])
        out = opened.root / _PLACE
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8", newline="\n")
    clips = sum(len(one.reels) for one in found)
    say(f"{len(found)} sources, {clips} animations: open {out}")
    if opens:
        click.launch(out.resolve().as_uri())
