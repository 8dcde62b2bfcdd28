"""Reading files that somebody else may have made: everything is judged before a byte of it is used.

Members are asked for by name, and their names are those of a list: nothing is ever unpacked to where its name says.
An archive is looked through once (names, kinds, sizes, ratios); contents are read in bounds and compared with their
hashes. A folder is read by the same rules, without following links.
"""

from __future__ import annotations

import json
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from navigation.collecting import without_collector
from navigation.image_header import MAX_BYTES as MAX_PICTURE_BYTES
from navigation.packs.refusals import refuse

MAX_ARCHIVE_BYTES: Final = 2 * 1024**3
MAX_MEMBERS: Final = 250_000
MAX_UNPACKED_BYTES: Final = 2 * 1024**3
"""An import holds its pictures in memory until all are judged."""
MAX_JSON_BYTES: Final = 512 * 1024**2
"""Of a file that holds all cases: 50,000 with everything take about 60 MB."""
MAX_CASE_BYTES: Final = 1024**2
MAX_RATIO: Final = 200
"""Unpacked to packed, for members over `RATIO_FROM` bytes; the JSON of cases packs to a twentieth."""
RATIO_FROM: Final = 1024**2
MAX_DEPTH: Final = 24
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_DRIVE = re.compile(r"[A-Za-z]:")
_MADE_ON_UNIX = 3
_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Members(Protocol):
    """The files of an archive or of a folder, by names with "/"; reading is bounded by what was checked."""

    @property
    def top(self) -> frozenset[str]:
        """Names of the files that lie in no folder."""

    def has(self, name: str) -> bool: ...

    def read(self, name: str, *, limit: int) -> bytes:
        """All bytes of a member; PackError when there are more than `limit`, or it cannot be read whole."""


@dataclass(frozen=True, slots=True)
class ZipMembers:
    """The members of an archive whose names, kinds and sizes have been judged."""

    archive: zipfile.ZipFile
    infos: Mapping[str, zipfile.ZipInfo]

    @property
    def top(self) -> frozenset[str]:
        return frozenset(name for name in self.infos if "/" not in name)

    def has(self, name: str) -> bool:
        return name in self.infos

    def read(self, name: str, *, limit: int) -> bytes:
        info = self.infos.get(name)
        if info is None:
            raise refuse("member_missing", member=name)
        if info.file_size > limit:
            raise refuse("bomb", member=name)
        try:
            with self.archive.open(info) as member:
                data = member.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as err:
            raise refuse("damaged", member=name) from err
        if len(data) != info.file_size:
            raise refuse("damaged", member=name)
        return data


@dataclass(frozen=True, slots=True)
class FolderMembers:
    """The plain files under a folder, by paths that lead through no link."""

    root: Path

    @property
    def top(self) -> frozenset[str]:
        return frozenset(entry.name for entry in os.scandir(self.root) if entry.is_file(follow_symlinks=False))

    def has(self, name: str) -> bool:
        return self._path(name).is_file()

    def read(self, name: str, *, limit: int) -> bytes:
        path = self._path(name)
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            raise refuse("member_missing", member=name) from None
        except OSError as err:
            raise refuse("damaged", member=name) from err
        if len(data) > limit:
            raise refuse("bomb", member=name)
        return data

    def _path(self, name: str) -> Path:
        path = self.root
        for part in inside(name).split("/"):
            path = path / part
            if path.is_symlink():
                raise refuse("link", member=name)
        if path.exists() and not path.is_file():
            raise refuse("link", member=name)
        return path


@contextmanager
def opened_zip(path: Path, allowed: re.Pattern[str]) -> Iterator[ZipMembers]:
    """The members of an archive, all judged; `allowed` must fit each name whole. Raises PackError."""
    try:
        if path.stat().st_size > MAX_ARCHIVE_BYTES:
            raise refuse("too_large", name=path.name, limit=_gib(MAX_ARCHIVE_BYTES))
        with zipfile.ZipFile(path) as archive:
            yield ZipMembers(archive, _judged(archive.infolist(), path.name, allowed))
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, ValueError) as err:
        raise refuse("not_zip", name=path.name) from err


def parse_json(data: bytes, name: str) -> Any:
    """JSON of an untrusted member: UTF-8, no NaN, no value named twice in small members, not nested deeply."""
    try:
        strict = _once if len(data) <= MAX_CASE_BYTES else None
        with without_collector():
            value = json.loads(data.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=strict)
    except _NamedTwice:
        raise refuse("json", member=name, why="it names a value twice") from None
    except RecursionError:
        raise refuse("json", member=name, why="it is nested too deeply") from None
    except ValueError:
        raise refuse("json", member=name, why="it is not JSON") from None
    if _depth_over(value, MAX_DEPTH):
        raise refuse("json", member=name, why="it is nested too deeply")
    return value


def inside(name: str) -> str:
    """A relative path out of a JSON file, "/" between its parts; PackError when it leads out of its folder."""
    if not isinstance(name, str) or not name or "\0" in name:
        raise refuse("traversal", member=str(name))
    if name.startswith("/") or name.startswith("\\") or _DRIVE.match(name):
        raise refuse("absolute", member=name)
    parts = name.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise refuse("traversal", member=name)
    return "/".join(parts)


def write_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """An archive with these members in this order; equal members give equal bytes. PNG is stored as it is."""
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            info.create_system = _MADE_ON_UNIX
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)


def compact(value: Any) -> bytes:
    """JSON on one line, keys sorted: equal values give equal bytes."""
    return _COMPACT.encode(value).encode()


def readable(value: Any) -> bytes:
    """JSON for people to read and compare, keys sorted."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True).encode() + b"\n"


# --- judging an archive ---------------------------------------------------------------------------


def _judged(infos: Sequence[zipfile.ZipInfo], name: str, allowed: re.Pattern[str]) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MAX_MEMBERS:
        raise refuse("too_many", name=name, limit=MAX_MEMBERS)
    for info in infos:
        _judge(info, allowed)
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise refuse("too_large", name=name, limit=_gib(MAX_UNPACKED_BYTES))
    _refuse_twins([info.orig_filename for info in infos])
    return {info.filename: info for info in infos if not info.is_dir()}


def _judge(info: zipfile.ZipInfo, allowed: re.Pattern[str]) -> None:
    name = info.orig_filename
    inside(name.removesuffix("/"))
    kind = stat.S_IFMT(info.external_attr >> 16)
    is_folder = name.endswith("/")
    if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
        raise refuse("link", member=name)
    if info.flag_bits & 0x1 or info.compress_type not in _METHODS:
        raise refuse("encrypted", member=name)
    if is_folder:
        if info.file_size:
            raise refuse("unknown_member", member=name)
        return
    if info.filename != name or not allowed.fullmatch(name):
        raise refuse("unknown_member", member=name)
    limit = MAX_PICTURE_BYTES if name.endswith(".png") else MAX_JSON_BYTES
    is_blown_up = info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size)
    if info.file_size > limit or is_blown_up:
        raise refuse("bomb", member=name)


def _refuse_twins(names: Iterable[str]) -> None:
    """Names that a file system may take for one: equal but for case or for how accents are written."""
    seen: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFC", name).casefold()
        if plain in seen:
            raise refuse("duplicate", member=name)
        seen.add(plain)


# --- judging JSON ---------------------------------------------------------------------------------


class _NamedTwice(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NamedTwice
    return value


def _no_constant(_name: str) -> Any:
    raise ValueError


_NESTING = frozenset({dict, list})
"""The two kinds that `json` makes; looking up a kind is quicker than asking for its parents."""


def _depth_over(value: Any, limit: int) -> bool:
    """Whether lists and objects stand in each other more than `limit` deep; looked at layer by layer."""
    layer = [value] if type(value) in _NESTING else []
    for _ in range(limit):
        layer = [
            part
            for outer in layer
            for part in (outer.values() if type(outer) is dict else outer)
            if type(part) in _NESTING
        ]
        if not layer:
            return False
    return True


def _gib(size: int) -> str:
    return f"{size // 1024**3} GiB"
