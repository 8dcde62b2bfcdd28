"""Prepares exports in the background: masks pictures one after the other, and removes files whose time is over."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from navconsole.cases.files import filter_of, folder_of, note_progress, preview_of, remove_expired
from navconsole.settings import ConsoleSettings
from navigation.case_records import CaseExport
from navigation.errors import NavigationError
from navigation.late import Late
from navigation.packs.format import case_from_json, case_to_json
from navigation.settings import Settings
from navigation.store.protocol import Store

if TYPE_CHECKING:
    from navconsole.cases import exporting
    from navconsole.cases.exporting import Prepared
    from navigation.engine import Engine
else:
    exporting = Late("navconsole.cases.exporting")

log = logging.getLogger(__name__)

EVERY_S = 2.0
TOLD_EVERY_S = 0.5
PREPARED = "prepared.json"


class ExportWorker:
    """One background thread; `close` ends it after the export it is at."""

    def __init__(
        self,
        store: Store,
        settings: ConsoleSettings,
        *,
        engine: Callable[[], Engine] | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._store = store
        self._settings = settings
        self._engine = engine or (lambda: exporting.engine_as_configured(store, Settings.from_env()))
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def step(self) -> None:
        """Prepare what was asked for, oldest first, and remove what is over."""
        remove_expired(self._store, self._settings.data, datetime.now(UTC))
        for export in reversed(self._store.exports(states=("asked",))):
            if self._stop.is_set():
                return
            self._prepare(export)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.step()
            except (NavigationError, OSError) as err:  # a full disk or a lock: the next round tries again
                log.warning("exports put off kind=%s", type(err).__name__)

    def _prepare(self, export: CaseExport) -> None:
        applications = export.asked.get("applications")
        where = filter_of(export.asked, applications)
        try:
            if export.form == "json":
                bodies, left = exporting.bodies_without_pictures(
                    self._store, where, is_masked=True, vouched=export.asked.get("vouched", ())
                )
                prepared = exporting.Prepared([case_from_json(json.loads(body)) for body in bodies], {}, left)
            else:
                prepared = exporting.prepare(
                    self._store,
                    where,
                    form=export.form,
                    pictures=export.pictures,
                    engine=self._engine,
                    patient_key=self._settings.subkey("patient"),
                    vouched=export.asked.get("vouched", ()),
                    progress=self._teller(export),
                )
        except NavigationError as err:
            log.error("export failed export=%s kind=%s", export.id, type(err).__name__)
            self._store.change_export(replace(export, state="failed"), was="asked")
            return
        keep_prepared(self._settings.data, export.id, prepared)
        done = replace(export, state="prepared", cases=len(prepared.cases), left=prepared.left)
        self._store.change_export(done, was="asked")
        log.info("export prepared export=%s cases=%d left=%d", export.id, done.cases, len(done.left))

    def _teller(self, export: CaseExport) -> Callable[[int, int], None]:
        told_at = -TOLD_EVERY_S

        def tell(done: int, of: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= TOLD_EVERY_S:
                told_at = time.monotonic()
                note_progress(self._settings.data, export.id, done, of)

        return tell


def keep_prepared(data: Path, export_id: str, prepared: Prepared) -> None:
    """The prepared pictures and cases, in the data folder until the file is made or the time is over."""
    folder = folder_of(data, export_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    preview_of(data, export_id).mkdir(mode=0o700)
    for image_id, png in prepared.pictures.items():
        (preview_of(data, export_id) / f"{image_id}.png").write_bytes(png)
    (folder / PREPARED).write_text(json.dumps([case_to_json(case) for case in prepared.cases]), encoding="utf-8")


def read_prepared(data: Path, export: CaseExport) -> Prepared:
    """What `keep_prepared` kept. FileNotFoundError when it is gone."""
    values = json.loads((folder_of(data, export.id) / PREPARED).read_text(encoding="utf-8"))
    cases = [case_from_json(value) for value in values]
    wanted = {picture.id for case in cases for picture in case.pictures} if export.form != "json" else set()
    pictures = {name: (preview_of(data, export.id) / f"{name}.png").read_bytes() for name in wanted}
    return exporting.Prepared(cases, pictures, [dict(one) for one in export.left])
