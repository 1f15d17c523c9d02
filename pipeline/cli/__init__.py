"""The command line: results on standard output, progress and log on standard error.

Commands are loaded when they are called: `--help` loads none of the heavy packages, and a plain
build not even what reads the words (`words`). Errors become a sentence and an exit code here, and
nowhere else. Whatever others wrote passes `voice`, so that no name or prompt reaches a terminal as
control signs. It must never decide what is bought: it asks.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from ..core.apart import shortage
from ..core.errors import InterruptedRunError, PixelpipeError, StorageError
from ..run.uptodate.quick import Found
from .voice import say

_BUG = 70
#: What a system says of a path that is its user's affair: where nobody asked before, it is no bug.
_REFUSALS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENAMETOOLONG, errno.EIO)


def main(found: Found | None = None) -> None:
    """Run the command line and exit with the code of how it ended (errors.py).

    `found` is what comparing the project with its seal has found already.
    """
    _open_streams()
    signal.signal(signal.SIGTERM, _interrupt)
    # A terminal that closes stops us as Ctrl-C does, unless `nohup` said otherwise.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _interrupt)
    with _sentences():
        if found is not None and not sys.stderr.isatty():
            from . import plainly

            plainly.run(found)
        else:
            from . import words

            words.run(found)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn every way in which a command can end into one sentence and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        _say("stopped; what is in flight is taken up by the next run")
        sys.exit(InterruptedRunError.exit_code)
    except PixelpipeError as exc:
        for sentence in str(exc).splitlines():
            _say(sentence)
        sys.exit(exc.exit_code)
    except BrokenPipeError:
        # The reader of our output went away, as `head` does. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as exc:
        if shortage(exc) is not None:
            _lacks(exc)
        if exc.errno in _REFUSALS and isinstance(exc.filename, str | bytes):
            _say(f"{os.fsdecode(exc.filename)}: {exc.strerror}; nothing was lost")
        else:
            _bug(exc)
        sys.exit(StorageError.exit_code)
    except MemoryError:
        _say("not enough memory: free some, then run the same command again; nothing was lost")
        sys.exit(StorageError.exit_code)
    except Exception as exc:
        if (lack := shortage(exc)) is not None:
            _lacks(lack)
        _bug(exc)


def _lacks(exc: OSError) -> NoReturn:
    _say(f"{exc.strerror}: free some, then run the same command again; nothing was lost")
    sys.exit(StorageError.exit_code)


def _bug(exc: Exception) -> NoReturn:
    import logging

    logging.getLogger(__name__).debug("the bug's place", exc_info=True)
    kind = type(exc).__name__
    _say(f"a bug in pixelpipe ({kind}: {exc}); nothing was lost. Please report it with -vv")
    sys.exit(_BUG)


def _open_streams() -> None:
    """Make the standard streams safe to write to, whatever they are.

    Those that the caller closed, as cron jobs do, get an end that swallows all.

    Else Python has None for them, and the next file that is opened, a database perhaps, gets the
    number that every child process writes its messages to.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
            stream = open(number, "r" if number == 0 else "w", encoding="utf-8")  # noqa: SIM115, PTH123
            setattr(sys, name, stream)
    # A file's name may have signs that the place where we write does not know, as a redirect on
    # Windows: they are shown as `?` and never end a command.
    for written in (sys.stdout, sys.stderr):
        if isinstance(written, io.TextIOWrapper) and written.errors == "strict":
            written.reconfigure(errors="replace")


def _say(sentence: str) -> None:
    say(f"pixelpipe: {sentence}", err=True)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
