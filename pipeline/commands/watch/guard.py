"""Hold while git works: a checkout, merge or rebase makes thousands of short-lived states."""

from __future__ import annotations

from pathlib import Path

from ...core import small_files

_MOST_BYTES = 1 * small_files.MIB
#: What git keeps in its folder while it is at work, or waits for the user to resolve a conflict.
MARKS = (
    "index.lock",
    "rebase-merge",
    "rebase-apply",
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
)


def busy(root: Path) -> str | None:
    """Return what shows that git is at work around `root`, as `.git/MERGE_HEAD`, or None."""
    folder = _git_folder(root)
    if folder is None:
        return None
    return next((f".git/{mark}" for mark in MARKS if (folder / mark).exists()), None)


def _git_folder(root: Path) -> Path | None:
    """Return git's folder for the checkout that holds `root`; a worktree's lies elsewhere."""
    for folder in (root, *root.parents):
        git = folder / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            return _linked(git)
    return None


def _linked(git: Path) -> Path | None:
    """Return the folder that a worktree's or a submodule's `.git` file names."""
    try:
        text = small_files.text(git, most=_MOST_BYTES).strip()
    except (OSError, UnicodeDecodeError):
        return None
    return (git.parent / text.removeprefix("gitdir:").strip()).resolve()
