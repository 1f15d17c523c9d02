"""Set one source apart from the others: whatever goes wrong with it is its own fault alone.

A run works on many sources, and most of them were paid for. So an exception that nobody foresaw
becomes an error that says where it happened, and the run goes on with the next source. What the
machine has run out of concerns all of them, and goes through.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import BugError, NoRoomError, PixelpipeError

#: What the machine has run out of: disk, quota, open files, memory.
SHORTAGES = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
#: How the loader of a library tells it: it has no number, and never another language.
_SAID = {
    "Too many open files": errno.EMFILE,
    "Cannot allocate memory": errno.ENOMEM,
    "No space left on device": errno.ENOSPC,
}
#: Folder of the package, with a slash at its end.
_PACKAGE = __file__.replace("\\", "/").rpartition("/core/")[0] + "/"


@contextmanager
def apart() -> Iterator[None]:
    """Turn what nobody foresaw in the block into a BugError, and a lack of memory into NoRoomError.

    Errors of ours go through as they are, and so do interrupts and shortages of the machine.
    """
    try:
        yield
    except PixelpipeError:
        raise
    except MemoryError as exc:
        raise NoRoomError("needs more memory than there is; the others were built") from exc
    except (Exception, SystemExit) as exc:  # a target of another package may even exit
        if (lack := shortage(exc)) is not None:
            raise lack from None
        raise bug(exc) from exc


def shortage(exc: BaseException) -> OSError | None:
    """Return what the machine has run out of, if that is what an error says."""
    if isinstance(exc, OSError) and exc.errno in SHORTAGES:
        return exc
    if isinstance(exc, ImportError):
        found = (OSError(number, said) for said, number in _SAID.items() if said in str(exc))
        return next(found, None)
    return None


def bug(exc: BaseException) -> BugError:
    """Return the error that reports `exc`: what it is, where it happened, what to do."""
    import traceback  # needed for bugs alone

    kind = type(exc).__name__
    said = f"{kind}: {exc}" if str(exc) else kind
    return BugError(
        f"a bug in pixelpipe ({said}; {_place(exc)}): nothing was lost; please report it with -vv",
        trace="".join(traceback.format_exception(exc)),
    )


def log(error: PixelpipeError) -> None:
    """Write the traceback of a bug into the log of this process, wherever it happened."""
    if isinstance(error, BugError) and error.trace:
        import logging  # costs a tenth of a run with nothing to do

        for line in ("the bug's place:", *error.trace.splitlines()):
            logging.getLogger(__name__).debug("%s", line)


def _place(exc: BaseException) -> str:
    """Return file and line where it happened; in foreign code, also where ours called it."""
    place, ours, found = "place unknown", "", exc.__traceback__
    while found is not None:
        name = found.tb_frame.f_code.co_filename.replace("\\", "/")
        if name.startswith(_PACKAGE):
            place = ours = f"{name.removeprefix(_PACKAGE)}:{found.tb_lineno}"
        else:
            place = f"{name.rpartition('/')[2]}:{found.tb_lineno}"
        found = found.tb_next
    return place if place == ours or not ours else f"{place}, from {ours}"
