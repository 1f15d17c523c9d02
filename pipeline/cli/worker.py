"""`worker`."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import click

from ..config import worker_shape
from ..core import children
from ..core.errors import ConfigError, UnavailableError, UsageError
from .voice import say

#: Workers do not look at their stack 100 times a second, and at themselves 60 times: an idle one
#: took 3 % of a core. Variables that are set are obeyed.
_LEAN = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}
#: A scheduler that is started with its workers may take so long to listen.
_WAIT_S = 10.0
_TRY_S = 5.0


@click.command()
@click.argument("address")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- DASK OPTIONS]")
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=1024),
    metavar="N",
    help="How many sprites are finished at a time; by default one for each core.",
)
def worker(address: str, options: tuple[str, ...], processes: int | None) -> None:
    """Finish sprites for the builds that name the Dask scheduler at ADDRESS, until stopped.

    ADDRESS is `tls://host:8786`, with certificates as Dask takes them (its files, variables, or
    `-- --tls-ca-file F --tls-cert F --tls-key F`). Over tcp:// whoever reaches this machine's
    port runs code on it. Scheduler (`dask scheduler`), workers and builds need the same versions
    of Python, pixelpipe, numpy, Pillow and plugins: a worker with others is sent away.
    """
    try:
        place = worker_shape.address(address)
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    if importlib.util.find_spec("distributed") is None:
        raise ConfigError("Dask is not installed: `pip install 'pixelpipe[dask]'`")
    if not any(one.startswith("--tls-") for one in options):
        from ..run import cluster

        if trouble := cluster.lacks_certificates(place):
            raise ConfigError(f"{place}: {trouble}")
    _await(place)
    count = ["--nworkers", str(processes)] if processes else ["--nworkers", "-1"]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", place, *count]
    command += ["--nthreads", "1", "--no-dashboard", *options]
    say(f"Finishing sprites for {place}; Ctrl-C ends it.", err=True)
    process = subprocess.Popen(command, env=children.environment(_LEAN | _stated()))
    try:
        code = process.wait()
    except BaseException:  # Ctrl-C, or a signal: Dask gives back what it has, then ends
        process.terminate()
        process.wait()
        raise
    sys.exit(1 if code else 0)


def _await(place: str) -> None:
    """Wait until somebody listens at `place`. Raises UnavailableError when nobody does.

    Dask's worker would wait as well, and then show its stack.
    """
    parts = urlsplit(place)
    ends = time.monotonic() + _WAIT_S
    while True:
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), _TRY_S).close()
            return
        except OSError as exc:
            if time.monotonic() > ends or isinstance(exc, socket.gaierror):
                raise UnavailableError(
                    f"{place}: nobody answers ({exc.strerror or exc}): is `dask scheduler` running "
                    "there, and may this machine reach it?"
                ) from exc
        time.sleep(1)


def _stated() -> dict[str, str]:
    return {name: os.environ[name] for name in _LEAN if name in os.environ}
