"""A program that brings cases in and is killed at one of its statements, or just before it commits.

python -m tests.navigation.store.killable_import FOLDER STATEMENT_OR_commit
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from navigation.records import AuditEvent
from navigation.store import open_store
from tests.navigation.store.test_store_cases import an_import


def main(folder: Path, at: str) -> None:
    store = open_store(folder / "nav.db")
    store.ensure_config({"score": 0.9}, "killable", "first")
    seen = 0

    def killed(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        nonlocal seen
        seen += statement.startswith(("INSERT", "UPDATE"))
        if at == str(seen):
            os.kill(os.getpid(), signal.SIGKILL)

    def killed_at_the_end(_connection: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", killed)
    if at == "commit":
        event.listen(Engine, "commit", killed_at_the_end)
    store.bring_in(an_import(store, 200), event=AuditEvent("ann", "cases_imported"))
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
