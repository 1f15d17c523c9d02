"""Run programs of this package in children forked from a process that has the libraries loaded.

`python forking.py SOCKET` listens there. Each connection brings one JSON object: `module`, as after
`python -m`, `arguments`, `folder`, `environment`, and three open files, for the program's standard
streams. It is answered with the process id and, when the program has ended, with its exit code
(negative: the signal), a line each. The libraries only are loaded beforehand, not the package: what
a program imports of that itself, and when, is as in a process of its own. It ends when its own
standard input does.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
from typing import Any, NoReturn

LIBRARIES = (
    *("asyncio", "click", "concurrent.futures.process", "filelock", "msgspec.json", "numpy"),
    *("multiprocessing.connection", "numpy.random", "PIL.Image", "PIL.PngImagePlugin", "requests"),
    *("rich.console", "rich.live", "rich.progress", "rich.table", "sqlite3", "ssl", "uvicorn"),
    *("uvicorn.lifespan.on", "uvicorn.loops.asyncio", "uvicorn.protocols.http.h11_impl", "yaml"),
    *("importlib.metadata", "http.server", "subprocess", "tempfile", "tomllib", "zipfile"),
)
_MOST = 1 << 20


def become(order: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be the program, to its end."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, max(streams) + 1)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = ["", *order["arguments"]]
    sys.path[0] = order["folder"]  # as after `python -m`
    code = 0
    try:
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = _code(end)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # as Python ends: threads, and then this
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return int(end.code or 0) & 0xFF
    print(end.code, file=sys.stderr)
    return 1


class Server:
    """Forks programs, and tells who asked how they ended."""

    def __init__(self, place: str) -> None:
        """Listen at `place`."""
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(place)
        self._listening.listen(64)
        self._events = selectors.DefaultSelector()
        self._events.register(self._listening, selectors.EVENT_READ, None)
        self._events.register(0, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Serve until standard input ends."""
        while True:
            for key, _ in self._events.select():
                if key.data is not None:
                    self._ended(key.fd, *key.data)
                elif key.fd == 0:
                    return
                else:
                    self._begin()

    def _begin(self) -> None:
        caller, _ = self._listening.accept()
        said, streams, _, _ = socket.recv_fds(caller, _MOST, 3)
        while not said.endswith(b"\n"):
            said += caller.recv(_MOST)
        child = os.fork()
        if child == 0:
            become(json.loads(said), streams)
        for stream in streams:
            os.close(stream)
        caller.sendall(b"%d\n" % child)
        watch = os.pidfd_open(child)
        self._events.register(watch, selectors.EVENT_READ, (child, caller))

    def _ended(self, watch: int, child: int, caller: socket.socket) -> None:
        self._events.unregister(watch)
        os.close(watch)
        _, status = os.waitpid(child, 0)
        with caller, contextlib.suppress(OSError):  # whoever asked may be gone
            caller.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    for _name in LIBRARIES:
        importlib.import_module(_name)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.collect()
    gc.freeze()
    _server = Server(sys.argv[1])
    print("ready", flush=True)
    _server.run()
