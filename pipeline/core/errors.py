"""The error tree. Each class carries the exit code of a run that it ends.

PixelpipeError                  70  a bug, unless a subclass says better
 ├─ UsageError                   2  wrong usage
 ├─ ConfigError                  3  pixelpipe.yaml, a rule file or an override is wrong
 │   └─ ConfigErrors                several of these, told at once
 ├─ SourceError                  4  a source image cannot be used
 │   └─ UnfitError                  it can be read, and no service takes it
 ├─ RefusedError                 5  key, credits, budget or request refused
 │   ├─ AccountError                the account is at fault (401, 402): stop buying at once
 │   └─ RequestRefusedError         this request only (400, 413, 415, 422)
 ├─ AssetError                   1  one asset failed; the others go on
 │   ├─ UnusableError               what was bought for one clip holds no frames
 │   └─ JobFailedError              the service ended the job without a result
 ├─ UnavailableError             6  the service is unreachable or late; nothing is lost
 │   ├─ NotSentError                a POST failed before its first byte was written
 │   └─ LinkExpiredError            the signed download link no longer works
 ├─ UncertainError               7  a POST was sent and not properly answered: maybe billed
 ├─ StorageError                 8  local storage is full, busy, read-only or corrupt
 ├─ OutOfDateError               9  something would have to be bought or built, and may not be
 ├─ SupersededError              0  the source was saved again while its clips were made
 ├─ BugError                    70  what nobody foresaw, while one source was at work
 └─ InterruptedRunError        130  the user stopped the run

`str(error)` is the sentence that the user sees: what, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class PixelpipeError(Exception):
    """Anything that pixelpipe reports in a sentence."""

    exit_code: ClassVar[int] = 70


class UsageError(PixelpipeError):
    """The command line or a call was wrong."""

    exit_code = 2


class ConfigError(PixelpipeError):
    """A YAML file is wrong.

    `path` and `line` (1-based) say where; both are part of the sentence.
    """

    exit_code = 3

    def __init__(self, message: str, *, path: str = "", line: int | None = None) -> None:
        """Prefix `message` with `path:line:`, as compilers do."""
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}" if where else message)
        self.path = path
        self.line = line


class ConfigErrors(ConfigError):
    """Several mistakes in YAML files, told at once; `errors` holds them by file and line."""

    #: More than these are counted, not told: the first ones often explain the rest.
    told: ClassVar[int] = 10

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        """Join the sentences, one a line. `path` and `line` are those of the first."""
        found = list(errors)
        files = list(dict.fromkeys(error.path for error in found))
        found.sort(key=lambda error: (files.index(error.path), error.line or 0))
        self.errors = tuple(found)
        first, rest = self.errors[0], len(self.errors) - self.told
        lines = [str(error) for error in self.errors[: self.told]]
        if rest > 0:
            lines.append(f"and {rest} more {'mistake' if rest == 1 else 'mistakes'} like these")
        super().__init__("\n".join(lines))
        self.path, self.line = first.path, first.line


def each(error: ConfigError) -> tuple[ConfigError, ...]:
    """Return the single mistakes that an error tells of."""
    return error.errors if isinstance(error, ConfigErrors) else (error,)


class SourceError(PixelpipeError):
    """A source image cannot be used; the sentence names it and the remedy."""

    exit_code = 4


class UnfitError(SourceError):
    """A picture that can be read, and that no service takes: too large, too wide, nothing on it."""


class RefusedError(PixelpipeError):
    """Something may not go on without a person: key, credits, budget, consent."""

    exit_code = 5


class AccountError(RefusedError):
    """The account refuses (401, 402): no further purchase can succeed in this run."""


class RequestRefusedError(RefusedError):
    """The service refuses this one request (4xx); the same request is not sent again."""


class AssetError(PixelpipeError):
    """One asset failed; the others were built."""

    exit_code = 1


class UnusableError(AssetError):
    """What was bought for one clip holds no frames that can be used; it is kept."""

    def __init__(self, message: str, *, clip: str = "") -> None:
        """Name the clip: the others of its source are published without it."""
        super().__init__(message)
        self.clip = clip


class JobFailedError(AssetError):
    """The service ended the job without a result; nothing was charged."""


class UnavailableError(PixelpipeError):
    """The service cannot be reached or is late; repeating later loses nothing."""

    exit_code = 6

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        """Remember the service's wish (`Retry-After`, in seconds), if it gave one."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotSentError(UnavailableError):
    """A POST failed before the first byte of the request was written: surely not billed."""


class LinkExpiredError(UnavailableError):
    """The download link is refused; asking for the job once more may renew it."""


class UncertainError(PixelpipeError):
    """A POST was sent and not properly answered: it may have been billed."""

    exit_code = 7


class StorageError(PixelpipeError):
    """A local disk or database is full, busy, read-only or corrupt."""

    exit_code = 8


class HeldOpenError(StorageError):
    """Another program holds a file open that is to be replaced; the other assets were built."""


class NoRoomError(StorageError):
    """One source needs more memory than there is; the other assets were built."""


class OutOfDateError(PixelpipeError):
    """Something is out of date, and this command may not change it."""

    exit_code = 9


class SupersededError(PixelpipeError):
    """A source was saved again while its clips were made: kept, not published, no failure."""

    exit_code = 0


class BugError(PixelpipeError):
    """A bug of ours, or of another package's target, that concerns one source: the others go on.

    `trace` is the traceback as text: the error may come from another process.
    """

    exit_code = 70

    def __init__(self, message: str, *, trace: str = "") -> None:
        """Keep the traceback for the log."""
        super().__init__(message)
        self.trace = trace


class InterruptedRunError(PixelpipeError):
    """The user stopped the run; jobs in flight are resumed by the next one."""

    exit_code = 130


#: Exit codes by rank, most important first.
PRECEDENCE = (130, 70, 8, 7, 3, 5, 6, 9, 4, 1)


def exit_code(codes: Iterable[int]) -> int:
    """Return the one exit code for many failures; 4 stands only if every failure is a bad image."""
    found = {code for code in codes if code}
    if 4 in found and 1 in found:
        found.remove(4)
    return next((code for code in PRECEDENCE if code in found), max(found, default=0))
