from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import workflow_kills


@pytest.mark.slow
def test_a_killed_server_and_a_killed_agent_press_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    """Both at once and the agent alone here; `python -m tests.bench.workflow_kills` does a hundred rounds."""
    kills = workflow_kills.Kills()
    for kills in workflow_kills.run(tmp_path, rounds=2, seed=20261125):
        said = (tmp_path / "agent.out").read_text()[-3000:]
        assert kills.is_good, (kills, said, (tmp_path / "server.log").read_text()[-3000:])
    assert kills.rounds == 2
    assert kills.done + kills.stopped + kills.interrupted >= 2  # an agent that had ended begins another run
    assert kills.acknowledged >= 6
