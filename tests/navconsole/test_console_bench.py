"""The console's measurement, over few attempts: every figure is had, and what does not depend on speed is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import console

pytestmark = pytest.mark.browser


def test_the_console_is_measured_whole(tmp_path: Path) -> None:
    figures = console.measure(400, data=tmp_path, pictures=6, rounds=2)
    found = {figure.name: figure.value for figure in figures}
    assert all(value > 0 for value in found.values())
    assert {
        "list",
        "search note",
        "groups of one day",
        "detail",
        "thumbnail, drawn",
        "first rows, cold",
        "label",
    } < set(found)
    assert found["label, next case visible"] > 0
    assert found["list page, over the wire"] <= console.AIMS["list page"][0]
    assert found["scripts, over the wire"] <= console.AIMS["scripts"][0]
    assert "| list | " in console.report(figures, is_large=False)
