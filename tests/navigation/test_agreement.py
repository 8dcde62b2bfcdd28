"""Cohen's kappa against values worked out by hand, and its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from navigation.agreement import agreement

ANSWERS = ("right", "wrong", "unsure")


def pairs(**counts: int) -> list[tuple[str, str]]:
    """pairs(right_wrong=3): three cases that the one called right and the other wrong."""
    return [tuple(name.split("_")) for name, many in counts.items() for _ in range(many)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given_pairs", "observed", "kappa"),
    [
        # po = 35/50, pe = (25·30 + 25·20)/2500 = 0.5
        (pairs(right_right=20, right_wrong=5, wrong_right=10, wrong_wrong=15), 0.7, 0.4),
        # two tables of the same po = 0.6 that chance explains differently: pe = 0.54 and 0.46
        (pairs(right_right=45, right_wrong=15, wrong_right=25, wrong_wrong=15), 0.6, 6 / 46),
        (pairs(right_right=25, right_wrong=35, wrong_right=5, wrong_wrong=35), 0.6, 14 / 54),
        # three answers: po = 7/10, pe = (5·4 + 3·4 + 2·2)/100 = 0.36
        (
            pairs(right_right=4, right_wrong=1, wrong_wrong=2, wrong_unsure=1, unsure_unsure=1, unsure_wrong=1),
            0.7,
            (0.7 - 0.36) / 0.64,
        ),
        (pairs(right_right=5, wrong_wrong=5), 1.0, 1.0),
        (pairs(right_wrong=5, wrong_right=5), 0.0, -1.0),
    ],
    ids=["two answers", "even habits", "uneven habits", "three answers", "always", "never"],
)
def test_kappa_as_worked_out_by_hand(given_pairs: list[tuple[str, str]], observed: float, kappa: float) -> None:
    found = agreement(given_pairs)
    assert (found.observed, found.kappa) == (pytest.approx(observed), pytest.approx(kappa))


def test_without_a_pair_or_with_one_answer_only_there_is_no_kappa() -> None:
    assert agreement([]).kappa is None
    assert agreement(pairs(right_right=9)).kappa is None
    assert agreement(pairs(right_right=9)).observed == 1.0


answered = st.lists(st.tuples(st.sampled_from(ANSWERS), st.sampled_from(ANSWERS)), max_size=60)


@given(answered)
def test_kappa_is_between_minus_one_and_one_and_the_same_either_way_round(given_pairs: list[tuple[str, str]]) -> None:
    found = agreement(given_pairs)
    other = agreement([(b, a) for a, b in given_pairs])
    assert found.kappa == other.kappa
    if found.kappa is not None and found.observed is not None:
        assert -1 <= found.kappa <= found.observed
    assert sum(found.table.values()) == found.pairs == len(given_pairs)


@given(st.lists(st.tuples(st.sampled_from(ANSWERS), st.sampled_from(ANSWERS)), min_size=1, max_size=40))
def test_kappa_is_that_of_others(given_pairs: list[tuple[str, str]]) -> None:
    kappa = agreement(given_pairs).kappa
    if kappa is None:
        return  # both gave one answer only: chance explains it, and others divide by nothing
    counts = [[given_pairs.count((one, other)) for other in ANSWERS] for one in ANSWERS]
    first, second = zip(*given_pairs, strict=True)
    assert kappa == pytest.approx(cohen_kappa_score(first, second, labels=ANSWERS))
    assert kappa == pytest.approx(cohens_kappa(counts, return_results=False))
