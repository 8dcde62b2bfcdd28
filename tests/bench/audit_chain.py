"""What the chain over the audit log costs: processor time a row with it and without, and to follow it whole.

python -m tests.bench.audit_chain [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from navigation.records import AuditEvent
from navigation.store import SqlStore, open_store
from navigation.store.chaining import log
from navigation.store.models.accounts import AuditRow
from navigation.store.rows import values_of
from tests.bench.tables import table

ROWS = 20_000
AT_ONCE = 1000
EVENT = AuditEvent("ann", "picture_viewed", "attempt", "0123456789abcdef", "10.0.0.1", details={"n": 1})


def chained(store: SqlStore, rows: int) -> None:
    now = datetime.now(UTC)
    for _ in range(rows // AT_ONCE):
        with store._db.writing() as session:
            for _ in range(AT_ONCE):
                log(session, now, EVENT)


def bare(store: SqlStore, rows: int) -> None:
    """As it was before: the rows alone."""
    now, statement = datetime.now(UTC), insert(AuditRow)
    for _ in range(rows // AT_ONCE):
        with store._db.writing() as session:
            for _ in range(AT_ONCE):
                session.connection().execute(statement, {"at": now, **values_of(EVENT)})


def single(store: SqlStore, rows: int) -> None:
    """Each in its transaction, as the console writes them."""
    for _ in range(rows // 10):
        store.audit(EVENT, datetime.now(UTC))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    lines = []
    for name, act, of in (("chained", chained, rows), ("without", bare, rows), ("one a commit", single, rows // 10)):
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(Path(folder) / "nav.db")
            assert isinstance(store, SqlStore)
            began = time.process_time()
            act(store, rows)
            lines.append((name, f"{(time.process_time() - began) / of * 1e6:.0f} µs"))
            if act is chained:
                began = time.process_time()
                assert store.verify_audit().entries == rows
                lines.append(("followed", f"{(time.process_time() - began) / rows * 1e6:.0f} µs"))
            store.close()
    print(f"{rows} rows, processor time of each\n")
    print(table(("what", "a row"), lines))


if __name__ == "__main__":
    main()
