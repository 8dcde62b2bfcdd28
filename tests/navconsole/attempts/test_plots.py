import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.attempts.plots import plot_scores, plot_timings
from navigation.reasons import Reason
from navigation.types import Box, Candidate, Grounding


def grounding(*scores: float, outcome: str = "found", rejected: str = "lower_score") -> Grounding:
    found = tuple(
        Candidate("x", Box(i * 50, 0, 40, 20), Box(i * 50, 0, 40, 20), score, 0.9, rejected=rejected if i else "")
        for i, score in enumerate(scores)
    )
    return Grounding(outcome, Reason("ok"), candidates=found)  # type: ignore[arg-type]


def test_winner_runner_up_and_margin() -> None:
    plot = plot_scores(grounding(0.97, 0.72, 0.55), score_limit=0.9, margin_limit=0.08)
    assert plot
    assert (plot.winner, plot.runner_up, plot.limit) == (97, 72, 90)
    assert plot.margin == pytest.approx(25)
    assert plot.needed == pytest.approx(89)
    assert plot.is_margin_enough
    assert list(plot.others) == [55]


def test_a_tie_is_not_enough() -> None:
    plot = plot_scores(grounding(1.0, 0.98), score_limit=0.9, margin_limit=0.08)
    assert plot
    assert not plot.is_margin_enough


def test_what_overlaps_the_winner_is_no_rival() -> None:
    plot = plot_scores(grounding(1.0, 0.99, rejected="overlaps"), score_limit=0.9, margin_limit=0.08)
    assert plot
    assert plot.runner_up is None
    assert plot.is_margin_enough


def test_nothing_alike_gives_no_plot() -> None:
    assert plot_scores(grounding(outcome="absent"), score_limit=0.9, margin_limit=0.08) is None


def test_stages_stand_in_the_order_they_are_gone_through() -> None:
    parts = plot_timings({"ground_match": 10.0, "decode": 20.0, "decide": 35.0, "total": 40.0}, {"verify": 60.0})
    assert [(p.stage, p.x, p.width) for p in parts] == [
        ("decode", 0, 20),
        ("ground_match", 20, 10),
        ("other", 30, 10),
        ("verify_after", 40, 60),
    ]


def test_what_was_put_aside_by_the_question_is_no_rival() -> None:
    plot = plot_scores(grounding(1.0, 1.0, rejected="farther"), score_limit=0.9, margin_limit=0.08)
    assert plot
    assert plot.runner_up is None


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.floats(0, 1e6)))
def test_the_bar_is_filled_once(timings: dict[str, float]) -> None:
    parts = plot_timings(timings, timings)
    assert sum(p.width for p in parts) == pytest.approx(100 if parts else 0, abs=0.1)
