"""Accounts, links, sessions, tokens, failed log-ins and the log of who did what."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from navigation.errors import ConflictError, StoreError
from navigation.records import AuditEvent, User
from navigation.store import SqlStore
from tests.navigation.store.making import NOW

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
SECRET = "a-very-secret-canary-0123456789"


@pytest.fixture
def ann(store: SqlStore) -> User:
    return store.add_user(name="Ann Éluard", role="engineer", password_hash="$argon2id$x", applications=["dpi"])


def test_a_user_is_found_whatever_the_case_and_form_of_the_name(store: SqlStore, ann: User) -> None:
    spellings = ["Ann Éluard", "ANN ÉLUARD", unicodedata.normalize("NFD", "ann éluard"), " ann éluard "]
    assert [store.user_by_name(name) for name in spellings] == [ann] * 4
    assert store.user_by_name("ann") is None


def test_a_name_is_given_once(store: SqlStore, ann: User) -> None:
    with pytest.raises(ConflictError):
        store.add_user(name="ANN éluard", role="viewer", password_hash=None)
    assert (store.count_users(), list(store.users())) == (1, [ann])


def test_an_unknown_role_is_refused_by_the_database(store: SqlStore) -> None:
    with pytest.raises(IntegrityError):
        store.add_user(name="Bob", role="root", password_hash=None)  # type: ignore[arg-type]


def test_a_new_password_ends_the_sessions_and_the_duty_to_change_it(store: SqlStore) -> None:
    bob = store.add_user(name="Bob", role="admin", password_hash=None, must_change_password=True)
    store.open_session(bob.id, SECRET, NOW, "10.0.0.1")
    store.set_password(bob.id, "$argon2id$new")
    changed = store.user_by_name("bob")
    assert changed is not None
    assert (changed.password_hash, changed.must_change_password) == ("$argon2id$new", False)
    assert store.session(SECRET, NOW, idle=IDLE, absolute=ABSOLUTE) is None


def test_a_language_is_kept_and_an_unknown_one_refused(store: SqlStore, ann: User) -> None:
    store.set_language(ann.id, "en")
    assert store.users()[0].language == "en"
    with pytest.raises(IntegrityError):
        store.set_language(ann.id, "xx")


@pytest.mark.parametrize("change", ["set_password", "set_language"])
def test_nobody_is_changed_under_an_unknown_id(store: SqlStore, change: str) -> None:
    with pytest.raises(StoreError, match="no account"):
        getattr(store, change)("unknown", "fr")


def test_a_link_works_once_and_in_time(store: SqlStore, ann: User) -> None:
    store.add_one_time_link(ann.id, SECRET, NOW + timedelta(hours=1))
    store.add_one_time_link(ann.id, "late", NOW)
    assert store.use_one_time_link("late", NOW) is None
    assert store.use_one_time_link("unknown", NOW) is None
    assert store.use_one_time_link(SECRET, NOW) == ann
    assert store.use_one_time_link(SECRET, NOW) is None


def test_a_session_ends_by_idleness_by_age_and_by_log_out(store: SqlStore, ann: User) -> None:
    def at(when: timedelta) -> bool:
        return store.session(SECRET, NOW + when, idle=IDLE, absolute=timedelta(hours=1)) is not None

    store.open_session(ann.id, SECRET, NOW, "10.0.0.1")
    assert [at(timedelta(minutes=m)) for m in (0, 29, 58)] == [True, True, True]
    assert not at(timedelta(minutes=60))
    store.open_session(ann.id, "idle", NOW, "10.0.0.1")
    assert store.session("idle", NOW + IDLE, idle=IDLE, absolute=ABSOLUTE) is None
    store.open_session(ann.id, "closed", NOW, "10.0.0.1")
    store.close_session("closed")
    assert store.session("closed", NOW, idle=IDLE, absolute=ABSOLUTE) is None


def test_a_session_is_marked_as_seen_at_most_once_a_minute(store: SqlStore, ann: User) -> None:
    store.open_session(ann.id, SECRET, NOW, "10.0.0.1")
    seen = []
    for seconds in (30, 59, 61, 62):
        now = NOW + timedelta(seconds=seconds)
        store.session(SECRET, now, idle=IDLE, absolute=ABSOLUTE)
        again = store.session(SECRET, now, idle=IDLE, absolute=ABSOLUTE)
        assert again is not None
        seen.append((again.seen_at - NOW).total_seconds())
    assert seen == [0, 0, 61, 61]


def test_a_session_of_nobody_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="no account"):
        store.open_session("unknown", SECRET, NOW, "10.0.0.1")


def test_failures_are_counted_by_account_and_by_source(store: SqlStore) -> None:
    for name, source, seconds in (("ann", "a", 0), ("ANN", "b", 10), ("bob", "a", 20)):
        store.note_login_failure(name, source, NOW + timedelta(seconds=seconds))
    assert store.login_failures("Ann", "a", NOW) == (2, 2)
    assert store.login_failures("ann", "a", NOW + timedelta(seconds=15)) == (0, 1)
    store.clear_login_failures("ann")
    assert store.login_failures("ann", "a", NOW) == (0, 1)


def test_a_token_is_known_by_its_secret_until_revoked_or_expired(store: SqlStore) -> None:
    end = NOW + timedelta(days=1)
    token = store.add_token(name="agent", secret=SECRET, scopes=["ingest"], applications=["dpi"], expires_at=end)
    assert (token.prefix, store.tokens()) == (SECRET[:8], [token])
    assert store.token(SECRET, NOW) == token
    assert store.token("other", NOW) is None
    assert store.token(SECRET, end) is None
    store.revoke_token(token.id, NOW)
    store.revoke_token(token.id, end)
    assert store.token(SECRET, NOW) is None
    assert store.tokens()[0].revoked_at == NOW


def test_a_token_notes_its_last_use_at_most_once_a_minute(store: SqlStore) -> None:
    store.add_token(name="agent", secret=SECRET, scopes=["ingest"], applications=None, expires_at=None)
    used = []
    for seconds in (0, 59, 60):
        store.token(SECRET, NOW + timedelta(seconds=seconds))
        last = store.tokens()[0].last_used_at
        assert last is not None
        used.append((last - NOW).total_seconds())
    assert used == [0, 0, 60]


def test_a_secret_serves_one_token(store: SqlStore) -> None:
    for expected in (None, ConflictError):
        if expected is None:
            store.add_token(name="a", secret=SECRET, scopes=[], applications=None, expires_at=None)
        else:
            with pytest.raises(expected):
                store.add_token(name="b", secret=SECRET, scopes=[], applications=None, expires_at=None)


def test_events_are_read_newest_first_and_never_changed(store: SqlStore) -> None:
    events = [AuditEvent("ann", "view", "attempt", str(n), "10.0.0.1", details={"n": n}) for n in range(3)]
    for event in events:
        store.audit(event, NOW)
    assert store.audit_events(limit=2) == [(NOW, events[2]), (NOW, events[1])]
    assert store.audit_events(object_id="1") == [(NOW, events[1])]
    with pytest.raises(IntegrityError, match="evidence"), store._db.writing() as session:
        session.execute(text("UPDATE audit_event SET actor = 'bob'"))


def test_no_secret_and_no_typed_name_is_in_the_files(store: SqlStore, ann: User, tmp_path: Path) -> None:
    store.add_one_time_link(ann.id, SECRET, NOW)
    store.open_session(ann.id, SECRET, NOW, "10.0.0.1")
    store.add_token(name="agent", secret=SECRET, scopes=[], applications=None, expires_at=None)
    store.note_login_failure("password-typed-as-name", "10.0.0.1", NOW)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"agent" in kept
    assert SECRET.encode() not in kept
    assert b"password-typed-as-name" not in kept
