"""Cases out of files that other tools have made: what each says is turned into ours, strictly.

Known: packs, one JSON file of cases, results of a run, ScreenSpot-style JSON, COCO, Label Studio JSON, and the corpus
format (`cases.jsonl` beside folders of screenshots). Which one it is, is seen from its contents.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from navigation.actions import parse_action
from navigation.cases import REFUSALS, Expected, NavCase, PictureRef
from navigation.errors import BadActionError
from navigation.geometry import clip
from navigation.image_header import MAX_BYTES as MAX_PICTURE_BYTES
from navigation.packs.archive import MAX_JSON_BYTES, Members, inside, parse_json
from navigation.packs.foreign import ABSENT, KEY
from navigation.packs.format import (
    FORMAT,
    MANIFEST,
    MAX_CASES,
    Manifest,
    case_from_json,
    cases_from_json,
    refuse_same_ids,
)
from navigation.packs.reading import Pack, decoded, opened_members, pack_of_document, read_pack
from navigation.packs.refusals import refuse
from navigation.packs.results import FORMAT as RESULTS
from navigation.packs.results import RunResults, results_from_json
from navigation.types import Box, Outcome, Size

CORPUS: Final = "cases.jsonl"
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]+")
_SHAPE = "a value is missing or of the wrong kind"


@contextmanager
def opened_any(path: Path, *, application: str = "") -> Iterator[Pack | RunResults]:
    """The cases of a file or folder of any known format, or the results of a run. Raises PackError.

    Args:
        path: what to read; nothing outside it, or outside the folder of a JSON file, is ever opened.
        application: for formats that do not say of which application a screenshot is.
    """
    with opened_members(path) as (members, top):
        if MANIFEST in top:
            yield read_pack(members, path.name)
        elif CORPUS in top:
            yield _corpus(members)
        else:
            yield _document(members, top, path.name, application)


def _document(members: Members, top: frozenset[str], shown: str, application: str) -> Pack | RunResults:
    names = sorted(name for name in top if name.endswith(".json"))
    if len(names) != 1:
        raise refuse("not_a_pack", name=shown)
    value = parse_json(members.read(names[0], limit=MAX_JSON_BYTES), names[0])
    source = _Source(members, names[0], application or Path(shown).stem[:100])
    if isinstance(value, Mapping):
        if value.get("format") == FORMAT:
            return pack_of_document(value, names[0])
        if value.get("format") == RESULTS:
            return results_from_json(value, names[0])
        if isinstance(value.get("format"), str):
            raise refuse("format", name=shown, found=value["format"][:40])
        if {"images", "annotations"} <= value.keys():
            return source.pack(_coco(source, value))
    if isinstance(value, list) and value and isinstance(value[0], Mapping) and len(value) <= MAX_CASES:
        if "img_filename" in value[0]:
            return source.pack([_screenspot(source, number, item) for number, item in enumerate(value)])
        if "data" in value[0]:
            return source.pack([case for n, item in enumerate(value) for case in _label_studio(source, n, item)])
    raise refuse("not_a_pack", name=shown)


@dataclass(slots=True)
class _Source:
    """Where pictures are found by file name; each is decoded once, to be known by its pixels."""

    members: Members
    name: str
    application: str
    known: dict[str, PictureRef] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def picture(self, file: Any) -> PictureRef:
        member = inside(file)
        if member not in self.known:
            shot = decoded(self.members.read(member, limit=MAX_PICTURE_BYTES), member)
            self.known[member] = PictureRef(shot.image_id, shot.size)
            self.files.setdefault(shot.image_id, member)
        return self.known[member]

    def pack(self, cases: Sequence[NavCase]) -> Pack:
        refuse_same_ids(cases)
        there = {picture.id for case in cases for picture in case.pictures} & self.files.keys()
        files = {image_id: self.files[image_id] for image_id in there}
        return Pack(Manifest("original" if files else "none", name=self.name), tuple(cases), self.members, files)

    def bad(self, case: str) -> Exception:
        return refuse("case", member=case, why=_SHAPE)

    def own(self, value: Any, *files: Any) -> NavCase:
        """A case that we wrote; its pictures are looked up where they lie beside it, and must be those it names."""
        case = case_from_json(value)
        for picture, file in zip(case.pictures, files, strict=False):
            member = inside(file)
            if self.members.has(member) and self.picture(member).id != picture.id:
                raise refuse("picture_id", member=member)
        return case


def _made(
    source: _Source,
    case_id: str,
    picture: PictureRef,
    text: Any,
    boxes: Sequence[Box],
    *,
    kind: str = "clickable",
    application: str = "",
    screen: str = "",
) -> NavCase:
    try:
        action = parse_action({"type": "navigate", "target": {"text": text, "kind": kind}})
    except BadActionError:
        raise refuse("case", member=case_id, why="its action is not one") from None
    expected = Expected((Outcome.OK,), tuple(boxes)) if boxes else Expected(REFUSALS)
    return NavCase(
        id=_NOT_IN_IDS.sub("-", case_id).strip("-_")[:64] or "case",
        application=(application or source.application)[:100],
        screen=screen[:100],
        action=action,
        picture=picture,
        expected=expected,
    )


def _box(values: Any, size: Size, source: _Source, case: str) -> Box:
    """x, y, w, h in pixels, which may be fractions; widened to whole ones and clipped to the picture."""
    try:
        x, y, w, h = (float(number) for number in values)
        if not all(map(math.isfinite, (x, y, w, h))) or max(abs(x), abs(y), w, h) > 1e6:
            raise ValueError
    except (TypeError, ValueError):
        raise source.bad(case) from None
    left, top = math.floor(x), math.floor(y)
    box = clip(Box(left, top, max(1, math.ceil(x + w) - left), max(1, math.ceil(y + h) - top)), size)
    if w <= 0 or h <= 0 or box is None:
        raise refuse("case", member=case, why="a box does not lie on its picture")
    return box


# --- the formats ----------------------------------------------------------------------------------


def _screenspot(source: _Source, number: int, item: Any) -> NavCase:
    case_id = f"screenspot-{number}"
    if not isinstance(item, Mapping):
        raise source.bad(case_id)
    if KEY in item:
        return source.own(item[KEY], item.get("img_filename"))
    picture = source.picture(item.get("img_filename"))
    box = _box(item.get("bbox"), picture.size, source, case_id)
    return _made(source, case_id, picture, item.get("instruction"), [box], screen=str(item.get("data_source", "")))


def _coco(source: _Source, value: Mapping[str, Any]) -> list[NavCase]:
    try:
        files = {image["id"]: image["file_name"] for image in value["images"]}
        names = {category["id"]: category["name"] for category in value.get("categories", ())}
        annotations = [(a["id"], a["image_id"], a["bbox"], a) for a in value["annotations"]]
    except (KeyError, TypeError):
        raise source.bad(source.name) from None
    if "navcases" in value:
        cases = cases_from_json(value["navcases"], source.name)
        for file in files.values():
            if source.members.has(inside(file)):
                source.picture(file)
        return cases
    if len(annotations) > MAX_CASES:
        raise source.bad(source.name)
    cases = []
    for number, image, bbox, annotation in annotations:
        case_id = f"coco-{image}-{number}"
        if image not in files:
            raise refuse("member_missing", member=case_id)
        picture = source.picture(files[image])
        text = annotation.get("caption") or names.get(annotation.get("category_id"))
        cases.append(_made(source, case_id, picture, text, [_box(bbox, picture.size, source, case_id)]))
    return cases


def _label_studio(source: _Source, number: int, item: Any) -> Iterator[NavCase]:
    try:
        data, task = item["data"], item.get("id", number)
        results = [result for annotation in item.get("annotations", ()) for result in annotation["result"]]
        if KEY in data:
            yield source.own(data[KEY], data.get("image"))
            return
        values = [(result["type"], result["value"]) for result in results]
    except (KeyError, TypeError, AttributeError):
        raise source.bad(f"task-{number}") from None
    case_id, picture = f"task-{task}", source.picture(data.get("image"))
    size, boxes, label = picture.size, [], None
    for kind, value in values:
        if kind == "rectanglelabels":
            share = [value.get(side) for side in ("x", "y", "width", "height")]
            if not all(isinstance(part, (int, float)) for part in share):
                raise source.bad(case_id)
            scale = (size.width / 100, size.height / 100) * 2
            pixels = [part * by for part, by in zip(share, scale, strict=True)]
            boxes.append(_box([round(part, 3) for part in pixels], size, source, case_id))
            label = next(iter(value.get("rectanglelabels") or ()), None)
        elif kind == "choices" and ABSENT not in value.get("choices", ()):
            raise source.bad(case_id)
    if values:
        text = data.get("target") or data.get("text") or label
        yield _made(
            source, case_id, picture, text, boxes,
            application=str(data.get("application", "")), screen=str(data.get("screen", "")),
        )  # fmt: skip


def _corpus(members: Members) -> Pack:
    """`cases.jsonl`: one query a line, with acceptable boxes or the word that it is not on the screen."""
    source = _Source(members, CORPUS, "")
    cases: list[NavCase] = []
    for line in members.read(CORPUS, limit=MAX_JSON_BYTES).splitlines():
        if not line.strip():
            continue
        value = parse_json(line, CORPUS)
        try:
            case_id, negative = str(value["case_id"]), bool(value["negative"])
            picture = source.picture(value["image"])
            boxes = [_box(box, picture.size, source, case_id) for box in value["acceptable"]]
            query, kind, app, screen = value["query"], value["kind"], str(value["app"]), str(value["screen"])
        except (KeyError, TypeError):
            raise source.bad(CORPUS) from None
        if negative == bool(boxes) or len(cases) >= MAX_CASES:
            raise source.bad(case_id)
        cases.append(_made(source, case_id, picture, query, boxes, kind=kind, application=app, screen=screen))
    return source.pack(cases)
