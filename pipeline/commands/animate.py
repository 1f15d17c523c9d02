"""Animate one PNG with one prompt: the whole pipeline, for a file that belongs to no project.

Nothing is kept in the file's folder but the outputs; what was bought lies in the user's state
folder, so that the same wish is never bought twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import imaging
from ..api import Project
from ..config import consent, project_settings, rule_file
from ..config import workspace as workspaces
from ..config.workspace import Workspace
from ..core.errors import UsageError
from ..core.model import Document, File, Pixels
from ..plan.wish import Wish
from ..run import finish, survey
from ..run.report import Report
from ..run.survey import Survey
from ..run.uptodate import remember
from ..run.uptodate.quick import Found
from ..storage import files, pictures

#: Where errors in the wish are said to be.
_PLACE = "command line"


class SingleFile(Project):
    """A project that consists of one file. Built and planned like any other."""

    def __init__(
        self,
        path: Path,
        clip: Mapping[str, object],
        *,
        sprite: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
        **flags: object,
    ) -> None:
        """Animate `path` as `clip` says: a clip of a rule, with its `name`.

        `sprite` are fields of a rule that say what the sprite is.

        Raises UsageError when there is no such PNG, ConfigError when the clip is wrong.
        """
        if not path.is_file() or not files.is_source(path.name):
            raise UsageError(f"{path}: is not a PNG file that can be animated")
        self._name, self._clip, self._sprite = path.name, clip, sprite or {}
        super().__init__(path, environment=environment, **flags)

    def reload(self) -> None:
        """Take the wish as it is: there is no file to read."""
        settings = project_settings.resolve(
            None, self.environment, {"assets": ["."], **self._flags}
        )
        root = self._start.absolute().parent
        state = workspaces.state_folder(settings, self.environment)
        service, key_refusal = consent.service(settings, root, state, self.environment)
        self._begun = remember.now()
        self.workspace = Workspace(
            root=root,
            settings=settings,
            rules=rule_file.load([(_wish(self._clip, self._sprite), "")]),
            service=service,
            state=state,
            key_refusal=key_refusal,
            inputs=(),
            is_project=False,
        )

    def stages(self, report: Report, folder: Path) -> tuple[Path, ...]:
        """Write what the clip looks like after each stage into `folder`, as strips."""
        written: list[File] = []
        for number, stage in enumerate(finish.stages(self._task(report))):
            strip = _strip(stage.frames)
            name = f"{number}-{stage.name}.png"
            written.append(File(path=name, content=imaging.encode(strip)))
        folder.mkdir(parents=True, exist_ok=True)
        files.publish(folder, written)
        return tuple(folder / file.path for file in written)

    def _look(self, wish: Wish, remembered: Found | None = None) -> Survey:
        return survey.look(self.workspace, self._name)

    def _task(self, report: Report) -> finish.Task:
        wanted = report.plan.sources[0].wanted
        store = self.workspace.store()
        bought = []
        for result in report.results:
            record = store.find(result.step.request_key)
            content = store.content(record.digest) if record else None
            if record is not None and content is not None:
                bought.append(finish.bought(result.step.clip, content, record))
        return finish.Task(
            stem=wanted.source.stem,
            pixels=pictures.pixels(self.workspace.root, wanted.source),
            rule=wanted.rule,
            bought=tuple(bought),
            targets=wanted.targets,
        )


def _wish(clip: Mapping[str, object], sprite: Mapping[str, object]) -> Document:
    stated = {name: value for name, value in clip.items() if value is not None}
    name = stated.pop("name")
    prompt = str(stated["prompt"]).replace("{", "{{").replace("}", "}}")
    rule: dict[str, object] = {
        "name": "animate",
        "match": "*",
        "clips": {name: stated | {"prompt": prompt}},
    }
    rule |= {field: value for field, value in sprite.items() if value is not None}
    return Document(path=_PLACE, content={"rules": [rule]})


def _strip(frames: Sequence[Pixels]) -> Pixels:
    """Lay frames of one size side by side."""
    width, height = frames[0].width, frames[0].height
    rows = (
        frame.rgba[row * width * 4 : (row + 1) * width * 4]
        for row in range(height)
        for frame in frames
    )
    return Pixels(width=width * len(frames), height=height, rgba=b"".join(rows))
