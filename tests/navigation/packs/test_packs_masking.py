"""Masked copies: nobody can be read from them, the verdict is what it was, and what cannot be masked says why."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest

from navigation import Engine, Settings
from navigation.cases import NavCase
from navigation.imaging import Screenshot, open_screenshot
from navigation.packs.archive import compact
from navigation.packs.format import case_to_json
from navigation.packs.masking import LeftBehind, MaskedCase, Masker
from navigation.packs.needs import Needs
from navigation.packs.painting import painted
from navigation.packs.persons import looks_personal
from navigation.packs.running import run_case
from navigation.textfold import fold
from navigation.types import Box, Outcome, Page
from tests import screens
from tests.navigation.packs.casemaking import a_case, pictures_of, png, ref

DRAWN = (screens.login, screens.board, screens.record)
SECRETS = {part for name, born, ipp, _, _ in screens.PATIENTS for part in (*fold(name).split(), born, ipp)} - {"da"}
ASKED = [
    a_case("login", text="Se connecter"),
    a_case("field", text="Identifiant", kind="field", boxes=[Box(483, 318, 400, 36)]),
    a_case("new", text="Nouvelle entrée", boxes=[Box(1130, 72, 200, 38)], present=["Patients présents"],
           picture=png(screens.board), screen="Tableau"),
    a_case("twins", text="Ouvrir", boxes=(), present=["Patients présents"], picture=png(screens.board)),
    a_case("elsewhere", text="Ouvrir", boxes=(), outcomes=[Outcome.WRONG_SCREEN], present=["Synthèse"],
           picture=png(screens.board)),
    a_case("tab", text="Examens", boxes=[Box(352, 132, 150, 40)], present=["Prescriptions"],
           picture=png(screens.record), screen="Dossier"),
    a_case("none", text="Clôturer le passage", boxes=(), present=["Prescriptions"], picture=png(screens.record)),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Settings(readers=("tesserocr",)))


def masker(engine: Engine, **more: Any) -> Masker:
    shots = {image_id: open_screenshot(data) for image_id, data in pictures_of(*DRAWN).items()}
    return Masker(engine, shots.get, **more)


@pytest.fixture(scope="module")
def masked(engine: Engine) -> dict[str, MaskedCase]:
    answers = list(masker(engine).mask(ASKED))
    assert [answer for answer in answers if isinstance(answer, LeftBehind)] == []
    return {answer.case.id: answer for answer in answers if isinstance(answer, MaskedCase)}


def test_every_verdict_is_what_it_was(engine: Engine, masked: dict[str, MaskedCase]) -> None:
    for case in ASKED:
        copy = masked[case.id]
        result = run_case(engine, copy.case, shot_of(copy))
        assert result.is_right, result.sentence
        assert case.picture.id not in copy.pictures


def shot_of(copy: MaskedCase) -> Screenshot:
    rgb = copy.pictures[copy.case.picture.id]
    return Screenshot(rgb, copy.case.picture.size, copy.case.picture.id, "png", rgb.nbytes)


def words_on(engine: Engine, rgb: np.ndarray[Any, Any]) -> set[str]:
    """Everything that is read on a picture, by a full reading and twice as large."""
    page = engine.read(rgb)
    larger = engine.read(np.kron(rgb, np.ones((2, 2, 1), np.uint8)))
    text = " ".join(word.text for one in (page, larger) for word in (*one.words, *one.second_words))
    return set(re.findall(r"\w[\w/]+", fold(text)))


def test_no_patient_can_be_read_on_a_masked_picture(engine: Engine, masked: dict[str, MaskedCase]) -> None:
    original = words_on(engine, open_screenshot(png(screens.board)).rgb)
    assert len(SECRETS & original) > 15  # the reader would have read them
    for copy in masked.values():
        for rgb in copy.pictures.values():
            assert not SECRETS & words_on(engine, rgb)


def test_no_patient_stands_in_the_json_of_a_masked_case(masked: dict[str, MaskedCase]) -> None:
    text = fold(" ".join(compact(case_to_json(copy.case)).decode() for copy in masked.values()))
    assert not {secret for secret in SECRETS if secret in text}


def test_cases_on_one_picture_share_its_copy(masked: dict[str, MaskedCase]) -> None:
    assert masked["twins"].case.picture == masked["new"].case.picture


def test_what_is_not_needed_is_replaced_and_what_is_needed_stays(masked: dict[str, MaskedCase]) -> None:
    before, after = open_screenshot(png(screens.board)).rgb, shot_of(masked["new"]).rgb
    assert not np.array_equal(before[150:700, 150:700], after[150:700, 150:700])
    button = np.s_[76:106, 1140:1320]
    assert np.array_equal(before[button], after[button])


def left(engine: Engine, case: NavCase, **more: Any) -> LeftBehind:
    (answer,) = masker(engine, **more).mask([case])
    assert isinstance(answer, LeftBehind)
    return answer


def test_a_case_that_asks_for_a_patient_stays_behind(engine: Engine) -> None:
    case = a_case("near", text="Ouvrir", target={"near": "MARTIN Jeanne"}, picture=png(screens.board), present=())
    answer = left(engine, case)
    assert (answer.why, answer.text) == ("personal_asked", "MARTIN Jeanne")


def test_a_case_whose_screen_is_known_by_a_patient_stays_behind(engine: Engine) -> None:
    case = a_case("anchor", text="Examens", boxes=[Box(352, 132, 150, 40)], present=["IPP 8012345"],
                  picture=png(screens.record))  # fmt: skip
    assert left(engine, case).why == "personal_asked"


def test_a_case_with_a_value_of_the_moment_stays_behind(engine: Engine) -> None:
    from dataclasses import replace

    from navigation.types import Screen

    case = a_case("moment")
    screen = Screen(present=["{service}"], parameters={"service": "Identifiant"})
    assert left(engine, replace(case, action=replace(case.action, before=screen))).why == "parameters"


def test_a_case_that_must_show_what_may_name_a_person_stays_behind(engine: Engine) -> None:
    def is_known(text: str) -> bool:
        return "connecter" in fold(text)

    assert left(engine, a_case("known"), is_personal=is_known).why == "personal_asked"
    box = Box(160, 170, 130, 30)  # the cell that holds MARTIN Jeanne
    case = a_case("cell", text="Martin", boxes=[box], present=(), picture=png(screens.board))
    answer = left(engine, case)
    assert answer.why == "personal_shown"
    assert "MARTIN" in answer.text


def test_a_text_that_somebody_vouches_for_may_go(engine: Engine) -> None:
    case = a_case("vouched", text="DPI Sainte-Aure", boxes=(), present=())
    assert left(engine, case).why == "personal_asked"
    (answer,) = masker(engine, allowed=["DPI Sainte-Aure"]).mask([case])
    assert not isinstance(answer, LeftBehind) or answer.why != "personal_asked"


def test_a_case_whose_picture_is_gone_stays_behind(engine: Engine) -> None:
    (answer,) = Masker(engine, lambda _id: None).mask([a_case("gone")])
    assert isinstance(answer, LeftBehind)
    assert answer.why == "picture"


def test_a_case_that_masking_changes_stays_behind(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from navigation.packs import masking

    monkeypatch.setattr(masking, "needs_before", lambda *_: Needs())
    assert left(engine, a_case("blank")).why == "changed"


def test_a_case_on_which_the_original_shows_through_stays_behind(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from navigation.packs import masking

    monkeypatch.setattr(masking, "painted", lambda rgb, *_: rgb)
    case = a_case(
        "bare", text="Nouvelle entrée", boxes=[Box(1130, 72, 200, 38)], present=(), picture=png(screens.board)
    )
    assert left(engine, case).why == "shows_through"


def test_made_up_text_depends_on_nothing_but_its_place(engine: Engine) -> None:
    """Another patient at the same place gives the same copy."""
    from dataclasses import replace

    shot = open_screenshot(png(screens.board))
    page = engine.read(shot)
    other = replace(page, words=tuple(replace(word, text="x" * len(word.text)) for word in page.words))
    assert np.array_equal(painted(shot.rgb, page, Needs(), "text"), painted(shot.rgb, other, Needs(), "text"))


def test_text_that_was_not_read_is_gone_too(engine: Engine) -> None:
    from dataclasses import replace

    shot = open_screenshot(png(screens.board))
    blind = replace(engine.read(shot), words=(), second_words=(), phrases=())
    assert not SECRETS & words_on(engine, painted(shot.rgb, blind, Needs(), "flat"))


@pytest.mark.parametrize("height", [20, 40, 64])
def test_a_large_name_that_was_not_read_is_gone_too(engine: Engine, height: int) -> None:
    screen = screens.login()
    screen.write(40, 640, "LEFEBVRE Marguerite", size=height, bold=True)
    shot = open_screenshot(_png(screen))
    assert "lefebvre" in words_on(engine, shot.rgb)
    blind = Page(shot.size, (), (), (), "none", shot.image_id, "none")
    assert not {"lefebvre", "marguerite"} & words_on(engine, painted(shot.rgb, blind, Needs(), "flat"))


def _png(screen: screens.Screen) -> bytes:
    data = io.BytesIO()
    screen.image.save(data, "PNG")
    return data.getvalue()


def test_a_landed_press_is_masked_on_both_pictures(engine: Engine) -> None:
    case = a_case(
        "lands",
        verify_after={"present": ["Patients présents"], "absent": ["Mot de passe"]},
        picture_after=ref(png(screens.board)),
    )
    (answer,) = masker(engine).mask([case])
    assert isinstance(answer, MaskedCase)
    assert len(answer.pictures) == 2
    for rgb in answer.pictures.values():
        assert not SECRETS & words_on(engine, rgb)


PERSONAL = ["MARTIN Jeanne", "DA SILVA Paulo", "Jeanne MARTIN", "LEFÈVRE, Odile", "IPP 8012345", "80 12 34 51",
            "12/03/1958", "né le 1.2.1958", "1958-03-12", "Dr Morel", "Mme D"]  # fmt: skip
PLAIN = ["Se connecter", "Nouvelle entrée", "PARACÉTAMOL 1 g", "Box 12", "IPP", "DPI", "Tous (12)", "Étape 2 sur 4",
         "14:05", "Toutes les 6 h"]  # fmt: skip


@pytest.mark.parametrize(("text", "is_personal"), [*((t, True) for t in PERSONAL), *((t, False) for t in PLAIN)])
def test_texts_with_the_form_of_a_person_are_known(text: str, is_personal: bool) -> None:
    assert looks_personal(text) == is_personal
