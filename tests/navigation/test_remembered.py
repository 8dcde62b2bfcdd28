"""The cache rung: what is remembered of a press, and when it may be pressed again without reading the screen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from navigation.cache import MemoryCache
from navigation.protocols import RgbImage
from navigation.reasons import Reason
from navigation.remembered import CacheScope, key_of, learn, recall
from navigation.settings import CachePolicy, Thresholds
from navigation.types import (
    Box,
    Candidate,
    Control,
    Grounding,
    NormBox,
    Page,
    Phrase,
    Point,
    Size,
    Target,
)
from tests.navigation.placing import NOW
from tests.navigation.screens import Drawing

SIZE = Size(1366, 768)
TARGET = Target("Valider")
TITLE = Box(20, 140, 210, 20)
FIELD = Target("Dose", kind="field")


def titled() -> Drawing:
    return Drawing().text("Prescriptions en cours", 20, 140, size=18)


def screen(
    x: int = 400, y: int = 300, text: str = "Valider", patient: str = "MARTIN Jeanne", **look: object
) -> Drawing:
    """A prescription of a patient with one button; everything but the patient is the screen's own."""
    return titled().text(f"Patient : {patient}", 20, 90).button(text, x, y, **look)  # type: ignore[arg-type]


def form(value: str = "", label: str = "Dose", *, ground: tuple[int, int, int] = (255, 255, 255)) -> RgbImage:
    drawing = titled().field(label, 400, 300, value=value)
    rgb = pixels(drawing).copy()
    rgb[(rgb == 255).all(axis=2)] = ground
    return rgb


def pixels(drawing: Drawing | Image.Image) -> RgbImage:
    return np.asarray(drawing.image if isinstance(drawing, Drawing) else drawing)


def pressed(box: Box, text: Box, method: str = "ocr") -> Grounding:
    winner = Candidate("Valider", box, text, 1.0, 0.9)
    return Grounding(
        "found",
        Reason("found"),
        box_px=box,
        point_px=text.center,
        method=method,
        candidates=(winner,),  # type: ignore[arg-type]
    )


BUTTON = pressed(Box(400, 300, 92, 37), Box(418, 311, 56, 14))
INPUT = pressed(Box(400, 324, 321, 35), Box(400, 303, 40, 12))


@dataclass
class Robot:
    """Recalls and learns on one cache; notes which places were read, and reads there what it is told to."""

    reads: str = "Valider"
    policy: CachePolicy = field(default_factory=CachePolicy)
    scope: CacheScope = field(default_factory=lambda: CacheScope("dpi", "prescriptions", anchor_boxes=(TITLE,)))
    cache: MemoryCache = field(default_factory=MemoryCache)
    read: list[Box] = field(default_factory=list)

    def learns(self, rgb: RgbImage, target: Target = TARGET, grounding: Grounding = BUTTON, at: datetime = NOW) -> None:
        learn(self.cache, rgb, target, grounding, self.scope, now=at)

    def recalls(
        self, rgb: RgbImage, target: Target = TARGET, *, page: Page | None = None, at: datetime = NOW
    ) -> Grounding | None:
        def read_line(box: Box) -> str:
            self.read.append(box)
            return self.reads

        return recall(
            self.cache, rgb, target, self.scope, page=page, read_line=read_line, policy=self.policy,
            limits=Thresholds(), now=at,
        )  # fmt: skip

    def record(self, target: Target = TARGET) -> tuple[int, int]:
        key = key_of(target, self.scope, SIZE)
        entry = self.cache.get(key) if key else None
        assert entry is not None
        return entry.hits, entry.misses


@pytest.fixture
def robot() -> Robot:
    robot = Robot()
    robot.learns(pixels(screen()))
    return robot


# --- hits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("patient", ["MARTIN Jeanne", "DE LA FONTAINE-DUPONT Anne-Sophie", ""])
def test_a_known_button_is_found_without_reading_whatever_data_is_shown(robot: Robot, patient: str) -> None:
    found = robot.recalls(pixels(screen(patient=patient)))
    assert found is not None
    assert (found.method, found.box_px, found.point_px) == ("cache", Box(400, 300, 92, 37), Point(446, 318))
    assert robot.read == []
    assert robot.record() == (1, 0)


@pytest.mark.parametrize(("dx", "dy"), [(0, 90), (-120, 0), (57, -41)])
def test_a_moved_button_is_found_in_the_window_once_it_was_read(robot: Robot, dx: int, dy: int) -> None:
    found = robot.recalls(pixels(screen(400 + dx, 300 + dy)))
    assert found is not None
    assert (found.box_px, found.point_px) == (Box(400 + dx, 300 + dy, 92, 37), Point(446 + dx, 318 + dy))
    assert len(robot.read) == 1


def test_an_input_is_known_whatever_stands_in_it() -> None:
    robot = Robot()
    robot.learns(form(), FIELD, INPUT)
    for value in ("", "80 mg", "1 000 000 UI toutes les huit heures"):
        found = robot.recalls(form(value), FIELD)
        assert found is not None
        assert found.box_px == Box(400, 324, 321, 35)


def test_what_stands_in_an_input_is_not_kept() -> None:
    robot = Robot()
    robot.learns(form("secret de la patiente"), FIELD, INPUT)
    key = key_of(FIELD, robot.scope, SIZE)
    entry = robot.cache.get(key) if key else None
    assert entry is not None
    inside = entry.place.patch[26 + 8 : -12, 24:-16]
    assert inside.std() == 0


# --- misses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(screen(colour=(29, 78, 137)), id="restyled"),
        pytest.param(screen(text="Valider tout"), id="a longer text"),
        pytest.param(screen(text="Annuler"), id="another text in its place"),
        pytest.param(screen().button("Valider", 400, 380), id="a second one near"),
        pytest.param(screen().button("Valider", 400, 380, colour=(60, 10, 10)), id="one of another colour near"),
        pytest.param(screen().button("Valider", 1100, 640), id="a second one drawn alike far away"),
        pytest.param(screen(400, 600), id="moved out of the window"),
        pytest.param(screen(400, 390).button("Valider", 1100, 640), id="moved, and a second one far away"),
        pytest.param(titled(), id="gone"),
        pytest.param(
            Drawing().text("Prescriptions à signer", 20, 140, size=18).button("Valider", 400, 300), id="another screen"
        ),
    ],
)
def test_a_doubt_is_a_miss(robot: Robot, now: Drawing) -> None:
    assert robot.recalls(pixels(now)) is None
    assert robot.record() == (0, 1)


def test_a_dimmed_button_is_a_miss(robot: Robot) -> None:
    now = pixels(screen()).copy()
    button = now[300:337, 400:493]
    button[:] = (button * 0.6 + 0.4 * 248).astype(np.uint8)
    assert robot.recalls(now) is None


def test_a_text_that_got_a_second_word_is_a_miss() -> None:
    robot = Robot()
    link = pressed(Box(400, 303, 52, 12), Box(400, 303, 52, 12))
    robot.learns(pixels(titled().text("Valider", 400, 300)), grounding=link)
    assert robot.recalls(pixels(titled().text("Valider", 400, 300))) is not None
    assert robot.recalls(pixels(titled().text("Valider tout", 400, 300))) is None


def test_a_moved_button_that_reads_otherwise_is_a_miss(robot: Robot) -> None:
    robot.reads = "Valider tout"
    assert robot.recalls(pixels(screen(400, 390))) is None
    assert len(robot.read) == 1


@pytest.mark.parametrize(
    "now", [form(label="Voie"), form(ground=(236, 236, 236))], ids=["another label", "a greyed input"]
)
def test_an_input_that_is_another_or_takes_nothing_is_a_miss(now: RgbImage) -> None:
    robot = Robot(reads="Dose")
    robot.learns(form(), FIELD, INPUT)
    assert robot.recalls(now, FIELD) is None


def test_a_small_input_far_from_its_label_is_a_miss_when_greyed() -> None:
    def small(ground: int) -> RgbImage:
        rgb = pixels(titled().text("Dose", 100, 308)).copy()
        rgb[300:330, 500:560], rgb[301:329, 501:559] = 205, ground
        return rgb

    robot = Robot(reads="Dose")
    robot.learns(small(255), FIELD, pressed(Box(500, 300, 60, 30), Box(100, 311, 40, 12)))
    assert robot.recalls(small(255), FIELD) is not None
    assert robot.recalls(small(238), FIELD) is None


def test_a_place_that_was_contradicted_is_not_used_until_a_verified_run_brings_it_back(robot: Robot) -> None:
    key = key_of(TARGET, robot.scope, SIZE)
    assert key is not None
    robot.cache.contradict(key, NOW)
    assert robot.recalls(pixels(screen())) is None
    robot.learns(pixels(screen()))
    assert robot.recalls(pixels(screen())) is not None


@pytest.mark.parametrize(("days", "is_used"), [(89, True), (91, False)])
def test_a_place_not_verified_for_long_is_not_used(robot: Robot, days: int, is_used: bool) -> None:
    found = robot.recalls(pixels(screen()), at=NOW + timedelta(days=days))
    assert (found is not None) is is_used


def test_an_age_of_nothing_turns_the_cache_off(robot: Robot) -> None:
    robot.policy = CachePolicy(max_age_days=0)
    assert robot.recalls(pixels(screen()), at=NOW + timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "tie",
    [{"near": "MARTIN Jeanne"}, {"occurrence": 2}, {"region": NormBox(0, 0, 1, 0.5)}],
    ids=lambda tie: next(iter(tie)),
)
def test_a_place_told_from_its_like_by_other_things_is_never_remembered(tie: dict[str, object]) -> None:
    robot = Robot()
    target = replace(TARGET, **tie)  # type: ignore[arg-type]
    robot.learns(pixels(screen()), target)
    assert robot.recalls(pixels(screen()), target) is None
    assert key_of(target, robot.scope, SIZE) is None


# --- beside a page that was read ---------------------------------------------------------------------


def page(*controls: tuple[str, Box]) -> Page:
    phrases = tuple(Phrase(text, Box(box.x + 18, box.y + 11, 56, 14), 0.9) for text, box in controls)
    return Page(SIZE, (), phrases, tuple(Control(box, "button") for _, box in controls), "test", "0" * 64, "test")


@pytest.mark.parametrize(
    ("read", "is_used"),
    [
        pytest.param(page(("Valider", Box(400, 300, 92, 37))), True, id="read there"),
        pytest.param(page(("Annuler", Box(700, 300, 92, 37))), True, id="not read at all"),
        pytest.param(page(("Valider", Box(900, 600, 92, 37))), False, id="read elsewhere"),
        pytest.param(page(("Valider", Box(400, 300, 92, 37)), ("Valider", Box(900, 600, 92, 37))), False, id="twice"),
    ],
)
def test_a_page_that_was_read_must_not_contradict_the_place(robot: Robot, read: Page, is_used: bool) -> None:
    assert (robot.recalls(pixels(screen()), page=read) is not None) is is_used


# --- learning ---------------------------------------------------------------------------------------


def test_a_verified_press_from_the_cache_only_notes_when(robot: Robot) -> None:
    found = robot.recalls(pixels(screen()))
    assert found is not None
    before = entry(robot)
    robot.learns(pixels(screen()), grounding=found, at=NOW + timedelta(days=3))
    assert entry(robot).place is before.place
    assert entry(robot).last_verified_at == NOW + timedelta(days=3)


def test_a_verified_press_on_a_moved_button_remembers_the_new_place(robot: Robot) -> None:
    moved = pixels(screen(400, 390))
    found = robot.recalls(moved)
    assert found is not None
    robot.learns(moved, grounding=found)
    robot.read.clear()
    again = robot.recalls(moved)
    assert again is not None
    assert (again.box_px, robot.read) == (Box(400, 390, 92, 37), [])
    assert again.point_px == found.point_px


def test_a_verified_press_on_a_restyled_button_remembers_the_new_look(robot: Robot) -> None:
    restyled = pixels(screen(colour=(29, 78, 137)))
    robot.learns(restyled)
    assert robot.recalls(restyled) is not None
    assert robot.recalls(pixels(screen())) is None


@pytest.mark.parametrize("outcome", ["absent", "ambiguous"])
def test_only_what_was_found_is_remembered(outcome: str) -> None:
    robot = Robot()
    robot.learns(pixels(screen()), grounding=Grounding(outcome, Reason("absent")))  # type: ignore[arg-type]
    assert robot.recalls(pixels(screen())) is None


def test_a_place_without_anything_to_see_is_not_remembered() -> None:
    robot = Robot()
    blank = pressed(Box(900, 500, 80, 30), Box(910, 505, 40, 14))
    robot.learns(pixels(screen()), grounding=blank)
    key = key_of(TARGET, robot.scope, SIZE)
    assert key is not None
    assert robot.cache.get(key) is None


def entry(robot: Robot):  # type: ignore[no-untyped-def]
    key = key_of(TARGET, robot.scope, SIZE)
    found = robot.cache.get(key) if key else None
    assert found is not None
    return found
