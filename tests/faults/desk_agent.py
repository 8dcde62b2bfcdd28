"""An agent as a process, to be killed: walks the desk's workflow and says on its output what was acknowledged.

python -m tests.faults.desk_agent SERVER DESK FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.settle import Timing
from navigation.agents.walking import run_workflow
from navigation.ids import new_id
from navigation.workflow_client import WorkflowAsked, WorkflowClient
from tests.faults.desk import DeskSurface, NamingJournal
from tests.faults.server import SECRET

QUICK = Timing(gap_s=0.02, budget_s=1.0, reaction_s=0.2, restless_s=0.2)


def main(server: str, desk: str, folder: Path) -> None:
    journal = NamingJournal(folder)
    asked = WorkflowAsked("desk", "turns", "desk", "desk", journal.client, run_id=journal.open_run or new_id())
    print(f"run {asked.run_id}", flush=True)
    with WorkflowClient(server, SECRET, max_tries=1) as client:
        ended = run_workflow(
            client,
            DeskSurface(desk, journal),
            DotenvSecrets(folder / "none"),
            asked,
            journal,
            timing=QUICK,
            on_step=lambda told, taken: print(f"acknowledged {asked.run_id} {told.number} {taken.outcome}", flush=True),
        )
    print(f"ended {ended.run_id} {ended.state}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
