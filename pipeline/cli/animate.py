"""`animate`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..api import Wish
from ..commands.animate import SingleFile
from ..config.rule_fields import FACINGS, KINDS
from ..core.errors import UsageError
from . import loudness, options
from .building import show_build
from .progress import ask, display
from .voice import show_json


@click.command()
@click.argument("png", type=click.Path(path_type=Path))
@click.argument("prompt")
@click.option("--clip", help="The clip's name. Default: by the verb, such as walk or attack.")
@click.option("--kind", type=click.Choice(KINDS), help="What the sprite is; the engine guesses.")
@click.option("--facing", type=click.Choice(FACINGS), help="Where the sprite looks.")
@click.option("--frames", type=int, help="Even, 2 to 16.")
@click.option("--loop/--once", "loop", default=None, help="Repeat, or play once.")
@click.option("--fps", type=float, help="Frames a second.")
@click.option("--negative-prompt", help="What to avoid.")
@click.option("--seed", type=int, help="For the same result again.")
@click.option("--target", "targets", multiple=True, metavar="NAME", help="godot, gif, webp, …")
@click.option("--stages", type=click.Path(path_type=Path), help="Write every stage's picture here.")
@options.service
@options.shared
@options.spending
@options.as_json
def animate(
    png: Path,
    prompt: str,
    clip: str | None,
    kind: str | None,
    facing: str | None,
    targets: tuple[str, ...],
    stages: Path | None,
    service: str | None,
    shared: str | None,
    max_credits: int | None,
    yes: bool,
    as_json: bool,
    **stated: object,
) -> None:
    """Animate one PNG: `pixelpipe animate hero.png "breathing calmly"`.

    The result stands beside the picture, as hero.anim.png and hero.anim.json.
    """
    if clip is None:
        from . import prompt_reading  # heavy: loads the engine

        clip = prompt_reading.clip_name(prompt)
    if stages is not None and stages.exists() and not stages.is_dir():
        raise UsageError(f"--stages {stages}: is no folder; the pictures of all stages go there")
    wish = {"name": clip, "prompt": prompt, **stated}
    sprite = {"kind": kind, "facing": facing}
    opened = SingleFile(
        png, wish, sprite=sprite, service=service, shared=shared, targets=list(targets) or None
    )
    can_ask = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
    asked = Wish(max_credits=max_credits, yes=yes, ask=ask if can_ask else None)
    with display(quiet=as_json) as observe:
        report = opened.build(asked, observe=observe)
    if stages is not None and report.exit == 0:
        for path in opened.stages(report, stages):
            loudness.hint(f"stage: {path}", err=True)
    if as_json:
        show_json(report.json())
    else:
        show_build(report)
    sys.exit(report.exit)
