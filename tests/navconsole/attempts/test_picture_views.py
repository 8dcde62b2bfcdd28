"""Screenshots over HTTP: sent safely, looks on record, damage said."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from navigation.retention import Cutoffs
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.attempts.finding import by_outcome
from tests.navconsole.conftest import LintedClient, Login


def test_a_picture_is_sent_so_that_nothing_can_run_or_keep_it(engineer: LintedClient, attempts: list[str]) -> None:
    answer = engineer.get(f"/attempts/{attempts[2]}/after.webp")
    assert answer.status_code == 200
    assert answer.mimetype in ("image/webp", "image/png")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="after.')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_each_full_view_is_on_record_and_thumbnails_are_not(login: Login, store: Store, attempts: list[str]) -> None:
    client = login("viewer", name="anne")
    anne = store.user_by_name("anne")
    client.get(f"/attempts/{attempts[2]}/thumb")
    client.get(f"/attempts/{attempts[2]}/screen")
    assert store.audit_events(object_id=attempts[2]) == []
    client.get(f"/attempts/{attempts[2]}/before.webp")
    ((_, event),) = store.audit_events(object_id=attempts[2])
    assert anne
    assert (event.actor, event.action, event.source) == (anne.id, "picture_viewed", "127.0.0.1")


def test_a_thumbnail_is_small_and_private(engineer: LintedClient, attempts: list[str]) -> None:
    answer = engineer.get(f"/attempts/{attempts[0]}/thumb")
    assert answer.mimetype == "image/webp"
    assert len(answer.data) < 20_000
    assert Image.open(io.BytesIO(answer.data)).size == (336, 112)
    assert Image.open(io.BytesIO(engineer.get(f"/attempts/{attempts[0]}/screen").data)).width == 416
    assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_missing_or_damaged_picture_is_a_tile_that_says_so(
    engineer: LintedClient,
    store: Store,
    attempts: list[str],
    settings,
    damage: str,
) -> None:
    detail = store.attempt(attempts[0])
    assert detail
    for path in _files_of(settings.data, detail.start.before_id):
        path.unlink() if damage == "missing" else path.write_bytes(path.read_bytes()[:200])
    answer = engineer.get(f"/attempts/{attempts[0]}/before.webp")
    assert answer.status_code == 410
    assert answer.mimetype == "image/svg+xml"
    assert engineer.get(f"/attempts/{attempts[0]}/thumb").status_code == 410
    assert engineer.get(f"/attempts/{attempts[0]}").status_code == 200


def test_nothing_pressed_has_no_picture_after(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    assert engineer.get(f"/attempts/{by_outcome(store, Outcome.ABSENT)}/after.webp").status_code == 404


def _files_of(folder: Path, image_id: str) -> list[Path]:
    return [path for path in folder.rglob(f"*{image_id[4:]}*") if path.is_file()]


def test_a_picture_whose_time_is_over_says_since_when(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    long_ago, now = datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC)
    while store.purge_some(Cutoffs(now + timedelta(days=1), long_ago, long_ago, long_ago), now):
        pass
    while store.remove_doomed():
        pass
    assert engineer.get(f"/attempts/{attempts[0]}/before.webp").status_code == 410
    page = engineer.get(f"/attempts/{attempts[0]}").text
    assert "The picture before was removed on" in page
    assert "what was found on it is kept" in page
