"""No change at the demo hospital makes a remembered place press the wrong thing; other patients' data do not matter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from navigation.engine import Engine
from navigation.settings import Settings
from tests.navconsole.demo.remembering import LOOKS, Hospital, hospital_in_browser, learn_all, look_up_all

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with hospital_in_browser() as hospital:
        yield hospital


@pytest.fixture(scope="module")
def engine(hospital: Hospital) -> Engine:
    engine = Engine(Settings())
    assert learn_all(hospital, engine) >= 14
    return engine


@pytest.mark.parametrize("look", LOOKS)
def test_no_remembered_place_presses_the_wrong_thing(hospital: Hospital, engine: Engine, look: str) -> None:
    tally = look_up_all(hospital, engine, LOOKS[look], range(0, 3))
    assert tally.looked_up > 30
    assert tally.wrong == []


def test_other_patients_files_are_the_same_screens(hospital: Hospital, engine: Engine) -> None:
    tally = look_up_all(hospital, engine, LOOKS["as learned"], range(0, 12))
    assert tally.hits >= 0.9 * tally.looked_up


@pytest.mark.parametrize("look", ["restyled", "dark theme", "pop-up"])
def test_another_look_is_read_anew(hospital: Hospital, engine: Engine, look: str) -> None:
    assert look_up_all(hospital, engine, LOOKS[look], range(0, 1)).hits == 0
