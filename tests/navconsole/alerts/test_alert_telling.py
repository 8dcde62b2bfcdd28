"""How an alert reads, in both languages, and that it names nothing but applications, screens and people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from navconsole.alerts.telling import Told, tell
from navigation.alerts import MOST_DETAILS, What
from tests.navigation.store.making import NOW, a_message

BASE = "https://navconsole.chu.example"


def told(language: str = "en", **given: Any) -> Told:
    return tell(a_message(**given), language=language, zone=ZoneInfo("Europe/Paris"), base_url=BASE)


def test_a_stop_says_who_when_and_what_to_do() -> None:
    found = told("fr", what="stopped", details=["Ann"])
    assert found.title == "Robots arrêtés : dpi"
    paragraphs = found.text.split("\n\n")
    assert paragraphs[2].splitlines() == ["Quand : 1 mars 2026, 09:30:00 (Europe/Paris)", "Par : Ann"]
    assert paragraphs[3] == f"{BASE}/stop"


def test_many_say_from_when_to_when() -> None:
    found = told(what="gone", count=3, details=["login", "board"], last_at=NOW + timedelta(minutes=5))
    assert found.title == "3 expected texts are not found any more: dpi"
    assert "When: from Mar 1, 2026, 9:30:00\u202fAM to Mar 1, 2026, 9:35:00\u202fAM (Europe/Paris)" in found.text
    assert "Screens: login, board\n" in found.text


def test_details_that_are_not_all_say_so() -> None:
    names = [f"screen {number}" for number in range(MOST_DETAILS)]
    assert told(what="gone", count=MOST_DETAILS, details=names).details.endswith("screen 4")
    assert told(what="gone", count=MOST_DETAILS + 1, details=names).details.endswith("screen 4 …")


@pytest.mark.parametrize("what", get_args(What))
@pytest.mark.parametrize("count", [1, 300])
def test_every_kind_is_told_in_both_languages(what: What, count: int) -> None:
    english, french = (told(language, what=what, count=count, details=["x"]) for language in ("en", "fr"))
    assert french.title != english.title
    assert french.text != english.text
    assert french.note != english.note
    assert "%" not in french.title + french.text + english.title + english.text
    assert len(french.title) < 78  # a line of a list of letters
