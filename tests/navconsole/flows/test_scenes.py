"""What a clinician sees of an attempt: what is asked, what is ringed, what is blurred; where a finger points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from navconsole.attempts.evidence import read_evidence
from navconsole.flows.blur import CELLS_ACROSS, blurred, to_webp
from navconsole.flows.forms import MAX_NOTE, PLAIN_WIDTH_PX, parse_point
from navconsole.flows.scenes import Picture, Scene, build_scene, kept_sharp
from navigation.codec import verification_to_json
from navigation.geometry import contains
from navigation.imaging import open_screenshot
from navigation.labels import Pointed
from navigation.reasons import Reason
from navigation.records import AttemptDetail
from navigation.store.protocol import Store
from navigation.types import AnchorCheck, Box, Point, Size, Verification, Word
from tests.navconsole.flows.films import add_film

SIZE = Size(1366, 768)
AT = Box(100, 100, 300, 20)
PICTURES = tuple(Picture(which, SIZE, "b", "s", "p") for which in ("before", "after"))  # type: ignore[arg-type]
SCENE = Scene("attempt", "page", "Se connecter", False, PICTURES, None)


def noise(seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)


def steps_of(store: Store) -> list[AttemptDetail]:
    return list(store.flow_steps(add_film(store)))


def seen_after(step: AttemptDetail, *anchors: AnchorCheck, **action: object) -> AttemptDetail:
    """The attempt with these anchors found on the page after."""
    assert step.finish is not None
    found = verification_to_json(Verification("passed", anchors, Reason("landed")))
    start = replace(step.start, action={**step.start.action, **action})
    return replace(step, start=start, finish=replace(step.finish, verify_after=found))


# --- scenes ---------------------------------------------------------------------------------------


def test_a_press_with_a_page_after_it_asks_for_the_page_and_rings_the_control(store: Store) -> None:
    field, _, press = steps_of(store)
    scene = build_scene(store, press, "/flows/run/3", has_after=True)
    assert (scene.asked, scene.target, scene.is_field) == ("page", "Se connecter", False)
    assert [picture.src for picture in scene.pictures] == ["/flows/run/3/before.webp", "/flows/run/3/after.webp"]
    pressed = read_evidence(press).grounding
    assert pressed
    assert pressed.box_px
    assert scene.ring
    assert contains(scene.ring, pressed.box_px)
    assert build_scene(store, field, "", has_after=True).is_field


def test_without_the_page_after_the_place_is_asked_and_without_a_press_where_it_should_be(store: Store) -> None:
    *_, press = steps_of(store)
    assert build_scene(store, press, "", has_after=False).asked == "place"
    assert press.decision is not None
    unpressed = replace(press, decision=replace(press.decision, point_x_norm=None, point_y_norm=None))
    scene = build_scene(store, unpressed, "", has_after=False)
    assert (scene.asked, scene.ring) == ("nowhere", None)


# --- blurring -------------------------------------------------------------------------------------


def test_expected_texts_and_the_control_stay_sharp(store: Store) -> None:
    *_, press = steps_of(store)
    texts = kept_sharp(press, "before", SIZE, ())
    assert len(texts) == 3  # two labels of the form, and the button
    assert len(kept_sharp(press, "after", SIZE, ())) == 1


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (AnchorCheck("8012345", "present", True, 1.0, AT, "8012345"), "a number"),
        (AnchorCheck("Session expirée", "absent", True, 0.4, AT, "MARTIN Jeanne"), "what only resembles a text"),
        (AnchorCheck("Motif", "present", False, 0.6, AT, "MARTIN"), "what was not met"),
        (AnchorCheck("Urgences", "present", True, 1.0, AT, "Urgences MARTIN Jeanne"), "more than the text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_may_name_somebody_is_not_kept_sharp(store: Store, check: AnchorCheck, reason: str) -> None:
    *_, press = steps_of(store)
    assert kept_sharp(seen_after(press, check), "after", SIZE, ()) == []


def test_of_a_line_read_as_one_only_the_expected_words_stay_sharp(store: Store) -> None:
    *_, press = steps_of(store)
    words = [Word(text, Box(100 + 80 * at, 102, 70, 16), 0.9) for at, text in enumerate(("Les", "Urgences", "MARTIN"))]
    check = AnchorCheck("urgences", "present", True, 1.0, AT, "Les Urgences MARTIN")
    assert kept_sharp(seen_after(press, check), "after", SIZE, words) == [Box(180, 102, 70, 16)]


def test_nothing_in_the_patients_banner_stays_sharp(store: Store) -> None:
    *_, press = steps_of(store)
    check = AnchorCheck("Urgences", "present", True, 1.0, AT, "Urgences")
    banner = {"patient_banner": [0.0, 0.1, 1.0, 0.1]}
    assert kept_sharp(seen_after(press, check), "after", SIZE, ()) == [AT]
    assert kept_sharp(seen_after(press, check, verify_after=banner), "after", SIZE, ()) == []


def test_blurring_leaves_no_pixel_row_of_text_and_keeps_what_is_kept() -> None:
    picture = noise()
    kept = Box(400, 300, 120, 40)
    hidden = np.asarray(blurred(Image.fromarray(picture), [kept]))
    at = np.s_[kept.y : kept.bottom, kept.x : kept.right]
    assert (hidden[at] == picture[at]).all()
    outside = hidden[500:700, 800:1200].astype(float)
    assert outside.std() < 12  # of 74 for noise
    assert open_screenshot(to_webp(Image.fromarray(hidden))).size == SIZE


def test_pictures_that_differ_within_cells_only_are_blurred_alike() -> None:
    """What tells letters apart is gone from the numbers, not merely hard to see."""
    cell, rows = SIZE.width // CELLS_ACROSS, 20
    cells = noise()[: rows * cell, : CELLS_ACROSS * cell].reshape(rows, cell, CELLS_ACROSS, cell, 3)
    mixed = cells[:, ::-1, :, np.random.default_rng(2).permutation(cell)]
    pictures = (
        Image.fromarray(np.ascontiguousarray(picture.reshape(rows * cell, -1, 3))) for picture in (cells, mixed)
    )
    one, other = (np.asarray(blurred(picture, [])).astype(int) for picture in pictures)
    assert np.abs(one - other).max() <= 1


@given(st.integers(-50, 1400), st.integers(-50, 800), st.integers(1, 500), st.integers(1, 500))
def test_blurring_takes_any_box(x: int, y: int, w: int, h: int) -> None:
    small = Image.fromarray(noise()[:80, :160])
    assert blurred(small, [Box(x, y, w, h)]).size == small.size


# --- pointing -------------------------------------------------------------------------------------


def test_a_press_is_scaled_from_what_was_shown() -> None:
    form = parse_point({"after.x": "480", "after.y": "200", "note": " Le  bandeau "}, SCENE)
    assert form is not None
    assert form.pointed == Pointed("after", Point(480 * SIZE.width // PLAIN_WIDTH_PX, 284))
    assert (form.note, form.is_done) == ("Le bandeau", False)


@given(st.integers(1, SIZE.width - 1), st.integers(1, SIZE.height - 1))
def test_a_press_by_keys_is_the_pixel_itself(x: int, y: int) -> None:
    form = parse_point({"before.x": str(x), "before.y": str(y), "shown": str(SIZE.width)}, SCENE)
    assert form is not None
    assert form.pointed == Pointed("before", Point(x, y))


def test_a_picture_pressed_by_a_key_without_a_script_names_no_place() -> None:
    form = parse_point({"after.x": "0", "after.y": "0"}, SCENE)
    assert form is not None
    assert form.pointed is None


@pytest.mark.parametrize(
    "sent",
    [
        {"after.x": "x", "after.y": "1"},
        {"after.x": "1"},
        {"after.x": "2000", "after.y": "1"},
        {"after.x": "-5", "after.y": "1"},
        {"after.x": "1", "after.y": "1", "shown": "nan"},
        {"after.x": "1", "after.y": "1", "shown": "wide"},
        {"after.x": "9" * 400, "after.y": "1"},
        {"note": "x" * (MAX_NOTE + 1)},
    ],
    ids=str,
)
def test_what_is_no_press_is_refused(sent: dict[str, str]) -> None:
    assert parse_point(sent, SCENE) is None
