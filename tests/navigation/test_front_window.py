"""A window in front of a dimmed screen covers what stands behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from navigation.engine import may_be_unread
from navigation.grounding import ground_page
from navigation.overlay import find_overlay
from navigation.types import Box, Target
from tests.navigation.pages import LIMITS, page_of

WINDOW = Box(440, 230, 480, 300)


def screen(ground: int, window: int | None = 255) -> np.ndarray:
    rgb = np.full((768, 1366, 3), ground, np.uint8)
    rgb[40:60, 100:400] = 10  # texts behind
    if window is not None:
        rgb[WINDOW.y : WINDOW.bottom, WINDOW.x : WINDOW.right] = window
        rgb[WINDOW.y + 30 : WINDOW.y + 50, WINDOW.x + 40 : WINDOW.x + 200] = 20
    return rgb


def test_a_bright_window_before_a_dimmed_screen_is_found() -> None:
    assert find_overlay(screen(150)) == WINDOW


@pytest.mark.parametrize(
    "rgb",
    [screen(255), screen(150, None), screen(240), screen(20, 30)],
    ids=["white on white", "no window", "hardly dimmed", "dark on dark"],
)
def test_without_a_veil_there_is_no_window(rgb: np.ndarray) -> None:
    assert find_overlay(rgb) is None


def test_a_panel_at_the_side_is_no_window() -> None:
    rgb = screen(150, None)
    rgb[100:700, 0:500] = 255
    assert find_overlay(rgb) is None


def test_a_bright_control_outside_shows_that_nothing_is_dimmed() -> None:
    rgb = screen(150)
    rgb[700:740, 1200:1340] = 255
    assert find_overlay(rgb) is None


def test_what_stands_behind_the_window_is_not_pressed() -> None:
    page = replace(page_of(("Enregistrer", 100, 40), ("Titre", 480, 260)), overlay=WINDOW)
    found = ground_page(page, Target("Enregistrer"), LIMITS)
    assert found.outcome == "absent"
    assert found.reason.code == "covered"
    assert found.candidates[0].rejected == "covered"


def test_the_twin_in_the_window_is_the_one_to_press() -> None:
    page = replace(page_of(("Créer", 100, 40), ("Créer", 800, 480)), overlay=WINDOW)
    found = ground_page(page, Target("Créer"), LIMITS)
    assert found.point_px is not None
    assert found.point_px.x > 700


def test_a_dark_window_is_found_by_its_bright_texts_and_its_own_ground() -> None:
    rgb = screen(10, 26)
    rgb[40:60, 100:400] = 110  # texts behind, dimmed
    rgb[WINDOW.y + 30 : WINDOW.y + 50, WINDOW.x + 40 : WINDOW.right - 40 : 3] = 235  # strokes of letters
    assert find_overlay(rgb) == WINDOW


def test_bright_texts_without_a_ground_of_their_own_are_no_window() -> None:
    rgb = screen(10, None)
    rgb[300:320, 500:860:3] = 235
    assert find_overlay(rgb) is None


def test_no_other_reader_and_no_model_is_asked_about_what_stands_behind_a_window() -> None:
    behind = ground_page(replace(page_of(("Enregistrer", 100, 40)), overlay=WINDOW), Target("Enregistrer"), LIMITS)
    nowhere = ground_page(page_of(("Titre", 480, 260)), Target("Enregistrer"), LIMITS)
    assert not may_be_unread(behind)
    assert may_be_unread(nowhere)


def test_a_dark_band_from_edge_to_edge_is_no_window() -> None:
    rgb = screen(10, None)
    rgb[:, 400:966] = 26
    rgb[360:380, 460:906:3] = 235
    assert find_overlay(rgb) is None
