"""The outbox: no event is lost or told twice, like ones are one message, and one process sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from navigation.alerts import FORGOTTEN, KEPT, MAX_TRIES, Alert, Sent
from navigation.errors import ConflictError
from navigation.store import SqlStore
from navigation.store.alerting import note_alert
from navigation.store.models.alerts import AlertRow
from navigation.types import Outcome
from tests.navigation.store.making import NOW, a_message, a_recipient, a_stop, an_alert, finished

SOON = NOW + timedelta(minutes=5)
LATER = NOW + timedelta(hours=1)


def note(store: SqlStore, *alerts: Alert) -> None:
    with store._db.writing() as session:
        for alert in alerts:
            note_alert(session, alert)


def events(store: SqlStore) -> list[tuple[str, str, str]]:
    with store._db.reading() as session:
        return [(row.what, row.application, row.detail) for row in session.query(AlertRow).order_by(AlertRow.id)]


# --- with what they tell of -----------------------------------------------------------------------


def test_a_stop_and_letting_go_are_written_with_their_event(store: SqlStore) -> None:
    store.add_stop(a_stop("dpi", reason="Mme Martin, chambre 12"))
    store.add_stop(a_stop("dpi", is_stopped=False))
    with pytest.raises(ConflictError):
        store.add_stop(a_stop("dpi", is_stopped=False))
    assert events(store) == [("stopped", "dpi", "Ann"), ("released", "dpi", "Ann")]  # and never the reason


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_an_attempt_that_asks_for_a_person_is_told_of(store: SqlStore, run_id: str, outcome: Outcome) -> None:
    finished(store, run_id, outcome, target_text="Mme Martin", screen="Mme Martin")
    expected = [("needs_human", "dpi", "")] if outcome is Outcome.NEEDS_HUMAN else []
    assert events(store) == expected


class _PowerCutError(Exception):
    pass


def test_neither_the_event_nor_its_alert_is_there_alone(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = store._db.writing

    @contextmanager
    def cut(*, is_durable: bool = True) -> Iterator[object]:
        with whole(is_durable=is_durable) as session:
            yield session
            session.flush()
            raise _PowerCutError

    monkeypatch.setattr(store._db, "writing", cut)
    with pytest.raises(_PowerCutError):
        store.add_stop(a_stop("dpi"))
    monkeypatch.undo()
    assert (store.stops_in_force(), events(store)) == ([], [])


# --- like events ----------------------------------------------------------------------------------


def test_three_hundred_like_events_are_one_message(store: SqlStore) -> None:
    moments = [NOW + timedelta(seconds=second) for second in range(300)]
    note(store, *(an_alert(at=moment) for moment in moments))
    while store.gather_alerts([a_recipient()], None, limit=70):
        pass
    (message,) = store.alert_messages()
    assert (message.count, message.first_at, message.last_at) == (300, moments[0], moments[-1])
    assert events(store) == []


def test_what_comes_after_a_message_was_tried_is_another_one(store: SqlStore) -> None:
    note(store, an_alert())
    store.gather_alerts([a_recipient()], None)
    assert store.take_message("mail", NOW, LATER) is None  # it is still gathered
    first = store.take_message("mail", SOON, LATER)
    assert first
    store.note_sent(first.id, Sent(), SOON, due_at=LATER)
    note(store, an_alert(at=SOON), an_alert(at=SOON))
    store.gather_alerts([a_recipient()], None)
    newest = store.alert_messages()[0]
    assert (newest.count, newest.due_at) == (2, SOON + timedelta(minutes=10))


def test_other_things_are_other_messages_and_each_hears_what_was_asked_for(store: SqlStore) -> None:
    everything, stops = a_recipient(address="all@chu.example"), a_recipient("stop", address="stops@chu.example")
    note(store, an_alert(), an_alert("stopped"), an_alert("released"), an_alert(application="labo"))
    store.gather_alerts([everything, stops], None)
    heard = {(one.address.split("@")[0], one.what, one.application, one.count) for one in store.alert_messages()}
    assert heard == {
        ("all", "needs_human", "dpi", 1),
        ("all", "needs_human", "labo", 1),
        ("all", "stopped", "dpi", 1),
        ("all", "released", "dpi", 1),
        ("stops", "stopped", "dpi", 1),
        ("stops", "released", "dpi", 1),
    }


def test_what_nobody_hears_of_does_not_pile_up(store: SqlStore) -> None:
    note(store, an_alert())
    assert store.has_alerts()
    assert store.gather_alerts([], None) == 1
    assert (store.gather_alerts([], None), events(store), store.alert_messages()) == (0, [], [])
    assert not store.has_alerts()


def test_details_of_like_events_stand_in_their_message(store: SqlStore) -> None:
    note(store, *(an_alert("gone", detail=screen, key=screen) for screen in ("login", "board")))
    store.gather_alerts([a_recipient()], None)
    assert store.alert_messages()[0].details == ["login", "board"]


# --- conditions -----------------------------------------------------------------------------------


def test_a_condition_is_told_once_while_it_lasts_and_again_after_it_was_over(store: SqlStore) -> None:
    drift = an_alert("gone", key="drift:login")
    assert store.raise_alerts([drift], NOW) == 1
    store.gather_alerts([a_recipient()], None)
    seen = NOW
    for _ in range(3):
        seen += FORGOTTEN - timedelta(hours=1)
        assert store.raise_alerts([drift], seen) == 0
    assert store.raise_alerts([], seen + FORGOTTEN / 2) == 0
    assert store.raise_alerts([drift], seen + FORGOTTEN / 2) == 0  # away for some days only
    back = seen + 3 * FORGOTTEN
    store.raise_alerts([], back)
    assert store.raise_alerts([drift], back) == 1
    assert store.gather_alerts([a_recipient()], None) == 1


# --- sending --------------------------------------------------------------------------------------


def test_a_message_is_taken_once_and_comes_back_when_nothing_was_noted(store: SqlStore) -> None:
    store.add_message(a_message(id="one"))
    taken = store.take_message("mail", NOW, SOON)
    assert taken
    assert (taken.id, taken.tries) == ("one", 1)
    assert store.take_message("mail", NOW, SOON) is None
    assert not store.has_message("mail", NOW)
    again = store.take_message("mail", SOON, LATER)
    assert again
    assert (again.id, again.tries) == ("one", 2)


def test_a_message_is_given_up_after_the_last_try_and_tried_anew_when_somebody_says_so(store: SqlStore) -> None:
    store.add_message(a_message(id="one"))
    for number in range(1, MAX_TRIES + 1):
        assert store.count_given_up() == 0, number
        assert store.take_message("mail", NOW, SOON)
        store.note_sent("one", Sent("refused", "550"), NOW, due_at=NOW)
    (message,) = store.alert_messages()
    assert (message.state, message.problem, message.answer, message.ended_at) == ("given_up", "refused", "550", NOW)
    assert (store.count_given_up(), store.take_message("mail", LATER, LATER)) == (1, None)
    store.send_again("one", SOON)
    with pytest.raises(ConflictError):
        store.send_again("one", SOON)
    assert store.take_message("mail", SOON, LATER)
    store.note_sent("one", Sent(), SOON, due_at=LATER)
    assert (store.alert_messages()[0].state, store.count_given_up()) == ("sent", 0)


def test_a_test_that_failed_is_no_message_that_was_lost(store: SqlStore) -> None:
    store.add_message(a_message(what="test", state="given_up", problem="login", ended_at=NOW))
    assert store.count_given_up() == 0


def test_a_channel_has_its_own_messages(store: SqlStore) -> None:
    store.add_message(a_message(id="one", channel="webhook"))
    assert not store.has_message("mail", NOW)
    assert store.take_message("mail", NOW, SOON) is None
    assert store.has_message("webhook", NOW)
    taken = store.take_message("webhook", NOW, SOON)
    assert taken
    assert taken.id == "one"


def test_one_process_sends_until_it_is_silent(store: SqlStore) -> None:
    assert store.hold_alert_lease("a", NOW, SOON)
    assert not store.hold_alert_lease("b", NOW, SOON)
    assert store.hold_alert_lease("a", NOW, SOON)
    assert store.hold_alert_lease("b", SOON, LATER)
    assert not store.hold_alert_lease("a", SOON, LATER)


def test_old_messages_are_forgotten_and_those_that_wait_are_not(store: SqlStore) -> None:
    store.add_message(a_message(id="old", state="sent", ended_at=NOW))
    store.add_message(a_message(id="waits"))
    assert store.forget_messages(NOW + KEPT) == 0
    assert store.forget_messages(NOW + KEPT + timedelta(seconds=1)) == 1
    assert [one.id for one in store.alert_messages()] == ["waits"]


def test_the_tables_of_alerts_refer_to_no_run_and_no_attempt() -> None:
    from navigation.store.models import alerts

    tables = [row.__table__ for row in (alerts.AlertRow, alerts.AlertMessageRow, alerts.AlertLeaseRow)]
    assert not any(table.foreign_keys for table in tables)
    names = {column.name for table in tables for column in table.columns}
    assert not {name for name in names if "run" in name or "attempt" in name or "image" in name}
