"""What of the settings and rules was seen and not taken: files, and prompts that a # cut short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..core.model import Document, PassedOver
from ..storage import files

_CLIP_TEXTS = ("prompt", "negative_prompt")
#: Endings of files that hold settings elsewhere, and what is said about them here.
_OTHER = {".json": "rules are YAML", ".json5": "rules are YAML", ".toml": "rules are YAML"}


def rule_files(root: Path, patterns: Sequence[str], read: Iterable[str]) -> Iterator[PassedOver]:
    """Yield the files in and below the rules' folders that no pattern of `rules:` names."""
    known, told = set(read), set[str]()
    for pattern in patterns:
        folder = _fixed_folder(pattern)
        if folder is None or not (root / folder).is_dir():
            continue
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if name in known or name in told or not path.is_file():
                continue
            if text := _reason(name, folder, pattern):
                told.add(name)
                yield PassedOver(path=name, text=text)


def _fixed_folder(pattern: str) -> str | None:
    """Return the folder that a pattern looks into; None where that may be the whole project."""
    parts = pattern.split("/")[:-1]
    fixed = []
    for part in parts:
        if files.is_glob(part):
            break
        fixed.append(part)
    return "/".join(fixed) or None


def _reason(name: str, folder: str, pattern: str) -> str:
    """Say why a file is not read; "" for what nobody takes for rules."""
    path = PurePosixPath(name)
    suffix, lower = path.suffix, path.name.lower()
    if lower.startswith(".") or lower.endswith("~"):
        return ""
    if suffix.lower() in _OTHER:
        return f"is not read: {_OTHER[suffix.lower()]}, in files that end in .yaml"
    if suffix.lower() == ".yml" or (suffix.lower() == ".yaml" and suffix != ".yaml"):
        return f"is not read: rename it to {path.with_suffix('.yaml').name}"
    if suffix != ".yaml" and ".yaml" in lower:
        stem = path.name[: lower.index(".yaml")]
        return f"is not read: rename it to {stem}.yaml, or remove it"
    if suffix != ".yaml":
        return ""
    if str(path.parent) != folder and "**" not in pattern:
        return f"is not read: `{pattern}` looks into {folder}/ only; write `{folder}/**/*.yaml`"
    return f"is not read: `rules:` in pixelpipe.yaml does not name it; write `{folder}/*.yaml`"


def cut_prompts(documents: Iterable[Document]) -> Iterator[PassedOver]:
    """Yield the prompts without quotes that a # cuts short, perhaps not on purpose."""
    for document in documents:
        for place, comment in document.comments.items():
            if _is_text(document.content, place) and _seems_cut(comment):
                text = (
                    f"the prompt ends before `{comment.strip()}`, since a blank and # begin a "
                    "comment; put quotes around the whole text if that belongs to it, or two "
                    "blanks before the # if not"
                )
                yield PassedOver(path=document.path, line=document.line(*place), text=text)


def _is_text(content: object, place: tuple[str | int, ...]) -> bool:
    """Tell whether a place is that of a prompt, in its short or long form."""
    value = content
    for key in place:
        if isinstance(value, Mapping) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return False
    is_short = len(place) > 1 and place[-2] == "clips"
    return isinstance(value, str) and (is_short or place[-1] in _CLIP_TEXTS)


def _seems_cut(comment: str) -> bool:
    """Tell a text that goes on from a comment: those have two blanks before # and one behind."""
    behind = comment.strip()[1:2]
    return not comment.startswith(("  ", "\t")) or behind not in ("", " ", "#", "!")
