"""Animate one PNG with one prompt: the whole pipeline, for a file that belongs to no project.

Nothing is kept in the file's folder but the outputs; what was bought lies in the user's state
folder, so that the same wish is never bought twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import msgspec

from .. import imaging
from ..api import Project
from ..config import consent, rule_file, stated_settings, target_checks, workspace
from ..config.project_settings import Settings
from ..config.rule_fields import CLIP
from ..config.shapes import At
from ..config.workspace import Workspace
from ..core.errors import ConfigError, UsageError
from ..core.model import Document, File, Pixels, Rule, TargetChoice
from ..plan.wish import Wish
from ..run import finish, named_output, passed_over, survey
from ..run.report import Report
from ..run.survey import Survey
from ..run.uptodate import remember
from ..run.uptodate.quick import Found
from ..storage import files, pictures
from ..storage.ageing import Limits
from . import standing

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

        Raises UsageError when there is no such PNG, or when the clip is wrong.
        """
        if problem := _problem(path):
            raise UsageError(f"{path}: {problem}")
        self._name, self._clip, self._asked = path.name, clip, str(clip["name"])
        self._sprite = sprite or {}
        super().__init__(path, environment=environment, remembered=None, **flags)

    def reload(self) -> None:
        """Take the wish as it is: there is no file to read."""
        self._begun = remember.now()
        settings = stated_settings.resolve(None, self.environment, {"assets": ["."], **self._flags})
        _check_targets(settings)
        root = self._start.absolute().parent
        state = workspace.state_folder(settings, self.environment)
        service, key_refusal = consent.service(settings, root, state, self.environment)
        self._begun = remember.now()
        self.workspace = Workspace(
            root=root,
            settings=settings,
            rules=(),
            service=service,
            shared=consent.shared(settings, root, state, self.environment),
            state=state,
            keeps=Limits.stated(self.environment),
            key_refusal=key_refusal,
            inputs=(),
            is_project=False,
        )
        self._standing = standing.find(root, self._name, self.workspace.store())
        chosen = {one.name: one for one in settings.targets}
        others = {name: TargetChoice(name=name) for name in self._standing.targets}
        self.workspace = msgspec.structs.replace(
            self.workspace,
            rules=_rules(self._clip, self._standing.clips, self._sprite),
            settings=msgspec.structs.replace(settings, targets=tuple((others | chosen).values())),
        )

    def stages(self, report: Report, folder: Path) -> tuple[Path, ...]:
        """Write what the clip looks like after each stage into `folder`, as strips."""
        written: list[File] = []
        for number, stage in enumerate(finish.each_stage(self._task(report))):
            strip = _strip(stage.frames)
            name = f"{number}-{stage.name}.png"
            written.append(File(path=name, content=imaging.encode(strip)))
        with named_output.told(folder):
            folder.mkdir(parents=True, exist_ok=True)
        files.publish(folder, written)
        return tuple(folder / file.path for file in written)

    def _look(self, wish: Wish, remembered: Found | None = None) -> Survey:
        found = survey.look(self.workspace, self._name)
        kept = {clip: line for clip, line in self._standing.picked.items() if clip != self._asked}
        wanted = tuple(msgspec.structs.replace(one, picked=kept) for one in found.wanted)
        return msgspec.structs.replace(found, wanted=wanted)

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


def _problem(path: Path) -> str:
    """Say why a file cannot be animated, and what to do; "" when it may be."""
    if path.is_dir():
        return "is a folder; name one PNG, or set the folder up with `pixelpipe init`"
    if not path.exists():
        return f"there is no such file{near_miss(path)}"
    if files.is_output(path.name):
        return "is an output of pixelpipe; name the PNG that it was made from"
    if not files.is_source(path.name):
        if path.suffix.lower() == ".png":
            return f"rename it to {path.name.strip('.').rpartition('.')[0]}.png"
        return passed_over.remedy(path.name)
    return ""


def near_miss(file: Path) -> str:
    """Return "; did you mean …?" for a file that is not there, or ""."""
    folder = file.parent
    names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    pictures = [name for name in names if files.is_source(name)]
    alike = get_close_matches(file.name, pictures, n=1, cutoff=0.6)
    return f"; did you mean {folder / alike[0]}?" if alike else ""


def _check_targets(settings: Settings) -> None:
    """Raise UsageError for a target or an option of one that does not exist."""
    origin = settings.origin("targets")
    is_flag = origin.startswith("--")
    document = Document(path="--target" if is_flag else origin, content=None)
    try:
        target_checks.check(settings.targets, At(document=document))
    except ConfigError as exc:
        raise (UsageError(str(exc)) if is_flag else exc) from exc


def _rules(
    clip: Mapping[str, object],
    earlier: Mapping[str, Mapping[str, object]],
    sprite: Mapping[str, object],
) -> tuple[Rule, ...]:
    """Return the one rule; what is wrong with the clip is said of the flag that states it.

    Raises UsageError.
    """
    mistakes: list[str] = []
    for name, value in clip.items():
        if (field := CLIP.fields.get(name)) is None or value is None or name == "prompt":
            continue
        flag = f"--{name.replace('_', '-')}"
        try:
            field.shape.read(value, At(document=Document(path=flag, content=value)))
        except ConfigError as exc:
            mistakes.append(str(exc))
    if mistakes:
        raise UsageError("\n".join(mistakes))
    try:
        return rule_file.load([(_wish(clip, earlier, sprite), "")])
    except ConfigError as exc:
        where = r"^command line: `rules\[0\]\.clips\.[^`]*?(\.prompt)?`"
        raise UsageError(re.sub(where, f"--clip {clip['name']}:", str(exc))) from exc


def _wish(
    clip: Mapping[str, object],
    earlier: Mapping[str, Mapping[str, object]],
    sprite: Mapping[str, object],
) -> Document:
    """Return the rule: the clips that are there, and the one that is asked for."""
    stated = {name: value for name, value in clip.items() if value is not None}
    name = str(stated.pop("name"))
    clips = {other: _escaped(fields) for other, fields in earlier.items()}
    rule: dict[str, object] = {
        "name": "animate",
        "match": "*",
        "clips": clips | {name: _escaped(stated)},
    }
    rule |= {field: value for field, value in sprite.items() if value is not None}
    return Document(path=_PLACE, content={"rules": [rule]})


def _escaped(stated: Mapping[str, object]) -> dict[str, object]:
    """Return a clip whose prompts hold no path words, whatever stands in them."""
    plain = {
        name: str(value).replace("{", "{{").replace("}", "}}")
        for name, value in stated.items()
        if name in ("prompt", "negative_prompt")
    }
    return {**stated, **plain}


def _strip(frames: Sequence[Pixels]) -> Pixels:
    """Lay frames of one size side by side."""
    width, height = frames[0].width, frames[0].height
    rows = (
        frame.rgba[row * width * 4 : (row + 1) * width * 4]
        for row in range(height)
        for frame in frames
    )
    return Pixels(width=width * len(frames), height=height, rgba=b"".join(rows))
