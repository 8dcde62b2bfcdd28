from __future__ import annotations

import os
from pathlib import Path

import pytest

from navigation.deadline import Deadline
from navigation.ocr.process import WorkerProcess

GROUPS = Path("/proc/self/autogroup")
SPEC = {"reader": "tesserocr", "language": "fra", "tessdata": "", "tesseract_cmd": ""}


@pytest.mark.slow
def test_a_reader_and_its_scheduling_group_stand_back() -> None:
    worker = WorkerProcess(SPEC)
    try:
        worker.hello(deadline=Deadline.after(60))
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) >= 10
        if GROUPS.exists():  # kernels that group by session: there the process's own niceness is not enough
            assert Path(f"/proc/{worker.pid}/autogroup").read_text().split()[-1] == "10"
    finally:
        worker.end()
