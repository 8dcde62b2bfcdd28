"""Screenshots as files. A file's name holds the picture's id and the SHA-256 of the file's own bytes.

    <root>/<id, 2 letters>/<id, next 2>/<id>.<sha256 of the file>.received.png      as it came
    <root>/<id, 2 letters>/<id, next 2>/<id>.<sha256 of the file>.webp              re-encoded, checked equal
    <root>/thumbs/<2>/<2>/<id>.<sha256 of the file>.w320.webp                             made on first use
    <root>/thumbs/<2>/<2>/<id>.<sha256 of the file>.x8y-4s240x80w320.webp                 of a box, likewise

The hash in the name is there because a rename is atomic: name and bytes come into being together, which a second
file or a database row beside it would not, and any tool can check a backup without the database. Reading hashes the
bytes (about a millisecond a megabyte) and gives only what matches, so a file cut short, zeroed or altered is never
shown.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from navigation.errors import DamagedPictureError
from navigation.store import files, shrinking
from navigation.store.failures import translated_files
from navigation.types import Box

logger = logging.getLogger(__name__)

THUMB_WIDTHS = range(16, 2049)
FORMATS = ("png", "jpeg", "webp", "bmp")
_ID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{64})\.(?:received\.|(?:x-?\d+y-?\d+s\d+x\d+)?w\d+\.)?([a-z]+)")


class FileBlobStore:
    """Pictures in a folder of this machine. Safe between threads and processes: what is written is then renamed."""

    def __init__(self, root: Path, *, floor_bytes: int = 0) -> None:
        """Pictures are refused below `floor_bytes` of free room, or `FLOOR_SHARE` of the disk if that is less: the
        rest is for labels, the audit log and the end of what was begun."""
        self._root = root
        self._floor_bytes = floor_bytes
        self._durable: set[Path] = set()
        self._unfinished = root / "unfinished"
        files.make_folder(self._unfinished)
        files.make_folder(root / "thumbs")

    def put_received(self, image_id: str, data: bytes, received_format: str) -> None:
        """Raises StoreFullError when there is no room, or little; ValueError for a bad id or format."""
        if received_format not in FORMATS:
            raise ValueError("unknown picture format")
        folder = self._folder(image_id)
        with translated_files():
            files.refuse_below(self._root, self._floor_bytes)
            self._make_durable(folder)
            if self._looked_up(image_id)[0] is None:
                files.write_durably(
                    folder, f"{image_id}.{_sha256(data)}.received.{received_format}", data, unfinished=self._unfinished
                )
            else:
                # Another thread may have renamed it but not yet made the name durable.
                files.sync_folder(folder)

    def discard(self, image_id: str) -> None:
        made = _named(self._folder(image_id, "thumbs"), f"{image_id}.")
        for path in (*self._files(image_id), *made):
            path.unlink(missing_ok=True)

    def has(self, image_id: str) -> bool:
        return bool(self._files(image_id))

    def ids_before(self, moment: datetime) -> Iterator[str]:
        for folder in self._root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]"):
            ids = {path.name[:64] for path in _named(folder, "") if files.modified(path) < moment.timestamp()}
            yield from sorted(ids)

    def reencode(self, image_id: str) -> tuple[str, int] | None:
        """Raises DamagedPictureError when the received file is not what came or no longer gives its pixels."""
        received = [path for path in self._files(image_id) if _is_received(path)]
        if not received:
            return None
        recoded = self._recoded(image_id)
        if recoded is None:
            return None
        data, stored_format = recoded
        with translated_files():
            files.write_durably(
                self._folder(image_id), f"{image_id}.{_sha256(data)}.{stored_format}", data, unfinished=self._unfinished
            )
        for path in received:
            path.unlink(missing_ok=True)
        return stored_format, len(data)

    def read(self, image_id: str) -> tuple[bytes, str]:
        """Raises DamagedPictureError when there are files of this picture but none is whole."""
        found, is_there = self._looked_up(image_id)
        if found is not None:
            return found
        if is_there:
            logger.error("picture damaged image=%s", image_id)
            raise DamagedPictureError(image_id)
        raise FileNotFoundError(image_id)

    def thumbnail(self, image_id: str, width: int) -> bytes:
        """ValueError for a width out of 16..2048; DamagedPictureError as `read`."""
        if width not in THUMB_WIDTHS:
            raise ValueError(f"a thumbnail's width must be from {THUMB_WIDTHS[0]} to {THUMB_WIDTHS[-1]}")
        return self._derived(image_id, f"w{width}", lambda data: shrinking.thumbnail(data, width))

    def crop(self, image_id: str, box: Box, width: int) -> bytes:
        """ValueError for a width out of 16..2048 or a box without size; DamagedPictureError as `read`."""
        if width not in THUMB_WIDTHS or min(box.w, box.h) < 1:
            raise ValueError("a crop has a size, and a thumbnail's width")
        kind = f"x{box.x}y{box.y}s{box.w}x{box.h}w{width}"
        return self._derived(image_id, kind, lambda data: shrinking.crop(data, box, width))

    def _derived(self, image_id: str, kind: str, make: Callable[[bytes], bytes]) -> bytes:
        """What `make` gives of a picture; kept under `kind`, and made again when it is no longer whole."""
        folder = self._folder(image_id, "thumbs")
        for path in _named(folder, f"{image_id}.", f".{kind}.webp"):
            if (data := _bytes_if_whole(path)) is not None:
                return data
            path.unlink(missing_ok=True)
        data = make(self.read(image_id)[0])
        with translated_files():
            files.make_folder(folder)
            files.write_whole(folder, f"{image_id}.{_sha256(data)}.{kind}.webp", data, unfinished=self._unfinished)
        return data

    def sweep(self) -> int:
        """Remove what writes cut off more than an hour ago left behind. Returns how many."""
        return files.sweep_unfinished(self._unfinished)

    def _make_durable(self, folder: Path) -> None:
        # Once a process: a folder that is there may be another thread's, not yet durable.
        for level in (folder.parent, folder):
            if level not in self._durable:
                level.mkdir(mode=0o700, exist_ok=True)
                files.sync_folder(level.parent)
                self._durable.add(level)

    def _recoded(self, image_id: str) -> tuple[bytes, str] | None:
        for path in self._files(image_id):
            data = _bytes_if_whole(path)
            if data is not None and not _is_received(path):
                return data, path.suffix[1:]  # re-encoded before; only the removal was interrupted
        from navigation.store import recoding  # loads numpy and OpenCV: only where pictures arrive

        data, _ = self.read(image_id)
        return recoding.lossless(data, image_id)

    def _looked_up(self, image_id: str) -> tuple[tuple[bytes, str] | None, bool]:
        """The first whole file of a picture, and whether there is any file at all."""
        there = self._files(image_id)
        while True:
            for path in there:
                if (data := _bytes_if_whole(path)) is not None:
                    return (data, path.suffix[1:]), True
            now = self._files(image_id)
            if now == there:
                return None, bool(there)
            there = now  # one was re-encoded and removed between our listing and our reading

    def _files(self, image_id: str) -> list[Path]:
        return files_of(self._root, image_id)

    def _folder(self, image_id: str, *above: str) -> Path:
        return _folder_of(self._root, image_id, *above)


def files_of(root: Path, image_id: str) -> list[Path]:
    """The files of a picture in a folder of screenshots, the re-encoded before the received."""
    found = _named(_folder_of(root, image_id), f"{image_id}.")
    return sorted(found, key=lambda path: (_is_received(path), path.name))


def is_picture_name(name: str) -> bool:
    """Whether a file may bear this name in a folder of screenshots (thumbnails aside)."""
    return _NAME.fullmatch(name) is not None


def is_whole(path: Path) -> bool:
    """Whether a picture's file still holds the bytes that its name says. Reads it."""
    return _bytes_if_whole(path) is not None


def _folder_of(root: Path, image_id: str, *above: str) -> Path:
    """The one place where an id becomes a path."""
    if not _ID.fullmatch(image_id):
        raise ValueError("a picture's id is 64 hexadecimal digits")
    folder = root.joinpath(*above, image_id[:2], image_id[2:4])
    if not folder.resolve().is_relative_to(root.resolve()):
        raise ValueError("the picture's folder lies outside the store")
    return folder


def _named(folder: Path, begins: str, ends: str = "") -> list[Path]:
    """Files of pictures in a folder, by how their names begin and end. No pattern is compiled: this is asked often."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [
        folder / name for name in names if name.startswith(begins) and name.endswith(ends) and _NAME.fullmatch(name)
    ]


def _is_received(path: Path) -> bool:
    return ".received." in path.name


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _bytes_if_whole(path: Path) -> bytes | None:
    match = _NAME.fullmatch(path.name)
    try:
        data = path.read_bytes()
    except OSError:  # removed meanwhile, or unreadable: the same to the reader
        return None
    return data if match and match[2] == _sha256(data) else None
