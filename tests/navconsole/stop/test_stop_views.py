"""The red button, the red line, the page: who sees and may do what, and what is on record."""

from __future__ import annotations

import re

import pytest

from navconsole.auth.permissions import ROLES
from navigation.store.protocol import Store
from tests.navconsole.conftest import HTMX, LintedClient, Login

pytestmark = pytest.mark.usefixtures("attempts")


def stop(client: LintedClient, page: str = "/attempts", **fields: str) -> int:
    return client.submit("/stop", page, **{"application": "", "reason": "Panne du DPI", **fields}).status_code


def test_the_button_stops_everything_and_goes_back_to_the_page(engineer: LintedClient, store: Store) -> None:
    assert 'popovertarget="stop-panel"' in engineer.get("/attempts").text
    answer = engineer.submit("/stop", "/attempts", application="", reason="  Panne du DPI ", next="/attempts?q=a")
    assert (answer.status_code, answer.location) == (303, "/attempts?q=a")
    (event,) = store.stops_in_force()
    assert (event.application, event.is_stopped, event.author, event.reason) == (
        "",
        True,
        "the engineer",
        "Panne du DPI",
    )
    page = engineer.get("/attempts").text
    assert "All robots are stopped" in page
    assert "by the engineer" in page
    assert "<q>Panne du DPI</q>" in page
    assert 'popovertarget="stop-panel"' not in page
    at, audited = store.audit_events()[0]
    assert (audited.action, audited.object_kind, audited.object_id) == ("robots_stopped", "application", "*")
    assert at >= event.at


def test_one_application_is_stopped_and_let_go_with_a_reason(engineer: LintedClient, store: Store) -> None:
    assert stop(engineer, application="dpi-urgences") == 303
    page = engineer.get("/stop").text
    assert "The robots of dpi-urgences are stopped" in page
    assert 'popovertarget="stop-panel"' in page  # the others can still be stopped
    assert engineer.submit("/stop/release", "/stop", application="dpi-urgences", reason=" ").status_code == 422
    assert len(store.stops_in_force()) == 1
    answer = engineer.submit("/stop/release", "/stop", application="dpi-urgences", reason="Réparé")
    assert (answer.status_code, answer.location) == (303, "/stop")
    assert store.stops_in_force() == []
    page = engineer.get("/stop").text
    assert "No robot is stopped" in page
    assert page.index("let go") < page.index("Réparé") < page.index("Panne du DPI")
    badges = re.findall(r'class="badge fam-(\w+)">.*?(let go|stopped)</span>', page)
    assert badges == [("good", "let go"), ("danger", "stopped")]
    audited = [(event.action, event.object_id) for _, event in store.audit_events(limit=2)]
    assert audited == [("robots_released", "dpi-urgences"), ("robots_stopped", "dpi-urgences")]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_a_stop_leads_to_no_other_site(engineer: LintedClient, elsewhere: str) -> None:
    answer = engineer.submit("/stop", "/attempts", application="", reason="Panne", next=elsewhere)
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_stop_needs_a_reason_and_keeps_what_was_chosen(engineer: LintedClient, store: Store, reason: str) -> None:
    answer = engineer.submit("/stop", "/stop", application="dpi-urgences", reason=reason)
    assert answer.status_code == 422
    assert 'id="page-reason-error"' in answer.text
    assert re.search(r'<option value="dpi-urgences" selected>', answer.text)
    assert reason.strip() in answer.text
    assert store.stop_events() == []


def test_letting_go_what_is_not_stopped_is_said(engineer: LintedClient) -> None:
    assert engineer.submit("/stop/release", "/stop", application="", reason="Fini").status_code == 409


def test_who_may_not_see_an_application_cannot_stop_it_nor_everything(login: Login, store: Store) -> None:
    client = login("engineer", applications=["imagerie"])
    assert "dpi-urgences" not in client.get("/stop").text
    assert stop(client, "/stop", application="dpi-urgences") == 404
    assert stop(client, "/stop", application="") == 404
    assert stop(client, "/stop", application="imagerie") == 303
    page = login("engineer", applications=["dpi-urgences"], name="other").get("/stop").text
    assert "imagerie" not in page
    assert "No robot is stopped" in page
    assert len(store.stop_events()) == 1


def test_a_stop_of_everything_is_seen_by_who_sees_one_application(login: Login) -> None:
    assert stop(login("admin")) == 303
    client = login("engineer", applications=["imagerie"])
    assert "All robots are stopped" in client.get("/attempts").text
    page = client.get("/stop").text
    assert "Panne du DPI" in page
    assert "/stop/release" not in page


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_red_line_and_operators_the_button(login: Login, role: str) -> None:
    assert stop(login("admin", name="boss")) == 303
    client = login(role)
    page = client.get("/attempts").text
    assert "All robots are stopped" in page
    assert ("/inbox" in page) == (role in ("engineer", "admin"))
    assert ('href="/stop"' in page) == (role != "clinician")
    assert ("/stop/release" in client.get("/stop").text) == (role in ("engineer", "admin"))


@pytest.mark.parametrize("role", ["viewer", "clinician"])
def test_others_cannot_stop(login: Login, store: Store, role: str) -> None:
    assert stop(login(role)) == 403
    assert store.stop_events() == []


def test_a_stop_without_the_forms_token_is_refused(engineer: LintedClient, store: Store) -> None:
    assert engineer.post("/stop", data={"application": "", "reason": "x"}).status_code == 400
    assert store.stop_events() == []


def test_the_red_line_is_asked_for_and_says_nothing_twice(engineer: LintedClient, login: Login) -> None:
    mark = re.search(r'hx-get="(/stop/bar\?mark=[^"]+)"', engineer.get("/attempts").text)
    assert mark
    assert engineer.get(mark[1], headers=HTMX).status_code == 204
    stop(login("admin"))
    fragment = engineer.get(mark[1], headers=HTMX)
    assert fragment.status_code == 200
    assert "All robots are stopped" in fragment.text
    assert 'id="inbox-count" class="bar-count" hx-swap-oob="true"' in fragment.text
    assert "<html" not in fragment.text


def test_a_page_for_nobody_shows_no_line(stranger: LintedClient, login: Login) -> None:
    stop(login("admin"))
    assert "stopped" not in stranger.get("/login").text
    assert stranger.get("/stop/bar", headers=HTMX).status_code == 401


def test_a_reason_is_text_and_nothing_else(engineer: LintedClient) -> None:
    stop(engineer, reason='<img src=x onerror="a">')
    assert "<img src=x" not in engineer.get("/stop").text
