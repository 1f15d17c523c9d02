"""Run a pixelpipe command with Python's audit events written down: what it opened, and what not.

    python audited.py [--sql] LOG COMMAND …

writes one JSON object: files opened for reading and for writing, connections and processes, the
modules that were loaded, and with --sql, which loads SQLite, its statements.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.utime")
_OUTSIDE = ("socket.", "subprocess.", "os.fork", "os.posix_spawn", "os.system")


class Log:
    """What happened."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.written: list[str] = []
        self.outside: list[str] = []
        self.statements: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Note one audit event; see the table of audit events of the library reference."""
        if event == "open" and isinstance(arguments[0], str | bytes):
            path, flags = os.fsdecode(arguments[0]), arguments[2]
            writes = isinstance(flags, int) and bool(flags & _WRITING)
            (self.written if writes else self.read).append(path)
        elif event in _CHANGES:
            self.written.append(f"{event} {arguments[0]}")
        elif event.startswith(_OUTSIDE):
            self.outside.append(event)


def _trace(statements: list[str]) -> None:
    """Write down the statements of every connection that is opened from now on."""
    import sqlite3

    connect = sqlite3.connect

    def traced(path: Path, timeout: float = 5.0) -> sqlite3.Connection:
        connection = connect(path, timeout=timeout)
        connection.set_trace_callback(statements.append)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]  # as the index calls it


def main() -> None:
    """Run the command, and write the log when it ends."""
    log = Log()
    if sys.argv[1] == "--sql":
        del sys.argv[1]
        _trace(log.statements)
    place = Path(sys.argv.pop(1))
    from pipeline.__main__ import main as command

    sys.addaudithook(log)
    try:
        command()
    finally:
        found = dict(vars(log))  # before we add to it ourselves
        found = {name: list(lines) for name, lines in found.items()}
        place.write_text(json.dumps(found | {"modules": sorted(sys.modules)}), "utf-8")


if __name__ == "__main__":
    main()
