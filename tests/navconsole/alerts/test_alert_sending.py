"""The sender over a real store and real servers: once each, after failures and restarts too, by one process."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as at_hour
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path

import pytest

from navconsole.alert_settings import AlertSettings
from navconsole.alerts.conditions import conditions
from navconsole.alerts.sending import LEASE, AlertSender
from navconsole.settings import ConsoleSettings
from navigation.alerts import KINDS, MAX_TRIES, SPREAD, Alert, Kind, Recipient, next_wait
from navigation.oversight import StopEvent
from navigation.store import SqlStore
from navigation.store.alerting import note_alert
from navigation.store.models.alerts import AlertRow
from navigation.store.models.lists import AnchorDayRow
from navigation.store.protocol import Store
from tests.navconsole.alerts.houses import PASSWORD, SECRET, USER, HookHouse, MailHouse
from tests.navigation.store.making import a_certificate, a_look, a_plan

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
SECRETLY = "Mme Martin, chambre 12"


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def on(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told(settings: ConsoleSettings, mail: MailHouse, hook: HookHouse, certificate: Path) -> ConsoleSettings:
    """Settings under which a mailbox hears of stops and the webhook of everything."""
    alerts = AlertSettings(
        recipients=(
            Recipient("mail", "garde@chu.example", frozenset({"stop"})),
            Recipient("webhook", "127.0.0.1", frozenset(KINDS)),
        ),
        language="fr",
        smtp=mail.settings(ca_file=certificate, user=USER, password=PASSWORD),
        webhook=hook.settings(ip_network("127.0.0.1")),
    )
    return replace(settings, alerts=alerts)


@pytest.fixture
def sender(store: Store, told: ConsoleSettings, clock: Clock) -> AlertSender:
    return AlertSender(store, told, now=clock)


def stop(store: Store, *, is_stopped: bool = True, at: datetime = NOON) -> None:
    store.add_stop(StopEvent("dpi", is_stopped, "ann", "Ann", SECRETLY, at))


def waits(store: Store, *moments: datetime) -> None:
    assert isinstance(store, SqlStore)
    with store._db.writing() as session:
        for moment in moments:
            note_alert(session, Alert("needs_human", "dpi", moment))


def test_a_stop_is_told_at_once_to_all_who_hear_of_it(
    store: Store, sender: AlertSender, mail: MailHouse, hook: HookHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stop(store)
    assert sender.step() == 2
    assert sender.step() == 0
    (letter,), (post,) = mail.letters, hook.posts
    assert (post.json["what"], post.json["application"], post.json["details"]) == ("stopped", "dpi", ["Ann"])
    everything = letter.as_string() + letter.get_content() + post.body.decode() + repr(post.headers) + caplog.text
    for secret in (SECRETLY, "Martin", PASSWORD, SECRET):
        assert secret not in everything
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("navconsole")]
    assert len(logged) == 2
    for name in ("Ann", "dpi", "garde"):  # ids, kinds and numbers only
        assert not any(name in line for line in logged)
    assert [message.state for message in store.alert_messages()] == ["sent", "sent"]


def test_after_a_stop_is_let_go_nothing_more_is_said(
    store: Store, sender: AlertSender, clock: Clock, mail: MailHouse, hook: HookHouse
) -> None:
    stop(store)
    sender.step()
    clock.on(minutes=5)
    stop(store, is_stopped=False, at=clock())
    for _ in range(50):
        sender.step()
        clock.on(minutes=40)
    assert [post.json["what"] for post in hook.posts] == ["stopped", "released"]
    assert len(mail.letters) == 2


def test_three_hundred_runs_are_one_message_that_says_since_when(
    store: Store, sender: AlertSender, clock: Clock, hook: HookHouse
) -> None:
    waits(store, *(NOON + timedelta(seconds=number / 10) for number in range(300)))
    assert sender.step() == 0
    clock.on(seconds=31)
    assert sender.step() == 1
    assert hook.posts[0].json["count"] == 300
    assert hook.posts[0].json["first_at"] == NOON.isoformat()


def test_a_failure_is_tried_again_later_with_the_same_id_and_in_the_end_given_up(
    store: Store, sender: AlertSender, clock: Clock, hook: HookHouse
) -> None:
    hook.status = 503
    waits(store, NOON)
    clock.on(seconds=31)
    for tries in range(1, MAX_TRIES + 1):
        assert store.count_given_up() == 0
        assert sender.step() == 1
        assert sender.step() == 0  # not at once
        wait = store.alert_messages()[0].due_at - clock()
        middle = next_wait(tries, 0.5)
        assert tries == MAX_TRIES or middle * (1 - SPREAD) <= wait <= middle * (1 + SPREAD)
        clock.on(seconds=wait.total_seconds())
    assert store.count_given_up() == 1
    assert {post.headers["idempotency-key"] for post in hook.posts} == {store.alert_messages()[0].id}
    assert len(hook.posts) == MAX_TRIES
    hook.status = 200
    store.send_again(store.alert_messages()[0].id, clock())
    assert sender.step() == 1
    assert store.alert_messages()[0].state == "sent"


def test_a_message_that_a_crash_cut_off_is_sent_by_the_next_process(
    store: Store, told: ConsoleSettings, clock: Clock, hook: HookHouse
) -> None:
    waits(store, NOON)
    store.gather_alerts(told.alerts.recipients, None)
    clock.on(seconds=31)
    assert store.take_message("webhook", clock(), clock() + LEASE)  # and then the process is gone
    restarted = AlertSender(store, told, now=clock)
    assert restarted.step() == 0
    clock.on(seconds=LEASE.total_seconds())
    assert restarted.step() == 1
    assert len(hook.posts) == 1


def test_of_two_processes_one_sends(store: Store, told: ConsoleSettings, clock: Clock, hook: HookHouse) -> None:
    first, second = (AlertSender(store, told, now=clock) for _ in range(2))
    stop(store)
    assert first.step() == 2
    stop(store, is_stopped=False)
    assert second.step() == 0
    assert store.has_alerts()  # left to the first one
    assert first.step() == 2
    waits(store, clock())
    assert first.step() == 0  # it is gathered
    clock.on(seconds=31)
    assert second.step() == 0
    assert first.step() == 1
    stop(store, at=clock())
    clock.on(minutes=3)  # the first one is silent
    assert second.step() == 2
    assert [post.json["what"] for post in hook.posts] == ["stopped", "released", "needs_human", "stopped"]


def test_in_quiet_hours_stops_are_sent_and_the_rest_in_the_morning(
    store: Store, told: ConsoleSettings, clock: Clock, hook: HookHouse
) -> None:
    quiet = replace(told, alerts=replace(told.alerts, quiet=(at_hour(22), at_hour(7))))
    clock.on(hours=12)  # 23:00, by the console's clock
    sender = AlertSender(store, quiet, now=clock)
    waits(store, clock())
    stop(store, at=clock())
    clock.on(minutes=5)
    sender.step()
    assert [post.json["what"] for post in hook.posts] == ["stopped"]
    clock.on(hours=8)
    sender.step()
    assert [post.json["what"] for post in hook.posts] == ["stopped", "needs_human"]


def test_the_thread_sends_by_itself_and_ends(store: Store, told: ConsoleSettings, hook: HookHouse) -> None:
    came = threading.Event()

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(204)
        handler.end_headers()
        came.set()

    hook.behave = behave
    sender = AlertSender(store, told, every_s=0.02)
    sender.start()
    stop(store, at=datetime.now(UTC))
    assert came.wait(10)
    sender.close()
    assert not any(thread.is_alive() for thread in sender._threads)


def test_a_mail_server_that_hangs_holds_nothing_up(store: Store, told: ConsoleSettings, hook: HookHouse) -> None:
    came = threading.Event()

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(204)
        handler.end_headers()
        came.set()

    hook.behave = behave
    assert told.alerts.smtp
    with socket.create_server(("127.0.0.1", 0)) as silent:
        smtp = replace(told.alerts.smtp, port=silent.getsockname()[1])
        sender = AlertSender(store, replace(told, alerts=replace(told.alerts, smtp=smtp)), every_s=0.02)
        sender.start()
        stop(store, at=datetime.now(UTC))
        silent.settimeout(10)
        connection, _ = silent.accept()  # the mail is under way, and nobody answers
        with connection:
            assert came.wait(5)
            stop(store, is_stopped=False, at=datetime.now(UTC))
            deadline = time.monotonic() + 5
            while len(hook.posts) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
            assert [post.json["what"] for post in hook.posts] == ["stopped", "released"]
            mails = [message for message in store.alert_messages() if message.channel == "mail"]
            assert {message.state for message in mails} == {"waiting"}
    sender.close()


def test_nobody_who_was_taken_out_is_told(
    store: Store, told: ConsoleSettings, clock: Clock, mail: MailHouse, hook: HookHouse
) -> None:
    stop(store)
    store.gather_alerts(told.alerts.recipients, None)
    without = replace(told, alerts=replace(told.alerts, recipients=told.alerts.recipients[1:]))
    AlertSender(store, without, now=clock).step()
    assert (mail.letters, len(hook.posts)) == ([], 1)
    assert {message.address: message.problem for message in store.alert_messages()}["garde@chu.example"] == "removed"


def test_without_recipients_events_go_and_nothing_piles_up(
    store: Store, settings: ConsoleSettings, clock: Clock
) -> None:
    stop(store)
    AlertSender(store, settings, now=clock).step()
    assert not store.has_alerts()
    assert store.alert_messages() == []


# --- conditions -----------------------------------------------------------------------------------


def days(store: Store, found: Callable[[int], int], *, text: str = SECRETLY) -> None:
    """Twenty days of forty sightings of a text."""
    assert isinstance(store, SqlStore)
    with store._db.writing() as session:
        for ago in range(20):
            day = (NOON.date() - timedelta(days=ago)).isoformat()
            names = {"day": day, "application": "dpi", "screen": "login", "text": text}
            session.add(AnchorDayRow(**names, seen=40, found=found(ago), strong=found(ago)))


def test_drift_is_told_once_by_its_screen_and_never_by_its_text(
    store: Store, sender: AlertSender, clock: Clock, hook: HookHouse
) -> None:
    days(store, lambda ago: 40 if ago > 5 else 0)
    for _ in range(4):
        clock.on(minutes=40)
        sender.step()
    (post,) = hook.posts
    assert (post.json["what"], post.json["application"], post.json["details"]) == ("gone", "dpi", ["login"])
    assert SECRETLY not in post.body.decode()
    assert isinstance(store, SqlStore)
    with store._db.reading() as session:
        (kept,) = session.query(AlertRow)
        assert SECRETLY not in f"{kept.key} {kept.detail}"


def test_what_is_as_ever_is_no_drift(store: Store) -> None:
    days(store, lambda _ago: 39)
    assert conditions(store, frozenset(KINDS), NOON) == []


def test_a_certificate_that_ended_is_told_once(
    store: Store, sender: AlertSender, clock: Clock, hook: HookHouse
) -> None:
    store.add_plan(a_plan(id="plan", application="dpi"))
    store.add_look(a_look(id="look"), a_certificate(id="certificate"), known=0)  # of version 2 of a profile
    for _ in range(4):
        clock.on(minutes=40)
        sender.step()
    (post,) = hook.posts
    assert (post.json["what"], post.json["application"]) == ("certificate_ended", "dpi")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_looked_for_that_nobody_hears_of(store: Store, kind: Kind) -> None:
    days(store, lambda ago: 40 if ago > 5 else 0)
    found = {one.kind for one in conditions(store, frozenset({kind}), NOON)}
    assert found == ({"drift"} if kind == "drift" else set())
