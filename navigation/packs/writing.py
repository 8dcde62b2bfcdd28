"""Writes packs: equal cases and pictures give equal bytes, whenever and wherever they are written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2

from navigation.cases import NavCase
from navigation.packs.archive import compact, readable, write_zip
from navigation.packs.format import (
    MANIFEST,
    Manifest,
    case_member,
    case_to_json,
    image_member,
    manifest_to_json,
)
from navigation.protocols import RgbImage

TEST_MODULE: Final = "test_navcases.py"
_MODULE: Final = '''"""Cases exported by navconsole: one test each, where the package navconsole is installed.

`pytest --navcases-reader NAME` chooses the reader.
"""

from pathlib import Path

import pytest

from navigation.packs.running import Session, named_cases

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def navcases(request):
    with Session(FOLDER, reader=request.config.getoption("navcases_reader", None)) as session:
        yield session


@pytest.mark.parametrize("case_id", named_cases(FOLDER))
def test_case(navcases, case_id):
    result = navcases.run(case_id)
    assert result.is_right, result.sentence
'''


def png_of(rgb: RgbImage) -> bytes:
    """A PNG of (height, width, 3) RGB pixels."""
    done, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    assert done
    return data.tobytes()


def pack_members(
    manifest: Manifest, cases: Sequence[NavCase], pictures: Mapping[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    """The members of a pack, the manifest first; `pictures` are PNG files by the pictures' ids."""
    written = [(case_member(case.id), readable(case_to_json(case))) for case in sorted(cases, key=lambda c: c.id)]
    wanted = sorted({picture.id for case in cases for picture in case.pictures})
    written += [(image_member(image_id), pictures[image_id]) for image_id in wanted]
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in written}
    yield MANIFEST, readable(manifest_to_json(replace(manifest, files=hashes)))
    yield from written


def write_pack(path: Path, manifest: Manifest, cases: Sequence[NavCase], pictures: Mapping[str, bytes]) -> None:
    """An archive of the format `navcases/1`."""
    write_zip(path, pack_members(manifest, cases, pictures))


def write_folder(path: Path, manifest: Manifest, cases: Sequence[NavCase], pictures: Mapping[str, bytes]) -> None:
    """The same as a folder, with a test module that runs it."""
    write_members(path, [*pack_members(manifest, cases, pictures), (TEST_MODULE, _MODULE.encode())])


def write_members(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Members as files under a folder that must be new or empty."""
    path.mkdir(parents=True, exist_ok=True)
    for name, data in members:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def document(manifest: Manifest, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """One JSON file without pictures, in parts; `bodies` are cases as compact JSON, in the order they are to have."""
    head = compact(manifest_to_json(replace(manifest, pictures="none", files={})))
    yield head[:-1] + b',"cases":['
    separator = b"\n"
    for body in bodies:
        yield separator + body
        separator = b",\n"
    yield b"\n]}\n"
