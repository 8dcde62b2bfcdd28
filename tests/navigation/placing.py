"""Small make-functions for remembered places."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from navigation.cache import CacheKey, Place
from navigation.landmarks import Landmark, ScreenView
from navigation.protocols import RgbImage
from navigation.types import Box, Point, Size

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def a_key(**given: Any) -> CacheKey:
    values: dict[str, Any] = {
        "application": "dpi", "screen": "login", "target": "Se connecter", "kind": "clickable",
        "size": Size(1366, 768), "anchors": ("Identifiant", "", "Session expirée"), "synonyms": ("Connexion",),
        "instruction": "", "profile_version": 0, "scale": 1.0,
    }  # fmt: skip
    return CacheKey(**values | given)


def noise(seed: int, width: int, height: int) -> RgbImage:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def a_place(seed: int = 1, **given: Any) -> Place:
    marks = (Landmark(Box(5, 6, 30, 12), noise(seed + 1, 30, 12)), Landmark(Box(9, 80, 20, 9), noise(seed + 2, 20, 9)))
    values: dict[str, Any] = {
        "point": Point(50 + seed, 30), "box": Box(20, 20, 60, 20), "frame": Box(16, 16, 68, 28),
        "text": Box(30, 22, 40, 16), "patch": noise(seed, 68, 28), "hollow": None,
        "view": ScreenView(marks, bytes(range(36)) * 8),
    }  # fmt: skip
    return Place(**values | given)


def assert_same_place(one: Place, other: Place) -> None:
    assert (one.point, one.box, one.frame, one.text, one.hollow) == (
        other.point, other.box, other.frame, other.text, other.hollow,
    )  # fmt: skip
    assert np.array_equal(one.patch, other.patch)
    assert one.view.layout == other.view.layout
    assert [m.box for m in one.view.landmarks] == [m.box for m in other.view.landmarks]
    for ours, theirs in zip(one.view.landmarks, other.view.landmarks, strict=True):
        assert np.array_equal(ours.patch, theirs.patch)
