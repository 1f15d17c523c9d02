"""What a build did, as figures for monitoring: the text form that Prometheus reads."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core.errors import StorageError
from .report import Report

#: Figure to its help.
_HELP = {
    "pixelpipe_exit_code": "The exit code of the build.",
    "pixelpipe_seconds": "How long the build took.",
    "pixelpipe_clips": "Clips by how they ended.",
    "pixelpipe_credits_charged": "Credits that the build was charged.",
    "pixelpipe_shared_hits": "Purchases taken from the shared store.",
    "pixelpipe_shared_waited": "Those of them that another machine was still buying.",
    "pixelpipe_shared_misses": "Purchases looked for in the shared store in vain.",
    "pixelpipe_shared_errors": "Reads of the shared store that failed.",
    "pixelpipe_shared_saved_credits": "Credits that the purchases taken from there had cost.",
}


def write(report: Report, path: Path) -> None:
    """Write a build's figures, the whole file at once. Raises StorageError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.pixelpipe-tmp")
    try:
        try:
            temporary.write_text(text(report), "utf-8")
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as exc:
        raise StorageError(f"{path}: {exc.strerror}; no figures were written") from exc


def text(report: Report) -> str:
    """Return a build's figures, each with its help; those of a shared store where there is one."""
    lines: list[str] = []
    last = ""
    for name, labels, value in _figures(report):
        if name != last:
            lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
        lines.append(f"{name}{labels} {value:g}")
        last = name
    return "\n".join([*lines, ""])


def _figures(report: Report) -> Iterator[tuple[str, str, float]]:
    yield "pixelpipe_exit_code", "", report.exit
    yield "pixelpipe_seconds", "", round(report.seconds, 3)
    states = [result.state for result in report.results if result.step.clip]
    states += ["fresh"] * report.rest
    for state in sorted(set(states)):
        yield "pixelpipe_clips", f'{{state="{state}"}}', states.count(state)
    yield "pixelpipe_credits_charged", "", report.charged
    if report.shared is not None:
        for name, value in msgspec.to_builtins(report.shared).items():
            yield f"pixelpipe_shared_{name}", "", value
