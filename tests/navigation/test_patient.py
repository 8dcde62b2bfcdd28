from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from navigation.patient import banner_matches, patient_keys

KEY = b"k" * 32
JEANNE = patient_keys("80012345", "Martin", "Jeanne", "1958-03-12", key=KEY)


def _status(*lines: str, keys: dict[str, str] = JEANNE) -> str:
    return banner_matches(lines, keys, key=KEY).status


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["MARTIN Jeanne F Né(e) le 12/03/1958 IPP 80012345"], id="one line"),
        pytest.param(["Jeanne MARTIN", "12-03-1958 (67 ans)", "IPP : 80012345"], id="three lines"),
        pytest.param(["MARTIN JEANNE", "12.03.1958", "IPP 80 012 345"], id="grouped digits"),
        pytest.param(["martin jeanne 12 mars 1958 n°80012345"], id="month in words"),
        pytest.param(["Martin, Jeanne", "1958-03-12", "IPP80012345"], id="iso date, glued label"),
        pytest.param(["MARTIN Jeanne", "Née le 12/03/1958 67 ans", "IPP 80012345", "Box 4"], id="other numbers"),
        pytest.param(["MARTIN Jeanne 12 / 03 / 1958 IPP 80012345 12/11/2026"], id="another date as well"),
        pytest.param(["MARTIN Jeanne 12 March 1958 IPP 80012345"], id="English"),
        pytest.param(["MARTIN Jeanne", "Née le 12/03/1958 IPP 80012345 Box1"], id="glued room"),
        pytest.param(["MARTIN Jeanne 12/03/1958 id 80012345"], id="a label of letters like digits"),
        pytest.param(["MARTIN Jeanne 12/03/1958 UF3 n°80012345 A12 Lit 4"], id="codes beside it"),
    ],
)
def test_the_patient_is_known_in_the_usual_writings(lines: list[str]) -> None:
    check = banner_matches(lines, JEANNE, key=KEY)
    assert (check.status, check.reason) == ("same", None)
    assert set(check.matched) == {"ipp", "birth_date", "name:0", "name:1"}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("MARTIN Jeannine 13/03/1958 IPP 80012346", id="the near twin"),
        pytest.param("MARTIN Jeanne 13/03/1958 IPP 80012345", id="one day later"),
        pytest.param("MARTIN Jeanne 12/04/1958 IPP 80012345", id="one month later"),
        pytest.param("MARTIN Jeanne 12/03/1985 IPP 80012345", id="year turned"),
        pytest.param("MARTIN Jeanne 03/12/1958 IPP 80012345", id="day and month turned"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 80012346", id="one digit"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 800123457", id="one digit more"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 80012345 7", id="one digit more, split off"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 8 80012345", id="one digit before, split off"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 8001234", id="one digit less"),
        pytest.param("DUBOIS Paul 01/01/1970 IPP 70000001", id="somebody else"),
        pytest.param("MARTIN Jeanne IPP 80012346", id="number alone, other"),
    ],
)
def test_another_patient_is_never_the_same(line: str) -> None:
    check = banner_matches([line], JEANNE, key=KEY)
    assert check.status == "other"
    assert check.reason is not None
    assert check.reason.code == "wrong_patient"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("", id="nothing"),
        pytest.param("Dossier patient", id="no identity"),
        pytest.param("MARTIN Jeanne", id="names alone"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 8OO12345", id="letters in the number"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP O80012345", id="a letter before the number"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 80012345 O", id="a digit lost to a letter"),
        pytest.param("MARTIN Jeanne 12/03/1958 IPP 80012345 l2", id="digits and a letter split off"),
        pytest.param("MARTIN Jeanne 42/03/1958 IPP 80012345", id="an impossible date"),
        pytest.param("MARTIN Jeanne 12/03/58 IPP l2345", id="a short year"),
        pytest.param("M4RT1N Je4nne 12/03/1958 IPP 80012345", id="digits in the names"),
    ],
)
def test_what_cannot_be_read_is_never_the_same(line: str) -> None:
    check = banner_matches([line], JEANNE, key=KEY)
    assert check.status != "same"
    assert check.reason is not None


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("MARTIN Jeannine 12/03/1958 IPP 80012345", id="given name alone"),
        pytest.param("MARTINEZ Jeanne 12/03/1958 IPP 80012345", id="family name alone"),
        pytest.param("MARTlM Jeanne 12/03/1958 IPP 80012345", id="a letter misread"),
    ],
)
def test_another_or_a_misread_name_beside_the_right_numbers_asks_for_another_reading(line: str) -> None:
    check = banner_matches([line], JEANNE, key=KEY)
    assert check.status == "name_not_found"
    assert check.reason is not None


def test_nothing_readable_is_said_to_be_unreadable() -> None:
    check = banner_matches(["~~~", ""], JEANNE, key=KEY)
    assert check.status == "unreadable"
    assert check.reason is not None
    assert check.reason.code == "patient_unreadable"


def test_accents_hyphens_and_apostrophes_fold() -> None:
    keys = patient_keys("00123", "D'Œuvre-Lévêque", "Marie-Ève", "1990-08-01", key=KEY)
    assert _status("D’OEUVRE LEVEQUE Marie Eve", "1er août 1990", "IPP 00123", keys=keys) == "same"
    assert _status("D’OEUVRE LEVEQUE Marie", "1er août 1990", "IPP 00123", keys=keys) == "name_not_found"


def test_leading_zeros_count() -> None:
    keys = patient_keys("00123", "Roy", "Luc", "1990-08-01", key=KEY)
    assert _status("ROY Luc 01/08/1990 IPP 123", keys=keys) == "other"


def test_the_keys_hold_nothing_readable_and_depend_on_the_key() -> None:
    assert all(len(value) == 64 for value in JEANNE.values())
    assert not set(JEANNE.values()) & set(
        patient_keys("80012345", "Martin", "Jeanne", "1958-03-12", key=b"x" * 32).values()
    )
    assert banner_matches(["MARTIN Jeanne 12/03/1958 IPP 80012345"], JEANNE, key=b"x" * 32).status != "same"


@pytest.mark.parametrize(
    ("ipp", "family", "given_name", "born"),
    [
        ("", "A", "B", "1990-01-01"),
        ("1", "", "B", "1990-01-01"),
        ("1", "A", "7", "1990-01-01"),
        ("1", "A", "B", "1990"),
    ],
)
def test_an_identity_with_a_missing_part_is_refused(ipp: str, family: str, given_name: str, born: str) -> None:
    with pytest.raises(ValueError):
        patient_keys(ipp, family, given_name, born, key=KEY)


NAMES = st.text("abcdefghijklmnopqrstuvwxyzéèêïçÉÀ", min_size=2, max_size=12)
NUMBERS = st.text("0123456789", min_size=5, max_size=10)
DAYS = st.dates(date(1900, 1, 1), date(2026, 12, 31))


def _banner(ipp: str, family: str, given_name: str, born: date, form: str = "%d/%m/%Y") -> str:
    return f"{family.upper()} {given_name} Né(e) le {born.strftime(form)} IPP {ipp}"


@given(NUMBERS, NAMES, NAMES, DAYS, st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]))
def test_any_patient_is_known_on_an_own_banner(ipp: str, family: str, first: str, born: date, form: str) -> None:
    keys = patient_keys(ipp, family, first, born.isoformat(), key=KEY)
    assert _status(_banner(ipp, family, first, born, form), keys=keys) == "same"


@given(NUMBERS, DAYS, st.integers(0, 9), st.integers(-40, 40), st.data())
def test_one_digit_or_one_day_is_enough_to_be_another(
    ipp: str, born: date, digit: int, days: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(ipp) - 1))
    changed = ipp[:at] + str(digit) + ipp[at + 1 :]
    assume(changed != ipp or days != 0)
    assume(date(1900, 2, 28) < born < date(2026, 10, 1))
    keys = patient_keys(ipp, "Martin", "Jeanne", born.isoformat(), key=KEY)
    assert _status(_banner(changed, "Martin", "Jeanne", born + timedelta(days)), keys=keys) == "other"


@given(NUMBERS, NAMES, NAMES, DAYS, st.data())
def test_a_banner_with_any_character_lost_is_never_surely_the_same_unless_it_is_elsewhere(
    ipp: str, family: str, first: str, born: date, data: st.DataObject
) -> None:
    """Cutting one digit of the number or of the date, wherever, never leaves the same patient."""
    keys = patient_keys(ipp, family, first, born.isoformat(), key=KEY)
    number_at = data.draw(st.integers(0, len(ipp) - 1))
    banner = _banner(ipp[:number_at] + ipp[number_at + 1 :], family, first, born)
    assert _status(banner, keys=keys) != "same"


@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_is_judged_and_none_is_the_patient(lines: list[str]) -> None:
    assert _status(*lines) in ("other", "unreadable")
