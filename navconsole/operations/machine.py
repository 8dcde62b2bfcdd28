"""What this machine says of itself: its disks, file systems, clock and rights. Linux; elsewhere nothing is known."""

from __future__ import annotations

import ctypes
import os
import stat
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
BLOCK_DEVICES = Path("/sys/dev/block")
NETWORKED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "9p", "fuse.sshfs", "fuse.glusterfs",
     "fuse.s3fs", "fuse.rclone", "lustre", "beegfs", "ocfs2", "gfs2", "virtiofs"}
)  # fmt: skip
_ENCRYPTED = "CRYPT-"
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES = 512  # struct timex is 208 bytes on 64 bits


@dataclass(frozen=True, slots=True)
class Mount:
    """`device` is "major:minor"."""

    place: Path
    kind: str
    device: str

    @property
    def is_networked(self) -> bool:
        return self.kind in NETWORKED


def mount_of(path: Path, mounts: str | None = None) -> Mount | None:
    """The file system that a path lies on, from the text of /proc/self/mountinfo; None where it is not known."""
    if mounts is None:
        if not MOUNTS.exists():
            return None
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    place = path.resolve()
    found = [one for one in map(_mount, mounts.splitlines()) if one and place.is_relative_to(one.place)]
    # The last one mounted on the deepest place hides the others.
    return max(enumerate(found), key=lambda item: (len(item[1].place.parts), item[0]))[1] if found else None


def _mount(line: str) -> Mount | None:
    before, _, after = line.partition(" - ")
    parts, kinds = before.split(), after.split()
    if len(parts) < 5 or not kinds:
        return None
    return Mount(Path(parts[4].encode().decode("unicode_escape")), kinds[0], parts[2])


def is_encrypted(mount: Mount | None, devices: Path = BLOCK_DEVICES) -> bool | None:
    """Whether the block device, or one that it is made of, is encrypted by the system; None where it is not known."""
    if mount is None or not (devices / mount.device).exists():
        return None
    return _is_crypt((devices / mount.device).resolve())


def _is_crypt(device: Path) -> bool:
    uuid = device / "dm" / "uuid"
    if uuid.exists() and uuid.read_text(encoding="ascii").startswith(_ENCRYPTED):
        return True
    below = device / "slaves"
    return below.is_dir() and any(_is_crypt(one.resolve()) for one in below.iterdir())


def is_clock_synchronised() -> bool | None:
    """Whether the kernel believes its clock to be kept by a time server; None where it does not say."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED


def open_to_others(path: Path) -> bool:
    """Whether anybody but its owner may read or change it."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def is_ours(path: Path) -> bool:
    return path.stat().st_uid == os.geteuid()


def free_inodes(path: Path) -> tuple[int, int]:
    """Free and all inodes; (0, 0) where the file system has no number of them."""
    state = os.statvfs(path)
    return state.f_favail, state.f_files
