"""The one place where log records become text: what others wrote reaches a terminal as no more.

A record may quote a file's name or a service's answer. Loaded only where a log is written:
importing `logging` costs a tenth of a run with nothing to do.
"""

from __future__ import annotations

import logging
import sys

from . import plain

#: Packages that say too much of themselves.
_CHATTY = ("urllib3", "filelock", "watchdog", "PIL", "asyncio")


class Formatter(logging.Formatter):
    """One line for a record, and a block for a traceback, both as nothing but text."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the message as one line."""
        return plain.line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """Return the message, and the traceback below it."""
        return plain.block(super().format(record))


class _Stderr(logging.Handler):
    """Writes to what is standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a log that cannot be written stops nothing."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def to_stderr(level: int = logging.WARNING) -> None:
    """Write the log of this process to standard error, from `level` on; again: otherwise."""
    root = logging.getLogger()
    for known in [one for one in root.handlers if isinstance(one, _Stderr)]:
        root.removeHandler(known)
    handler = _Stderr()
    handler.setFormatter(Formatter("%(message)s"))
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
