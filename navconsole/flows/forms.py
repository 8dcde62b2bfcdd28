"""What a clinician's answer may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from navconsole.flows.scenes import Scene, Which
from navigation.labels import Pointed
from navigation.types import Point

MAX_NOTE: Final = 500
PLAIN_WIDTH_PX: Final = 960
"""How wide a picture to point at is shown where no script tells (flows.css says the same)."""


@dataclass(frozen=True, slots=True)
class PointForm:
    """`pointed` is where the finger was put, None when nowhere; `is_done` when there is nothing more to say."""

    pointed: Pointed | None
    note: str
    is_done: bool


def parse_point(form: Mapping[str, str], scene: Scene) -> PointForm | None:
    """A press on one of the scene's pictures, by mouse (in shown pixels) or by keys (in the picture's own).

    A picture pressed by a key without a script tells 0, 0, which is no place. None when it cannot be understood.
    """
    note = " ".join(form.get("note", "").split())
    if len(note) > MAX_NOTE:
        return None
    try:
        pointed = _pointed(form, scene)
    except (KeyError, ValueError, OverflowError):
        return None
    return PointForm(pointed, note, "done" in form)


def _pointed(form: Mapping[str, str], scene: Scene) -> Pointed | None:
    for which in get_args(Which):
        picture = scene.picture(which)
        if picture is None or f"{which}.x" not in form:
            continue
        x, y = int(form[f"{which}.x"]), int(form[f"{which}.y"])
        if (x, y) == (0, 0):
            return None
        scale = picture.size.width / max(float(form.get("shown") or PLAIN_WIDTH_PX), 1.0)
        point = Point(int(x * scale), int(y * scale))
        if not (0 <= point.x < picture.size.width and 0 <= point.y < picture.size.height):
            raise ValueError("outside the picture")
        return Pointed(which, point)
    return None
