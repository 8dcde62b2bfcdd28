"""Cases as other tools know them: ScreenSpot-style JSON, COCO, Label Studio. Out, with all that is needed to come back.

Each is one JSON file beside `images/`. What a format has no word for is left out of it and named; the whole case goes
along under a key of ours, which those tools pass over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from navigation.cases import NavCase
from navigation.codec import box_to_json
from navigation.packs.archive import readable
from navigation.packs.format import Manifest, case_to_json, image_member, manifest_to_json
from navigation.types import Box, Size

ForeignFormat = Literal["screenspot", "coco", "label-studio"]
FILES: Final[Mapping[ForeignFormat, str]] = {
    "screenspot": "screenspot.json",
    "coco": "coco.json",
    "label-studio": "label-studio.json",
}
KEY: Final = "navcase"
ABSENT: Final = "absent"
LABEL: Final = "target"


def can_say(form: ForeignFormat, case: NavCase) -> bool:
    """Whether a format has a word for the case: ScreenSpot knows no answer but a place."""
    return form != "screenspot" or bool(case.expected.boxes)


def foreign_members(
    form: ForeignFormat, manifest: Manifest, cases: Sequence[NavCase], pictures: Mapping[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    """The JSON file, then the pictures; cases it has no word for are left out (see `can_say`)."""
    said = sorted((case for case in cases if can_say(form, case)), key=lambda case: case.id)
    value: Any
    if form == "screenspot":
        value = [_screenspot(case) for case in said]
    elif form == "coco":
        value = _coco(manifest, said)
    else:
        value = [_label_studio(number, case) for number, case in enumerate(said, start=1)]
    yield FILES[form], readable(value)
    for image_id in sorted({picture.id for case in said for picture in case.pictures}):
        if image_id in pictures:
            yield image_member(image_id), pictures[image_id]


def _screenspot(case: NavCase) -> dict[str, Any]:
    return {
        "img_filename": image_member(case.picture.id),
        "bbox": box_to_json(case.expected.boxes[0]),
        "instruction": case.action.target.text,
        "data_type": "text",
        "data_source": case.application,
        KEY: case_to_json(case),
    }


def _coco(manifest: Manifest, cases: Sequence[NavCase]) -> dict[str, Any]:
    pictures = sorted({case.picture.id: case.picture for case in cases}.values(), key=lambda picture: picture.id)
    numbers = {picture.id: number for number, picture in enumerate(pictures, start=1)}
    places = [(case, box) for case in cases for box in case.expected.boxes]
    return {
        "info": {"description": manifest.name, "navcases": manifest_to_json(manifest)},
        "images": [
            {
                "id": numbers[picture.id],
                "file_name": image_member(picture.id),
                "width": picture.size.width,
                "height": picture.size.height,
            }
            for picture in pictures
        ],
        "categories": [{"id": 1, "name": LABEL}],
        "annotations": [
            {
                "id": number,
                "image_id": numbers[case.picture.id],
                "category_id": 1,
                "bbox": box_to_json(box),
                "area": box.area,
                "iscrowd": 0,
                "caption": case.action.target.text,
                KEY: case.id,
            }
            for number, (case, box) in enumerate(places, start=1)
        ],
        "navcases": [case_to_json(case) for case in cases],
    }


def _label_studio(number: int, case: NavCase) -> dict[str, Any]:
    size = case.picture.size
    result = [_rectangle(f"{case.id}-{at}", box, size) for at, box in enumerate(case.expected.boxes)]
    if not result:
        choice = {"choices": [ABSENT]}
        result = [{"id": case.id, "type": "choices", "from_name": "answer", "to_name": "image", "value": choice}]
    return {
        "id": number,
        "data": {
            "image": image_member(case.picture.id),
            "target": case.action.target.text,
            "application": case.application,
            "screen": case.screen,
            KEY: case_to_json(case),
        },
        "annotations": [{"result": result}],
    }


def _rectangle(name: str, box: Box, size: Size) -> dict[str, Any]:
    """Label Studio counts in per cent of the picture."""
    value = {
        "x": 100 * box.x / size.width,
        "y": 100 * box.y / size.height,
        "width": 100 * box.w / size.width,
        "height": 100 * box.h / size.height,
        "rotation": 0,
        "rectanglelabels": [LABEL],
    }
    return {
        "id": name,
        "type": "rectanglelabels",
        "from_name": "place",
        "to_name": "image",
        "original_width": size.width,
        "original_height": size.height,
        "image_rotation": 0,
        "value": value,
    }
