"""The page of alerts and the command: a test with its answer, what failed and what to do, and no secret anywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from navconsole.alert_settings import AlertSettings
from navconsole.alerts.words import PROBLEMS
from navconsole.cli import main
from navconsole.settings import ConsoleSettings
from navigation.alerts import KINDS, Recipient
from navigation.store.protocol import Store
from tests.navconsole.alerts.houses import PASSWORD, SECRET, USER, HookHouse, MailHouse, hook_house
from tests.navconsole.conftest import LintedClient, Login, console
from tests.navigation.store.making import NOW, a_message


@pytest.fixture
def heard(settings: ConsoleSettings, mail: MailHouse, hook: HookHouse, certificate: Path) -> ConsoleSettings:
    alerts = AlertSettings(
        recipients=(
            Recipient("mail", "garde@chu.example", frozenset({"stop"})),
            Recipient("webhook", "127.0.0.1", frozenset(KINDS)),
        ),
        smtp=mail.settings(ca_file=certificate, user=USER, password=PASSWORD),
        webhook=hook.settings(ip_network("127.0.0.1")),
    )
    return replace(settings, alerts=alerts)


@pytest.fixture
def app(heard: ConsoleSettings, store: Store) -> Flask:
    return console(heard, store)


@pytest.fixture
def admin(login: Login) -> LintedClient:
    return login("admin")


def test_the_page_says_who_hears_what_and_holds_no_secret(admin: LintedClient) -> None:
    page = admin.get("/admin/alerts").text
    assert "garde@chu.example" in page
    assert "robots stopped or let go" in page
    assert page.count("Send a test message</button>") == 2
    assert PASSWORD not in page
    assert SECRET not in page


def test_a_test_is_sent_and_its_answer_shown(
    admin: LintedClient, store: Store, mail: MailHouse, hook: HookHouse
) -> None:
    for number in ("0", "1"):
        answer = admin.submit("/admin/alerts/test", "/admin/alerts", number=number)
        assert answer.status_code == 303
        page = admin.get(answer.location).text
        assert "The test message was taken for" in page
    assert (len(mail.letters), len(hook.posts)) == (1, 1)
    assert "Message de test" in str(mail.letters[0]["Subject"])  # in the language of the setting
    _, event = store.audit_events()[0]
    assert (event.action, event.object_kind) == ("alert_tested", "alert")


def test_a_test_that_fails_says_why_and_what_to_do(admin: LintedClient, store: Store, mail: MailHouse) -> None:
    mail.recipient_refusal = "550 secret-words-of-the-server"
    answer = admin.submit("/admin/alerts/test", "/admin/alerts", number="0")
    page = admin.get(answer.location).text
    assert "did not get through to garde@chu.example" in page
    assert "550" in page
    assert "NAVCONSOLE_ALERTS" in page
    assert "secret-words" not in page + repr(store.alert_messages())
    assert "could not be sent</h2>" not in page  # a test that failed is no alert that was lost


@pytest.mark.parametrize("number", ["2", "-1", "x", ""])
def test_a_test_to_nobody_is_refused(admin: LintedClient, number: str) -> None:
    assert admin.submit("/admin/alerts/test", "/admin/alerts", number=number).status_code == 400


def test_what_could_not_be_sent_is_tried_again_when_somebody_says_so(admin: LintedClient, store: Store) -> None:
    lost = a_message(what="stopped", count=3, state="given_up", problem="login", answer="535", tries=10, ended_at=NOW)
    store.add_message(lost)
    page = admin.get("/admin/alerts").text
    assert "1 message could not be sent" in page
    assert "Robots stopped 3 times: dpi" in page
    assert "535" in page
    assert "NAVCONSOLE_SMTP_PASSWORD" in page
    again = f"/admin/alerts/{lost.id}/again"
    assert admin.submit(again, "/admin/alerts").status_code == 303
    assert store.alert_messages()[0].state == "waiting"
    assert store.audit_events()[0][1].action == "alert_sent_again"
    assert admin.submit(again, "/admin/alerts").status_code == 409
    assert admin.submit("/admin/alerts/none/again", "/admin/alerts").status_code == 404


def test_the_history_says_how_each_message_stands(admin: LintedClient, store: Store) -> None:
    for given in (
        {"state": "sent", "ended_at": NOW, "tries": 1},
        {"state": "given_up", "ended_at": NOW, "tries": 10, "problem": "refused"},
        {"tries": 2, "problem": "unreachable"},
        {"what": "gone", "details": ["login"]},
        {"what": "stopped", "details": ["Ann"]},
    ):
        store.add_message(a_message(**given))
    page = admin.get("/admin/alerts").text
    for said in ("sent</span>", "could not be sent</span>", "is tried again</span>", "is gathered until</span>"):
        assert said in page
    assert '<small class="details">Screens: login</small>' in page
    assert '<small class="details">By: Ann</small>' in page


@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name])
def test_every_problem_is_explained_with_what_to_do(admin: LintedClient, store: Store, problem: str) -> None:
    store.add_message(a_message(state="given_up", problem=problem, ended_at=NOW, tries=1))
    page = admin.get("/admin/alerts").text
    assert page.count("What to do:") == 1


def test_when_nobody_hears_anything_the_page_says_what_to_set(settings: ConsoleSettings, store: Store) -> None:
    client = console(replace(settings, is_auth_disabled=True), store).test_client()
    page = client.get("/admin/alerts?lang=en").text
    assert "Nobody is told anything yet" in page
    assert "NAVCONSOLE_ALERTS=" in page


# --- the command ----------------------------------------------------------------------------------


def shell(monkeypatch: pytest.MonkeyPatch, data: Path, hook: HookHouse, *words: str) -> tuple[int, str]:
    env = {
        "NAVCONSOLE_DATA": str(data), "NAVCONSOLE_LANGUAGE": "en", "NAVCONSOLE_ALERTS": "webhook: all",
        "NAVCONSOLE_WEBHOOK_URL": hook.url, "NAVCONSOLE_WEBHOOK_SECRET": SECRET,
        "NAVCONSOLE_WEBHOOK_NETWORKS": "127.0.0.1",
    }  # fmt: skip
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(main, ["alerts", *words])
    return done.exit_code, done.output


def test_the_command_sends_a_test_and_says_what_came_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with hook_house() as hook:
        assert shell(monkeypatch, tmp_path, hook, "test")[0] == 0
        assert hook.posts[0].json["what"] == "test"
        hook.status = 403
        code, said = shell(monkeypatch, tmp_path, hook, "test", "--to", "webhook")
        assert code == 1
        assert "(403)" in said
        code, said = shell(monkeypatch, tmp_path, hook, "list", "--json")
        assert [json.loads(line)["state"] for line in said.splitlines()] == ["given_up", "sent"]
        code, said = shell(monkeypatch, tmp_path, hook, "test", "--to", "nobody@chu.example")
        assert code == 1
        assert "NAVCONSOLE_ALERTS" in said
        assert SECRET not in said
