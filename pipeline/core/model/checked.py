"""Types of what a checkout may hold: anybody may have written it, so it is checked when read.

Records check at decoding alone: what we make ourselves needs no second look.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, MsgspecError

#: What decoding raises for what is no such record, no text, or nested without end.
UNREADABLE = (MsgspecError, UnicodeError, RecursionError)

#: SHA-256: 64 lower-case hex digits. It becomes part of file names.
Digest = Annotated[str, Meta(min_length=64, max_length=64, pattern=r"\A[0-9a-f]+\Z")]
#: No part is hidden, `..` or empty; no control character, which would write over a terminal.
_INSIDE = r"(?s)\A(?![./])(?!.*/[./])[^\x00-\x1f\x7f-\x9f]*"
#: A source below the project's root. Longer paths can be opened on no system.
SourcePath = Annotated[str, Meta(max_length=4096, pattern=_INSIDE + r"\.(?:png|PNG)\Z")]
#: An output below the project's root, by its name; never what an engine writes beside it.
OutputPath = Annotated[
    str,
    Meta(
        max_length=4096,
        pattern=_INSIDE
        + r"[^/\x00-\x1f\x7f-\x9f]\.anim\.[^/\x00-\x1f\x7f-\x9f]*"
        + r"[^./\x00-\x1f\x7f-\x9f](?<!\.import)(?<!\.meta)(?<!\.uid)\Z",
    ),
]
#: A clip's name, a cell's number behind it.
ClipName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")]
#: A service's name: `pixel-engine`, `built-in`, or a host.
ServiceName = Annotated[str, Meta(pattern=r"\A[^\x00-\x20\x7f-\x9f]{1,300}\Z")]
Take = Annotated[int, Meta(ge=0, le=1_000_000)]
Credits = Annotated[int, Meta(ge=0, le=10_000_000)]
Grade = Annotated[int, Meta(ge=0, le=100)]
#: UTC seconds of a moment that every calendar has.
Moment = Annotated[float, Meta(ge=0.0, le=253_402_000_000.0)]
#: A short text of ours, such as a digest of several.
Mark = Annotated[str, Meta(max_length=400, pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\Z")]
