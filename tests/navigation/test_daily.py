from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from navigation.daily import Sighting, day_of, sightings


def check(*anchors: tuple[str, bool, float]) -> dict[str, Any]:
    found = [{"text": text, "expected": "present", "is_met": is_met, "score": score} for text, is_met, score in anchors]
    return {"anchors": [*found, {"text": "Erreur", "expected": "absent", "is_met": True, "score": 0.1}]}


def expecting(*texts: str) -> dict[str, Any]:
    return {"verify_before": {"present": list(texts), "absent": ["Erreur"]}}


def test_a_day_is_that_of_utc() -> None:
    paris = timezone(timedelta(hours=2))
    assert day_of(datetime(2026, 3, 2, 1, 30, tzinfo=paris)) == "2026-03-01"
    assert day_of(datetime(2026, 3, 2, 2, 0, tzinfo=paris)) == "2026-03-02"
    assert day_of(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01"


@pytest.mark.parametrize(
    ("score", "is_strong"), [(1.0, True), (0.95, True), (0.94, False)], ids=["exact", "at the limit", "under it"]
)
def test_a_found_text_is_strong_from_its_limit_on(score: float, is_strong: bool) -> None:
    assert list(sightings(expecting("Synthèse"), check(("Synthèse", True, score)))) == [
        Sighting("Synthèse", True, is_strong)
    ]


def test_a_text_that_was_read_well_in_the_wrong_place_is_neither_found_nor_strong() -> None:
    assert list(sightings(expecting("Synthèse"), check(("Synthèse", False, 1.0)))) == [
        Sighting("Synthèse", False, False)
    ]


def test_a_text_counts_under_the_name_of_its_parameter() -> None:
    seen = sightings(expecting("IPP {ipp}", "Box"), check(("IPP 8012345", True, 1.0), ("Box", True, 1.0)))
    assert [one.text for one in seen] == ["IPP {ipp}", "Box"]


def test_a_missing_text_counts_where_the_screen_was_there() -> None:
    seen = list(sightings(expecting("Box 4", "Motif"), check(("Box 4", False, 0.4), ("Motif", True, 0.99))))
    assert seen == [Sighting("Box 4", False, False)]
    assert list(sightings(expecting("Box 4", "Motif"), check(("Box 4", False, 0.4), ("Motif", False, 0.4)))) == []
    assert list(sightings(expecting("Box 4"), check(("Box 4", False, 0.4)))) == [Sighting("Box 4", False, False)]


@pytest.mark.parametrize(
    ("action", "verification"),
    [
        ({}, None),
        ({"verify_before": None}, check()),
        (expecting("A"), None),
        (expecting("A", "B"), check(("A", True, 1.0))),
        (expecting(), {"anchors": []}),
    ],
)
def test_without_a_check_nothing_is_counted(action: dict[str, Any], verification: dict[str, Any] | None) -> None:
    assert list(sightings(action, verification)) == []
