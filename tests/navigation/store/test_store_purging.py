"""What is purged is gone: rows, counts, files, bytes; what is kept is whole; killed anywhere, a second run ends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from navigation.records import AttemptFilter, AuditEvent, VlmReply
from navigation.retention import Cutoffs, Purge, Retention, Scope
from navigation.settings import CachePolicy
from navigation.store import SqlStore, open_store, summaries
from navigation.types import Outcome
from tests.dying import killed_at_each_statement, killed_at_each_step
from tests.navigation.placing import a_key, a_place
from tests.navigation.store.every_method import add_replay, begin_shadow
from tests.navigation.store.flowing import a_step_on, an_answer, opened_run
from tests.navigation.store.making import (
    NOW,
    a_label,
    a_meta,
    a_page,
    a_run,
    a_sample,
    a_signoff,
    a_step,
    finished,
    png,
    seeded,
    sha,
    stored_picture,
)
from tests.navigation.store.test_store_cases import a_case, a_check
from tests.navigation.store.test_store_lists import _derived

DAY = timedelta(days=1)
LONG_AGO = NOW - 400 * DAY
CANARY = "CANARI-DUPONT"


def run_of(store: SqlStore, agent: str = "poste-1", **given: object) -> str:
    return store.create_run(a_run(agent=agent, **given)).id


def purged(store: SqlStore, asked: Scope | Cutoffs, *, at_once: int = 200) -> Counter[str]:
    gone: Counter[str] = Counter()
    while taken := store.purge_some(asked, NOW, limit=at_once):
        gone.update(taken)
    while store.remove_doomed():
        pass
    return gone


def laden(store: SqlStore, run_id: str, attempt_id: str, colour: str, **given: object) -> str:
    """An attempt with everything that may hang on one; the id of its picture."""
    picture = stored_picture(store, png(colour=colour))
    finished(store, run_id, id=attempt_id, before_id=picture, **given)
    store.put_page(a_page(picture))
    store.put_vlm_reply(VlmReply(picture, f"key of {attempt_id}", "model", "{}", NOW))
    store.add_labels([a_label(attempt_id, id=f"label of {attempt_id}")])
    store.put_case(a_case(attempt_id, id=f"case of {attempt_id}", label_id=f"label of {attempt_id}"))
    store.add_checks([a_check(f"case of {attempt_id}", picture_id=picture)])
    store.claim(attempt_id, user_id="ann", user_name="Ann", now=NOW, until=NOW + DAY)
    store.blobs.thumbnail(picture, 32)
    return picture


def referring(store: SqlStore) -> dict[str, int]:
    """Rows of every table that hangs on attempts, runs or pictures."""
    tables = (
        "attempt", "attempt_decision", "attempt_finish", "attempt_summary", "label", "claim", "audit_item", "run_step",
        "navcase", "case_check", "case_set_item", "shadow_verdict", "vlm_reply", "ocr_page", "screenshot", "run",
        "target_seen", "attempt_group", "attempt_day", "anchor_day", "workflow_run", "workflow_told",
        "workflow_answered", "machine_lease", "replay_item", "replay_result",
    )  # fmt: skip
    with store._db.reading() as session:
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in tables}


def test_a_request_takes_everything_that_hangs_on_its_attempts_and_nothing_else(store: SqlStore) -> None:
    kept_run = seeded(store)
    finished(store, kept_run, id="kept")
    before, derived = referring(store), _derived(store)
    run_id = run_of(store, "poste-9")
    picture = laden(store, run_id, "first", "navy", target_text="Ouvrir")
    laden(store, run_id, "second", "olive", screen="tableau")
    store.add_sample(a_sample(id="sample"), AttemptFilter(run_id=run_id), by="none", size=2)
    finished(store, run_id, Outcome.NEEDS_HUMAN, id="waiting")
    store.add_run_step(a_step(run_id, "waiting"))
    begin_shadow(store)
    assert store.covered(Scope(agent="poste-9")) == {"attempts": 3, "labels": 2, "cases": 2, "pictures": 3}
    assert store.covered_attempts(Scope(agent="poste-9")) == ["first", "second", "waiting"]
    gone = purged(store, Scope(agent="poste-9"), at_once=2)
    assert (gone["attempts"], gone["labels"], gone["cases"], gone["runs"]) == (3, 2, 2, 1)
    assert (gone["pictures"], gone["readings"], gone["shared"]) == (2, 4, 1)
    assert referring(store) == before
    assert _derived(store) == derived
    assert not store.blobs.has(picture)
    assert list((store.blobs._root / "thumbs").rglob("*.webp")) == []  # type: ignore[attr-defined]
    assert store.attempt("kept") is not None


def looked_at(store: SqlStore, machine: str) -> tuple[str, str]:
    """A run of a workflow whose agent has sent a picture, and that picture; no attempt yet."""
    run = opened_run(store, machine=machine)
    picture = stored_picture(store, png(colour="navy"))
    step = a_step_on(run, answered=an_answer(run, image_id=picture, at=NOW + 50 * DAY))
    store.advance_workflow_run(step, run.token, until=NOW + DAY)
    return run.run_id, picture


def test_what_a_workflow_said_and_what_a_replay_found_go_with_the_attempt(store: SqlStore) -> None:
    seeded(store)
    finished(store, run_of(store, "poste-9"), id="kept")
    before = referring(store)
    run_id, picture = looked_at(store, "poste-12")
    finished(store, run_id, id="walked")
    add_replay(store)  # of both
    gone = purged(store, Scope(agent=store.run(run_id).agent))  # type: ignore[union-attr]
    assert (gone["attempts"], gone["runs"]) == (1, 2)  # and the first, which came to nothing
    assert referring(store) == before | {"run": 1, "replay_item": 1, "replay_result": 1}
    assert not store.blobs.has(picture)


def test_a_run_that_never_came_to_an_attempt_is_purged_by_age_and_by_request(store: SqlStore) -> None:
    run_id, picture = looked_at(store, "poste-12")
    agent = store.run(run_id).agent  # type: ignore[union-attr]
    assert not purged(store, Retention().cutoffs(NOW + 100 * DAY))  # received long ago, and shown again since
    assert store.blobs.has(picture)
    assert purged(store, Retention().cutoffs(NOW + 160 * DAY))["pictures"] == 1  # too old, the run itself is not
    assert purged(store, Scope(agent="poste-8"))["runs"] == 0
    assert purged(store, Scope(agent=agent))["runs"] == 1
    old, _ = looked_at(store, "poste-13")
    assert purged(store, Retention().cutoffs(NOW + 366 * DAY))["runs"] == 1
    assert store.run(old) is None


def test_counts_after_a_purge_are_those_of_the_evidence_that_is_left(store: SqlStore) -> None:
    run_id = seeded(store)
    for number, outcome in enumerate([Outcome.OK, Outcome.ABSENT, Outcome.OK, Outcome.OK, Outcome.ABSENT]):
        at = NOW - (number % 3) * DAY
        finished(store, run_id, outcome, id=str(number), screen=f"s{number % 2}", started_at=at, expires_at=at + DAY)
    store.add_labels([a_label("0"), a_label("2", answer="right")])
    purged(store, Scope(since=NOW - 1.5 * DAY, until=NOW - 0.5 * DAY), at_once=1)
    left = _derived(store)
    with store._db.writing() as session:
        assert summaries.rebuild(session) == 3
    assert _derived(store) == left


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (Scope(patient="p" * 64), {"b", "c", "d"}), (Scope(agent="poste-2"), {"a", "b", "d"}),
        (Scope(application="labo"), {"a", "b", "c"}), (Scope(since=NOW + DAY), {"a", "c", "d"}),
        (Scope(until=NOW + DAY), {"b"}), (Scope(patient="p" * 64, agent="poste-2"), {"a", "b", "c", "d"}),
        (Scope(patient="p" * 64, keeps_cases=True), {"a", "b", "c", "d"}),
    ],
    ids=["patient", "agent", "application", "since", "until", "both must fit", "cases kept"],
)  # fmt: skip
def test_a_request_covers_what_fits_all_it_says(store: SqlStore, scope: Scope, left: set[str]) -> None:
    seeded(store)
    one = run_of(store, patient_keys={"ipp": "p" * 64, "birth_date": "q" * 64})
    finished(store, one, id="a")
    finished(store, run_of(store, patient_keys={"ipp": "q" * 64}), id="b", started_at=NOW + 2 * DAY,
             expires_at=NOW + 3 * DAY)  # fmt: skip
    finished(store, run_of(store, "poste-2"), id="c")
    finished(store, run_of(store, application="labo"), id="d", application="labo")
    store.put_case(a_case("a"))
    purged(store, scope)
    assert {row.id for row in store.list_attempts(AttemptFilter()).rows} == left


def test_a_patients_sign_off_goes_with_the_film_it_rests_on_and_nobody_elses(store: SqlStore) -> None:
    seeded(store)
    for name in ("p", "q"):
        run_id = run_of(store, id=name, patient_keys={"ipp": name * 64})
        finished(store, run_id, id=f"of {name}")
        store.add_signoff(a_signoff(run_id, id=f"signed {name}"))
    assert purged(store, Scope(patient="p" * 64))["signoffs"] == 1
    assert store.run("p") is None
    purged(store, Scope(agent="poste-1"))
    assert store.run("q") is not None  # somebody signed for it: its name stays, its film does not
    assert store.signoff_of("q") is not None


def test_an_applications_remembered_places_go_when_all_of_it_is_to_go(store: SqlStore) -> None:
    run_id = seeded(store)
    finished(store, run_id)
    store.remembered_places(CachePolicy()).put(a_key(), a_place(), NOW)
    assert purged(store, Scope(application="dpi", until=NOW))["places"] == 0
    assert purged(store, Scope(application="dpi"))["places"] == 1


# --- by age ---------------------------------------------------------------------------------------


def old(store: SqlStore, run_id: str, attempt_id: str, colour: str) -> str:
    """An attempt of long ago on a picture of its own, and of then."""
    picture = stored_picture(store, png(colour=colour))
    store.put_page(a_page(picture))
    with store._db.writing() as session:  # a picture's moment is evidence, and is never changed otherwise
        session.execute(text("DROP TRIGGER IF EXISTS screenshot_is_fixed"))
        session.execute(text("DROP TRIGGER IF EXISTS ocr_page_is_added_only"))
        for table, key in (("screenshot", "id"), ("ocr_page", "image_id")):
            moment = f"{LONG_AGO:%Y-%m-%d %H:%M:%S}.000000"
            session.execute(text(f"UPDATE {table} SET created_at = '{moment}' WHERE {key} = '{picture}'"))
    finished(store, run_id, id=attempt_id, before_id=picture, started_at=LONG_AGO, expires_at=LONG_AGO + DAY)
    return picture


def test_what_is_too_old_goes_and_a_case_a_film_and_what_is_shown_anew_stay(store: SqlStore) -> None:
    run_id = seeded(store)
    plain = old(store, run_id, "plain", "navy")
    of_case = old(store, run_id, "case", "olive")
    store.put_case(a_case("case"))
    signed = run_of(store)
    of_film = old(store, signed, "film", "teal")
    store.add_signoff(a_signoff(signed))
    reused = old(store, run_id, "reused", "red")
    finished(store, run_id, id="recent", before_id=reused)
    gone = purged(store, Retention().cutoffs(NOW))
    assert gone == {"attempts": 2, "pictures": 1, "readings": 1, "shared": 1}
    assert {row.id for row in store.list_attempts(AttemptFilter()).rows} == {"case", "film", "recent"}
    assert [store.blobs.has(picture) for picture in (plain, of_case, of_film, reused)] == [False, True, True, True]
    assert [len(store.pages_of(picture)) for picture in (plain, of_case, of_film, reused)] == [0, 1, 1, 1]


def test_a_picture_may_go_before_its_attempt_which_then_says_since_when(store: SqlStore) -> None:
    picture = old(store, seeded(store), "old", "navy")
    gone = purged(store, Retention(pictures=90, readings=30, attempts=1000).cutoffs(NOW))
    assert gone == {"pictures": 1, "readings": 1}
    assert store.attempt("old") is not None
    meta = store.screenshot(picture)
    assert meta is not None
    assert meta.purged_at == NOW
    with pytest.raises(FileNotFoundError):
        store.blobs.read(picture)
    assert store.screenshots_to_reencode() == [sha("image")]


def test_a_purged_screen_that_is_seen_again_has_its_picture_again(store: SqlStore) -> None:
    picture = old(store, seeded(store), "old", "navy")
    purged(store, Retention(attempts=1000).cutoffs(NOW))
    assert stored_picture(store, png(colour="navy")) == picture
    meta = store.screenshot(picture)
    assert meta is not None
    assert meta.purged_at is None
    assert store.remove_doomed() == 0
    assert store.blobs.read(picture)


def test_files_of_a_screen_received_again_in_the_middle_of_a_purge_are_kept(store: SqlStore) -> None:
    picture = old(store, seeded(store), "old", "navy")
    while store.purge_some(Retention(attempts=1000).cutoffs(NOW), NOW):
        pass
    stored_picture(store, png(colour="navy"))  # its row is doomed at this moment, its file still there
    while store.remove_doomed():
        pass
    assert store.blobs.read(picture)


def test_the_audit_log_goes_by_its_own_age(store: SqlStore) -> None:
    for days in (400, 364, 0):
        store.audit(AuditEvent("ann", f"{days} days ago"), NOW - days * DAY)
    assert purged(store, Retention().cutoffs(NOW))["audit_events"] == 1
    assert [event.action for _, event in store.audit_events()] == ["audit_trimmed", "0 days ago", "364 days ago"]


def test_files_that_no_row_owns_are_removed_when_they_are_old(store: SqlStore, run_id: str) -> None:
    kept = stored_picture(store, png(colour="navy"))
    store.blobs.put_received(sha("never stored"), b"bytes", "png")
    assert store.remove_unowned(datetime.now(UTC) - DAY) == 0
    assert store.remove_unowned(datetime.now(UTC) + DAY) == 1
    assert not store.blobs.has(sha("never stored"))
    assert store.blobs.has(kept)


def test_a_picture_that_never_became_an_attempts_is_purged_after_a_day(store: SqlStore) -> None:
    store.add_screenshot(a_meta(sha("lost"), created_at=NOW - 2 * DAY))
    store.add_screenshot(a_meta(sha("just received"), created_at=NOW))
    assert purged(store, Retention().cutoffs(NOW)) == {"pictures": 1}
    assert store.screenshot(sha("just received")) is not None


# --- gone for good --------------------------------------------------------------------------------


def raw_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_was_purged_is_in_no_file_any_more_the_log_and_free_pages_included(tmp_path: Path) -> None:
    store = open_store(tmp_path / "nav.db")
    assert isinstance(store, SqlStore)
    seeded(store)
    for number in range(60):  # enough rows that pages were split and merged
        finished(store, run_of(store), target_text=f"Bouton {number}", screen="écran")
        spoken = {"target": {"text": f"{CANARY} {number}"}, "note": CANARY * 20}
        finished(store, run_of(store, "poste-9"), target_text=f"{CANARY} {number}", screen=CANARY, action=spoken)
    store.add_labels([a_label(row.id, note=CANARY) for row in store.list_attempts(AttemptFilter(screen=CANARY)).rows])
    assert CANARY.encode() in raw_bytes(tmp_path)
    purged(store, Scope(agent="poste-9"), at_once=7)
    assert store.empty_log()
    left = raw_bytes(tmp_path)
    store.close()
    assert b"Bouton 31" in left
    assert CANARY.encode() not in left
    assert CANARY.lower().encode() not in left


# --- killed ---------------------------------------------------------------------------------------


def assert_whole(store: SqlStore) -> None:
    """Every row that should have a file has it, and counts are those of the evidence."""
    with store._db.reading() as session:
        owned = list(session.scalars(text("SELECT id FROM screenshot WHERE purged_at IS NULL")))
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    for image_id in owned:
        if image_id != sha("image"):
            store.blobs.read(image_id)
    left = _derived(store)
    with store._db.writing() as session:
        summaries.rebuild(session)
    assert _derived(store) == left


@pytest.mark.parametrize("killed", [killed_at_each_statement, killed_at_each_step])
def test_a_purge_killed_anywhere_points_at_no_missing_file_and_a_second_run_ends_it(
    tmp_path: Path, killed: Callable[..., object]
) -> None:
    store = open_store(tmp_path / "nav.db")
    assert isinstance(store, SqlStore)
    run_id = seeded(store)
    finished(store, run_id, id="kept", before_id=stored_picture(store, png(colour="red")))
    for number, colour in enumerate(("navy", "olive", "teal", "gray")):
        laden(store, run_of(store, "poste-9"), str(number), colour)
    store.close()
    scope = Scope(agent="poste-9")

    def act() -> None:
        opened = open_store(tmp_path / "nav.db", create=False)
        assert isinstance(opened, SqlStore)
        opened.begin_purge(Purge("purge", scope.to_json(), "shell:ann", NOW))
        opened.end_purge("purge", purged(opened, scope, at_once=2), NOW)
        opened.close()

    kills = 0
    for _ in killed(act, every=7 if killed is killed_at_each_statement else 1):  # type: ignore[attr-defined]
        kills += 1
        again = open_store(tmp_path / "nav.db", create=False)
        assert isinstance(again, SqlStore)
        assert_whole(again)
        again.close()
    assert kills > 1
    store = open_store(tmp_path / "nav.db", create=False)
    assert isinstance(store, SqlStore)
    assert {row.id for row in store.list_attempts(AttemptFilter()).rows} == {"kept"}
    assert len(list((tmp_path / "screenshots").glob("??/??/*"))) == 1
    assert store.purges()[0].ended_at == NOW
    store.close()
