"""Look at a project: settings, rules, files, and what is known of their purchases.

Everything that `plan.make` needs is collected here, and nothing is changed but the index. Files
whose stat is known are not opened, pictures whose bytes are known are not decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from . import config, globs, keys, lock, packs, project, provenance, rulefile, rules, targets
from .config import ServiceChoice, Settings
from .errors import ConfigError, PixelpipeError, SourceError, StorageError
from .ledger import Ledger
from .model import Job, JobState, Record, Request, Rule, Source, Step, StepKind
from .plan import Plan, make
from .project import Facts, Index, Scan, document
from .steps import Known, Wanted
from .store import Store

_OVERRIDE = ".yaml"


class Site(Record, frozen=True, kw_only=True):
    """A project with its settings and rules, and the service that it uses."""

    root: Path
    settings: Settings
    rules: tuple[Rule, ...]
    service: ServiceChoice
    #: The user's state folder: ledger, and the second copy of what was bought.
    state: Path
    #: Files that the rules came from, relative to the root where they lie below it.
    inputs: tuple[str, ...]

    @property
    def bought(self) -> tuple[Path, Path]:
        """The folders of bought bytes, nearest first."""
        return self.root / ".pixelpipe" / "bought", self.state / "bought"

    def store(self) -> Store:
        """Open the store; only purchases wait for the disk."""
        return Store(*self.bought, durable=self.service.paid)

    @contextmanager
    def ledger(self, now: float) -> Iterator[Ledger]:
        """Open the ledger; only purchases wait for the disk."""
        with Ledger(self.state, now=now, durable=self.service.paid) as ledger:
            yield ledger


class Survey(Record, frozen=True, kw_only=True):
    """What was found: the plan's input, and the index that knows the files."""

    wanted: tuple[Wanted, ...]
    refused: tuple[Step, ...]
    unmatched: tuple[str, ...]
    lock: lock.Lock
    scan: Scan
    index: Index
    is_whole: bool


def site(start: Path, environment: Mapping[str, str], flags: Mapping[str, object]) -> Site:
    """Read the settings and rules of the project at or above `start`.

    Raises ConfigError with file and line.
    """
    root = project.find(start)
    settings = config.resolve(
        document.read(root / project.CONFIG_NAME, project.CONFIG_NAME), environment, flags
    )
    found, inputs = _rules(root, settings)
    return Site(
        root=root,
        settings=settings,
        rules=found,
        service=config.service(settings, api_key(root, environment) is not None),
        state=state_folder(settings, environment),
        inputs=(project.CONFIG_NAME, *inputs),
    )


def api_key(root: Path, environment: Mapping[str, str]) -> str | None:
    """Find the key in the environment or the project's `.env`; it is never kept in a record."""
    try:
        dotenv = (root / ".env").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        dotenv = None
    return config.api_key(environment, dotenv)


def take(site: Site, *, only: Sequence[str] = (), paths: Collection[str] | None = None) -> Survey:
    """Look at all sources, or at those that match a glob in `only` or stand in `paths`."""
    index = Index.open(site.root)
    scan = project.scan(site.root, site.settings.assets, site.settings.ignore)
    chosen = _chosen(only, site.settings.assets) if only else None
    if paths is not None:
        chosen = frozenset(paths).__contains__
    wanted: list[Wanted] = []
    refused: list[Step] = []
    unmatched: list[str] = []
    matcher = rules.Matcher(site.rules, site.settings.assets)
    for path in sorted(filter(project.is_source, scan.files)):
        if chosen is not None and not chosen(path):
            continue
        try:
            source = _source(site.root, path, scan, index)
            if source is None:
                continue
            one = _wanted(site, source, matcher, scan)
        except (SourceError, ConfigError) as exc:
            refused.append(_refused(path, exc))
            continue
        if one is None:
            unmatched.append(path)
        else:
            wanted.append(one)
    refused += [_refused(fault.partition(":")[0], SourceError(fault)) for fault in scan.faults]
    return Survey(
        wanted=tuple(wanted),
        refused=tuple(refused),
        unmatched=tuple(unmatched),
        lock=read_lock(site.root),
        scan=scan,
        index=index,
        is_whole=scan.is_complete and chosen is None,
    )


def plan(site: Site, survey: Survey, ledger: Ledger | None) -> Plan:
    """Make the plan; without a ledger only what the lock file settles is known to be done."""
    store = site.store()
    known = Known(
        lock=survey.lock,
        have=_Have(store),
        on_disk=_on_disk(site.root, survey),
        existing=survey.scan.files.keys() if survey.is_whole else None,
    )
    if ledger is not None:
        known = _with_ledger(site, survey, known, ledger, store)
    return make(
        survey.wanted, known, site.service, refused=survey.refused, unmatched=survey.unmatched
    )


def read_lock(root: Path) -> lock.Lock:
    """Read the project's lock file; an absent one is empty."""
    try:
        text = (root / lock.NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return lock.Lock()
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageError(f"{lock.NAME}: cannot be read ({exc})") from exc
    return lock.parse(text)


def _chosen(only: Sequence[str], assets: Sequence[str]) -> Callable[[str], bool]:
    """Return the filter for paths, or globs of paths, from the root or from an assets folder."""
    expression = globs.regex([globs.compile(text.removeprefix("./")) for text in only])

    def is_chosen(path: str) -> bool:
        tails = [path.removeprefix(f"{folder}/") for folder in assets]
        return any(expression.fullmatch(text) for text in (path, *tails))

    return is_chosen


def _rules(root: Path, settings: Settings) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Read the project's rule files, then the packs; a rule may extend any other."""
    names = [path for pattern in settings.rules for path in _files(root, pattern)]
    own = [(document.read(root / name, name), "") for name in dict.fromkeys(names)]
    shipped = [(packs.load(pack), pack) for pack in settings.packs]
    return rulefile.load([*own, *shipped]), tuple(dict.fromkeys(names))


def _files(root: Path, pattern: str) -> Iterator[str]:
    found = sorted(path for path in root.glob(pattern) if path.is_file())
    if not found and not any(mark in pattern for mark in "*?["):
        raise ConfigError(f"the rule file {pattern} is not there", path=project.CONFIG_NAME)
    yield from (path.relative_to(root).as_posix() for path in found)


def state_folder(settings: Settings, environment: Mapping[str, str]) -> Path:
    """Return the user's state folder: as set, or where the system keeps such things.

    Raises ConfigError for a user without a home folder, as in some containers.
    """
    try:
        if settings.state is not None:
            return Path(settings.state).expanduser()
        if base := environment.get("XDG_STATE_HOME") or environment.get("LOCALAPPDATA"):
            return Path(base) / "pixelpipe"
        return Path.home() / ".local" / "state" / "pixelpipe"
    except RuntimeError as exc:
        raise ConfigError(
            "there is no home folder for the ledger; set PIXELPIPE_STATE to a folder that lasts"
        ) from exc


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
    )


#: What the index holds for a picture that we wrote, under whatever name it lies now.
_OURS = "is an output of pixelpipe"


def _facts(path: str, content: bytes) -> Facts:
    """Decode a picture that was never seen before."""
    from . import imaging  # heavy, and not needed when nothing has changed

    try:
        if provenance.read(content):
            return Facts(error=_OURS)
        pixels = imaging.decode(content, path)
        found = imaging.facts(pixels, frames=imaging.frame_count(content))
    except SourceError as exc:
        return Facts(error=str(exc).removeprefix(f"{path}: "))
    return Facts(
        pixel_digest=keys.pixel_digest(pixels),
        width=pixels.width,
        height=pixels.height,
        colors=found.colors,
        opaque_share=found.opaque_share,
        looks_like_sheet=found.looks_like_sheet,
    )


def _wanted(site: Site, source: Source, matcher: rules.Matcher, scan: Scan) -> Wanted | None:
    match = matcher.match(source)
    override = source.path + _OVERRIDE
    if override in scan.files:
        read = document.read(site.root / override, override)
        rule = rulefile.override(match.rule if match else None, read)
        match = rules.Match(rule=rule, captures=match.captures if match else {})
    if match is None:
        return None
    chosen = site.settings.targets if match.rule.targets is None else match.rule.targets
    frames = tuple((clip.name, clip.frames or 0) for clip in match.rule.clips)
    return Wanted(
        source=source,
        rule=match.rule,
        requests=rules.requests(source, match),
        targets=chosen,
        outputs=targets.paths(source.stem, frames, chosen),
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


def _on_disk(root: Path, survey: Survey) -> dict[str, str]:
    """Digest the outputs that the lock names or that stand where we would write."""
    files = survey.scan.files
    named = {line.path for line in survey.lock.files}
    named.update(path for one in survey.wanted for path in one.outputs)
    found = project.digests(root, named & files.keys(), survey.index, files=files)
    return {path: digest for path, digest in found.items() if digest is not None}


def _with_ledger(site: Site, survey: Survey, known: Known, ledger: Ledger, store: Store) -> Known:
    """Add what only the ledger and the store know, for clips that the lock does not settle."""
    identity = site.service.identity
    locked = {line.key for line in survey.lock.clips}
    requests = [request for one in survey.wanted for request in one.requests]
    named = {keys.request_key(request, identity): request for request in requests}
    missing = [key for key in named if key not in locked]
    jobs = _jobs(ledger, [named[key] for key in missing], identity)
    alike = ledger.alike(
        key for one in missing if (key := keys.open_key(named[one], identity)) is not None
    )
    unknown = [key for key in missing if key not in jobs or jobs[key].digest is None]
    stored = {key: found.digest for key in unknown if (found := store.find(key)) is not None}
    return Known(
        lock=known.lock,
        have=known.have,
        on_disk=known.on_disk,
        existing=known.existing,
        jobs=jobs,
        alike=alike,
        stored=stored,
        begun=ledger.begun(str(site.root), _suspicious(known)),
        alive=_alive(ledger, jobs.values()),
    )


def _suspicious(known: Known) -> list[str]:
    """Return the outputs on disk that are not as the lock file says."""
    locked = {line.path: line.digest for line in known.lock.files}
    return [path for path, digest in known.on_disk.items() if locked.get(path) != digest]


def _jobs(ledger: Ledger, requests: Sequence[Request], identity: str) -> dict[str, Job]:
    """Look jobs up, and the next take's wherever a take was billed without a result."""
    found: dict[str, Job] = {}
    while requests:
        takes = {keys.request_key(one, identity): one for one in requests}
        new = {job.request_key: job for job in ledger.jobs(takes)}
        found |= new
        requests = [
            msgspec.structs.replace(one, take=one.take + 1)
            for key, one in takes.items()
            if key in new and new[key].state is JobState.CHARGED
        ]
    return found


def _alive(ledger: Ledger, jobs: Iterable[Job]) -> frozenset[str]:
    holders = {job.holder for job in jobs if job.holder}
    return frozenset(holder for holder in holders if ledger.is_alive(holder))


class _Have:
    """The digests in the store, looked up when asked: a run with nothing to do asks for none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and self._store.has(digest)
