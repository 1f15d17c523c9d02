"""Look at a project: settings, rules, files, and what is known of their purchases.

Everything that `plan.make` needs is collected here, and nothing is changed but the index. Files
whose stat is known are not opened, pictures whose bytes are known are not decoded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from . import (
    cells,
    choices,
    globs,
    keys,
    lock,
    locktext,
    playing,
    project,
    provenance,
    rulefile,
    rules,
    targets,
)
from .errors import ConfigError, PixelpipeError, SourceError, StorageError, UsageError
from .model import Record, Request, Rule, Source, Step, StepKind
from .project import Facts, Index, Scan, Stat, document
from .seal import Look
from .site import Site
from .steps import Wanted

_OVERRIDE = ".yaml"


class Survey(Record, frozen=True, kw_only=True):
    """What was found: the plan's input, and the index that knows the files."""

    wanted: tuple[Wanted, ...]
    refused: tuple[Step, ...]
    unmatched: tuple[str, ...]
    lock: lock.Lock
    scan: Scan
    index: Index
    #: False when only some sources were looked at: nothing may be taken for gone.
    is_whole: bool
    keeps_index: bool = True
    #: The lock file as it was read: its stat before that, and its text.
    lock_stat: Stat | None = None
    lock_text: str = ""
    #: What a seal says about all other sources, when only those that changed were looked at.
    since: Look | None = None

    def save_index(self) -> None:
        """Write down what was learned of the files."""
        if self.keeps_index:
            self.index.save()

    def swept(self, root: Path, now_s: float) -> Survey:
        """Delete what killed runs left half written, and return this survey."""
        project.sweep(root, self.scan.leftovers, now_s=now_s)
        return self


def take(site: Site, *, only: Sequence[str] = (), paths: Collection[str] | None = None) -> Survey:
    """Look at all sources, or at those that match a glob in `only` or stand in `paths`."""
    scan = project.scan(site.root, site.settings.assets, site.settings.ignore, is_listed=True)
    found = filter(project.is_source, scan.files)
    if paths is not None:
        found = filter(frozenset(paths).__contains__, found)
    elif only:
        found = filter(_chosen(site, only), found)
    is_whole = paths is None and not only and scan.is_complete
    return survey(site, scan, Index.open(site.root), found, is_whole=is_whole)


def retaken(
    survey: Survey,
    takes: Mapping[tuple[str, str], int],
    picked: Mapping[tuple[str, str], lock.ClipLine],
) -> Survey:
    """Return the survey with other takes, or certain purchases, wanted by source and clip."""
    if not (takes or picked):
        return survey

    def change(one: Wanted) -> Wanted:
        path = one.source.path
        own = {clip: take for (source, clip), take in takes.items() if source == path}
        chosen = {clip: line for (source, clip), line in picked.items() if source == path}
        requests = tuple(
            msgspec.structs.replace(request, take=own.get(request.clip, request.take))
            for request in one.requests
        )
        return msgspec.structs.replace(one, requests=requests, retaken=tuple(own), picked=chosen)

    return msgspec.structs.replace(survey, wanted=tuple(change(one) for one in survey.wanted))


def look(site: Site, name: str) -> Survey:
    """Look at the one file `name` in the site's folder, and at the outputs beside it."""
    beside = f"{name[: -len('.png')]}.anim."
    files = {
        entry.name: project.stat_of(entry.stat())
        for entry in os.scandir(site.root)
        if entry.name == name or entry.name.startswith(beside)
    }
    scan = Scan(files=files, folders={})
    return survey(site, scan, Index(site.root), {name} & files.keys(), is_whole=False)


def survey(
    site: Site,
    scan: Scan,
    index: Index,
    paths: Iterable[str],
    *,
    is_whole: bool,
    stems: Collection[str] | None = None,
) -> Survey:
    """Look at the sources `paths` of what a scan found; `is_whole` if these are all there are.

    Of a plain lock file (see `locktext`) only what is said about the sources of `stems` is read.
    """
    wanted: list[Wanted] = []
    refused: list[Step] = []
    unmatched: list[str] = []
    matcher = rules.Matcher(site.rules, site.settings.assets)
    for path in sorted(paths):
        try:
            source = _source(site.root, path, scan, index)
            if source is None:
                continue
            one = _wanted(site, source, matcher, scan, index)
        except (SourceError, ConfigError) as exc:
            refused.append(_refused(path, exc))
            continue
        if one is None:
            unmatched.append(path)
        else:
            wanted.append(one)
    refused += [_refused(fault.partition(":")[0], SourceError(fault)) for fault in scan.faults]
    stat = project.stat_at(site.root / lock.NAME) if site.is_project else None
    text = lock_text(site.root) if site.is_project else ""
    return Survey(
        wanted=tuple(wanted),
        refused=tuple(refused),
        unmatched=tuple(unmatched),
        lock=lock.parse(text) if stems is None else locktext.parse(text, stems),
        lock_stat=stat,
        lock_text=text,
        scan=scan,
        index=index,
        is_whole=is_whole,
        keeps_index=site.is_project,
    )


def read_lock(root: Path) -> lock.Lock:
    """Read the project's lock file; an absent one is empty."""
    return lock.parse(lock_text(root))


def lock_text(root: Path) -> str:
    """Return the text of the project's lock file; an absent one is empty."""
    try:
        return (root / lock.NAME).read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageError(f"{lock.NAME}: cannot be read ({exc})") from exc


def _chosen(site: Site, only: Sequence[str]) -> Callable[[str], bool]:
    """Return the filter for paths: files as a shell or a build system names them, or globs.

    A glob is relative to the working folder, to the root or to an assets folder. Raises UsageError
    for what is no pattern, or lies outside of the project.
    """
    names = {name for text in only for name in _names(site.root, text)}
    expression = globs.regex([pattern for name in names if (pattern := _pattern(name))])
    assets = site.settings.assets

    def is_chosen(path: str) -> bool:
        tails = [path.removeprefix(f"{folder}/") for folder in assets]
        return path in names or any(expression.fullmatch(text) for text in (path, *tails))

    return is_chosen


def _names(root: Path, text: str) -> Iterator[str]:
    """Yield what `text` may mean, as paths or patterns from the root or an assets folder."""
    is_free = not Path(text).is_absolute() and ".." not in Path(text).parts
    if is_free:
        yield text.replace(os.sep, "/").removeprefix("./")
    end = "/" if text.endswith(("/", os.sep)) else ""
    here = Path(os.path.normpath(Path.cwd() / text))  # links kept, as the scan names them
    seen = ((here, root.absolute()), (Path(text).resolve(), root.resolve()))
    for place, top in seen:
        if place.is_relative_to(top):
            yield place.relative_to(top).as_posix() + end
            return
    if not is_free:
        raise UsageError(f"--only {text}: lies outside of the project {root}")


def _pattern(name: str) -> globs.Glob | None:
    """Return the pattern that `name` is; a name with other signs in it means that file only."""
    try:
        return globs.compile(name)
    except globs.PatternError as exc:
        if any(mark in name for mark in "*?["):
            raise UsageError(f"--only {name}: {exc}") from exc
        return None


def _source(root: Path, path: str, scan: Scan, index: Index) -> Source | None:
    """Describe a source, from the index when it is known; None for an output of ours.

    Raises SourceError with the sentence that says why it cannot be used.
    """
    stat = scan.files[path]
    digest = index.digest(path, stat)
    if digest is None:
        content = project.read(root, path)
        digest = keys.digest(content)
        index.remember(path, stat, digest)
        if index.facts(digest) is None:
            index.learn(digest, _facts(path, content))
    facts = index.facts(digest)
    if facts is None:
        index.learn(digest, _facts(path, project.read(root, path)))
        facts = index.facts(digest) or Facts()
    if facts.error == _OURS:
        return None
    if facts.error:
        raise SourceError(f"{path}: {facts.error}")
    return Source(
        path=path,
        byte_digest=digest,
        pixel_digest=facts.pixel_digest,
        width=facts.width,
        height=facts.height,
        colors=facts.colors,
        opaque_share=facts.opaque_share,
        looks_like_sheet=facts.looks_like_sheet,
        unfit=facts.unfit,
    )


#: What the index holds for a picture that we wrote, under whatever name it lies now.
_OURS = "is an output of pixelpipe"


def _facts(path: str, content: bytes) -> Facts:
    """Decode a picture that was never seen before."""
    from . import imaging  # heavy, and not needed when nothing has changed

    try:
        if provenance.is_ours(content):
            return Facts(error=_OURS)
        pixels = imaging.decode(content, path)
        found = imaging.facts(pixels, frames=imaging.frame_count(content))
        unfit = imaging.unfit(pixels)
    except SourceError as exc:
        return Facts(error=str(exc).removeprefix(f"{path}: "))
    return Facts(
        pixel_digest=keys.pixel_digest(pixels),
        width=pixels.width,
        height=pixels.height,
        colors=found.colors,
        opaque_share=found.opaque_share,
        looks_like_sheet=found.looks_like_sheet,
        unfit=unfit,
    )


def _cell(root: Path, source: Source, rule: Rule, index: Index, cell: int) -> str:
    """Return the pixel digest of a cell, from the index when it is known.

    Raises SourceError when it cannot be sent.
    """
    name = keys.digest(f"{source.byte_digest} cell {rule.cells} {cell}".encode())
    facts = index.facts(name)
    if facts is None:
        facts = _cell_facts(root, source, rule, cell)
        index.learn(name, facts)
    if facts.unfit:
        raise SourceError(f"{source.path}: cell {cell}: {facts.unfit}")
    return facts.pixel_digest


def _cell_facts(root: Path, source: Source, rule: Rule, cell: int) -> Facts:
    from . import imaging  # heavy, and not needed when nothing has changed

    content = project.read(root, source.path)
    if keys.digest(content) != source.byte_digest:
        raise SourceError(f"{source.path}: was saved while it was read; build again")
    picture = cells.picture(imaging.decode(content, source.path), rule, cell)
    return Facts(pixel_digest=keys.pixel_digest(picture), unfit=imaging.unfit(picture))


def _requests(root: Path, source: Source, match: rules.Match, index: Index) -> tuple[Request, ...]:
    if not cells.is_cut(match.rule):
        return rules.requests(source, match)
    cells.check(source, match.rule)
    return cells.requests(source, match, lambda cell: _cell(root, source, match.rule, index, cell))


def _wanted(
    site: Site, source: Source, matcher: rules.Matcher, scan: Scan, index: Index
) -> Wanted | None:
    match = matcher.match(source)
    override = source.path + _OVERRIDE
    if override in scan.files:
        read = document.read(site.root / override, override)
        rule = rulefile.override(match.rule if match else None, read)
        choices.check_document(read)
        match = rules.Match(rule=rule, captures=match.captures if match else {})
    if match is None:
        return None
    if source.unfit and not source.looks_like_sheet and match.rule.cells is None:
        raise SourceError(f"{source.path}: {source.unfit}")
    chosen = site.settings.targets if match.rule.targets is None else match.rule.targets
    rule = cells.expand(match.rule)
    outputs = targets.paths(source.stem, playing.frames(rule.clips), chosen)
    for path in outputs:
        if problem := project.name_problem(path):
            raise SourceError(f"{source.path}: its output {path} {problem}; rename it")
    return Wanted(
        source=source,
        rule=rule,
        requests=_requests(site.root, source, match, index),
        targets=chosen,
        outputs=outputs,
    )


def _refused(path: str, exc: PixelpipeError) -> Step:
    return Step(
        source=path,
        clip="",
        kind=StepKind.BLOCKED,
        reason=str(exc),
        error=str(exc),
        exit_code=exc.exit_code,
    )
