"""Look at a project: settings, rules, files, and what is known of their purchases.

Everything that `plan.make` needs is collected here, and nothing is changed but what is remembered.
Files whose stat is known are not opened, pictures whose bytes are known are not decoded.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from .. import targets
from ..config import cells, matching, numbered
from ..config.workspace import Workspace
from ..core import keys, provenance
from ..core.apart import apart, log
from ..core.errors import (
    AssetError,
    BugError,
    ConfigError,
    NoRoomError,
    SourceError,
    UnfitError,
)
from ..core.model import PassedOver, Record, Request, Rule, Source, Step, stem_of
from ..core.packed import Packed
from ..plan import steps
from ..plan.wanted import WANTED, Wanted
from ..plan.wish import Wish
from ..storage import files, lock, lock_file, lock_text, pictures
from ..storage.files import Scan, Stat
from ..storage.remembered import Facts
from ..storage.state import State
from ..targets import playback
from . import adopting, global_names, room, signs
from .adopting import Looked
from .engine_roots import Roots

_OVERRIDE = ".yaml"
#: What is wrong with one source only.
_ITS_OWN = (SourceError, ConfigError, AssetError, BugError, NoRoomError)


class Rest(Record, frozen=True, kw_only=True):
    """Sources that were not looked at, since nothing about them has changed: all are fresh."""

    clips: int
    #: How many of them an older version of the built-in engine made.
    outdated: int
    unmatched: tuple[str, ...]
    #: The text of every folder, as it was then.
    listing: Mapping[str, bytes]
    #: Those that were looked at, whatever came of it.
    sources: frozenset[str]
    #: The lock file is to the letter as we write it.
    is_plain: bool


class Survey(Record, frozen=True, kw_only=True):
    """What was found: the plan's input, and the state that knows the files."""

    wanted: Sequence[Wanted]
    refused: tuple[Step, ...]
    unmatched: tuple[str, ...]
    lock: lock.Lock
    scan: Scan
    state: State
    #: False when only some sources were looked at: nothing may be taken for gone.
    is_whole: bool
    #: False for a single file that belongs to no project: nothing is remembered of it.
    is_kept: bool = True
    #: The lock file's stat before it was read.
    lock_stat: Stat | None = None
    #: The digest of its text, or the text, which is plain: then only the lines about some sources
    #: stand in `lock`.
    lock_known: str = ""
    lock_text: str | None = None
    #: Sources that are not looked at now, because they may still be written.
    waiting: frozenset[str] = frozenset()
    #: What was seen and not taken, when everything was looked at.
    passed_over: tuple[PassedOver, ...] = ()
    #: What is remembered of all other sources, when only those that changed were looked at.
    rest: Rest | None = None

    @property
    def is_narrow(self) -> bool:
        """Tell whether only some lines of the lock file were looked at."""
        return self.lock_text is not None

    @property
    def lock_digest(self) -> str:
        """The digest of the lock file's text as it was read."""
        return self.lock_known if self.lock_text is None else lock_file.digest(self.lock_text)

    @property
    def has_all_outputs(self) -> bool:
        """Tell whether the lock file names every file that is wanted."""
        locked = {line.path for line in self.lock.files}
        return all(path in locked for one in self.wanted for path in one.outputs)

    def save(self) -> None:
        """Write down what was learned of the files."""
        if self.is_kept:
            self.state.save()

    def swept(self, root: Path, now_s: float) -> Survey:
        """Delete what killed runs left half written, and return this survey."""
        files.sweep(root, self.scan.leftovers, now_s=now_s)
        return self


def take(workspace: Workspace, wish: Wish) -> Survey:
    """Look at the sources that `wish` is about, with the takes that it wants of them."""
    if wish.paths is not None:
        return _retaken(_part(workspace, wish.paths), wish)
    scan = files.scan(
        workspace.root, workspace.settings.assets, workspace.settings.ignore, is_listed=True
    )
    from . import selection

    found = [path for path in scan.files if files.is_source(path)]
    waiting = frozenset(selection.waiting(found, scan, wish))
    found = [path for path in found if path not in waiting]
    faults = scan.faults
    if wish.only:
        chosen = selection.Chosen(workspace.root, workspace.settings.assets, scan, wish.only)
        if wish.saved is None:  # a saved plan says itself what has changed
            chosen.check()
        found = list(filter(chosen, found))
        faults = chosen.faults()
    is_whole = not wish.only and scan.is_complete
    state = State.open(workspace.root, workspace.state)
    return _retaken(
        survey(workspace, scan, state, found, is_whole=is_whole, waiting=waiting, faults=faults),
        wish,
    )


def _part(workspace: Workspace, paths: Collection[str]) -> Survey:
    """Look at some sources, in their folders and at their lines of the lock file only.

    The whole lock file is read where files of ours may have been moved here, where names are
    chosen among those of all, and where it is not plain.
    """
    tree = files.Tree(workspace.root, workspace.settings.assets, workspace.settings.ignore)
    scan = tree.inside({path.rpartition("/")[0] or "." for path in paths})
    chosen = [path for path in paths if path in scan.files and files.is_source(path)]
    state = State.open(workspace.root, workspace.state)
    text = lock_file.text(workspace.root)
    if lock_file.is_plain(text):
        stems = {stem_of(path) for path in chosen}
        found = survey(workspace, scan, state, chosen, is_whole=False, stems=stems)
        if _is_told(workspace, found, text):
            return found
    return survey(workspace, scan, state, chosen, is_whole=False)


def _is_told(workspace: Workspace, found: Survey, text: str) -> bool:
    """Tell whether the lines about some sources say all that the lock file could say of them."""
    locked = {line.path for line in found.lock.files}
    new = [one for one in found.wanted if not locked.issuperset(one.outputs)]
    scan = found.scan
    return not any(
        path in scan.files or path in scan.folders
        for one in new
        for path in one.outputs
        if path not in locked
    ) and not (
        any(global_names.is_shared(one) for one in new)
        # Without a key a purchase is used also under the name that it was made for.
        or (new and not workspace.service.paid and _PAID in text)
        # A take that was chosen goes with its picture.
        or (new and _TAKE in text)
    )


#: What stands in the line of a purchase that was paid for.
_PAID = '"paid":true'
#: What stands in the line of a later take.
_TAKE = '"take":'


def _retaken(survey: Survey, wish: Wish) -> Survey:
    """Return the survey with the takes, certain purchases and new versions that are wished for."""
    if not (wish.takes or wish.picked or wish.refresh):
        return survey

    def change(one: Wanted) -> Wanted:
        path = one.source.path
        own = {clip: take for (source, clip), take in wish.takes.items() if source == path}
        chosen = {clip: line for (source, clip), line in wish.picked.items() if source == path}
        requests = tuple(
            msgspec.structs.replace(request, take=own[request.clip], preference=wish.preference)
            if request.clip in own
            else request
            for request in one.requests
        )
        return msgspec.structs.replace(
            one,
            requests=requests,
            retaken=tuple(own),
            picked=chosen,
            is_refreshed=wish.refresh,
        )

    return msgspec.structs.replace(survey, wanted=Packed(WANTED, map(change, survey.wanted)))


def look(workspace: Workspace, name: str) -> Survey:
    """Look at the one file `name` in the workspace's folder, and at the outputs beside it."""
    beside = f"{stem_of(name)}.anim."
    found = {
        entry.name: files.stat_of(entry.stat())
        for entry in os.scandir(workspace.root)
        if entry.name == name or entry.name.startswith(beside)
    }
    scan = Scan(files=found, folders={})
    return survey(
        workspace, scan, State(workspace.root, None), {name} & found.keys(), is_whole=False
    )


def survey(
    workspace: Workspace,
    scan: Scan,
    state: State,
    paths: Iterable[str],
    *,
    is_whole: bool,
    stems: Collection[str] | None = None,
    waiting: frozenset[str] = frozenset(),
    faults: Sequence[str] = (),
) -> Survey:
    """Look at the sources `paths` of what a scan found; `is_whole` if these are all there are.

    `faults` are the scan's sentences that are to be told, each with the path that it is about.

    A frame of another source stands for that one. Of a plain lock file (see `locktext`) only what
    is said about the sources of `stems` is read. Those of `waiting` are not looked at now.
    """
    looked = _looked(workspace, scan, state, paths, is_whole=is_whole, waiting=waiting)
    wanted, unmatched = looked.wanted, looked.unmatched
    refused = (*looked.refused, *map(_unread, _of_no_output(faults, wanted)))
    if stems is not None:
        stems = {*stems, *(one.source.stem for one in wanted)}
    stat = files.stat_at(workspace.root / lock.NAME) if workspace.is_project else None
    text, digest = None, ""
    if stems is not None:
        text = lock_file.text(workspace.root) if workspace.is_project else ""
        locked = lock_text.parse(text, stems, _open_keys(wanted, workspace.service.identity))
    elif workspace.is_project:
        locked, digest = lock_file.whole(workspace.root)
    else:
        locked = lock.Lock()
    return Survey(
        wanted=global_names.settle(
            workspace.root,
            Packed(WANTED, signs.doubted(workspace.root, wanted, locked, state))
            if workspace.is_project  # a file that was named alone is meant
            else wanted,
            locked,
        ),
        refused=refused,
        unmatched=unmatched,
        lock=locked,
        lock_stat=stat,
        lock_known=digest,
        lock_text=text,
        scan=scan,
        state=state,
        is_whole=is_whole,
        is_kept=workspace.is_project,
        waiting=waiting | looked.waiting,
        passed_over=_passed_over(workspace, scan, wanted, refused) if is_whole else (),
    )


def _passed_over(
    workspace: Workspace, scan: Scan, wanted: Sequence[Wanted], refused: Sequence[Step]
) -> tuple[PassedOver, ...]:
    from . import passed_over  # after a look at everything only

    return passed_over.find(workspace, scan, wanted, {step.source for step in refused})


def _open_keys(wanted: Iterable[Wanted], service: str) -> frozenset[str]:
    """Return under which keys another source's purchase may be used for these."""
    found = (keys.open_key(request, service) for one in wanted for request in one.requests)
    return frozenset(key for key in found if key is not None)


def _looked(
    workspace: Workspace,
    scan: Scan,
    state: State,
    paths: Iterable[str],
    *,
    is_whole: bool,
    waiting: Collection[str],
) -> Looked:
    """Look at sources, and at all of their folders where some may be frames of others."""
    chosen = frozenset(paths)
    found = None
    if is_whole or not adopting.may_be_frames(workspace, scan, chosen):
        found = _wishes(workspace, scan, state, chosen)
    if found is None or (not is_whole and any(one.adopted for one in found.wanted)):
        beside = adopting.Beside(scan)
        folders = {path.rpartition("/")[0] for path in chosen}
        all_of = {path for folder in folders for path in beside(folder)}.difference(waiting)
        found = _wishes(workspace, scan, state, all_of | chosen)
    settled = adopting.settle(
        found, lambda path: _source(workspace.root, path, scan, state), waiting
    )
    return settled if is_whole else settled.within(chosen)


def _wishes(workspace: Workspace, scan: Scan, state: State, paths: Iterable[str]) -> Looked:
    """Return what the rules want of sources, what cannot be used, and what no rule matches."""
    wanted = Packed[Wanted](WANTED)
    refused: list[Step] = []
    unmatched: list[str] = []
    matcher = matching.Matcher(workspace.rules, workspace.settings.assets)
    roots = Roots(workspace.root)
    beside = adopting.Beside(scan)
    for path in sorted(paths):
        try:
            with apart():
                source = _source(workspace.root, path, scan, state)
                if source is None:
                    continue
                one = _wanted(workspace, source, matcher, scan, state, roots, beside)
        except _ITS_OWN as exc:
            log(exc)
            refused.append(steps.refused(path, exc))
            continue
        if one is None:
            unmatched.append(path)
        else:
            wanted.append(one)
    return Looked(wanted=wanted, refused=tuple(refused), unmatched=tuple(unmatched))


def _of_no_output(faults: Sequence[str], wanted: Sequence[Wanted]) -> Sequence[str]:
    """Leave out what is said of a source's own output: it is told with that, or mended."""
    if not any(".anim." in fault for fault in faults):
        return faults
    outputs = {path for one in wanted for path in one.outputs}
    return [fault for fault in faults if fault.partition(": ")[0] not in outputs]


def _unread(fault: str) -> Step:
    """Return the step of what a scan could not read, or does not take for its name."""
    return steps.refused(fault.partition(": ")[0], SourceError(fault))


def _source(root: Path, path: str, scan: Scan, state: State) -> Source | None:
    """Describe a source, from the state when it is known; None for an output of ours.

    Raises SourceError with the sentence that says why it cannot be used.
    """
    stat = scan.files[path]
    digest = state.digest(path, stat)
    if digest is None:
        content = files.read(root, path)
        digest = keys.digest(content)
        state.remember(path, stat, digest)
        if _is_unknown(state.facts(path, digest)):
            state.learn(path, digest, _facts(path, content, digest))
    facts = state.facts(path, digest)
    if facts is None or _is_unknown(facts):
        content = files.read(root, path)
        state.learn(path, digest, _facts(path, content, keys.digest(content)))
        facts = state.facts(path, digest) or Facts()
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
        repeats=facts.repeats,
        frames=facts.frames,
        unfit=facts.unfit,
    )


#: The way in which pictures are looked at now: what was found in another one is found again.
_LOOKED = 1
#: What the state holds for a picture that we wrote, under whatever name it lies now.
_OURS = "is an output of pixelpipe"


def _is_unknown(facts: Facts | None) -> bool:
    return facts is None or facts.looked != _LOOKED


def _facts(path: str, content: bytes, digest: str) -> Facts:
    """Decode a picture that was never seen before."""
    from .. import imaging  # heavy, and not needed when nothing has changed

    try:
        if provenance.is_ours(content):
            return Facts(error=_OURS, looked=_LOOKED)
        pixels = pictures.decoded(content, digest, path)
        frames = imaging.frame_count(content)
        found = imaging.facts(pixels, frames=frames)
        unfit = imaging.unfit(pixels)
    except SourceError as exc:
        return Facts(error=str(exc).removeprefix(f"{path}: "), looked=_LOOKED)
    return Facts(
        pixel_digest=keys.pixel_digest(pixels),
        width=pixels.width,
        height=pixels.height,
        colors=found.colors,
        opaque_share=found.opaque_share,
        looks_like_sheet=found.looks_like_sheet,
        repeats=found.repeats,
        looked=_LOOKED,
        frames=frames,
        unfit=unfit,
    )


def _cell(root: Path, source: Source, rule: Rule, state: State, cell: int) -> str:
    """Return the pixel digest of a cell, from the state when it is known.

    Raises SourceError when it cannot be sent.
    """
    name = keys.digest(f"{source.byte_digest} cell {rule.cells} {cell}".encode())
    facts = state.facts(source.path, name)
    if facts is None:
        facts = _cell_facts(root, source, rule, cell)
        state.learn(source.path, name, facts)
    if facts.unfit:
        raise SourceError(f"{source.path}: cell {cell}: {facts.unfit}")
    return facts.pixel_digest


def _cell_facts(root: Path, source: Source, rule: Rule, cell: int) -> Facts:
    from .. import imaging  # heavy, and not needed when nothing has changed

    content = files.read(root, source.path)
    if keys.digest(content) != source.byte_digest:
        raise SourceError(f"{source.path}: was saved while it was read; build again")
    picture = cells.picture(imaging.decode(content, source.path), rule, cell)
    return Facts(pixel_digest=keys.pixel_digest(picture), unfit=imaging.unfit(picture))


def _requests(
    root: Path, source: Source, match: matching.Match, state: State
) -> tuple[Request, ...]:
    if not cells.is_cut(match.rule):
        return matching.requests(source, match)
    cells.check(source, match.rule)
    return cells.requests(source, match, lambda cell: _cell(root, source, match.rule, state, cell))


def _overridden(root: Path, override: str, rule: Rule | None) -> Rule:
    """Return the rule that the file beside a source makes of its own."""
    from ..config import rule_file, target_checks, yaml_document  # few sources have such a file

    read = yaml_document.read(root / override, override, within=root)
    overridden = rule_file.override(rule, read)
    target_checks.check_document(read)
    return overridden


def _wanted(
    workspace: Workspace,
    source: Source,
    matcher: matching.Matcher,
    scan: Scan,
    state: State,
    roots: Roots,
    beside: adopting.Beside,
) -> Wanted | None:
    match = matcher.match(source)
    if (override := _override(source.path, scan)) is not None:
        rule = _overridden(workspace.root, override, match.rule if match else None)
        match = matching.Match(rule=rule, captures=match.captures if match else {})
    if match is None:
        return None
    adopted = numbered.frames(match.rule, source.path, match.captures, beside)
    is_sheet = match.rule.sheet is not False and (source.looks_like_sheet or source.repeats)
    is_bought = not adopted or any(clip.is_bought for clip in match.rule.clips)
    if source.unfit and not is_sheet and match.rule.cells is None and is_bought:
        raise UnfitError(f"{source.path}: {source.unfit}")
    stated = workspace.settings.targets if match.rule.targets is None else match.rule.targets
    chosen = roots.placed(stated, source.path)
    rule = numbered.counted(cells.expand(match.rule), adopted)
    played = playback.frames(rule.clips)
    outputs = targets.paths(source.stem, played, chosen)
    targets.fit(source.stem, played, chosen)
    requests = _requests(workspace.root, source, match, state)
    too_large = ""
    if rule.pick if rule.cells else not (is_sheet or rule.sheet):  # else it is asked about
        room.check(source, rule, adopted, chosen)
        if workspace.service.paid:
            too_large = room.problem(workspace.root, source, rule, chosen, state)
    for path in outputs:
        if problem := files.name_problem(workspace.root, path):
            raise SourceError(f"{source.path}: its output {path} {problem}; rename it")
    return Wanted(
        source=source,
        rule=rule,
        requests=requests,
        targets=chosen,
        outputs=outputs,
        adopted=adopted,
        too_large=too_large,
    )


def _override(path: str, scan: Scan) -> str | None:
    """Return the override beside a source, also where its name has another Unicode form."""
    if (plain := path + _OVERRIDE) in scan.files or path.isascii():
        return plain if plain in scan.files else None
    folder, slash, name = plain.rpartition("/")
    forms = (f"{folder}{slash}{unicodedata.normalize(form, name)}" for form in ("NFC", "NFD"))
    return next((one for one in forms if one in scan.files), None)
