"""Configurations are numbered, never changed, and put into use by somebody for a reason."""

from __future__ import annotations

import pytest

from navigation.configurations import SERVER
from navigation.errors import ConflictError, StoreError
from navigation.records import AuditEvent
from navigation.store import SqlStore
from tests.navigation.store.making import NOW

STRICT, LOOSE = {"score": 0.95}, {"score": 0.8}


def test_adding_one_does_not_put_it_into_use_and_twice_is_once(store: SqlStore) -> None:
    first = store.ensure_config(STRICT, SERVER, "start")
    event = AuditEvent("ann-id", "config_added", "config")
    second = store.add_config(LOOSE, "Ann", "try", event=event)
    assert store.add_config(LOOSE, "Bob", "again", event=event) == second
    assert [config.id for config in store.configs()] == [second.id, first.id]
    assert store.active_config() == first
    (logged,) = store.audit_events()
    assert (logged[1].action, logged[1].object_id) == ("config_added", str(second.id))


def test_putting_into_use_is_recorded_with_who_and_why(store: SqlStore) -> None:
    first = store.ensure_config(STRICT, SERVER, "start")
    second = store.add_config(LOOSE, "Ann", "try")
    event = AuditEvent("ann-id", "config_activated", "config", str(second.id))
    store.activate_config(second.id, seen=first.id, author="Ann", reason="fewer refusals", event=event)
    assert store.active_config() == second
    (_, newest) = store.activations(since=NOW)
    assert (newest.config_id, newest.author, newest.reason) == (second.id, "Ann", "fewer refusals")
    assert [entry.action for _, entry in store.audit_events()] == ["config_activated"]


def test_of_two_people_the_later_one_is_told_and_nothing_of_theirs_is_written(store: SqlStore) -> None:
    first = store.ensure_config(STRICT, SERVER, "start")
    second = store.add_config(LOOSE, "Ann", "try")
    store.activate_config(second.id, seen=first.id, author="Ann", reason="mine")
    third = store.add_config({"score": 0.7}, "Bob", "looser")
    with pytest.raises(ConflictError, match="meanwhile"):
        store.activate_config(third.id, seen=first.id, author="Bob", reason="his", event=AuditEvent("bob", "x"))
    assert store.active_config() == second
    assert store.audit_events() == []


def test_an_unknown_number_is_refused(store: SqlStore) -> None:
    first = store.ensure_config(STRICT, SERVER, "start")
    with pytest.raises(StoreError, match="No configuration"):
        store.activate_config(99, seen=first.id, author="Ann", reason="typo")


def test_what_a_person_chose_last_is_known_whatever_servers_did_since(store: SqlStore) -> None:
    first = store.ensure_config(STRICT, SERVER, "start")
    assert store.chosen_config() is None
    second = store.add_config(LOOSE, "Ann", "try")
    store.activate_config(second.id, seen=first.id, author="Ann", reason="why")
    store.ensure_config({"score": 0.8, "readers": ["other"]}, SERVER, "start")
    assert store.chosen_config() == second
