"""Run the command line: `pixelpipe`, or `python -m pipeline`."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from .run.uptodate import quick

#: New objects before Python looks for cycles among them. What a command makes mostly stays, as
#: modules and plans do: looking as often as usual takes a seventh of the time of one sprite.
_OBJECTS = 1_000_000


def run() -> None:
    """Run the command line as a process of its own, and end it.

    Python would clear up piece by piece what ends with the process anyway: for one sprite that
    takes a sixth of the whole. Whoever asked to be told of the end is told before.
    """
    end = _End()
    if not (sys.gettrace() or sys.getprofile() or "coverage" in sys.modules):
        atexit.register(end)  # the first to be registered is called last
    try:
        main()
    except SystemExit as done:
        end.code = 0 if done.code is None else done.code
        raise
    end.code = 0


class _End:
    """Ends the process, once it is known how."""

    code: object = None

    def __call__(self) -> None:
        """End it, unless Python has something to say itself: of an error, or of a stream."""
        if not isinstance(self.code, int):
            return
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            return
        os._exit(self.code & 0xFF)


def main() -> None:
    """Answer at once when nothing has changed; else load the command line and let it find out."""
    gc.set_threshold(_OBJECTS)
    # A thread of numpy's that waits for work without rest takes more than it does for a sprite.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
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
    run()
