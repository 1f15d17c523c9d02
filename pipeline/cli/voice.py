"""The one edge where text leaves for a terminal, a file or a CI log: everything passes `plain`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from ..core import plain


def say(text: str = "", *, err: bool = False, style: str = "") -> None:
    """Print one line. `style` is put before it as it is: colours of our own."""
    if style:
        import click  # knows who wants colours

        click.echo(style + plain.line(text), err=err)
        return
    _write(plain.line(text) + "\n", err=err)


def say_block(text: str, *, err: bool = False) -> None:
    """Print what has its own line ends."""
    _write(plain.block(text), err=err)


def show_json(document: bytes) -> None:
    """Print one JSON document on standard output, with a line end."""
    show_pieces([document if document.endswith(b"\n") else document + b"\n"])


def show_pieces(document: Iterable[bytes]) -> None:
    """Print one JSON document, with its line end, as its pieces come."""
    sys.stdout.flush()
    for piece in document:
        sys.stdout.buffer.write(plain.block(piece.decode()).encode())
    sys.stdout.buffer.flush()


def _write(text: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    if stream is not None and (text.isascii() or stream.encoding == "utf-8"):
        stream.write(text)
        stream.flush()
        return
    import click  # writes what the stream by itself would not

    click.echo(text, nl=False, err=err)
