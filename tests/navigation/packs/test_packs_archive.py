"""Hostile files: each is refused with its name and before a byte of it is written anywhere."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from navigation.errors import PackError
from navigation.packs.archive import inside, parse_json
from navigation.packs.bringing import opened_any
from navigation.packs.reading import opened_pack
from navigation.packs.refusals import SENTENCES, harmless
from navigation.packs.results import RunResults
from tests.navigation.packs.casemaking import a_pack

Members = dict[str, bytes]
Change = Callable[[Members], Any]


def rebuilt(path: Path, change: Change, *, repair: bool = False) -> Path:
    """A good pack with its members changed; with `repair` the manifest names the new hashes."""
    with zipfile.ZipFile(a_pack(path)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    if repair:
        manifest = json.loads(members["manifest.json"])
        manifest["files"] = {
            name: hashlib.sha256(data).hexdigest() for name, data in members.items() if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def with_member(path: Path, name: str, data: bytes = b"{}", **fields: Any) -> Path:
    """A good pack and one member more, whose header says what is given."""
    a_pack(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo("x")
        info.filename = info.orig_filename = name
        for key, value in fields.items():
            setattr(info, key, value)
        archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return path


def refusal(path: Path) -> PackError:
    """What a pack is refused with; nothing appears beside it."""
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(PackError) as raised, opened_any(path):
        pass
    assert sorted(path.parent.rglob("*")) == before
    return raised.value


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../evil.json", "traversal"),
        ("cases/../../evil.json", "traversal"),
        ("..\\evil.json", "traversal"),
        ("/etc/cron.d/evil.json", "absolute"),
        ("C:\\evil.json", "absolute"),
        ("C:evil.json", "absolute"),
        ("\\\\host\\share\\evil.json", "absolute"),
        ("cases//evil.json", "traversal"),
        ("cases/./evil.json", "traversal"),
        ("images/evil.svg", "unknown_member"),
        ("index.html", "unknown_member"),
        ("conftest.py", "unknown_member"),
        ("cases/evil\x07.json", "unknown_member"),
        ("cases/LOGIN-SUBMIT.json", "duplicate"),
        ("cases/login-submit.json", "duplicate"),
        ("more/cases.json", "unknown_member"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_with_an_evil_name_is_refused_and_named(tmp_path: Path, name: str, code: str) -> None:
    error = refusal(with_member(tmp_path / "p.zip", name))
    assert error.code == code
    assert harmless(name) in error.detail


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = with_member(
        tmp_path / "p.zip", "cases/link.json", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16
    )
    assert refusal(path).code == "link"


def test_a_device_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = with_member(tmp_path / "p.zip", "cases/null.json", external_attr=(stat.S_IFCHR | 0o666) << 16)
    assert refusal(path).code == "link"


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = with_member(tmp_path / "p.zip", "cases/secret.json")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    assert refusal(path).code == "encrypted"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = with_member(tmp_path / "p.zip", "cases/bomb.json", b" " * 64_000_000)
    assert path.stat().st_size < 200_000
    assert refusal(path).code == "bomb"


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = a_pack(tmp_path / "p.zip")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    assert refusal(path).code in ("damaged", "json")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navigation.packs.archive.MAX_MEMBERS", 3)
    assert refusal(a_pack(tmp_path / "p.zip")).code == "too_many"


def test_what_unpacks_to_too_much_in_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navigation.packs.archive.MAX_UNPACKED_BYTES", 1000)
    assert refusal(a_pack(tmp_path / "p.zip")).code == "too_large"


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    path = a_pack(tmp_path / "p.zip")
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path).code == "not_zip"


def _first(members: Members, part: str) -> str:
    return next(name for name in members if name.startswith(part))


def _edit(name: str, **values: Any) -> Change:
    def change(members: Members) -> None:
        members[name] = json.dumps({**json.loads(members[name]), **values}).encode()

    return change


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
CASE = "cases/login-submit.json"


@pytest.mark.parametrize(
    ("change", "repair", "code"),
    [
        (lambda m: m.update({CASE: m[CASE] + b" "}), False, "hash"),
        (lambda m: m.update({_first(m, "images/"): b"x"}), False, "hash"),
        (lambda m: m.pop(CASE), False, "member_missing"),
        (lambda m: m.pop(_first(m, "images/")), True, "member_missing"),
        (lambda m: m.update({"cases/more.json": m[CASE]}), False, "unknown_member"),
        (lambda m: m.update({"cases/more.json": m[CASE]}), True, "case"),
        (lambda m: m.update({_first(m, "images/"): SVG}), True, "picture"),
        (lambda m: m.update({CASE: b"[" * 100_000}), True, "json"),
        (lambda m: m.update({CASE: b'{"a":' * 30 + b"1" + b"}" * 30}), True, "json"),
        (lambda m: m.update({CASE: b'{"id": "a", "id": "b"}'}), True, "json"),
        (lambda m: m.update({CASE: b'{"id": NaN}'}), True, "json"),
        (lambda m: m.update({CASE: b"\xff\xfe"}), True, "json"),
        (lambda m: m.update({CASE: b"9" * 5000}), True, "json"),
        (lambda m: m.update({CASE: b"[1]"}), True, "case"),
        (_edit(CASE, id="../../evil"), True, "case"),
        (_edit(CASE, picture={"id": "../../evil", "size": [1, 1]}), True, "case"),
        (_edit(CASE, more=1), True, "case"),
        (_edit(CASE, expected={"outcomes": ["ok"], "boxes": [[0, 0, 9999, 9]]}), True, "case"),
        (_edit(CASE, expected={"outcomes": ["ok"], "boxes": []}), True, "case"),
        (_edit(CASE, expected={"outcomes": ["hacked"], "boxes": []}), True, "case"),
        (_edit(CASE, target={"text": "x" * 5000}), True, "case"),
        (_edit(CASE, label={"answer": "<script>"}), True, "case"),
        (_edit("manifest.json", format="navcases/2"), False, "format"),
        (_edit("manifest.json", files={"../evil": "0" * 64}), False, "unknown_member"),
        (_edit("manifest.json", files={"cases/a.json": "short"}), False, "json"),
        (_edit("manifest.json", pictures="all"), False, "json"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(tmp_path: Path, change: Change, repair: bool, code: str) -> None:
    assert refusal(rebuilt(tmp_path / "p.zip", change, repair=repair)).code == code


def test_a_picture_that_is_not_the_one_its_name_says_is_refused_when_it_is_shown(tmp_path: Path) -> None:
    data = io.BytesIO()
    from PIL import Image

    Image.new("RGB", (1366, 768)).save(data, "PNG")
    path = rebuilt(tmp_path / "p.zip", lambda m: m.update({_first(m, "images/"): data.getvalue()}), repair=True)
    with opened_pack(path) as pack, pytest.raises(PackError) as raised:
        pack.picture(pack.cases[0].picture.id)
    assert raised.value.code == "picture_id"


@pytest.mark.parametrize(
    "document",
    [
        [{"img_filename": "FILE", "bbox": [0, 0, 5, 5], "instruction": "x"}],
        {"images": [{"id": 1, "file_name": "FILE"}], "annotations": [{"id": 1, "image_id": 1, "bbox": [0, 0, 5, 5]}]},
        [{"data": {"image": "FILE"}, "annotations": [{"result": []}]}],
    ],
    ids=["screenspot", "coco", "label-studio"],
)
@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("../secret.png", "traversal"),
        ("images/../../secret.png", "traversal"),
        ("/etc/passwd", "absolute"),
        ("C:\\secret.png", "absolute"),
        ("file:///etc/passwd", "traversal"),
        ("link.png", "link"),
        ("linked/secret.png", "link"),
        ("gone.png", "member_missing"),
        (None, "traversal"),
    ],
)
def test_a_path_in_json_that_leads_elsewhere_is_refused(tmp_path: Path, document: Any, file: Any, code: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    os.symlink(tmp_path / "secret.png", folder / "link.png")
    os.symlink(tmp_path, folder / "linked")
    text = json.dumps(document).replace('"FILE"', json.dumps(file))
    (folder / "cases.json").write_text(text)
    assert refusal(folder / "cases.json").code == code


def test_a_link_to_a_pack_is_refused(tmp_path: Path) -> None:
    os.symlink(a_pack(tmp_path / "p.zip"), tmp_path / "l.zip")
    assert refusal(tmp_path / "l.zip").code == "link"


def test_names_are_shown_without_what_a_terminal_would_act_on(tmp_path: Path) -> None:
    error = refusal(with_member(tmp_path / "p.zip", "cases/\x1b[2Jevil.json"))
    assert "\x1b" not in error.detail
    assert "evil" in error.detail


def test_every_refusal_says_that_nothing_was_changed() -> None:
    assert all("Nothing was" in sentence for sentence in SENTENCES.values())


@pytest.mark.parametrize("name", ["a.png", "images/a.png", "a b/ç.png"])
def test_plain_relative_paths_are_taken(name: str) -> None:
    assert inside(name) == name


def test_json_of_moderate_depth_is_taken() -> None:
    assert parse_json(b'{"a": [[[{"b": [1]}]]]}', "x") == {"a": [[[{"b": [1]}]]]}


@pytest.mark.parametrize(
    "value",
    [
        {"results": [{"id": "../x", "right": True, "outcome": "ok"}]},
        {"results": [{"id": "x", "right": 1, "outcome": "ok"}]},
        {"results": [{"id": "x", "right": True, "outcome": "no"}]},
        {"results": [{"id": "x", "right": True, "outcome": "ok", "picture": "%%%"}]},
        {"results": "x"},
        {"pack": 1, "results": []},
    ],
)
def test_results_that_are_not_results_are_refused(tmp_path: Path, value: dict[str, Any]) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"format": "navcases-results/1", **value}))
    assert refusal(path).code == "json"


def test_results_are_read(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    one = {"id": "x", "right": False, "outcome": "absent", "point": None, "picture": "cG5n"}
    path.write_text(json.dumps({"format": "navcases-results/1", "pack": "p.zip", "results": [one]}))
    with opened_any(path) as run:
        assert isinstance(run, RunResults)
        assert run.results[0].picture == b"png"
