"""Sweeps and matching anew over what a store holds, here and side by side."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from navconsole.tuning import rematching, sweeping
from navconsole.tuning.rematching import rematch
from navconsole.tuning.sweeping import sweep_store
from navconsole.workers import each
from navigation.store.protocol import Store
from navigation.types import Page
from tests.navconsole.tuning.audited import PAGE, ready, sought
from tests.navigation.pages import page_of
from tests.navigation.store.making import a_meta, sha

MISREAD = page_of(("Va1idcr", 40, 60), ("Annuler", 40, 120))
TWICE = page_of(("Valider", 40, 60), ("Vallder", 40, 120))


def kept(store: Store, page: Page, name: str) -> str:
    """The page as the reading of a picture of its own; gives the picture's id."""
    if store.screenshot(sha(name)) is None:
        store.add_screenshot(a_meta(sha(name)))
    store.put_page(replace(page, image_id=sha(name), settings_key="tesserocr/5"))
    return sha(name)


@pytest.fixture
def filled(store: Store) -> Store:
    """Nine attempts: five plain ones, three misread ones, one on a picture whose reading is gone."""
    run_id = ready(store)
    plain, misread = kept(store, PAGE, "plain"), kept(store, MISREAD, "misread")
    for number in range(5):
        sought(store, run_id, number, before_id=plain)
    for number in range(5, 8):
        sought(store, run_id, number, page=MISREAD, before_id=misread)
    sought(store, run_id, 8)
    return store


@pytest.fixture(params=["here", "side by side"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    if request.param == "here":
        yield None
        return
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_a_sweep_is_the_same_however_it_is_cut(
    filled: Store, executor: Executor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sweep_store(filled, "", (0.7, 0.9), (0.0, 0.08))
    monkeypatch.setattr(sweeping, "_CHUNK", 2)
    told: list[int] = []
    cut = sweep_store(filled, "dpi", (0.7, 0.9), (0.0, 0.08), executor=executor, on_done=told.append)
    assert np.array_equal(cut.presses, whole.presses)
    assert cut.presses.tolist() == [[9, 6], [9, 6]]
    assert told == [2, 4, 6, 8, 9]
    assert sweep_store(filled, "other", (0.9,), (0.0,)).attempts == 0


def test_matching_anew_says_what_would_change(
    filled: Store, executor: Executor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rematching, "_CHUNK", 2)
    told: list[int] = []
    assert rematch(filled, "", 0.9, 0.08, executor=executor) == {"same": 8, "unread": 1}
    found = rematch(filled, "dpi", 0.7, 0.08, executor=executor, on_done=told.append)
    assert found == {"same": 5, "other": 3, "unread": 1}
    assert told[-1] == 9
    assert rematch(filled, "other", 0.7, 0.08) == {}


def test_matching_anew_takes_the_reading_that_the_attempt_was_matched_on(store: Store) -> None:
    run_id = ready(store)
    picture = kept(store, PAGE, "read twice")
    store.put_page(replace(TWICE, image_id=picture, settings_key="another reader"))
    sought(store, run_id, 1, before_id=picture)
    sought(store, run_id, 2, before_id=picture, versions={"reading": "one that is gone", "score": 0.9, "margin": 0.08})
    assert rematch(store, "", 0.9, 0.08) == {"same": 1, "other": 1}


def test_few_chunks_wait_at_a_time() -> None:
    class Slow(ThreadPoolExecutor):
        """Counts what was handed in and not yet asked for."""

        waiting = most = 0

        def submit(self, *args: object, **given: object) -> Future:  # type: ignore[override,type-arg]
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            return super().submit(*args, **given)  # type: ignore[arg-type]

    with Slow(2) as pool:
        results = []
        for result in each(abs, iter(range(-50, 0)), pool):
            pool.waiting -= 1
            results.append(result)
    assert results == list(range(50, 0, -1))
    assert pool.most <= 4
