"""The soak in small, and that its arithmetic tells a leak from noise. `python -m tests.bench.soak` is the whole."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from tests.bench import soak
from tests.bench.soak import GROWTH_AN_HOUR, Growth, Sample, growth_of


@pytest.mark.slow
def test_a_short_soak_loses_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    figures = soak.soak(tmp_path, seconds=1, kill_every_s=4, lives=3, agents=2, seed=7, stored=50, pace_s=0.2)
    assert (figures.lost, figures.left_running, figures.left_behind, figures.odd_answers) == (0, 0, [], [])
    assert (figures.killed, figures.ended) == (2, 0)
    assert figures.acknowledged
    assert figures.looks
    assert {sample.life for sample in figures.samples} == {0, 1, 2}
    for name in GROWTH_AN_HOUR:
        assert all(math.isfinite(sample.values[name]) for sample in figures.samples)
    assert max(sample.values["server MiB"] for sample in figures.samples) > 20
    assert "acknowledged and lost    0" in soak.report(figures)


def lives(leak_an_hour: float, noise: float, *, count: int = 12) -> list[Sample]:
    chance = random.Random(3)
    return [
        Sample(life, at, {"handles": 40 + leak_an_hour * at / 3600 + chance.gauss(0, noise)})
        for life in range(count)
        for at in range(10, 600, 10)
    ]


def test_a_leak_is_told_from_noise() -> None:
    still = growth_of(lives(0, noise=3), "handles")
    assert still.is_none(GROWTH_AN_HOUR["handles"])
    leaking = growth_of(lives(30, noise=3), "handles")
    assert not leaking.is_none(GROWTH_AN_HOUR["handles"])
    assert leaking.an_hour == pytest.approx(30, abs=3 * leaking.error)
    assert still.level == pytest.approx(40, abs=1)


def test_what_is_loaded_on_first_use_is_no_growth() -> None:
    loading = [Sample(life, at, {"handles": min(at, 100.0)}) for life in range(4) for at in range(0, 600, 10)]
    assert growth_of(loading, "handles").an_hour == pytest.approx(0)


def test_few_lives_are_judged_by_the_bound_alone() -> None:
    found = growth_of(lives(30, noise=0, count=2), "handles")
    assert math.isnan(found.error)
    assert not found.is_none(2.0)
    assert found.is_none(31.0)
    assert Growth(math.nan, math.nan, math.nan).is_none(1.0) is False
