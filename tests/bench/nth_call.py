"""Every read, write and flush of a label made to fail, one after the other; see `tests.faults.test_nth_call`.

python -m tests.bench.nth_call
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from navconsole.settings import DATABASE_FILE
from navigation.store import SqlStore, open_store, standalone
from tests.bench.tables import table
from tests.faults.test_nth_call import CALLS, tried
from tests.navigation.store.making import finished, seeded

MOST = 300


def main() -> None:
    rows = []
    for calls, error in CALLS:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            store = open_store(data / DATABASE_FILE)
            assert isinstance(store, SqlStore)
            finished(store, seeded(store), id="attempt")
            store.close()
            rows.append((calls, error, tried(data, calls, error, range(1, MOST))))
            assert standalone.damage_of(data / DATABASE_FILE) == ""
    print(table(("call", "error", "made to fail"), rows))


if __name__ == "__main__":
    main()
