"""`reroll`, `pick`, `adopt`, `restore`, `detach`: takes and hand edits."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import click

from ..api import Project, Wish
from ..commands import edits, takes
from ..commands.gallery import entries
from ..commands.gallery.entries import Entry
from ..config.clip_fields import MOST_ROOM_PX
from ..core import keys
from ..core.model import Preference
from . import named_file, options
from .building import show_build
from .progress import ask, display
from .voice import say

_file = click.argument("file", type=click.Path(path_type=Path))
_clip = click.option("--clip", metavar="NAME", help="Only this clip.")


def _color(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Read a colour; without its sign no shell takes it for a comment."""
    if text is None:
        return None
    if not re.fullmatch(r"#?[0-9A-Fa-f]{6}", text):
        raise click.BadParameter(f"{text!r} is no colour such as ff00ff")
    return f"#{text.removeprefix('#').lower()}"


def _room(_: click.Context, __: click.Parameter, text: str | None) -> object:
    """Read what a rule's `fit` may be."""
    if text in (None, "tight", "pad"):
        return text
    if not (text and text.isascii() and text.isdigit() and int(text) <= MOST_ROOM_PX):
        raise click.BadParameter(f"{text!r} is neither px, 0 to {MOST_ROOM_PX}, nor tight, nor pad")
    return int(text)


def _preference(command: options.Command) -> options.Command:
    """Add the options that say how another take should differ."""
    for option in (
        click.option("--seed", type=click.IntRange(1, 2**31 - 1), help="The service's seed."),
        click.option("--fit", callback=_room, metavar="PX", help="Room for motion; tight, pad."),
        click.option("--matte", callback=_color, metavar="COLOR", help="Colour behind the sprite."),
    ):
        command = option(command)
    return command


@click.command()
@_file
@_clip
@_preference
@options.service
@options.spending
def reroll(
    file: Path,
    clip: str | None,
    matte: str | None,
    fit: int | Literal["tight", "pad"] | None,
    seed: int | None,
    service: str | None,
    max_credits: int | None,
    yes: bool,
) -> None:
    """Buy another take of FILE's clips. The ones before are kept; see `pick`.

    Matte, room and seed are for this take alone; the rule, and what it bought, stay as they are.
    """
    opened, source = _open(file, service)
    wish = _allowed(max_credits, yes=yes)
    with display() as observe:
        report = takes.reroll(
            opened,
            source,
            clip=clip,
            preference=Preference(matte=matte, fit=fit, seed=seed),
            wish=wish,
            observe=observe,
        )
    show_build(report)
    sys.exit(report.exit)


@click.command()
@_file
@_clip
@click.option("--take", type=click.IntRange(min=0), help="The take to use from now on.")
@options.service
def pick(file: Path, clip: str | None, take: int | None, service: str | None) -> None:
    """Choose among the takes that were bought for FILE; without --take, list them. Free."""
    opened, source = _open(file, service)
    if take is None:
        known = takes.known(opened, source, clip)
        has_any = any(one.bought for one in known)
        looked_at = entries.of(opened, source) if has_any else ()
        for one in known:
            listed = ", ".join(f"{n} (in use)" if n == one.current else str(n) for n in one.takes)
            say(f"{one.source} [{one.clip}]: takes {listed or 'none yet'}")
            for line in _takes(one, looked_at):
                say(line)
        return
    with display() as observe:
        report = takes.pick(opened, source, take, clip=clip, observe=observe)
    show_build(report)
    sys.exit(report.exit)


def _takes(taken: takes.Taken, looked_at: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for each take: grade, service, price, and what is wrong with it."""
    reels = {
        (reel.clip, reel.digest, reel.take): reel for entry in looked_at for reel in entry.reels
    }
    for line in taken.bought:
        reel = reels.get((taken.clip, line.digest, line.take))
        facts = [line.service]
        if reel is not None:
            facts += [f"grade {reel.points}"] if reel.points is not None else []
            facts += [f"{reel.credits} credits"] if reel.credits else []
            facts += list(reel.faults)
        in_use = "  (in use)" if line.take == taken.current else ""
        yield f"  take {line.take}  {', '.join(facts)}{in_use}"


@click.command()
@click.argument("only", nargs=-1, metavar="[GLOB]...")
@click.option("--project", default=".", metavar="DIR", help="The project; default: this folder.")
def refresh(only: tuple[str, ...], project: str) -> None:
    """Make anew, for nothing, what an older version of the built-in engine made.

    All such clips, or those of the sources that a GLOB or file names. What was bought stays, and so
    does what was edited by hand.
    """
    opened = Project(project)
    if opened.workspace.service.paid:
        opened = Project(project, service=keys.BUILT_IN)
    with display() as observe:
        report = takes.refresh(opened, only=only, observe=observe)
    show_build(report)
    sys.exit(report.exit)


@click.command()
@_file
def adopt(file: Path) -> None:
    """Keep hand edits of FILE's outputs: no build replaces them."""
    opened, source = _open(file, None)
    for path in edits.adopt(opened, source):
        say(f"adopted {path}")


@click.command()
@_file
def detach(file: Path) -> None:
    """Leave FILE's outputs to you for good: nothing is made or bought for it any more."""
    opened, source = _open(file, None)
    for path in edits.detach(opened, source):
        say(f"detached {path}")


@click.command()
@_file
@options.spending
def restore(file: Path, max_credits: int | None, yes: bool) -> None:
    """Replace hand edits of FILE's outputs by what was bought; also undoes adopt and detach.

    What sprite or rule ask for since then is bought when you say so, here and now.
    """
    opened, source = _open(file, None)
    wish = _allowed(max_credits, yes=yes)
    if max_credits is None and not yes and wish.ask is None:
        wish = Wish(max_credits=0)  # a yes for every run is none for this one
    with display() as observe:
        report = edits.restore(opened, source, wish=wish, observe=observe)
    show_build(report)
    sys.exit(report.exit)


def _allowed(max_credits: int | None, *, yes: bool) -> Wish:
    """Return a wish to which a terminal may say yes."""
    can_ask = sys.stdin.isatty() and sys.stderr.isatty()
    return Wish(max_credits=max_credits, yes=yes, ask=ask if can_ask else None)


def _open(file: Path, service: str | None) -> tuple[Project, str]:
    """Open the project that `file` belongs to; a source, or one of its outputs."""
    opened = Project(file.parent, service=service)
    return opened, named_file.source(opened, file)
