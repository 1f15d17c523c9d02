"""The one edge where text leaves for a terminal, a file or a CI log: everything passes `plain`."""

from __future__ import annotations

import sys

import click

from ..core import plain


def say(text: str = "", *, err: bool = False, style: str = "") -> None:
    """Print one line. `style` is put before it as it is: colours of our own."""
    click.echo(style + plain.line(text), err=err)


def say_block(text: str, *, err: bool = False) -> None:
    """Print what has its own line ends."""
    click.echo(plain.block(text), nl=False, err=err)


def show_json(document: bytes) -> None:
    """Print one JSON document on standard output, with a line end."""
    text = document if document.endswith(b"\n") else document + b"\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(plain.block(text.decode()).encode())
    sys.stdout.buffer.flush()
