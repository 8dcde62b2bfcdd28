"""Opens a file or folder of cases in any of the formats that are read here; everything is judged before it is given."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from navigation.cases import NavCase
from navigation.errors import BadScreenshotError
from navigation.image_header import MAX_BYTES as MAX_PICTURE_BYTES
from navigation.image_header import read_header
from navigation.imaging import Screenshot, open_screenshot
from navigation.packs.archive import (
    MAX_CASE_BYTES,
    MAX_JSON_BYTES,
    FolderMembers,
    Members,
    ZipMembers,
    opened_zip,
    parse_json,
)
from navigation.packs.format import (
    FORMAT,
    MANIFEST,
    MEMBERS,
    Manifest,
    case_from_json,
    case_member,
    cases_from_json,
    image_member,
    manifest_from_json,
    refuse_same_ids,
)
from navigation.packs.refusals import refuse

ANY_MEMBER: Final = re.compile(r"(?:[^/\\\0]{1,100}/){0,4}[^/\\\0]{1,200}\.(?:json|jsonl|png|jpe?g|webp|bmp)")
"""What an archive may hold at all: neither pages nor drawings, which may hold scripts, nor programs."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Cases, and where their pictures are: `pictures` gives the member of each picture's id.

    Without `members` the pictures are not there.
    """

    manifest: Manifest
    cases: tuple[NavCase, ...]
    members: Members | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)

    def has_picture(self, image_id: str) -> bool:
        return self.members is not None and image_id in self.pictures

    def picture_bytes(self, image_id: str) -> bytes:
        """The file of a picture, compared once more with the manifest's hash where that has one."""
        if self.members is None or image_id not in self.pictures:
            raise refuse("member_missing", member=image_member(image_id))
        name = self.pictures[image_id]
        data = self.members.read(name, limit=MAX_PICTURE_BYTES)
        _check_hash(self.manifest, name, data)
        return data

    def picture(self, image_id: str) -> Screenshot:
        """The decoded picture, whose pixels are those its name says. Raises PackError."""
        return checked_picture(self.picture_bytes(image_id), image_id, self.pictures.get(image_id, image_id))


@contextmanager
def opened_members(path: Path) -> Iterator[tuple[Members, frozenset[str]]]:
    """The members of an archive, of a folder, or those beside a single JSON file; and the top ones that count."""
    if path.is_symlink():
        raise refuse("link", member=path.name)
    if path.is_dir():
        folder = FolderMembers(path)
        yield folder, folder.top
    elif path.is_file() and path.suffix.lower() == ".json":
        yield FolderMembers(path.parent), frozenset({path.name})
    elif path.is_file():
        with opened_zip(path, ANY_MEMBER) as archive:
            yield archive, archive.top
    else:
        raise refuse("missing", name=str(path))


@contextmanager
def opened_pack(path: Path) -> Iterator[Pack]:
    """A pack of the format `navcases/1`: archive, folder, or one JSON file. Raises PackError."""
    with opened_members(path) as (members, top):
        if MANIFEST in top:
            yield read_pack(members, path.name)
            return
        for name in sorted(name for name in top if name.endswith(".json")):
            value = parse_json(members.read(name, limit=MAX_JSON_BYTES), name)
            if isinstance(value, Mapping) and value.get("format") == FORMAT:
                yield pack_of_document(value, name)
                return
        raise refuse("not_a_pack", name=path.name)


def read_pack(members: Members, name: str) -> Pack:
    """Everything of a pack is judged: each member's hash, each case, the header of each picture."""
    manifest = manifest_from_json(parse_json(members.read(MANIFEST, limit=MAX_JSON_BYTES), MANIFEST), name)
    _check_names(members, manifest)
    cases = []
    for member in sorted(manifest.files):
        if member.startswith("cases/"):
            data = members.read(member, limit=MAX_CASE_BYTES)
            _check_hash(manifest, member, data)
            case = case_from_json(parse_json(data, member), member)
            if case_member(case.id) != member:
                raise refuse("case", member=member, why="its id is not one")
            cases.append(case)
        elif member.startswith("images/"):
            data = members.read(member, limit=MAX_PICTURE_BYTES)
            _check_hash(manifest, member, data)
            _check_header(data, member)
    refuse_same_ids(cases)
    pictures = {picture.id: image_member(picture.id) for case in cases for picture in case.pictures}
    for picture in pictures.values():
        if picture not in manifest.files:
            raise refuse("member_missing", member=picture)
    return Pack(manifest, tuple(cases), members, pictures)


def pack_of_document(value: Mapping[str, Any], name: str) -> Pack:
    """A pack without pictures: manifest and cases in one JSON value."""
    manifest = manifest_from_json(value, name)
    if manifest.pictures != "none":
        raise refuse("json", member=name, why="a value is missing or of the wrong kind")
    return Pack(manifest, tuple(cases_from_json(value.get("cases"), name)))


def checked_picture(data: bytes, image_id: str, name: str) -> Screenshot:
    """The picture in `data`, which must have the pixels of this id. Raises PackError."""
    shot = decoded(data, name)
    if shot.image_id != image_id:
        raise refuse("picture_id", member=name)
    return shot


def decoded(data: bytes, name: str) -> Screenshot:
    """An untrusted picture. Raises PackError."""
    try:
        return open_screenshot(data)
    except BadScreenshotError as err:
        raise refuse("picture", member=name, why="its pixels cannot be read") from err


def _check_names(members: Members, manifest: Manifest) -> None:
    for member in manifest.files:
        if not MEMBERS.fullmatch(member) or member == MANIFEST:
            raise refuse("unknown_member", member=member)
        if not members.has(member):
            raise refuse("member_missing", member=member)
    if isinstance(members, ZipMembers):
        for member in members.infos:
            if member != MANIFEST and member not in manifest.files:
                raise refuse("unknown_member", member=member)


def _check_hash(manifest: Manifest, name: str, data: bytes) -> None:
    said = manifest.files.get(name)
    if said is not None and hashlib.sha256(data).hexdigest() != said:
        raise refuse("hash", member=name)


def _check_header(data: bytes, name: str) -> None:
    try:
        if read_header(data).format != "png":
            raise refuse("picture", member=name, why="it is no PNG")
    except BadScreenshotError as err:
        raise refuse("picture", member=name, why="its pixels cannot be read") from err
