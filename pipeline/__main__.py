"""Run the command line: `pixelpipe`, or `python -m pipeline`."""

from __future__ import annotations

import gc
import os
import sys

from .run.uptodate import quick

#: New objects before Python looks for cycles among them. What a command makes mostly stays, as
#: modules and plans do: looking as often as usual takes a seventh of the time of one sprite.
_OBJECTS = 100_000


def main() -> None:
    """Answer at once when nothing has changed; else load the command line and let it find out."""
    gc.set_threshold(_OBJECTS)
    found = quick.look(sys.argv[1:], os.environ)
    is_answer = found is not None and found.is_answer and found.mark()
    if not is_answer or found is None or not _print(found.said):
        from . import cli

        cli.main(found)


def _print(said: tuple[str, str]) -> bool:
    """Print what a run would print; False when the streams need more care than this."""
    for stream, text in zip((sys.stdout, sys.stderr), said, strict=True):
        if stream is None or not (text.isascii() or stream.encoding == "utf-8"):
            return False
    sys.stderr.write(said[1])
    try:
        sys.stdout.write(said[0])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output went away, as `head` does. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    return True


if __name__ == "__main__":
    main()
