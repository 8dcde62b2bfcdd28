"""A remembered place as columns and back: the patch as a PNG that can be shown, the rest as JSON. Pure."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from navigation.cache import Place
from navigation.codec import box_to_json
from navigation.late import Late
from navigation.types import Box, Point

if TYPE_CHECKING:
    import cv2
    import numpy as np

    from navigation import landmarks
    from navigation.protocols import RgbImage
else:
    cv2, np, landmarks = Late("cv2"), Late("numpy"), Late("navigation.landmarks")


def to_png(rgb: RgbImage) -> bytes:
    done, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    assert done, "any array of pixels is a PNG"
    return data.tobytes()


def from_png(data: bytes) -> RgbImage:
    """The pixels of a PNG that `to_png` wrote. ValueError when it is not one."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise ValueError("a stored patch cannot be decoded")
    return np.asarray(pixels, np.uint8)


def place_to_json(place: Place) -> dict[str, Any]:
    """Everything of a place but its patch."""
    return {
        "point": [place.point.x, place.point.y],
        "box": box_to_json(place.box),
        "frame": box_to_json(place.frame),
        "text": box_to_json(place.text),
        "hollow": box_to_json(place.hollow) if place.hollow else None,
        "layout": _text(place.view.layout),
        "landmarks": [{"box": box_to_json(m.box), "png": _text(to_png(m.patch))} for m in place.view.landmarks],
    }


def place_from_json(value: dict[str, Any], patch: bytes) -> Place:
    """The place. KeyError, TypeError or ValueError for what `place_to_json` did not write."""
    x, y = value["point"]
    marks = [landmarks.Landmark(Box(*m["box"]), from_png(_data(m["png"]))) for m in value["landmarks"]]
    return Place(
        point=Point(x, y),
        box=Box(*value["box"]),
        frame=Box(*value["frame"]),
        text=Box(*value["text"]),
        patch=from_png(patch),
        hollow=Box(*value["hollow"]) if value["hollow"] else None,
        view=landmarks.ScreenView(tuple(marks), _data(value["layout"])),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _data(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
