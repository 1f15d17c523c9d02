"""File systems that tell nobody about changes made elsewhere: there we have to look ourselves."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

#: Types in `/proc/self/mountinfo` of network, virtual machine and Windows mounts.
NETWORK = frozenset(
    ("cifs", "smb2", "smb3", "smbfs", "nfs", "nfs4", "afs", "ceph", "9p", "drvfs", "vboxsf",
     "prl_fs", "virtiofs", "vmhgfs", "fuse.sshfs", "fuse.grpcfuse", "fuse.vmhgfs-fuse",
     "fuse.osxfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd-fuse", "grpcfuse", "osxfs")
)  # fmt: skip
_MOUNTINFO = Path("/proc/self/mountinfo")
_DRIVE_REMOTE = 4


def network_type(folder: Path) -> str | None:
    """Return the type of the network file system that holds `folder` or a part of it, or None."""
    real = os.path.realpath(folder)
    if sys.platform == "win32":
        return _windows_type(real)
    try:
        return network_mount(real, _MOUNTINFO.read_text(encoding="utf-8", errors="replace"))
    except OSError:  # no such file: not Linux
        return None


def network_mount(real: str, mountinfo: str) -> str | None:
    """Return the type of the network mount that holds `real`, or that lies below it.

    `mountinfo` has a mount a line: fields, a dash, then the type (proc(5)). Of several mounts on
    one point the last one counts.
    """
    holder, holder_type, inner = "", "", None
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        if len(fields.split()) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields.split()[4])
        kind = rest.partition(" ")[0]
        if _holds(point, real) and len(point) >= len(holder):
            holder, holder_type = point, kind
        elif _holds(real, point) and kind in NETWORK:
            inner = kind
    return holder_type if holder_type in NETWORK else inner


def _holds(outer: str, inner: str) -> bool:
    """Tell whether `inner` is `outer` or lies in it."""
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def _windows_type(real: str) -> str | None:
    """Ask Windows about the drive; a UNC path is a share without asking."""
    if real.startswith("\\\\"):
        return "a network share"
    if sys.platform == "win32":
        drive = os.path.splitdrive(real)[0] + "\\"
        if ctypes.windll.kernel32.GetDriveTypeW(drive) == _DRIVE_REMOTE:
            return "a network drive"
    return None
