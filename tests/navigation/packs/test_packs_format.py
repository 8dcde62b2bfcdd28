"""Cases go out in every format and come back as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from navigation.cases import EngineSaid, NavCase
from navigation.packs.bringing import opened_any
from navigation.packs.foreign import FILES, ForeignFormat, can_say, foreign_members
from navigation.packs.format import case_from_json, case_to_json
from navigation.packs.reading import Pack, opened_pack
from navigation.packs.writing import document, write_folder, write_members, write_pack, write_zip
from navigation.types import Box, Outcome
from tests import screens
from tests.navigation.packs.casemaking import MANIFEST, a_case, a_pack, noise_png, pictures_of, png, ref, three_cases


def whole() -> NavCase:
    """A case with everything that a case may have."""
    return a_case(
        "whole",
        boxes=[Box(483, 456, 400, 38), Box(1, 2, 3, 4)],
        target={"synonyms": ["Valider"], "near": [0.25, 0.5], "occurrence": 2, "region": [0.1, 0.1, 0.8, 0.8]},
        verify_after={"present": ["Patients présents"], "absent": ["Erreur"]},
        picture_after=ref(png(screens.board)),
        outcomes=[Outcome.OK],
        cause="misread",
        engine=EngineSaid(Outcome.NOT_LANDED, "ocr", 0.97, 0.25, (600, 470)),
    )


def test_a_case_comes_back_from_json_as_it_was() -> None:
    assert case_from_json(json.loads(json.dumps(case_to_json(whole())))) == whole()


def test_equal_cases_make_equal_bytes(tmp_path: Path) -> None:
    one, two = a_pack(tmp_path / "1.zip"), a_pack(tmp_path / "2.zip", list(reversed(three_cases())))
    assert one.read_bytes() == two.read_bytes()


def read(path: Path) -> Pack:
    with opened_any(path) as pack:
        assert isinstance(pack, Pack)
        for case in pack.cases:
            for picture in case.pictures:
                if pack.has_picture(picture.id):
                    assert pack.picture(picture.id).size == picture.size
        return pack


PICTURES = pictures_of(screens.login, screens.board)
CASES = sorted([whole(), *three_cases()], key=lambda case: case.id)


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_a_pack_comes_back_as_it_went(tmp_path: Path, kind: str) -> None:
    write = write_pack if kind == "zip" else write_folder
    write(tmp_path / "pack", MANIFEST, CASES, PICTURES)
    pack = read(tmp_path / "pack")
    assert list(pack.cases) == CASES
    assert pack.pictures.keys() == PICTURES.keys()
    assert pack.manifest.configuration == MANIFEST.configuration


def test_one_json_file_without_pictures_comes_back_as_it_went(tmp_path: Path) -> None:
    from navigation.packs.archive import compact

    path = tmp_path / "cases.json"
    path.write_bytes(b"".join(document(MANIFEST, (compact(case_to_json(case)) for case in CASES))))
    pack = read(path)
    assert list(pack.cases) == CASES
    assert not pack.has_picture(CASES[0].picture.id)


@pytest.mark.parametrize("kind", ["zip", "folder", "file"])
@pytest.mark.parametrize("form", list(FILES))
def test_other_tools_formats_come_back_as_they_went(tmp_path: Path, form: ForeignFormat, kind: str) -> None:
    members = list(foreign_members(form, MANIFEST, CASES, PICTURES))
    if kind == "zip":
        write_zip(path := tmp_path / "out.zip", members)
    else:
        write_members(path := tmp_path / "out", members)
        path = path / FILES[form] if kind == "file" else path
    pack = read(path)
    assert list(pack.cases) == [case for case in CASES if can_say(form, case)]
    assert pack.has_picture(CASES[0].picture.id)


def test_screenspot_has_no_word_for_a_refusal() -> None:
    assert [case.id for case in CASES if not can_say("screenspot", case)] == ["login-none"]
    assert all(can_say("coco", case) and can_say("label-studio", case) for case in CASES)


def without_ours(value: Any) -> Any:
    """The same file as another tool would have made it."""
    if isinstance(value, dict):
        return {k: without_ours(v) for k, v in value.items() if k not in ("navcase", "navcases")}
    return [without_ours(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", list(FILES))
def test_what_other_tools_say_is_understood_without_our_key(tmp_path: Path, form: ForeignFormat) -> None:
    write_members(tmp_path, foreign_members(form, MANIFEST, three_cases(), PICTURES))
    path = tmp_path / FILES[form]
    path.write_text(json.dumps(without_ours(json.loads(path.read_text()))))
    found = {(c.action.target.text, c.expected.boxes, c.picture.id) for c in read(path).cases}
    wanted = {(c.action.target.text, c.expected.boxes, c.picture.id) for c in three_cases()}
    known = wanted if form == "label-studio" else {one for one in wanted if one[1]}
    assert found == known


def test_the_corpus_is_read(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a~citrix50.png").write_bytes(noise_png())
    lines = [
        {"case_id": "a-1", "image": "app/a~citrix50.png", "query": "Run", "kind": "field", "acceptable": [[1, 2, 9, 9]],
         "negative": False, "app": "app", "screen": "index"},
        {"case_id": "a-2", "image": "app/a~citrix50.png", "query": "No", "kind": "clickable", "acceptable": [],
         "negative": True, "app": "app", "screen": "index"},
    ]  # fmt: skip
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, lines)))
    one, two = read(tmp_path).cases
    assert (one.id, one.application, one.screen, one.action.target.kind) == ("a-1", "app", "index", "field")
    assert one.expected.boxes == (Box(1, 2, 9, 9),)
    assert Outcome.ABSENT in two.expected.outcomes
    assert two.expected.boxes == ()


def test_a_foreign_picture_that_is_not_the_one_the_case_names_is_refused(tmp_path: Path) -> None:
    from navigation.errors import PackError

    write_members(tmp_path, foreign_members("screenspot", MANIFEST, three_cases(), PICTURES))
    picture = tmp_path / "images" / f"{three_cases()[0].picture.id}.png"
    picture.write_bytes(noise_png())
    with pytest.raises(PackError) as raised:
        read(tmp_path / FILES["screenspot"])
    assert raised.value.code == "picture_id"


def test_a_pack_says_what_it_was_made_with(tmp_path: Path) -> None:
    write_pack(tmp_path / "p.zip", replace(MANIFEST, reading="tesserocr/5", engine="0.1"), three_cases(), PICTURES)
    with opened_pack(tmp_path / "p.zip") as pack:
        assert (pack.manifest.reading, pack.manifest.engine) == ("tesserocr/5", "0.1")
        assert set(pack.manifest.files) >= {"cases/login-none.json"}
