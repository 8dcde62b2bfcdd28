"""A configuration's body: what a person chose in it, and what the server was set up with."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.configurations import Limits, body_of, limits_of, with_limits
from navigation.errors import SettingsError
from navigation.settings import CACHE_RANGES, CachePolicy, Settings, Thresholds, VlmSettings

unit = st.floats(0, 1)
limits = st.builds(
    Limits,
    st.builds(Thresholds, unit, unit, unit, unit),
    st.builds(
        CachePolicy,
        st.floats(*CACHE_RANGES["max_age_days"]),
        st.integers(1, 1_000_000),
        st.floats(*CACHE_RANGES["agreement"]),
        st.integers(0, 400),
    ),
)


@given(limits)
def test_limits_come_back_from_the_stored_body(chosen: Limits) -> None:
    assert limits_of(json.loads(json.dumps(body_of(chosen.within(Settings()))))) == chosen


@given(limits)
def test_older_limits_come_into_use_on_what_the_server_is_today(chosen: Limits) -> None:
    today = replace(Settings(), readers=("pytesseract",), language="eng", vlm=VlmSettings("http://h", "seer"))
    assert with_limits(body_of(today), chosen) == body_of(chosen.within(today))


def test_a_body_names_the_model_only_when_one_is_asked() -> None:
    assert body_of(replace(Settings(), vlm=VlmSettings("", "seer")))["vlm"] == ""
    asked = body_of(replace(Settings(), vlm=VlmSettings("http://h", "seer", y_first=True)))
    assert (asked["vlm"], asked["vlm_asked"]["y_first"]) == ("seer", True)


def test_what_an_older_body_does_not_name_is_as_by_default() -> None:
    old = limits_of({"thresholds": {"score": 0.7, "of_old": 3}})
    assert old == Limits(Thresholds(score=0.7), CachePolicy())


@pytest.mark.parametrize(
    "body",
    [
        {"thresholds": {"score": 1.2}},
        {"thresholds": {"score": "0.9"}},
        {"thresholds": [0.9]},
        {"cache": {"agreement": 0.2}},
        {"cache": {"window_px": 4000}},
        {"cache": {"max_age_days": float("nan")}},
    ],
)
def test_what_is_no_limit_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        limits_of(body)
