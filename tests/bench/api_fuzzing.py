"""Requests made from the API's own description, many more than the test has, against a real server.

python -m tests.bench.api_fuzzing [--examples 300] [--seed 1]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from navconsole.api.openapi import document
from navconsole.navigator import Navigator
from navconsole.settings import ConsoleSettings
from navigation.engine import Engine
from navigation.ocr.pool import ReaderPool
from navigation.settings import Settings
from navigation.store import open_store
from tests.bench.tables import table
from tests.navconsole.api.fuzzing import SEED, schemathesis, served, write_document
from tests.navconsole.api.streams import PROFILE, WORKFLOW, file


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=300, help="of each operation, and scenarios of several")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = ConsoleSettings(data=Path(folder) / "data", secret_key="k" * 40, timezone="UTC")
        settings.data.mkdir()
        store, pool = open_store(settings.database), ReaderPool(Settings(), size=2, reader="tesserocr")
        file(store, PROFILE, WORKFLOW)
        store.add_token(name="robot", secret="a-token", scopes=("ingest",), applications=None, expires_at=None)
        navigator = Navigator(store, Engine(Settings(), reader=pool), key=settings.subkey("patient"))
        with served(settings, store, navigator) as server:
            more = ("--max-examples", str(options.examples), "--seed", str(options.seed))
            found = schemathesis(server.base, write_document(Path(folder), document("bench")), "a-token", *more)
        pool.close()
        store.close()
    print(found.report)
    rows = [[f"{method} {route}", status, count] for (method, route, status), count in sorted(server.answers.items())]
    print(table(["operation", "status", "answers"], rows))
    return found.status


if __name__ == "__main__":
    raise SystemExit(main())
