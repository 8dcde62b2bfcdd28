from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from navconsole.runs.timeline import LONGEST_MS, SHORTEST_MS, build_timeline
from navigation.records import AttemptDetail
from tests.navigation.store.making import NOW, a_decision, a_finish, a_start


def at(ms: float):  # type: ignore[no-untyped-def]
    return NOW + timedelta(milliseconds=ms)


def attempt(begins: float, decided: float | None = None, ended: float | None = None, *, after_ms: float = 50):  # type: ignore[no-untyped-def]
    """A pressed attempt whose screen was read and checked in 30 ms."""
    timings = {"read_before": 20.0, "verify_before": 10.0, "ground_match": 5.0}
    decision = a_decision(decided_at=at(decided), timings=timings) if decided is not None else None
    finish = a_finish(finished_at=at(ended), after_id="x", timings={"read": after_ms}) if ended is not None else None
    return AttemptDetail(1, a_start("run", started_at=at(begins)), decision, finish)


def test_what_happened_lies_where_the_record_says() -> None:
    (step,) = build_timeline([attempt(0, 100, 900)])
    assert [(event.what, event.at_ms) for event in step.events] == [
        ("begins", 0),
        ("screen", 30),
        ("target", 100),
        ("press", 100),
        ("after", 850),
        ("ends", 900),
    ]


def test_at_an_even_pace_waits_are_cut_and_haste_is_stretched() -> None:
    first, second = build_timeline([attempt(0, 100, 900), attempt(60_900, 61_000, 62_000)])
    assert [event.even_ms for event in first.events] == [0, 400, 800, 1200, 1950, 2350]
    assert second.begins.even_ms - first.ends.even_ms == LONGEST_MS
    assert second.begins.at_ms - first.ends.at_ms == 60_000


def test_nothing_pressed_and_nothing_decided_have_shorter_steps() -> None:
    refused = replace(attempt(0, 100), decision=a_decision(decided_at=at(100), point_x_norm=None, point_y_norm=None))
    steps = build_timeline([refused, attempt(500)])
    assert [event.what for event in steps[0].events] == ["begins", "screen", "target", "ends"]
    assert [event.what for event in steps[1].events] == ["begins", "ends"]
    assert build_timeline([]) == []


@given(st.lists(st.tuples(*[st.integers(-2000, 100_000)] * 3, st.integers(0, 5000)), min_size=1, max_size=8))
def test_time_never_runs_back_whatever_the_clocks_said(told: list[tuple[int, int, int, int]]) -> None:
    attempts = [replace(attempt(b, d, e, after_ms=a), seq=n) for n, (b, d, e, a) in enumerate(told)]
    attempts = [replace(one, start=replace(one.start, id=f"a{n}")) for n, one in enumerate(attempts)]
    steps = build_timeline(attempts)
    assert [step.id for step in steps] == [one.start.id for one in attempts]
    events = [event for step in steps for event in step.events]
    for one, other in pairwise(events):
        assert other.at_ms >= one.at_ms
        least = 0 if other.what == "begins" else SHORTEST_MS
        assert least <= other.even_ms - one.even_ms <= LONGEST_MS
