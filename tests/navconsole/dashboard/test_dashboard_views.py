from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from navconsole.auth.permissions import HOMES, ROLES
from navigation.ids import new_id
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.seeding import LIMITS, add_attempt, add_run, stories


def test_the_page_shows_rates_screens_stages_and_what_waits(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    done = store.list_attempts(AttemptFilter(outcomes=[Outcome.OK])).rows[0]
    store.add_labels([Label(new_id(), done.id, "ann", "Ann", "wrong", datetime.now(UTC))])
    page = engineer.get("/dashboard").text
    counts = store.count_attempts(AttemptFilter()).by_outcome
    asked = sum(counts.values()) - counts["needs_human"]
    assert f"of {asked}" in page
    (wrong,) = re.findall(r'<a href="([^"]+)">1</a><small>of 1 labelled</small>', page)
    assert engineer.get(wrong.replace("&amp;", "&")).text.count('class="row-link"') == 1
    assert f"<small>of {counts['ok'] + counts['not_landed']} presses</small>" in page
    assert "reading the text" in page
    assert re.search(rf"<strong>{asked - counts['ok'] + 1}</strong><span>failures without a label", page)
    assert page.count('<th scope="row"><a href="/dashboard?application=dpi-urgences') == 4
    assert "/attempts?application=dpi-urgences&amp;screen=Dossier&amp;since=" in page
    assert 'class="line" d="M' in page
    assert "The numbers" in page


def test_an_empty_console_says_what_to_do(engineer: LintedClient) -> None:
    page = engineer.get("/dashboard").text
    assert "No attempt ended in these days." in page
    assert "navconsole demo" in page
    assert "<strong>0</strong><span>runs wait for a person" in page


def test_a_fragment_is_the_board_alone(engineer: LintedClient, attempts: list[str]) -> None:
    answer = engineer.get("/dashboard?application=dpi-urgences&screen=Dossier&days=7", headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="board"' in answer.text
    assert 'aria-current="true">7 days' in answer.text


@pytest.mark.parametrize("address", ["?days=8", "?days=", "?application=" + "x" * 300])
def test_an_address_that_cannot_be_understood_is_refused(engineer: LintedClient, address: str) -> None:
    assert engineer.get(f"/dashboard{address}").status_code == 400


def test_rates_are_of_what_one_may_see(login: Login, attempts: list[str]) -> None:
    client = login("engineer", applications=["imagerie"])
    assert "No attempt ended in these days." in client.get("/dashboard").text
    assert client.get("/dashboard?application=dpi-urgences").status_code == 404
    assert "dpi-urgences" not in client.get("/dashboard").text


def test_the_first_day_of_the_span_is_counted_and_the_day_before_is_not(engineer: LintedClient, store: Store) -> None:
    now = datetime.now(UTC)
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    story = next(story for story in stories() if story.outcome is Outcome.OK)
    for days, more in ((6, 1), (7, 2), (8, 3)):
        for _ in range(more):
            at = now - timedelta(days=days)
            add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=at)
    week = engineer.get("/dashboard?days=7").text
    assert "<small>of 1 presses</small>" in week
    assert "No attempt ended in these days." not in week
    assert "<small>of 6 presses</small>" in engineer.get("/dashboard").text


def test_what_waits_is_what_one_may_see(login: Login, store: Store, attempts: list[str]) -> None:
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    now = datetime.now(UTC)
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    story = next(story for story in stories() if story.outcome is Outcome.NEEDS_HUMAN)
    add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=now)
    everybody = login("admin").get("/dashboard").text
    assert "<strong>1</strong><span>run waits for a person" in everybody
    assert "<strong>0</strong><span>failures without a label" not in everybody
    page = login("engineer", applications=["imagerie"]).get("/dashboard").text
    assert "<strong>0</strong><span>runs wait for a person" in page
    assert "<strong>0</strong><span>failures without a label" in page
    assert "reading the text" not in page
    assert "0 texts watched" in page


@pytest.mark.parametrize("role", ROLES)
def test_each_role_begins_where_its_work_is(login: Login, role: str) -> None:
    client = login(role)
    home = client.get("/")
    assert home.status_code == 303
    assert home.location == {"clinician": "/flows", "viewer": "/attempts"}.get(role, "/dashboard")
    assert client.get(home.location).status_code == 200
    assert set(HOMES) == set(ROLES)


@pytest.mark.parametrize("role", ["viewer", "clinician"])
def test_others_have_no_dashboard(login: Login, stranger: LintedClient, role: str) -> None:
    assert login(role).get("/dashboard").status_code == 403
    assert stranger.get("/dashboard").status_code == 303
