from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import agents_at_once


@pytest.mark.slow
def test_agents_that_post_at_once_lose_nothing(tmp_path: Path) -> None:
    """Three agents, two attempts each; `python -m tests.bench.agents_at_once` has eight, and tells the times."""
    figures = agents_at_once.measure(tmp_path, agents=3, each=2, stored=50)
    assert (figures.lost, figures.twice, figures.without_picture, figures.gave_up) == (0, 0, 0, 0)
    assert len(figures.sent) == 6
    assert {one.outcome for one in figures.sent} <= {"ok", "absent", "not_landed"}
    assert all({"decode", "record", "total"} <= set(one.timings) for one in figures.sent)
    assert figures.alone_ms
    assert "acknowledged and lost       0" in agents_at_once.report(figures)
