"""A backup of many attempts with pictures while others write: how long, writes refused, and whether the copy is equal.

python -m tests.bench.backup [--attempts 100000] [--pictures 100000] [--rate 20] [--copy]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from navigation.errors import StoreError
from navigation.records import AttemptFilter
from navigation.store import SqlStore, backups, open_store, standalone
from navigation.store.models.evidence import ScreenshotRow
from navigation.store.restoring import restore
from tests.bench.filling import fill
from tests.bench.tables import table
from tests.navigation.store.making import a_meta, a_run, finished, sha

PICTURE_BYTES = 20_000
LONGEST_S = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=20.0, help="attempts with a picture that are written a second")
    parser.add_argument("--copy", action="store_true", help="copy pictures, as to another disk, where links would do")
    parser.add_argument("--folder", type=Path, help="where to work (default: the temporary folder)")
    options = parser.parse_args()
    if options.copy:
        backups.os.link = _no_links  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        return _round(Path(folder), options.attempts, options.pictures, options.rate)


def _round(folder: Path, attempts: int, pictures: int, rate: float) -> int:
    database = folder / "data" / "nav.db"
    store = open_store(database)
    assert isinstance(store, SqlStore)
    run_id = _filled(store, folder / "data", attempts, pictures)
    writer = Writer(store, run_id, rate)
    writer.start()
    time.sleep(2)
    acknowledged, began, cpu = len(writer.ids), time.perf_counter(), _cpu()
    manifest = backups.back_up(database, folder / "backup", now=datetime.now(UTC), product="bench")
    took, cpu = time.perf_counter() - began, _cpu() - cpu
    meanwhile = len(writer.ids) - acknowledged
    writer.stop()
    began = time.perf_counter()
    restore(folder / "backup", folder / "copy" / "nav.db", now=datetime.now(UTC))
    back = time.perf_counter() - began
    equal = _is_equal(folder, manifest, writer.ids[:acknowledged])
    store.close()
    head = ["attempts", "pictures", "MiB", "backup s", "processor s", "written meanwhile", "longest write ms",
            "refused", "restore s", "copy equal"]  # fmt: skip
    size = (manifest.database_bytes + manifest.picture_bytes) / (1 << 20)
    row = [manifest.rows["attempt"], manifest.pictures, round(size), took, cpu, meanwhile, max(writer.waited) * 1000,
           len(writer.refused), back, equal]  # fmt: skip
    print(table(head, [row]))
    return 0 if equal and not writer.refused and not manifest.missing and took < LONGEST_S else 1


class Writer:
    """Writes attempts, each with a picture of its own, at a steady rate."""

    def __init__(self, store: SqlStore, run_id: str, rate: float) -> None:
        self.ids: list[str] = []
        self.waited: list[float] = []
        self.refused: list[StoreError] = []
        self._store, self._run_id, self._rate = store, run_id, rate
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.perf_counter()
        while not self._end.wait(max(0.0, due - time.perf_counter())):
            due += 1 / self._rate
            began = time.perf_counter()
            try:
                data = os.urandom(PICTURE_BYTES)
                image_id = hashlib.sha256(data).hexdigest()
                self._store.blobs.put_received(image_id, data, "png")
                self._store.add_screenshot(a_meta(image_id))
                self.ids.append(finished(self._store, self._run_id, before_id=image_id))
            except StoreError as err:
                self.refused.append(err)
            self.waited.append(time.perf_counter() - began)


def _filled(store: SqlStore, data: Path, attempts: int, pictures: int) -> str:
    """Attempts and pictures in bulk; files are written without waiting for the disk each time."""
    store.ensure_config({"score": 0.9}, "bench", "first")
    run_id = store.create_run(a_run()).id
    image_ids = []
    noise = os.urandom(PICTURE_BYTES)
    for number in range(pictures):
        content = noise[:-8] + number.to_bytes(8, "big")
        image_id = sha(f"picture {number}")
        folder = data / "screenshots" / image_id[:2] / image_id[2:4]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{image_id}.{hashlib.sha256(content).hexdigest()}.webp").write_bytes(content)
        image_ids.append(image_id)
    meta = a_meta()
    fixed = {name: getattr(meta, name) for name in ("width", "height", "received_format", "received_bytes")}
    rows = [fixed | {"id": image_id, "stored_format": "webp", "stored_bytes": PICTURE_BYTES, "is_reencoded": True,
                     "created_at": meta.created_at} for image_id in image_ids]  # fmt: skip
    with store._db.writing() as session:
        session.execute(insert(ScreenshotRow), rows)
    with store._db.writing() as session:
        fill(session, attempts, run_ids=[run_id], image_ids=image_ids, config_id=1)
    return run_id


def _is_equal(folder: Path, manifest: backups.Manifest, acknowledged: list[str]) -> bool:
    """Whether the restored copy holds what the backup did, and everything that was acknowledged before it began."""
    held = standalone.contents(folder / "copy" / "nav.db")
    again = backups.back_up(folder / "copy" / "nav.db", folder / "again", now=datetime.now(UTC), product="bench")
    copy = open_store(folder / "copy" / "nav.db", create=False)
    try:
        total = copy.count_attempts(AttemptFilter()).total
        has_all = all(copy.attempt(attempt_id) is not None for attempt_id in acknowledged)
    finally:
        copy.close()
    same = dict(held.rows) == dict(manifest.rows) and again.names_hash == manifest.names_hash
    return same and has_all and total == manifest.rows["attempt"]


def _no_links(*_names: object) -> None:
    raise OSError("links are switched off")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
