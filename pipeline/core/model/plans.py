"""What a plan decides."""

from enum import StrEnum

from .record import Record


class StepKind(StrEnum):
    """What a plan does about one clip."""

    FRESH = "fresh"
    REUSE = "reuse"
    RESUME = "resume"
    BUY = "buy"
    ASK = "ask"
    BLOCKED = "blocked"
    ORPHAN = "orphan"


class PassedOver(Record, frozen=True, kw_only=True):
    """A file, rule or text that was seen and not taken, with what to do about it."""

    #: Relative to the project's root; a rule's file for a rule.
    path: str
    #: The sentence, without the path.
    text: str
    line: int | None = None

    @property
    def sentence(self) -> str:
        """The whole sentence: where, what, and what to do."""
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where}: {self.text}"


class Step(Record, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One decision of a plan: a clip of a source, what is done, and why."""

    source: str
    clip: str
    kind: StepKind
    reason: str
    rule: str = ""
    request_key: str = ""
    credits: int = 0
    #: Set when the step cannot be done: the sentence, and the exit code that it means.
    error: str | None = None
    exit_code: int = 0
    #: What stands was bought for what the source or its rule was before, and stays for now.
    is_stale: bool = False
    #: Bought, and kept back because of a low grade.
    is_hidden: bool = False
