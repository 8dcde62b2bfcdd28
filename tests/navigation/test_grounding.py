"""The ladder's reading rung: found with score and margin, or refused with a reason; never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navigation.geometry import contains_point
from navigation.grounding import ground_page
from navigation.settings import Thresholds
from navigation.types import Box, Grounding, NormBox, NormPoint, Page, Target
from tests.navigation.pages import LIMITS, control, page_of


def ground(page: Page, text: str, **kwargs: object) -> Grounding:
    return ground_page(page, Target(text, **kwargs), LIMITS)  # type: ignore[arg-type]


BOARD = page_of(
    ("Patient", 40, 60), ("IPP", 400, 60),
    ("MARTIN Jeanne", 40, 100), ("80012345", 400, 100), ("Ouvrir", 800, 100),
    ("MARTIN Jeannine", 40, 140), ("80012346", 400, 140), ("Ouvrir", 800, 140),
    ("DURAND Paul", 40, 180), ("80054321", 400, 180), ("Ouvrir", 800, 180),
)  # fmt: skip


# --- found ----------------------------------------------------------------------------------------


def test_a_text_that_is_there_once_is_found() -> None:
    found = ground(page_of(("Se connecter", 100, 200), ("Aide", 300, 20)), "Se connecter")
    assert found.outcome == "found"
    assert found.score == 1.0
    assert found.method == "ocr"


def test_the_point_lies_on_the_text() -> None:
    found = ground(page_of(("Se connecter", 100, 200)), "Se connecter")
    assert found.point_px is not None
    assert contains_point(Box(100, 200, 102, 14), found.point_px)


def test_the_fraction_and_the_pixel_say_the_same_place() -> None:
    found = ground(page_of(("Valider", 683, 384)), "Valider")
    assert found.point is not None
    assert found.point_px is not None
    assert found.point.x == pytest.approx((found.point_px.x + 0.5) / 1366)
    assert found.point.y == pytest.approx((found.point_px.y + 0.5) / 768)


def test_the_button_around_the_text_is_the_box() -> None:
    page = page_of(("Valider", 110, 208), controls=(control(90, 200, 110, 30, "button"),))
    assert ground(page, "Valider").box_px == Box(90, 200, 110, 30)


def test_a_table_row_around_the_text_is_not_its_button() -> None:
    page = page_of(("Valider", 110, 208), ("Supprimer", 600, 208), controls=(control(20, 200, 1200, 30),))
    assert ground(page, "Valider").box_px == Box(110, 208, 56, 14)


def test_the_press_stays_on_the_text_even_when_its_bar_is_wide() -> None:
    page = page_of(("SITES", 40, 206), controls=(control(20, 200, 1200, 30, "button"),))
    found = ground(page, "SITES")
    assert found.point_px is not None
    assert found.point_px.x < 100


def test_without_a_rival_the_margin_is_one_and_the_reason_says_so() -> None:
    found = ground(page_of(("Valider", 100, 200)), "Valider")
    assert found.margin == 1.0
    assert found.reason.code == "found_alone"


def test_the_margin_is_the_distance_to_the_best_rival_elsewhere() -> None:
    found = ground(page_of(("Ordonnance", 100, 200), ("Ordonnancement", 100, 300)), "Ordonnance")
    runner_up = next(c for c in found.candidates if c.rejected)
    assert found.margin == pytest.approx(1.0 - runner_up.score)


def test_the_runner_up_is_kept_with_why_it_lost() -> None:
    found = ground(page_of(("Prescription", 100, 200), ("Prescripteur", 100, 300)), "Prescription")
    assert [c.rejected for c in found.candidates] == ["", "lower_score"]


def test_a_synonym_is_found_too() -> None:
    found = ground(page_of(("Connexion", 100, 200)), "Se connecter", synonyms=("Connexion",))
    assert found.outcome == "found"


def test_a_misread_text_is_found_when_nothing_is_near_it() -> None:
    assert ground(page_of(("Ordonnauces", 100, 200)), "Ordonnances").outcome == "found"


# --- refused --------------------------------------------------------------------------------------


def test_an_empty_page_has_nothing() -> None:
    found = ground(page_of(), "Valider")
    assert found.outcome == "absent"
    assert found.reason.code == "absent"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("Connexion", "Déconnexion"),
        ("Save", "Save As"),
        ("Enregistrer", "Enregistrement"),
        ("Activer", "Désactiver"),
        ("Valider", "Invalider"),
        ("Mot de passe", "Mot de passe oublié"),
        ("Box 3", "Box 8"),
    ],
)
def test_a_text_that_resembles_the_target_is_not_pressed(asked: str, shown: str) -> None:
    found = ground(page_of((shown, 100, 200)), asked)
    assert found.outcome != "found"
    assert (found.point, found.point_px, found.box_px) == (None, None, None)


def test_the_nearest_text_is_named_when_the_target_is_absent() -> None:
    found = ground(page_of(("Déconnexion", 100, 200)), "Connexion")
    assert found.reason.code == "absent_nearest"
    assert found.reason.values["nearest"] == "Déconnexion"


def test_a_poor_reading_is_low_confidence_and_not_absent() -> None:
    found = ground(page_of(("Ordonnauees", 100, 200)), "Ordonnances")
    assert found.outcome == "low_confidence"
    assert found.reason.values["limit"] == LIMITS.score


def test_equal_texts_are_ambiguous() -> None:
    found = ground(BOARD, "Ouvrir")
    assert found.outcome == "ambiguous"
    assert found.reason.values["count"] == 3
    assert found.point is None


def test_two_buttons_with_the_same_text_are_ambiguous() -> None:
    page = page_of(
        ("Valider", 110, 208), ("Valider", 410, 208),
        controls=(control(90, 200, 110, 30, "button"), control(390, 200, 110, 30, "button")),
    )  # fmt: skip
    assert ground(page, "Valider").outcome == "ambiguous"


def test_texts_closer_than_the_margin_are_ambiguous() -> None:
    page = page_of(("Ordonnance 12", 100, 200), ("Ordonnance l2", 100, 300))
    found = ground(page, "Ordonnance 12")
    assert found.outcome == "ambiguous"
    assert found.margin is not None
    assert found.margin < LIMITS.margin


def test_a_wider_margin_refuses_what_a_narrow_one_lets_through() -> None:
    page = page_of(("Prescription", 100, 200), ("Prescriptions", 100, 300))
    assert ground_page(page, Target("Prescription"), Thresholds(margin=0.01)).outcome == "found"
    assert ground_page(page, Target("Prescription"), Thresholds(margin=0.5)).outcome == "ambiguous"


def test_a_stricter_score_refuses_a_misread_text() -> None:
    page = page_of(("Ordonnauces", 100, 200))
    assert ground_page(page, Target("Ordonnances"), Thresholds(score=0.99)).outcome == "low_confidence"


# --- a control before plain text -------------------------------------------------------------------


def test_a_heading_is_no_rival_of_the_one_button_with_its_text() -> None:
    page = page_of(("Connexion", 100, 40, 28), ("Connexion", 110, 208), controls=(control(90, 200, 130, 30, "button"),))
    found = ground(page, "Connexion")
    assert found.outcome == "found"
    assert found.box_px == Box(90, 200, 130, 30)
    assert [c.rejected for c in found.candidates[1:]] == ["not_a_control"]


def test_a_large_heading_is_no_rival_of_a_link() -> None:
    page = page_of(("Accueil", 100, 40, 30), ("Accueil", 20, 300), ("Patients", 20, 330), ("Réglages", 20, 360))
    found = ground(page, "Accueil")
    assert found.outcome == "found"
    assert found.point_px is not None
    assert found.point_px.y > 290


# --- permitted tie-breaks --------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "row_y"), [(1, 100), (2, 140), (3, 180)])
def test_occurrence_counts_from_one_in_reading_order(number: int, row_y: int) -> None:
    found = ground(BOARD, "Ouvrir", occurrence=number)
    assert found.box_px is not None
    assert found.box_px.y == row_y


@pytest.mark.parametrize("line_y", [200, 222])
def test_of_a_link_over_two_lines_the_one_in_the_region_is_pressed(line_y: int) -> None:
    page = page_of(("Comptes rendus du", 100, 200), ("service", 100, 222))
    width, height = page.size.width, page.size.height
    region = NormBox(60 / width, (line_y - 24) / height, 140 / width, 62 / height)
    found = ground_page(page, Target("Comptes rendus du service", region=region), LIMITS)
    assert found.point_px is not None
    assert line_y <= found.point_px.y < line_y + 14


@pytest.mark.parametrize(("near_y", "line_y"), [(205, 200), (228, 222), (None, 200)])
def test_a_link_over_two_lines_is_pressed_on_a_line_and_not_between_them(near_y: int | None, line_y: int) -> None:
    page = page_of(("Comptes rendus du", 100, 200), ("service", 100, 222))
    near = None if near_y is None else NormPoint(0.1, near_y / page.size.height)
    found = ground_page(page, Target("Comptes rendus du service", near=near), LIMITS)
    assert found.point_px is not None
    assert line_y <= found.point_px.y < line_y + 14


@pytest.mark.parametrize("number", [-1, 0, 4, 99])
def test_an_occurrence_that_is_not_there_is_absent(number: int) -> None:
    found = ground(BOARD, "Ouvrir", occurrence=number)
    assert found.outcome == "absent"
    assert found.reason.code == "occurrence_missing"


@pytest.mark.parametrize(("near", "row_y"), [("80012345", 100), ("MARTIN Jeannine", 140), ("DURAND Paul", 180)])
def test_near_a_text_means_on_its_row(near: str, row_y: int) -> None:
    found = ground(BOARD, "Ouvrir", near=near)
    assert found.box_px is not None
    assert found.box_px.y == row_y


def test_near_a_point_takes_the_nearest() -> None:
    found = ground(BOARD, "Ouvrir", near=NormPoint(0.6, 183 / 768))
    assert found.box_px is not None
    assert found.box_px.y == 180


def test_near_a_text_that_is_not_there_refuses() -> None:
    found = ground(BOARD, "Ouvrir", near="LEROY Anne")
    assert found.outcome == "absent"
    assert found.reason.code == "near_missing"


def test_near_a_text_that_is_there_twice_refuses() -> None:
    page = page_of(("Box", 40, 100), ("Ouvrir", 300, 100), ("Box", 40, 140), ("Ouvrir", 300, 140))
    assert ground(page, "Ouvrir", near="Box").outcome == "absent"


def test_a_region_leaves_only_what_lies_in_it() -> None:
    found = ground(BOARD, "Ouvrir", region=NormBox(0.0, 130 / 768, 1.0, 40 / 768))
    assert found.box_px is not None
    assert found.box_px.y == 140
    assert {c.rejected for c in found.candidates[1:]} == {"outside_region"}


def test_a_region_without_the_target_is_absent() -> None:
    assert ground(BOARD, "Ouvrir", region=NormBox(0.0, 0.5, 1.0, 0.5)).outcome == "absent"


def test_a_bar_headed_by_its_text_lies_where_the_text_is() -> None:
    bars = tuple(control(40, y, 600, 30) for y in (100, 200))
    page = page_of(("Sites", 48, 108), ("Sites", 48, 208), controls=bars)
    found = ground(page, "Sites", region=NormBox(30 / 1366, 90 / 768, 110 / 1366, 50 / 768))
    assert found.box_px == bars[0].box


# --- fields ----------------------------------------------------------------------------------------


def test_the_input_under_a_label() -> None:
    page = page_of(("Identifiant", 100, 100), controls=(control(100, 120, 300, 34),))
    assert ground(page, "Identifiant", kind="field").box_px == Box(100, 120, 300, 34)


def test_the_input_beside_a_label() -> None:
    page = page_of(("Identifiant", 100, 108), controls=(control(260, 100, 300, 30),))
    assert ground(page, "Identifiant", kind="field").box_px == Box(260, 100, 300, 30)


def test_a_label_never_stands_for_its_input() -> None:
    found = ground(page_of(("Identifiant", 100, 100)), "Identifiant", kind="field")
    assert found.outcome == "absent"
    assert found.reason.code == "no_field"


def test_the_input_that_holds_its_placeholder() -> None:
    page = page_of(("Rechercher un patient", 112, 108), controls=(control(100, 100, 400, 30),))
    assert ground(page, "Rechercher un patient", kind="field").box_px == Box(100, 100, 400, 30)


def test_the_tick_box_left_of_its_label() -> None:
    page = page_of(("Se souvenir de moi", 130, 202), controls=(control(104, 200, 16, 16),))
    assert ground(page, "Se souvenir de moi", kind="field").box_px == Box(104, 200, 16, 16)


@pytest.mark.parametrize(("label", "top"), [("Identifiant", 120), ("Mot de passe", 200)])
def test_each_label_has_its_own_input(label: str, top: int) -> None:
    page = page_of(
        ("Identifiant", 100, 100), ("Mot de passe", 100, 180),
        controls=(control(100, 120, 300, 34), control(100, 200, 300, 34)),
    )  # fmt: skip
    found = ground(page, label, kind="field")
    assert found.box_px is not None
    assert found.box_px.y == top


def test_an_input_under_another_label_is_not_taken() -> None:
    page = page_of(("Service", 100, 100), ("Identifiant", 100, 122), controls=(control(100, 140, 300, 34),))
    assert ground(page, "Service", kind="field").outcome == "absent"


def test_two_inputs_with_the_same_label_are_ambiguous() -> None:
    page = page_of(
        ("Nom", 100, 100), ("Nom", 600, 100), controls=(control(100, 120, 300, 34), control(600, 120, 300, 34))
    )
    assert ground(page, "Nom", kind="field").outcome == "ambiguous"


# --- a second reading ------------------------------------------------------------------------------


def test_a_doubtful_text_is_read_again_and_the_nearer_reading_counts() -> None:
    page = page_of(("Ordonnauees", 100, 200))
    found = ground_page(page, Target("Ordonnances"), LIMITS, read_again=lambda box: "Ordonnances")
    assert found.outcome == "found"


def test_two_readings_that_agree_on_another_text_settle_it() -> None:
    page = page_of(("Prescriptions", 100, 200))
    found = ground_page(page, Target("Prescription"), LIMITS, read_again=lambda box: "Prescriptions")
    assert found.outcome == "absent"


def test_a_rival_that_is_surely_another_text_does_not_make_the_exact_one_ambiguous() -> None:
    page = page_of(("Prescription", 100, 200), ("Prescriptions", 100, 300))
    assert ground_page(page, Target("Prescription"), LIMITS).outcome == "ambiguous"
    found = ground_page(page, Target("Prescription"), LIMITS, read_again=lambda box: "Prescriptions")
    assert found.outcome == "found"


def test_an_exact_text_is_not_read_again() -> None:
    asked: list[Box] = []

    def read(box: Box) -> str:
        asked.append(box)
        return ""

    ground_page(page_of(("Valider", 100, 200)), Target("Valider"), LIMITS, read_again=read)
    assert asked == []


# --- properties ------------------------------------------------------------------------------------

labels = st.sampled_from(["Ouvrir", "Valider", "Annuler", "Prescrire", "Prescription", "Box 3", "Box 8"])
places = st.tuples(labels, st.integers(0, 10).map(lambda n: n * 120), st.integers(0, 17).map(lambda n: n * 42))


@settings(max_examples=60, deadline=None)
@given(st.lists(places, max_size=12, unique_by=lambda p: p[1:]), labels)
def test_a_found_point_is_always_on_a_text_that_reads_as_asked(texts: list[tuple[str, int, int]], asked: str) -> None:
    found = ground(page_of(*texts), asked)
    if found.outcome == "found":
        assert found.candidates[0].score >= LIMITS.score
        assert sum(text == asked for text, _, _ in texts) == 1
    else:
        assert (found.point, found.point_px, found.box_px) == (None, None, None)


@settings(max_examples=40, deadline=None)
@given(st.permutations([("Ouvrir", 40, 40), ("Valider", 40, 120), ("Annuler", 300, 120), ("Box 3", 300, 300)]))
def test_the_order_in_which_words_were_read_does_not_matter(texts: list[tuple[str, int, int]]) -> None:
    assert ground(page_of(*texts), "Annuler").point_px == ground(page_of(*sorted(texts)), "Annuler").point_px


def test_near_a_label_without_an_input_no_other_input_is_taken() -> None:
    page = page_of(("Rechercher", 40, 220), ("Rechercher", 600, 40), controls=(control(596, 30, 260, 36),))
    found = ground(page, "Rechercher", kind="field", near=NormPoint(60 / 1366, 226 / 768))
    assert found.outcome == "absent"
    assert found.reason.code == "no_field"
    assert ground(page, "Rechercher", kind="field", near=NormPoint(620 / 1366, 46 / 768)).outcome == "found"
