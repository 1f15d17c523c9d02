"""How editors, exporters and sync clients save a file."""

from __future__ import annotations

import os
from pathlib import Path


def save_in_place(path: Path, content: bytes) -> None:
    """Aseprite, GIMP, Paint: truncate and write."""
    path.write_bytes(content)


def save_in_pieces(path: Path, content: bytes) -> None:
    """Exporters that write chunk by chunk."""
    with path.open("wb", buffering=0) as stream:
        for start in range(0, len(content), 7):
            stream.write(content[start : start + 7])


def save_reserved(path: Path, content: bytes) -> None:
    """Copies of Windows' Explorer: the size first, then the content."""
    with path.open("wb") as stream:
        stream.truncate(len(content))
        stream.flush()
        stream.write(content)


def save_by_rename(path: Path, content: bytes) -> None:
    """Krita, gedit, VS Code's atomic mode: a hidden temporary file, then a rename."""
    temporary = path.with_name(f".goutputstream-{path.name}")
    temporary.write_bytes(content)
    temporary.replace(path)


def save_from_a_folder(path: Path, content: bytes) -> None:
    """macOS: a folder for the new version beside the old one, swapped in."""
    folder = path.with_name(f"{path.name}.sb-1234")
    folder.mkdir()
    (folder / path.name).write_bytes(content)
    (folder / path.name).replace(path)
    folder.rmdir()


def save_with_a_backup(path: Path, content: bytes) -> None:
    """vim, emacs: the old one aside, the new one in its place, the old one away."""
    backup = path.with_name(path.name + "~")
    if path.exists():
        path.replace(backup)
    path.write_bytes(content)
    backup.unlink(missing_ok=True)


def save_by_delete(path: Path, content: bytes) -> None:
    """Photoshop on a share: delete, then rename the temporary file."""
    temporary = path.with_name("ps1A2B.tmp")
    temporary.write_bytes(content)
    path.unlink(missing_ok=True)
    temporary.rename(path)


def save_by_link(path: Path, content: bytes) -> None:
    """Sync clients: a hard link to a temporary file."""
    temporary = path.with_name(".sync.tmp")
    temporary.write_bytes(content)
    path.unlink(missing_ok=True)
    os.link(temporary, path)
    temporary.unlink()


SAVES = (
    save_in_place, save_in_pieces, save_reserved, save_by_rename, save_from_a_folder,
    save_with_a_backup, save_by_delete, save_by_link,
)  # fmt: skip
