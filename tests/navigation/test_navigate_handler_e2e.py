"""One navigate action from screenshot to outcome, with the real reader."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from navigation import Engine, Settings
from navigation.geometry import contains_point
from navigation.types import Box, Outcome
from navigation.visual_login import LoginForm, resolve_login
from tests.navigation import screens
from tests.navigation.navigating import LOGIN, PRESCRIBE, Jeanne, Recorder, Screens, navigate


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Settings())


def test_a_press_that_lands_is_ok(engine: Engine) -> None:
    capture = Screens(screens.login(), screens.board())
    result = navigate(LOGIN, capture, engine)
    assert result.outcome is Outcome.OK
    assert len(capture.pressed) == 1
    assert result.after is not None
    assert result.after.change == "landed"


def test_the_press_is_on_the_button(engine: Engine) -> None:
    capture = Screens(screens.login(), screens.board())
    navigate(LOGIN, capture, engine)
    point = capture.pressed[0]
    assert 500 <= point.x * 1366 <= 640
    assert 390 <= point.y * 768 <= 426


def test_on_another_screen_nothing_is_pressed(engine: Engine) -> None:
    capture = Screens(screens.board())
    result = navigate(LOGIN, capture, engine)
    assert result.outcome is Outcome.WRONG_SCREEN
    assert capture.pressed == []


def test_a_target_that_is_not_there_is_absent(engine: Engine) -> None:
    capture = Screens(screens.login())
    result = navigate({**LOGIN, "target": {"text": "Mode dégradé"}}, capture, engine)
    assert result.outcome is Outcome.ABSENT
    assert capture.pressed == []


def test_equal_buttons_are_ambiguous(engine: Engine) -> None:
    capture = Screens(screens.board())
    result = navigate({"type": "navigate", "target": {"text": "Ouvrir"}}, capture, engine)
    assert result.outcome is Outcome.AMBIGUOUS
    assert capture.pressed == []


def test_the_button_in_the_row_of_a_name(engine: Engine) -> None:
    capture = Screens(screens.board())
    action = {"type": "navigate", "target": {"text": "Ouvrir", "near": "DURAND Paul"}}
    assert navigate(action, capture, engine).outcome is Outcome.OK
    assert 270 <= capture.pressed[0].y * 768 <= 306


def test_a_field_is_found_by_its_label(engine: Engine) -> None:
    capture = Screens(screens.login())
    action = {"type": "navigate", "target": {"text": "Mot de passe", "kind": "field"}}
    result = navigate(action, capture, engine)
    assert result.outcome is Outcome.OK
    assert 324 <= capture.pressed[0].y * 768 <= 358


def test_a_press_without_effect_has_not_landed(engine: Engine) -> None:
    capture = Screens(screens.login(), screens.login())
    result = navigate(LOGIN, capture, engine)
    assert result.outcome is Outcome.NOT_LANDED
    assert result.was_pressed
    assert result.reason.code == "unchanged"


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Identifiant ou mot de passe incorrect", Outcome.LOGIN_REFUSED),
        ("Votre compte est verrouillé", Outcome.ACCOUNT_LOCKED),
        ("Saisissez le code de vérification", Outcome.NEEDS_HUMAN),
    ],
)
def test_a_log_in_that_is_not_let_in_says_why(engine: Engine, message: str, outcome: Outcome) -> None:
    result = navigate(LOGIN, Screens(screens.login(), screens.login(message)), engine)
    assert result.outcome is outcome


def test_an_expired_session_is_told_from_another_screen(engine: Engine) -> None:
    result = navigate(PRESCRIBE, Screens(screens.login("Votre session a expiré")), engine)
    assert result.outcome is Outcome.SESSION_EXPIRED


def test_the_three_parts_of_a_log_in_page_are_found_by_the_real_reader(engine: Engine) -> None:
    plan = resolve_login(engine.read(screens.login()), LoginForm(), engine.settings.thresholds)
    assert plan.outcome is Outcome.OK
    parts = [part.point_px for part in (plan.user, plan.password, plan.submit) if part is not None]
    boxes = [Box(500, 234, 321, 35), Box(500, 324, 321, 35), Box(500, 390, 150, 37)]
    assert [contains_point(box, point) for box, point in zip(boxes, parts, strict=True) if point] == [True] * 3


def test_the_right_patient_is_pressed(engine: Engine) -> None:
    capture = Screens(screens.patient(), screens.prescriptions())
    assert navigate(PRESCRIBE, capture, engine, patient=Jeanne()).outcome is Outcome.OK
    assert len(capture.pressed) == 1


@pytest.mark.parametrize(
    "banner",
    [
        {"name": "MARTIN Jeannine"},
        {"ipp": "80012346"},
        {"born": "13/03/1958"},
        {"name": "MARTIN Jeannine", "ipp": "80012346", "born": "13/03/1958"},
    ],
    ids=["near name", "one digit", "one day", "all of it"],
)
def test_another_patient_is_never_pressed(engine: Engine, banner: dict[str, str]) -> None:
    capture = Screens(screens.patient(**banner))
    assert navigate(PRESCRIBE, capture, engine, patient=Jeanne()).outcome is Outcome.WRONG_PATIENT
    assert capture.pressed == []


def test_a_banner_that_is_covered_is_never_pressed(engine: Engine) -> None:
    picture = screens.patient()
    picture.paste((255, 243, 205), (0, 54, 1366, 106))
    capture = Screens(picture)
    result = navigate(PRESCRIBE, capture, engine, patient=Jeanne())
    assert result.outcome is Outcome.WRONG_PATIENT
    assert result.reason.code == "patient_unreadable"
    assert capture.pressed == []


@pytest.mark.parametrize("before", [None, {"name": "file", "present": ["Synthèse"]}], ids=["no screen", "no banner"])
def test_a_screen_of_which_nobody_says_where_the_patient_is_is_never_pressed(engine: Engine, before: Any) -> None:
    capture = Screens(screens.patient())
    result = navigate({**PRESCRIBE, "verify_before": before}, capture, engine, patient=Jeanne())
    assert (result.outcome, result.reason.code) == (Outcome.WRONG_PATIENT, "patient_unchecked")
    assert capture.pressed == []


def test_a_screen_that_says_it_shows_no_patient_is_pressed_in_a_run_about_one(engine: Engine) -> None:
    capture = Screens(screens.login(), screens.board())
    before = {**LOGIN["verify_before"], "is_without_patient": True}  # type: ignore[dict-item]
    assert navigate({**LOGIN, "verify_before": before}, capture, engine, patient=Jeanne()).outcome is Outcome.OK
    assert len(capture.pressed) == 1


class Passing(Screens):
    """A capture that shows one picture after the other, whatever is pressed; the last one stays."""

    def __init__(self, *pictures: Any) -> None:
        super().__init__(*pictures)
        self.shown = 0

    def __call__(self) -> Any:
        self.shown += 1
        return self._pictures[min(self.shown, len(self._pictures)) - 1]


def speckled(picture: Image.Image, *, seed: int) -> Image.Image:
    """The same screen with the faint noise of a lossy display in its banner."""
    pixels = np.array(picture).astype(int)
    noise = np.random.default_rng(seed).integers(-7, 8, (52, picture.width, 1))
    pixels[54:106] = np.clip(pixels[54:106] + noise, 0, 255)
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.mark.parametrize(
    "banner", [{"name": "MARTIN Jeannine"}, {"ipp": "80012346"}, {"ipp": "80012845"}, {"born": "13/03/1958"}],
    ids=["near name", "one digit", "a digit with a stroke more", "one day"],
)  # fmt: skip
def test_a_banner_that_changes_between_the_check_and_the_press_is_never_pressed(
    engine: Engine, banner: dict[str, str]
) -> None:
    capture = Passing(screens.patient(), screens.patient(**banner))
    result = navigate(PRESCRIBE, capture, engine, patient=Jeanne())
    assert result.outcome is Outcome.WRONG_PATIENT
    assert (result.was_pressed, result.point, capture.pressed) == (False, None, [])
    assert capture.shown == 2


def test_a_banner_that_is_covered_between_the_check_and_the_press_is_never_pressed(engine: Engine) -> None:
    covered = screens.patient()
    covered.paste((255, 255, 255), (150, 60, 320, 100))
    capture = Passing(screens.patient(), covered)
    result = navigate(PRESCRIBE, capture, engine, patient=Jeanne())
    assert (result.outcome, result.reason.code) == (Outcome.WRONG_PATIENT, "patient_unreadable")
    assert capture.pressed == []


def test_a_banner_that_changed_and_is_still_the_patient_s_is_looked_at_once_more(engine: Engine) -> None:
    noisy = speckled(screens.patient(), seed=1)
    capture = Passing(screens.patient(), noisy, noisy, screens.prescriptions())
    result = navigate(PRESCRIBE, capture, engine, patient=Jeanne())
    assert result.outcome is Outcome.OK
    assert (capture.shown, len(capture.pressed)) == (4, 1)


def test_another_patient_right_after_the_second_look_is_not_pressed_either(engine: Engine) -> None:
    capture = Passing(screens.patient(), speckled(screens.patient(), seed=1), screens.patient(ipp="80012346"))
    assert navigate(PRESCRIBE, capture, engine, patient=Jeanne()).outcome is Outcome.WRONG_PATIENT
    assert capture.pressed == []


def test_a_banner_that_never_stands_still_is_not_pressed(engine: Engine) -> None:
    capture = Passing(*(speckled(screens.patient(), seed=seed) for seed in range(9)))
    result = navigate(PRESCRIBE, capture, engine, patient=Jeanne())
    assert (result.outcome, result.reason.code) == (Outcome.WRONG_SCREEN, "changed_before_press")
    assert (capture.shown, capture.pressed) == (4, [])


@pytest.mark.parametrize("patient", [None, Jeanne()], ids=["no patient", "a patient"])
def test_a_control_that_moved_between_the_check_and_the_press_is_not_pressed(engine: Engine, patient: Any) -> None:
    moved = screens.patient()
    moved.paste(moved.crop((30, 195, 430, 245)), (30, 215))
    capture = Passing(screens.patient(), moved)
    result = navigate(PRESCRIBE, capture, engine, patient=patient)
    assert (result.outcome, result.reason.code) == (Outcome.WRONG_SCREEN, "changed_before_press")
    assert (result.was_pressed, result.point, capture.pressed) == (False, None, [])


def test_a_caret_that_blinks_beside_the_control_hinders_nothing(engine: Engine) -> None:
    blinking = screens.login()
    blinking.paste((25, 28, 36), (512, 330, 513, 350))
    capture = Passing(screens.login(), blinking, screens.board())
    assert navigate(LOGIN, capture, engine).outcome is Outcome.OK


def test_a_record_tells_that_nothing_was_pressed(engine: Engine) -> None:
    recorder = Recorder()
    navigate(PRESCRIBE, Passing(screens.patient(), screens.board()), engine, recorder=recorder, patient=Jeanne())
    assert recorder.steps == ["started", "decided", "finished"]
    assert recorder.ended is not None
    assert (recorder.ended.outcome, recorder.ended.was_pressed) == (Outcome.WRONG_SCREEN, False)


def test_a_place_is_remembered_after_a_verified_press_and_checked_before_use() -> None:
    engine = Engine(Settings())
    for expected in ("ocr", "cache"):
        result = navigate(LOGIN, Screens(screens.login(), screens.board()), engine, application="dpi")
        assert result.grounding is not None
        assert result.grounding.method == expected


def test_a_button_that_moved_a_little_is_pressed_where_it_is_now() -> None:
    engine = Engine(Settings())
    navigate(LOGIN, Screens(screens.login(), screens.board()), engine, application="dpi")
    moved = screens.login()
    button = moved.crop((490, 380, 700, 440))
    moved.paste((246, 248, 251), (490, 380, 700, 440))
    moved.paste(button, (490, 520))
    capture = Screens(moved, screens.board())
    result = navigate(LOGIN, capture, engine, application="dpi")
    assert result.outcome is Outcome.OK
    assert result.grounding is not None
    assert result.grounding.method == "cache"
    assert capture.pressed[0].y * 768 > 520


def test_a_place_that_did_not_land_is_put_aside() -> None:
    engine = Engine(Settings())
    navigate(LOGIN, Screens(screens.login(), screens.board()), engine, application="dpi")
    assert navigate(LOGIN, Screens(screens.login(), screens.login()), engine, application="dpi").outcome is (
        Outcome.NOT_LANDED
    )
    result = navigate(LOGIN, Screens(screens.login(), screens.board()), engine, application="dpi")
    assert result.grounding is not None
    assert result.grounding.method == "ocr"


def test_a_second_button_with_the_same_text_is_noticed_in_spite_of_the_remembered_place() -> None:
    engine = Engine(Settings())
    navigate(LOGIN, Screens(screens.login(), screens.board()), engine, application="dpi")
    twin = screens.login()
    twin.paste(twin.crop((490, 380, 700, 440)), (490, 520))
    capture = Screens(twin)
    assert navigate(LOGIN, capture, engine, application="dpi").outcome is Outcome.AMBIGUOUS
    assert capture.pressed == []
