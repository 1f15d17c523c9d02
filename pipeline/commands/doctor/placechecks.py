"""What may go wrong with the place: file systems, watch limits, records, version control."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from ...config.workspace import Workspace
from ...core.errors import StorageError
from ...purchase.account import Records
from ...storage import lock
from ...storage.store import Store
from ...storage.version_control import git
from ..init import gameengines, listing, pluginplaces
from ..init.pluginplaces import State
from ..watch import mounts
from . import checks
from .checks import Finding

_LIMITS = Path("/proc/sys/fs/inotify")
#: Share of the system's watches that one project may take before it is worth a word.
_MANY = 0.5
_KEY = r"pe_sk_[A-Za-z0-9_-]{16,}"


def file_systems(workspace: Workspace) -> list[Finding]:
    """Say when the assets, or our own records, lie on a network file system."""
    found = []
    for top in workspace.settings.assets:
        kind = mounts.network_type(workspace.root / top)
        if kind is not None:
            text = f"{top} lies on {kind}, which tells nobody of changes"
            found.append(checks.note("file system", text, "`pixelpipe watch` scans there instead"))
    kind = mounts.network_type(_existing(workspace.state))
    if kind is not None:
        text = f"the ledger would lie on {kind}, where several computers corrupt it"
        remedy = "set PIXELPIPE_STATE to a folder on a local disk"
        found.append(checks.problem("file system", text, remedy, exit_code=8))
    return found or [checks.ok("file system", "local, so changes are noticed at once")]


def watches(folders: int, limits: Path = _LIMITS) -> list[Finding]:
    """Compare the folders to be watched with the watches that the system allows (Linux)."""
    if not sys.platform.startswith("linux"):
        return []
    try:
        allowed = int((limits / "max_user_watches").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return []
    remedy = "`sudo sysctl fs.inotify.max_user_watches=524288` raises it"
    counted = "1 folder" if folders == 1 else f"{folders} folders"
    text = f"{counted} to watch, {allowed} watches for all programs together"
    if folders > allowed * _MANY:
        return [checks.note("watch", text, remedy)]
    return [checks.ok("watch", text)]


def records(workspace: Workspace, found: Records) -> list[Finding]:
    """Say whether the ledger and the store can be written, and what is open."""
    if not os.access(_existing(workspace.state), os.W_OK):
        text = f"{workspace.state} cannot be written"
        remedy = "set PIXELPIPE_STATE to a folder that can"
        return [checks.problem("ledger", text, remedy, exit_code=8)]
    if found.unconfirmed:
        text = f"{found.unconfirmed} purchases may have been billed, or not"
        return [checks.problem("ledger", text, "settle them: `pixelpipe jobs`", exit_code=7)]
    if found.open_jobs:
        text = f"{found.open_jobs} jobs have not ended; the next build takes them up"
        return [checks.note("ledger", text)]
    return [checks.ok("ledger", f"{workspace.state / 'ledger.sqlite'}, nothing open")]


def store(kept: Store, locked: lock.Lock) -> list[Finding]:
    """Read the bought bytes that the lock file names, and check them against their digests.

    Raises StorageError when they cannot be read.
    """
    digests = {line.digest: line for line in locked.clips}
    damaged, absent = [], []
    for digest, line in digests.items():
        if not kept.has(digest):
            absent.append(f"{line.source} [{line.clip}]")
        elif kept.content(digest) is None:
            damaged.append(f"{line.source} [{line.clip}]")
    found = []
    if damaged:
        remedy = "restore .pixelpipe/bought from version control"
        found.append(
            checks.problem("store", "bought bytes are damaged", remedy, damaged, exit_code=8)
        )
    if absent:
        remedy = "commit .pixelpipe/bought where they were bought"
        text = "bought bytes are not here, so these cannot be finished again"
        found.append(checks.note("store", text, remedy, absent))
    if found or not digests:
        return found
    return [checks.ok("store", f"{len(digests)} bought results, all sound")]


def version_control(workspace: Workspace) -> list[Finding]:
    """Look for a key in files that git tracks, and for what git ignores and should not.

    Without git, or outside of a checkout, there is nothing to say.
    """
    if git(workspace.root, "rev-parse", "--is-inside-work-tree") is None:
        return []
    return [*_committed_keys(workspace.root), *_ignored(workspace)]


def _committed_keys(root: Path) -> list[Finding]:
    """Name the files and lines with a key, never the key."""
    hits = git(root, "grep", "-I", "-n", "--full-name", "-E", "-e", _KEY) or ""
    places = [match[1] for line in hits.splitlines() if (match := re.match(r"(.*?:\d+):", line))]
    if not places:
        return [checks.ok("git", "no API key in tracked files")]
    remedy = (
        "delete the key in your account (Account → API) and make a new one; taking the line out "
        "does not take it out of the history"
    )
    return [checks.problem("git", "an API key stands in files that git tracks", remedy, places)]


def _ignored(workspace: Workspace) -> list[Finding]:
    """Say which of our files git ignores although they belong into it, and the reverse."""
    top = workspace.settings.assets[0]
    wanted = [lock.NAME, ".pixelpipe/bought/00/00.png", f"{top}/hero.anim.png"]
    ignored = git(workspace.root, "check-ignore", "--", *wanted)
    found = []
    if ignored:
        remedy = "take the pattern out of .gitignore: `git check-ignore -v FILE` shows it"
        text = "git ignores what belongs into it: a clean checkout would buy again"
        found.append(checks.note("git", text, remedy, ignored.split("\n")[:-1]))
    if (workspace.root / ".env").is_file() and not git(
        workspace.root, "check-ignore", "--", ".env"
    ):
        text = "git does not ignore .env, where the key stands"
        found.append(checks.note("git", text, "add the line `.env` to .gitignore"))
    return found


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    for one in (folder, *folder.parents):
        if one.exists():
            return one
    raise StorageError(f"{folder}: cannot be made, since not even its drive is there")


def plugins(root: Path) -> list[Finding]:
    """Say which plugins of the project are of another version than this program."""
    engines = gameengines.recognise(listing.take(root, depth=listing.MARKER_DEPTH))
    found = []
    for name in pluginplaces.NAMES:
        met = {
            pluginplaces.state(root, file): file.path for file in pluginplaces.files(name, engines)
        }
        if State.OLDER in met:
            remedy = f"`pixelpipe init --plugin {name}` brings it up to date"
            text = f"the {name} plugin is older than this pixelpipe"
            found.append(checks.note("plugins", text, remedy, [met[State.OLDER]]))
        elif State.NEWER in met:
            text = f"the {name} plugin is newer than this pixelpipe"
            found.append(checks.note("plugins", text, "update pixelpipe", [met[State.NEWER]]))
        elif State.SAME in met:
            found.append(checks.ok("plugins", f"the {name} plugin is of this version"))
    return found
