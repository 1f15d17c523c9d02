"""What is finished for a source: its pixels, its rule, and the bytes that were bought for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..config.workspace import Workspace
from ..core.errors import AssetError
from ..core.model import StepKind
from ..plan.plan import SourcePlan
from ..plan.wanted import ClipPlan
from ..purchase import jobs
from ..storage import pictures
from ..storage.lock import ClipLine
from ..storage.store import Bought, Store
from .buying import Buying
from .context import Context

if TYPE_CHECKING:
    from . import finish


class Workpieces:
    """Takes bought bytes out of the store, and remembers whose they are until they are shown."""

    def __init__(
        self, workspace: Workspace, context: Context, store: Store, buying: Buying
    ) -> None:
        """Borrow all of them."""
        self._workspace = workspace
        self._context = context
        self._store = store
        self._buying = buying
        #: By source and request key.
        self._records: dict[tuple[str, str], Bought] = {}

    def task(self, source: SourcePlan, bought: Sequence[ClipPlan]) -> finish.Task:
        """Return what is to be done for a source with these of its clips.

        Raises SourceError and SupersededError for its picture, AssetError for bytes that are not
        there or damaged.
        """
        from . import finish  # heavy: only what is not up to date is finished

        wanted = source.wanted
        return finish.Task(
            stem=wanted.source.stem,
            pixels=pictures.pixels(self._workspace.root, wanted.source),
            rule=wanted.rule,
            bought=tuple(self._content(clip) for clip in bought if not clip.is_adopted),
            targets=wanted.targets,
            adopted=tuple(
                finish.adopted(one, pictures.frames(self._workspace.root, one))
                for one in wanted.adopted
            ),
        )

    def record(self, clip: ClipPlan) -> Bought:
        """Return the record of a clip of which a task was made."""
        return self._records[_held(clip)]

    def reading(self, clip: ClipPlan) -> str:
        """Return how the engine understood the prompt of a clip; "" for one that is adopted."""
        record = self._records.get(_held(clip))
        return record.interpretation if record else ""

    def line(self, clip: ClipPlan) -> ClipLine:
        """Return what the lock file says of a clip."""
        return self.record(clip).line(clip.request.source, clip.request.clip)

    def let_go(self, clip: ClipPlan) -> None:
        """Forget a clip that is shown: memory would grow with every sprite."""
        self._records.pop(_held(clip), None)

    def _content(self, clip: ClipPlan) -> finish.BoughtClip:
        from . import finish  # heavy, as above

        digest = self._buying.digest(clip) or ""
        fetched = self._store.take_put(clip.step.request_key, digest)
        record = fetched or self._store.record(clip.step.request_key, digest)
        content = self._store.content(digest) if record else None
        if record is None or content is None:
            state = "not fetched (Git LFS pointers; run `git lfs pull`)"
            if not self._store.has_pointer(clip.step.request_key, digest):
                state = "damaged; `pixelpipe verify` says where"
            raise AssetError(f"the bought bytes of clip {clip.request.clip!r} are {state}")
        if fetched is None:
            self._found(clip, record)
        self._records[_held(clip)] = record
        return finish.bought(clip.request.clip, content, record)

    def _found(self, clip: ClipPlan, record: Bought) -> None:
        """Take note that a purchase is used which was there before."""
        ledger = self._context.ledger
        # What a checkout brought says nothing of a job of ours: that one is asked for by its id.
        is_own = self._store.is_kept_by_user(record)
        self._store.keep(record, is_fetched=record.is_fetched_by(ledger.jobs([record.request_key])))
        if is_own and clip.job is not None and clip.step.kind is StepKind.REUSE:
            jobs.settle(clip.job.request_key, record, ledger, self._context.clock())
        self._store.use(record)


def _held(clip: ClipPlan) -> tuple[str, str]:
    return clip.request.source, clip.step.request_key
