from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import kill_loop


@pytest.mark.slow
def test_a_server_killed_at_random_moments_keeps_every_promise(tmp_path: Path) -> None:
    """Five kills here; `python -m tests.bench.kill_loop` does thirty and more."""
    report = kill_loop.Report()
    for report in kill_loop.run(tmp_path, rounds=5, seed=20261123):
        assert report.is_good, (report, (tmp_path / "server.log").read_text()[-3000:])
    assert report.rounds == 5
    assert report.acknowledged >= 2
    log = (tmp_path / "server.log").read_text()
    assert "Traceback" not in log
