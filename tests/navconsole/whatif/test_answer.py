from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navconsole.attempts.evidence import Evidence
from navconsole.whatif.answer import change_of, ground_again, with_text
from navconsole.whatif.context import build_answer
from navconsole.whatif.setting import Setting
from navigation.grounding import ground_page
from navigation.reasons import Reason
from navigation.settings import Thresholds
from navigation.types import Box, Grounding, Point, Target
from tests.navigation.pages import page_of

LIMITS = Thresholds()
TARGET = Target("Valider l'acte")
TWO = page_of(("Valider l'acte", 100, 100), ("Valider l'acre", 100, 300))


def test_a_smaller_margin_makes_a_near_tie_found_and_a_larger_one_a_tie_again() -> None:
    assert ground_again(TWO, TARGET, LIMITS).outcome == "ambiguous"
    found = ground_again(TWO, TARGET, replace(LIMITS, margin=0.01))
    assert (found.outcome, found.candidates[0].text) == ("found", "Valider l'acte")
    assert ground_again(TWO, TARGET, replace(LIMITS, margin=0.08)).outcome == "ambiguous"


def test_another_text_takes_no_synonym_of_the_old_one_along() -> None:
    target = Target("Signer", synonyms=("Valider l'acte",))
    assert with_text(target, "Signer") is target
    assert ground_again(TWO, with_text(target, "Fermer"), LIMITS).outcome == "absent"


@pytest.mark.parametrize(
    ("stored", "now", "change"),
    [
        (None, ("found", Point(5, 5)), "first"),
        (("found", Box(0, 0, 9, 9)), ("found", Point(5, 5)), "same"),
        (("found", Box(0, 0, 9, 9)), ("found", Point(9, 5)), "elsewhere"),
        (("ambiguous", None), ("ambiguous", None), "same"),
        (("ambiguous", None), ("found", Point(5, 5)), "other"),
    ],
)
def test_what_became_of_the_stored_answer(stored, now, change: str) -> None:  # type: ignore[no-untyped-def]
    before = Grounding(stored[0], Reason("ok"), box_px=stored[1]) if stored else None
    assert change_of(before, Grounding(now[0], Reason("ok"), point_px=now[1])) == change


def test_what_was_read_again_for_one_text_counts_for_no_other() -> None:
    page = page_of(("Valider l'octe", 100, 100))
    stored = ground_page(page, TARGET, LIMITS, read_again=lambda _box: "Valider l'acte")
    assert stored.outcome == "found"
    evidence = Evidence(None, None, stored, None, None, None, None)
    own = Setting(LIMITS, TARGET.text, "key")
    kept = build_answer(page, TARGET, own, own, evidence, str)
    other = build_answer(page, TARGET, replace(own, text="Valider l'acto"), own, evidence, str)
    assert [row.text for row in kept.rows] == ["Valider l'acte"]
    assert [row.text for row in other.rows] == ["Valider l'octe"]


TEXTS = ["Valider l'acte", "Valider l'acre", "Valider lacte", "Vaiider l'octe", "Valider", "Valider l'arrêté"]


@given(
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6),
    st.lists(st.sampled_from([*TEXTS, ""]), min_size=6, max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_the_attempts_own_settings_give_its_own_answer(texts: list[str], again: list[str]) -> None:
    """Whatever the second readings were, the candidates kept of them are enough to decide the same again."""
    page = page_of(*((text, 100, 60 * (row + 1)) for row, text in enumerate(texts)))
    second = {60 * (row + 1): text for row, text in enumerate(again)}
    stored = ground_page(page, TARGET, LIMITS, read_again=lambda box: second[box.y])
    now = ground_again(page, TARGET, LIMITS, seen=stored.candidates)
    assert (now.outcome, now.point_px, now.score) == (stored.outcome, stored.point_px, stored.score)
