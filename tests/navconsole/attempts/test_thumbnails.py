from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from navconsole.attempts.evidence import Evidence
from navconsole.attempts.thumbnails import CROP_RATIO, GRID, crop_box
from navigation.reasons import Reason
from navigation.types import AnchorCheck, Box, Candidate, Grounding, NormPoint, Size, Verification

NOTHING = Evidence(None, None, None, None, None, None, None)
SIZE = Size(1366, 768)
ABSENT = Grounding(
    "absent",
    Reason("absent"),
    candidates=(
        Candidate("Valider", Box(600, 300, 100, 30), Box(610, 305, 80, 20), 0.4, 0.9, "ocr", "lower_score"),
        Candidate("Valides", Box(100, 100, 100, 30), Box(110, 105, 80, 20), 0.7, 0.9, "ocr", "lower_score"),
    ),
)
READ = Verification("passed", (AnchorCheck("Patients", "present", True, 1.0, Box(40, 60, 90, 20)),), Reason("landed"))


def centre(box: Box | None) -> tuple[int, int]:
    assert box
    return box.x + box.w // 2, box.y + box.h // 2


def test_the_press_is_in_the_middle_and_goes_before_all_else() -> None:
    evidence = replace(NOTHING, click=NormPoint(0.5, 0.25), grounding=ABSENT, before=READ)
    assert centre(crop_box(evidence, SIZE)) == (680, 192)


def test_without_a_press_what_came_nearest_is_shown_then_what_was_read() -> None:
    assert centre(crop_box(replace(NOTHING, grounding=ABSENT, before=READ), SIZE)) == (152, 112)
    assert centre(crop_box(replace(NOTHING, before=READ), SIZE)) == (88, 72)
    assert crop_box(NOTHING, SIZE) is None


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 8000), st.integers(1, 8000))
def test_a_crop_has_the_thumbnails_proportions_at_any_resolution(x: float, y: float, width: int, height: int) -> None:
    size = Size(width, height)
    box = crop_box(replace(NOTHING, click=NormPoint(x, y)), size)
    assert box
    assert abs(box.w - CROP_RATIO * box.h) < CROP_RATIO
    assert abs(centre(box)[0] - x * width) <= GRID / 2 + 2
    assert abs(centre(box)[1] - y * height) <= GRID / 2 + 2
