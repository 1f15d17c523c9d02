"""What `doctor` finds: the records, and the checks that need no disk. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import zip_longest

from ...config import project_settings, stated_settings
from ...config.project_settings import KEY_NAMES
from ...core import errors
from ...core.model import Record, Rule
from . import poses

#: Letters of a key that may be shown: `pe_sk_` and 8 characters, as the vendor's own list does.
PREFIX_LENGTH = 14
_KEY = re.compile(r"pe_sk_[!-~]{8,}")
_SHOWN = 3


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


class Finding(Record, frozen=True, kw_only=True):
    """One thing that was looked at. A problem with an exit code would stop a build."""

    level: Level
    subject: str
    text: str
    remedy: str = ""
    #: Files that it is about, as far as it is about files; and what to say of each, or nothing.
    paths: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    exit_code: int = 0

    @property
    def line(self) -> str:
        """The finding in one line."""
        pairs = zip_longest(self.paths, self.details, fillvalue="")
        names = [f"{path}: {detail}" if detail else path for path, detail in pairs]
        files = f" ({listed(names)})" if names else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.level:8} {self.subject}: {self.text}{files}{remedy}"


def ok(subject: str, text: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(level=Level.OK, subject=subject, text=text)


def note(
    subject: str,
    text: str,
    remedy: str = "",
    paths: Sequence[str] = (),
    *,
    details: Sequence[str] = (),
) -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(
        level=Level.NOTE,
        subject=subject,
        text=text,
        remedy=remedy,
        paths=tuple(paths),
        details=tuple(details),
    )


def problem(
    subject: str, text: str, remedy: str = "", paths: Sequence[str] = (), *, exit_code: int = 0
) -> Finding:
    """Return a finding that must be mended; `exit_code` is the one that a build would end with."""
    return Finding(
        level=Level.PROBLEM,
        subject=subject,
        text=text,
        remedy=remedy,
        paths=tuple(paths),
        exit_code=exit_code,
    )


def refused(subject: str, exc: errors.PixelpipeError) -> Finding:
    """Return the problem that an error of ours is."""
    return problem(subject, str(exc), exit_code=exc.exit_code)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 0 unless a problem would stop a build."""
    return errors.exit_code(finding.exit_code for finding in findings)


def listed(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - _SHOWN
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def key(
    environment: Mapping[str, str], dotenv_text: str | None, *, is_needed: bool
) -> list[Finding]:
    """Say whether a key is set, where, and whether it looks like one; show its prefix at most."""
    found = project_settings.api_key(environment, dotenv_text)
    if found is None:
        if not is_needed:
            return [ok("key", "none is set; the built-in engine needs none")]
        remedy = (
            f"put it into {KEY_NAMES[0]} or a .env file (it is made in your account under "
            "Account → API), or use `service: built-in`"
        )
        return [problem("key", "none is set", remedy, exit_code=5)]
    where = next((name for name in KEY_NAMES if environment.get(name, "").strip()), "the file .env")
    if not _KEY.fullmatch(found):
        text = f"what {where} holds is no key of the Pixel Engine: those begin with pe_sk_"
        remedy = "copy it again, without quotes and blanks; a lost key cannot be shown again"
        return [problem("key", text, remedy, exit_code=5 if is_needed else 0)]
    shown = f"{found[:PREFIX_LENGTH]}…"
    use = "" if is_needed else "; not used, since the service is the built-in engine"
    return [ok("key", f"set by {where} ({shown}){use}"), *_second_key(environment, dotenv_text)]


def _second_key(environment: Mapping[str, str], dotenv_text: str | None) -> list[Finding]:
    """Note when several places hold different keys: the one that is meant may not be used."""
    bare = project_settings.bare_key
    places = {name: bare(environment.get(name, "")) for name in KEY_NAMES}
    places[".env"] = project_settings.api_key({}, dotenv_text) or ""
    distinct = {text for text in places.values() if text}
    if len(distinct) < 2:
        return []
    names = [name for name, text in places.items() if text]
    return [note("key", f"{', '.join(names)} hold different keys; the first one is used")]


def strays(environment: Mapping[str, str]) -> list[Finding]:
    """Note variables that look like ours and mean nothing."""
    return [note("environment", sentence) for sentence in stated_settings.strays(environment)]


def collisions(paths: Iterable[str], fold: Callable[[str], str]) -> list[Finding]:
    """Find files that are one and the same on Windows and macOS; `fold` gives what they compare."""
    by_fold: dict[str, list[str]] = {}
    for path in sorted(paths):
        by_fold.setdefault(fold(path), []).append(path)
    return [
        problem(
            "names",
            "differ only in case or Unicode form: a checkout on Windows or macOS loses one",
            "rename one of them",
            same,
            exit_code=1,
        )
        for same in by_fold.values()
        if len(same) > 1
    ]


def old_packs(stated: Iterable[str], versions: Mapping[str, Sequence[int]]) -> list[Finding]:
    """Note packs of which a newer version ships."""
    found = []
    for pack in stated:
        name, _, version = pack.partition("@")
        newest = max(versions.get(name, ()), default=0)
        if version.isdecimal() and int(version) < newest:
            remedy = "`pixelpipe plan` shows what moving would cost, once it stands in `packs:`"
            found.append(note("packs", f"{pack} is in use, {name}@{newest} is the newest", remedy))
    return found


def prompts(rules: Iterable[Rule]) -> list[Finding]:
    """Find prompts that ask for another pose than the picture's; `rules` are those in use."""
    found = []
    for rule in rules:
        for clip in rule.clips:
            if clip.derived_from is None and (words := poses.asked(clip.prompt)):
                where = f"{clip.file or rule.file}:{clip.line or rule.line}"
                text = f"{where}: {rule.name} [{clip.name}] asks for another pose (“{words}”)"
                remedy = (
                    "a model animates the pose that it sees: draw the other pose and use "
                    "keyframes, or ask for a motion of this one"
                )
                found.append(note("prompts", text, remedy))
    return found
