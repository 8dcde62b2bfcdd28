"""A program that records attempts until it is killed, and prints each step once the store has it.

python -m tests.navigation.store.killable FOLDER ATTEMPTS
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from navigation.store import Store, open_store
from tests.navigation.store.making import a_decision, a_finish, a_meta, a_run, a_start


def main(folder: Path, attempts: int) -> None:
    store = open_store(folder / "nav.db")
    store.ensure_config({"score": 0.9}, "killable", "first")
    run_id = store.create_run(a_run()).id
    tell("ready")
    for number in range(attempts):
        record(store, run_id, number)
    store.close()


def record(store: Store, run_id: str, number: int) -> None:
    image_id = put_picture(store, os.urandom(2000))
    tell(f"picture {image_id}")
    start = a_start(run_id, before_id=image_id)
    store.start_attempt(start)
    tell(f"started {start.id}")
    is_at_once = number % 2 == 0
    store.decide_attempt(start.id, a_decision(), finish=a_finish() if is_at_once else None)
    if not is_at_once:
        tell(f"decided {start.id}")
        store.finish_attempt(start.id, a_finish())
    tell(f"finished {start.id}")


def put_picture(store: Store, data: bytes) -> str:
    """The store keeps bytes without looking into them, so any will do."""
    image_id = hashlib.sha256(data).hexdigest()
    store.blobs.put_received(image_id, data, "png")
    store.add_screenshot(a_meta(image_id))
    return image_id


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
