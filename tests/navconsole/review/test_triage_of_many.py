"""Triage where more targets succeed than the store gives groups at once: failures are still found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from navconsole.review.queues import Asker, worst_first
from navigation.ids import new_id
from navigation.records import AttemptFilter, RunStart, ScreenshotMeta, User
from navigation.store import SqlStore, open_store
from navigation.types import Outcome
from tests.bench.filling import START, fill

IMAGE = "a" * 64
ENGINEER = User("anne", "anne", "engineer", None, None, False, True, None, START)


def test_failures_are_found_among_more_groups_that_succeeded_than_are_given_at_once(tmp_path: Path) -> None:
    store = open_store(tmp_path / "nav.db")
    assert isinstance(store, SqlStore)
    try:
        run = RunStart(new_id(), "dpi", "w", "a", None, "0" * 64, START)
        store.create_run(run)
        store.add_screenshot(ScreenshotMeta(IMAGE, 40, 30, "png", 500, "png", 500, START))
        config = store.ensure_config({"score": 0.9}, "t", "t")
        with store._db.writing() as session:
            fill(session, 12_000, run_ids=[run.id], image_ids=[IMAGE], config_id=config.id)
        assert {group.outcome for group in store.groups(AttemptFilter())} == {Outcome.OK}
        ranked = worst_first(store, Asker(ENGINEER, datetime.now(UTC), AttemptFilter()))
    finally:
        store.close()
    assert len(ranked) == 500
    assert {item.group.outcome for item in ranked} & {Outcome.WRONG_PATIENT, Outcome.ABSENT}
