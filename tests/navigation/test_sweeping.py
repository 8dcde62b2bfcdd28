"""Counts over a grid beside asking each attempt at each setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navigation.codec import grounding_to_json, target_to_json
from navigation.grounding import ground_page
from navigation.settings import Thresholds
from navigation.sweeping import nothing_swept, sweep
from navigation.types import Target
from navigation.would_press import Seen, answer_at, seen_of, spans_of
from tests.navigation.pages import page_of

SCORES = (0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
MARGINS = (0.0, 0.01, 0.05, 0.2, 0.5)
LIMITS = Thresholds()
TEXTS = ("Valider", "Va1ider", "Vallder", "Valid", "Invalider", "Annuler", "Validé la saisie")


def a_seen(texts: Sequence[str], **given: Any) -> Seen:
    page = page_of(*((text, 40, 60 + 40 * row) for row, text in enumerate(texts)))
    target = Target("Valider", **given)
    found = ground_page(page, target, LIMITS)
    return seen_of(grounding_to_json(found), target_to_json(target), score=LIMITS.score, margin=LIMITS.margin)


attempts = st.builds(
    a_seen, st.lists(st.sampled_from(TEXTS), max_size=5), occurrence=st.sampled_from((None, None, 1, 2))
)


@given(st.lists(attempts, max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_sweep_counts_what_each_attempt_says(seen: list[Seen]) -> None:
    found = sweep(seen, SCORES, MARGINS)
    assert found.attempts == len(seen)
    for row, margin in enumerate(MARGINS):
        for column, score in enumerate(SCORES):
            answers = [answer_at(spans_of(one), score, margin) for one in seen]
            likely = [(one.winner, a.likely) for one, a in zip(seen, answers, strict=True) if a and a.likely]
            assert found.presses[row, column] == len(likely)
            assert found.elsewhere[row, column] == sum(own not in (None, now) for own, now in likely)
            assert found.doubtful[row, column] == sum(bool(a and a.possible) for a in answers)


def test_parts_of_a_sweep_add_up() -> None:
    seen = [a_seen(TEXTS[:count]) for count in range(6)]
    whole = sweep(seen, SCORES, MARGINS)
    parts = sweep(seen[:2], SCORES, MARGINS).plus(sweep(seen[2:], SCORES, MARGINS))
    assert parts.attempts == whole.attempts == 6
    assert np.array_equal(parts.presses, whole.presses)
    assert np.array_equal(parts.doubtful, whole.doubtful)


def test_axes_are_sorted_and_other_axes_do_not_add_up() -> None:
    assert sweep([], (0.9, 0.8, 0.9), (0.1,)).scores == (0.8, 0.9)
    with pytest.raises(ValueError, match="grids"):
        nothing_swept((0.8,), (0.1,)).plus(nothing_swept((0.9,), (0.1,)))
