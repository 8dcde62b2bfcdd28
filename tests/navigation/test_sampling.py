"""Drawing at random: sizes, chances, repeatability."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.sampling import allocate, double_places, draw, shuffled, weighted_share

populations = st.dictionaries(st.text(max_size=4), st.integers(0, 5000), max_size=12)


@given(populations, st.integers(1, 3000))
def test_the_chances_of_all_attempts_add_up_to_the_size(population: dict[str, int], size: int) -> None:
    strata = allocate(population, size)
    expected = min(size, sum(population.values()))
    assert sum(s.drawn for s in strata) == expected
    assert sum(s.population * s.probability for s in strata) == pytest.approx(expected)
    assert all(0 < s.drawn <= s.population == population[s.name] for s in strata)
    filled = [name for name, count in population.items() if count]
    if size >= len(filled):
        assert {s.name for s in strata} == set(filled)


@given(populations, st.integers(1, 300), st.integers(0, 2**32))
def test_each_place_is_drawn_once_and_the_seed_draws_it_again(population: dict[str, int], size: int, seed: int) -> None:
    strata = allocate(population, size)
    places = draw(strata, seed)
    for stratum in strata:
        assert len(set(places[stratum.name])) == stratum.drawn
        assert all(0 <= place < stratum.population for place in places[stratum.name])
    assert places == draw(strata, seed)


def test_every_attempt_of_a_stratum_has_the_same_chance() -> None:
    strata = allocate({"a": 10}, 3)
    times = Counter(place for seed in range(4000) for place in draw(strata, seed)["a"])
    assert all(abs(times[place] / 4000 - 0.3) < 0.03 for place in range(10))


def test_larger_strata_get_more() -> None:
    assert [(s.name, s.drawn) for s in allocate({"few": 2, "many": 97, "one": 1}, 10)] == [
        ("few", 1),
        ("many", 8),
        ("one", 1),
    ]


def test_the_share_of_double_labelling_is_drawn_too() -> None:
    assert len(double_places(50, 0.2, 1)) == 10
    assert double_places(50, 0.2, 1) == double_places(50, 0.2, 1) != double_places(50, 0.2, 2)
    assert double_places(50, 0.0, 1) == frozenset()
    assert sorted(shuffled(20, 5)) == list(range(20)) != shuffled(20, 5)


def test_the_estimate_weighs_each_answer_by_how_many_it_stands_for() -> None:
    # a stratum of 90 from which 9 were drawn, all right; one of 10 from which 5 were drawn, 2 right
    answers = [("right", 0.1)] * 9 + [("right", 0.5)] * 2 + [("wrong", 0.5)] * 3 + [("unsure", 0.5)]
    assert weighted_share(answers) == pytest.approx((90 + 4) / (90 + 10))
    assert weighted_share([("unsure", 0.5)]) is None
