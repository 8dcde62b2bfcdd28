"""Second factors, sessions that are listed and ended, changed rights, the log of who did what by filter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from navigation.errors import ConflictError, StoreError
from navigation.records import AuditEvent, AuditFilter, User
from navigation.store import SqlStore
from tests.navigation.store.making import NOW

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)


@pytest.fixture
def ann(store: SqlStore) -> User:
    return store.add_user(name="ann", role="admin", password_hash="$argon2id$x")


@pytest.fixture
def bob(store: SqlStore) -> User:
    return store.add_user(name="bob", role="viewer", password_hash="$argon2id$x")


def is_open(store: SqlStore, secret: str) -> bool:
    return store.session(secret, NOW, idle=IDLE, absolute=ABSOLUTE) is not None


def open_session(store: SqlStore, user: User, secret: str, *, ago: timedelta = timedelta(0)) -> None:
    store.open_session(user.id, secret, NOW - ago, f"from {secret}")


def test_a_second_factor_is_kept_replaced_and_removed(store: SqlStore, ann: User) -> None:
    assert store.second_factor(ann.id) is None
    store.put_second_factor(ann.id, "sealed", step=7, code_hashes=["a", "b"], now=NOW)
    kept = store.second_factor(ann.id)
    assert kept is not None
    assert (kept.sealed_key, kept.last_step, kept.recovery_left, kept.created_at) == ("sealed", 7, 2, NOW)
    store.put_second_factor(ann.id, "other", step=9, code_hashes=["c"], now=NOW)
    replaced = store.second_factor(ann.id)
    assert replaced is not None
    assert (replaced.sealed_key, replaced.recovery_left) == ("other", 1)
    assert store.second_factor_owners() == {ann.id}
    store.remove_second_factor(ann.id)
    assert store.second_factor(ann.id) is None
    assert store.second_factor_owners() == frozenset()


def test_a_step_is_good_once_and_none_before_it(store: SqlStore, ann: User) -> None:
    store.put_second_factor(ann.id, "sealed", step=7, code_hashes=[], now=NOW)
    assert [store.use_step(ann.id, step) for step in (7, 8, 8, 6, 9)] == [False, True, False, False, True]
    assert not store.use_step("unknown", 10)


def test_a_recovery_code_is_good_once_and_for_its_owner(store: SqlStore, ann: User, bob: User) -> None:
    store.put_second_factor(ann.id, "sealed", step=0, code_hashes=["a", "b"], now=NOW)
    assert not store.use_recovery_code(bob.id, "a", NOW)
    assert [store.use_recovery_code(ann.id, "a", NOW) for _ in range(2)] == [True, False]
    kept = store.second_factor(ann.id)
    assert kept is not None
    assert kept.recovery_left == 1
    store.put_recovery_codes(ann.id, ["c"])
    assert [store.use_recovery_code(ann.id, code, NOW) for code in ("b", "c")] == [False, True]


def test_codes_without_a_factor_and_a_factor_of_nobody_are_refused(store: SqlStore, bob: User) -> None:
    with pytest.raises(StoreError, match="no second factor"):
        store.put_recovery_codes(bob.id, ["a"])
    with pytest.raises(StoreError, match="no account"):
        store.put_second_factor("unknown", "sealed", step=0, code_hashes=[], now=NOW)


def test_sessions_say_whether_a_code_is_to_come_and_whether_there_is_a_factor(store: SqlStore, ann: User) -> None:
    store.put_second_factor(ann.id, "sealed", step=0, code_hashes=[], now=NOW)
    store.open_session(ann.id, "half", NOW, "here", is_partial=True)
    half = store.session("half", NOW, idle=IDLE, absolute=ABSOLUTE)
    assert half is not None
    assert (half.is_partial, half.has_second_factor, half.source) == (True, True, "here")


def test_sessions_are_listed_while_they_are_good_and_ended_one_or_all_but_one(
    store: SqlStore, ann: User, bob: User
) -> None:
    for secret, minutes in (("old", 60), ("first", 10), ("second", 5), ("third", 0)):
        open_session(store, ann, secret, ago=timedelta(minutes=minutes))
    open_session(store, bob, "of bob")
    listed = store.sessions_of(ann.id, NOW, idle=IDLE, absolute=ABSOLUTE)
    assert [s.source for s in listed] == ["from third", "from second", "from first"]
    assert store.end_sessions(ann.id, only=listed[1].id) == 1
    assert store.end_sessions(bob.id, only=listed[0].id) == 0
    assert [is_open(store, s) for s in ("first", "second", "third")] == [True, False, True]
    assert store.end_sessions(ann.id, but=listed[0].id) == 2  # one of them had idled too long
    assert [is_open(store, s) for s in ("first", "third", "of bob")] == [False, True, True]


@pytest.mark.parametrize(
    "change",
    [
        lambda s, u: s.set_rights(u.id, "engineer", ["dpi"]),
        lambda s, u: s.set_active(u.id, False),
        lambda s, u: s.clear_password(u.id),
        lambda s, u: s.put_second_factor(u.id, "sealed", step=0, code_hashes=[], now=NOW),
        lambda s, u: s.remove_second_factor(u.id),
        lambda s, u: s.end_sessions(u.id),
    ],
    ids=["rights", "active", "password", "factor", "no factor", "end"],
)
def test_a_change_of_what_a_person_may_do_ends_every_session_of_theirs(
    store: SqlStore, ann: User, bob: User, change
) -> None:  # type: ignore[no-untyped-def]
    for secret in ("one", "two"):
        open_session(store, bob, secret)
    open_session(store, ann, "of ann")
    change(store, bob)
    assert [is_open(store, s) for s in ("one", "two", "of ann")] == [False, False, True]


def test_the_session_in_which_a_factor_is_changed_goes_on(store: SqlStore, bob: User) -> None:
    for secret in ("this", "other"):
        open_session(store, bob, secret)
    this = store.session("this", NOW, idle=IDLE, absolute=ABSOLUTE)
    assert this is not None
    store.put_second_factor(bob.id, "sealed", step=0, code_hashes=[], now=NOW, keep_session=this.id)
    store.remove_second_factor(bob.id, keep_session=this.id)
    assert [is_open(store, s) for s in ("this", "other")] == [True, False]


def test_rights_are_changed(store: SqlStore, ann: User, bob: User) -> None:
    changed = store.set_rights(bob.id, "engineer", ["dpi"])
    assert (changed.role, changed.applications) == ("engineer", ["dpi"])
    assert store.user(bob.id) == changed
    assert store.user("unknown") is None


@pytest.mark.parametrize(
    "change",
    [lambda s, u: s.set_rights(u.id, "viewer", None), lambda s, u: s.set_active(u.id, False)],
    ids=["role", "off"],
)
def test_the_last_admin_stays_one(store: SqlStore, ann: User, bob: User, change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConflictError, match="last administrator"):
        change(store, ann)
    assert store.user(ann.id) == ann
    store.set_rights(bob.id, "admin", None)
    change(store, ann)


@pytest.mark.parametrize("change", ["clear_password", "set_active", "set_rights"])
def test_nobody_is_changed_under_an_unknown_account(store: SqlStore, change: str) -> None:
    given = {"clear_password": (), "set_active": (True,), "set_rights": ("viewer", None)}[change]
    with pytest.raises(StoreError, match="no account"):
        getattr(store, change)("unknown", *given)


def test_events_are_found_by_who_what_which_and_when(store: SqlStore) -> None:
    told = [
        ("ann", "login", "1"),
        ("bob", "viewed", "2"),
        ("ann", "viewed", "2"),
        ("ann", "login", "3"),
    ]
    for hours, (actor, action, object_id) in enumerate(told):
        store.audit(AuditEvent(actor, action, "attempt", object_id), NOW + timedelta(hours=hours))

    def found(**conditions) -> list[int]:  # type: ignore[no-untyped-def]
        return [int((e.at - NOW).total_seconds() // 3600) for e in store.audit_entries(AuditFilter(**conditions))]

    assert found() == [3, 2, 1, 0]
    assert found(actor="ann") == [3, 2, 0]
    assert found(action="viewed", actor="ann") == [2]
    assert found(object_id="2") == [2, 1]
    assert found(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3)) == [2, 1]


def test_events_are_paged_by_the_last_one_seen(store: SqlStore) -> None:
    for n in range(5):
        store.audit(AuditEvent("ann", "login", details={"n": n}), NOW)
    first = store.audit_entries(AuditFilter(), limit=2)
    store.audit(AuditEvent("ann", "login"), NOW)
    second = store.audit_entries(AuditFilter(), limit=2, before=first[-1].id)
    assert [e.event.details["n"] for e in (*first, *second)] == [4, 3, 2, 1]


def test_a_subject_of_a_provider_is_one_persons(store: SqlStore, ann: User, bob: User) -> None:
    store.set_identity(ann.id, "https://a", "x")
    assert store.user_by_identity("https://a", "x") == ann
    assert store.user_by_identity("https://b", "x") is None
    with pytest.raises(ConflictError, match="Another account"):
        store.set_identity(bob.id, "https://a", "x")
    store.set_identity(ann.id, "https://a", "y")
    assert (store.user_by_identity("https://a", "x"), store.identity_of(ann.id, "https://a")) == (None, "y")
    store.set_identity(ann.id, "https://a", "")
    assert store.identity_of(ann.id, "https://a") is None
    with pytest.raises(StoreError, match="no account"):
        store.set_identity("unknown", "https://a", "x")
