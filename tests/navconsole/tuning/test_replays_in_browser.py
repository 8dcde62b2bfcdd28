"""A replay in bulk in a real Chromium: asked for, watched, its worker lost, gone on with, and what came of it."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from navconsole.beside import Beside
from navconsole.replay import bulk
from navconsole.workers import Here
from navigation.errors import ConflictError
from navigation.store import SqlStore
from navigation.store.protocol import Store
from tests.navconsole.browsing import Site, Visit, serving
from tests.navconsole.conftest import Prepared

pytestmark = pytest.mark.browser

PAGE = "/tuning/replays"
SLOW_MS = 60_000
"""The process beside the server gives way to everything else on the machine."""


class Hanging(Here):
    """Works until it has been handed two attempts; then it is not heard of until it may go on."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self._handed = 0

    def submit(self, work: Callable[..., Any], /, *args: Any) -> Future[Any]:
        self._handed += 1
        if self._handed > 2:
            self.may_go_on.wait(SLOW_MS / 1000)
        return super().submit(work, *args)


class FirstHangs(Beside):
    """Has the first run carried out by who hangs, and those after it by a process as always."""

    def __init__(self, store: Store, database: Path) -> None:
        super().__init__("navconsole.replay.bulk_worker", database)
        self.workers = Hanging()
        self.refused: list[ConflictError] = []
        self._store = store
        self._thread: threading.Thread | None = None

    def start(self, work_id: str, *, ends_other: bool = True) -> None:
        if self._thread is not None:
            super().start(work_id, ends_other=ends_other)
            return
        self._thread = threading.Thread(target=self._hang, args=(work_id,))
        self._thread.start()

    def close(self) -> None:
        self.workers.may_go_on.set()
        if self._thread is not None:
            self._thread.join()
        super().close()

    def _hang(self, run_id: str) -> None:
        try:
            bulk.carry_out(self._store, run_id, self.workers)
        except ConflictError as err:
            self.refused.append(err)


@pytest.fixture
def site(
    tmp_path_factory: pytest.TempPathFactory, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    for name, value in (("AT_ONCE", 1), ("_CHUNK", 1), ("KEPT_EVERY_S", 0)):
        monkeypatch.setattr(bulk, name, value)
    folder = shutil.copytree(prepared(1)[0], tmp_path_factory.mktemp("replays") / "data")
    with serving(folder, replays=FirstHangs) as site:
        yield site


def let_the_lease_run_out(store: Store) -> None:
    assert isinstance(store, SqlStore)
    with store._db.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE replay_run SET leased_until = taken_at, noted_at = datetime(noted_at, '-1 minute')"
        )


def test_a_replay_is_watched_gone_on_with_when_its_worker_is_lost_and_compared(visit: Visit) -> None:
    page, store, beside = visit.page, visit.store, visit.site.replays
    assert isinstance(beside, FirstHangs)
    visit.go(PAGE)
    page.fill("#score", "60")
    page.fill("#margin", "0,5")
    page.click("text=Replay them")
    page.wait_for_url(re.compile(rf"{PAGE}/[0-9a-f-]{{36}}$"))
    page.evaluate("window.isSame = true")
    page.wait_for_selector("#replay >> text=under way")
    page.wait_for_function("document.querySelector('#replay progress').value > 0")
    assert page.evaluate("window.isSame"), "watched without loading the page anew"
    run = store.replays()[0]
    assert 0 < run.done < run.total
    assert f"{run.done} of {run.total}" in page.inner_text(".replay-progress")

    let_the_lease_run_out(store)
    page.wait_for_selector("#replay >> text=its worker is gone")
    assert f"{run.done} of {run.total}" in page.inner_text(".replay-progress")
    page.click("text=Go on")
    page.wait_for_selector("#replay >> text=through", timeout=SLOW_MS)
    beside.close()
    assert len(beside.refused) == 1, "who was thought to be lost writes nothing more"
    run = store.replays()[0]
    assert (run.state, run.done, run.fence) == ("done", run.total, 2)

    changed = [line for line, _ in store.replayed(run.id, None)]
    assert changed
    assert page.locator(".shadow-line").count() == len(changed)
    moved = sum(int(text) for text in page.locator(".matrix .is-changed").all_inner_texts())
    assert moved == len(changed)
    page.click(f'.shadow-line a:text-is("{changed[0].target_text}")')
    page.wait_for_url(f"**{PAGE}/{run.id}/attempts/{changed[0].id}")
    page.wait_for_function("document.querySelector('.replay-picture img').naturalWidth > 0")
    assert "would be pressed now" in page.inner_text(".picture-key")
    page.click(".page-head a")
    page.wait_for_url(f"**{PAGE}/{run.id}#lines")
    assert visit.complaints == []
