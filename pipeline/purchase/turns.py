"""A job between two of its steps, and the jobs that one POST buys."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..core.errors import PixelpipeError
from ..core.model import Job, JobState
from ..storage.ledger import Place
from . import jobs
from .jobs import Answer, Body, Desk, Lost, Order, UnclaimedError


class Turn:
    """A job with what it needs between its steps. Owned by the scheduler's thread."""

    def __init__(
        self, job: Job, body: Body | None, order: Order | None, place: Place | None = None
    ) -> None:
        """Begin with no answer and nobody at work."""
        self.job = job
        self.body = body
        self.order = order
        #: Where it is claimed among machines that share a store.
        self.place = place
        #: The last of its states that the shared log was, or is being, told.
        self.told: JobState | None = None
        self.tries = 0
        #: When this run posted it, by the monotonic clock; None for a job that it resumed.
        self.posted_at: float | None = None
        #: Turns whose jobs this one's POST buys too; nobody sends them by themselves until then.
        self.followers: tuple[Turn, ...] = ()
        #: A worker has it, or will have; its answer stands here until it is durable.
        self.is_out = False
        #: When it was handed to a worker last, by the monotonic clock.
        self.sent_at = 0.0
        #: Tells its newest place in the heap of due times from older ones, which count no more.
        self.due = -1
        self.answer: Answer | None = None

    @property
    def together(self) -> tuple[Turn, ...]:
        """This turn, and those that its POST buys too."""
        return (self, *self.followers)

    def ask(self, desk: Desk) -> None:
        """Do the network's part of the next step. Runs in a worker."""
        together = self._claimed(desk)
        if len(together) == 1:
            (one,) = together
            if one.job.state is not JobState.CLAIMED:
                one.job = msgspec.structs.replace(one.job, polls=one.job.polls + 1)
            one.answer = jobs.ask(one.job, one.body, desk, one.place)
        elif together:
            answers = jobs.ask_together([one.body or {} for one in together], desk)
            for one, answer in zip(together, answers, strict=True):
                one.answer = answer

    def _claimed(self, desk: Desk) -> tuple[Turn, ...]:
        """Claim among machines what is to be sent, by key, so that two of them never wait for
        each other; returns what may be sent. The others have their answer."""
        together = self.together
        if desk.team is None or self.job.state is not JobState.CLAIMED:
            return together
        for one in sorted(together, key=lambda turn: turn.job.request_key):
            refused = None if one.place is None else desk.team.hold(one.job, one.place)
            one.answer = refused
            if isinstance(refused, UnclaimedError):
                for other in together:
                    if not isinstance(other.answer, Lost):
                        other.answer = refused
                return ()
        return tuple(one for one in together if one.answer is None)

    def parted(self) -> tuple[Turn | None, tuple[Turn, ...]]:
        """Return what goes on, and the turns whose keys other machines have."""
        lost = tuple(one for one in self.together if isinstance(one.answer, Lost))
        if not lost:
            return self, ()
        rest = tuple(one for one in self.together if one not in lost)
        for one in self.together:
            one.followers = ()
        if not rest:
            return None, lost
        pay_first(rest, self.job.credits_quoted)
        rest[0].followers = rest[1:]
        return rest[0], lost

    def advance(self, desk: Desk) -> tuple[tuple[Turn, ...], list[Answer]]:
        """Make the answers durable in one transaction; returns the turns that had them.

        Once a POST is settled each of its turns goes on alone.
        """
        together = self.together
        answers = [one.answer for one in together if one.answer is not None]
        after = jobs.advance_all([one.job for one in together], answers, desk)
        for one, job in zip(together, after, strict=True):
            one.job, one.is_out, one.answer = job, False, None
        if self.job.state is not JobState.CLAIMED:
            self.followers = ()
        return together, answers


def pay_first(turns: Sequence[Turn], credits: int) -> None:
    """Quote the first turn of a POST what the first that was planned costs, in credits.

    The service takes most for the first clip of a batch, whichever of the clips that is.
    """
    first = turns[0]
    if first.job.credits_quoted < credits:
        first.job = msgspec.structs.replace(first.job, credits_quoted=credits)


class Bug(PixelpipeError):
    """Carries an unforeseen exception from a worker to the thread that owns the run."""

    def __init__(self, cause: Exception) -> None:
        """Keep `cause`, which is raised again."""
        super().__init__(str(cause))
        self.cause = cause


class Errand:
    """Something else to ask for, in a worker; owned by the scheduler's thread."""

    def __init__(self) -> None:
        """Begin without trouble."""
        #: What went wrong; None when nothing did.
        self.answer: PixelpipeError | None = None

    def ask(self, desk: Desk) -> None:
        """Do it, in a worker."""
        raise NotImplementedError
