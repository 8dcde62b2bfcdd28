"""The pages of log-in flows: who sees what, answers kept at once, links for one flow, sign-offs, unblurred pictures."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytesseract
import pytest
from flask import Flask

from navconsole.auth.sessions import SESSION_COOKIE
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.labels import Label
from navigation.store.protocol import Store
from navigation.types import Outcome, Point
from tests.navconsole.conftest import LintedClient, Login, english
from tests.navconsole.flows.films import APPLICATION, PRESS, add_film, change_settings
from tests.screens import PATIENTS
from tests.seeding import add_running

LINK = re.compile(r"http://[^\"]+/link/([\w-]+)")


@pytest.fixture
def film(store: Store) -> str:
    return add_film(store)


@pytest.fixture
def cleo(login: Login) -> LintedClient:
    return login("clinician", name="cleo")


def answers(store: Store, film: str) -> list[str]:
    return [label.answer for label in store.flow_answers(film)]


def say(client: LintedClient, film: str, *given: str) -> Any:
    for number, answer in enumerate(given, start=1):
        response = client.submit(f"/flows/{film}/{number}", answer=answer)
    return response


def audited(store: Store, action: str) -> list[Any]:
    return [event for _, event in store.audit_events() if event.action == action]


# --- the list -------------------------------------------------------------------------------------


def test_the_list_says_where_each_flow_stands_and_offers_to_ask(store: Store, engineer: LintedClient) -> None:
    film = add_film(store)
    add_film(store, name="refused", stories=(PRESS.__class__(Outcome.LOGIN_REFUSED, "Se connecter", "Connexion",
             PRESS.before, extra={"flow": "login"}),))  # fmt: skip
    page = engineer.get("/flows").text
    assert "Not confirmed" in page
    assert "No film yet" in page
    assert f'href="/flows/{film}/ask"' in page


def test_without_flows_the_list_says_what_would_be_here(store: Store, engineer: LintedClient) -> None:
    assert "No log-in has been recorded yet" in engineer.get("/flows").text


def test_a_clinician_begins_with_the_flows_and_sees_those_of_their_applications(store: Store, login: Login) -> None:
    add_film(store)
    other = login("clinician", applications=["other"])
    assert other.get("/").location == "/flows"
    assert "connexion" not in other.get("/flows").text


@pytest.mark.parametrize("path", ["", "/1", "/1/point", "/1/after.webp", "/1/after/sharp.webp", "/1/after/shown"])
def test_what_is_not_there_or_not_ones_own_is_404(store: Store, film: str, login: Login, path: str) -> None:
    stranger = login("clinician", applications=["other"])
    assert stranger.get(f"/flows/{film}{path}").status_code == 404
    insider = login("clinician", name="insider")
    for run in ("nothing", new_id(), store.attempt(add_running(store)).start.run_id):  # type: ignore[union-attr]
        assert insider.get(f"/flows/{run}{path}").status_code == 404
    assert insider.get(f"/flows/{film}/9").status_code == 404
    assert insider.get(f"/flows/{film}/0/after.webp").status_code == 404
    assert insider.get(f"/flows/{film}/signoff").status_code == 404


# --- the film -------------------------------------------------------------------------------------


def test_each_answer_is_kept_at_once_and_one_resumes_where_one_left(
    store: Store, film: str, cleo: LintedClient
) -> None:
    assert cleo.get(f"/flows/{film}").location == f"/flows/{film}/1"
    answer = say(cleo, film, "yes")
    assert (answer.status_code, answer.location) == (303, f"/flows/{film}/2")
    (label,) = store.flow_answers(film)
    assert (label.answer, label.source, label.is_screen_right, label.has_landed) == ("right", "blind", True, True)
    assert cleo.get(f"/flows/{film}").location == f"/flows/{film}/2"
    assert "your answer so far" in cleo.get(f"/flows/{film}/1").text


def test_no_word_of_the_engine_is_on_a_clinicians_page(film: str, cleo: LintedClient) -> None:
    page = cleo.get(f"/flows/{film}/3").text
    text = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
    assert "The robot pressed “Se connecter”." in text
    assert "3 of 3" in page
    for word in ("score", "OCR", "anchor", "threshold", "outcome", "margin", "%"):
        assert word.lower() not in text.lower()


def test_an_engineers_label_does_not_hold_up_a_clinician(store: Store, film: str, cleo: LintedClient) -> None:
    step = store.flow_steps(film)[0].start.id
    store.add_labels([Label(new_id(), step, "ann", "Ann", "right", datetime.now(UTC))])
    assert say(cleo, film, "unsure").status_code == 303
    assert answers(store, film) == ["unsure"]


def test_a_new_answer_replaces_the_former(store: Store, film: str, cleo: LintedClient) -> None:
    say(cleo, film, "no")
    say(cleo, film, "yes")
    assert answers(store, film) == ["right"]


def test_no_is_kept_then_pointed_at_then_explained(store: Store, film: str, cleo: LintedClient) -> None:
    here = f"/flows/{film}/1/point"
    assert say(cleo, film, "no").location == here
    assert answers(store, film) == ["wrong"]
    assert cleo.submit(here, **{"after.x": "480", "after.y": "270", "shown": "960"}).location == here
    (label,) = store.flow_answers(film)
    assert label.pointed
    assert (label.pointed.on, label.pointed.at) == ("after", Point(683, 384))
    assert (label.place, label.has_landed) == (None, False)
    assert "The place is kept" in cleo.get(here).text
    assert cleo.submit(here, note="Ce n’est pas mon service", done="1").location == f"/flows/{film}/2"
    (label,) = store.flow_answers(film)
    assert (label.note, label.pointed.at if label.pointed else None) == ("Ce n’est pas mon service", Point(683, 384))


def test_bad_answers_are_refused_and_nothing_is_kept(store: Store, film: str, cleo: LintedClient) -> None:
    assert cleo.submit(f"/flows/{film}/1", answer="perhaps").status_code == 400
    assert cleo.get(f"/flows/{film}/1/point").location == f"/flows/{film}/1"
    say(cleo, film, "no")
    assert cleo.submit(f"/flows/{film}/1/point", **{"after.x": "99999", "after.y": "1"}).status_code == 400
    assert store.flow_answers(film)[0].pointed is None


def test_only_clinicians_answer_and_engineers_see_what_they_said(
    store: Store, film: str, cleo: LintedClient, engineer: LintedClient
) -> None:
    say(cleo, film, "no")
    cleo.submit(f"/flows/{film}/1/point", note="Pas le bon écran", done="1")
    page = engineer.get(f"/flows/{film}").text
    assert "Pas le bon écran" in page
    assert "cleo" in page
    assert engineer.get(f"/flows/{film}/1").status_code == 403
    assert "Pas le bon écran" in engineer.get("/flows").text


# --- sign-off -------------------------------------------------------------------------------------


def test_only_yes_to_every_step_may_be_signed(store: Store, film: str, cleo: LintedClient) -> None:
    say(cleo, film, "yes", "yes")
    assert cleo.submit(f"/flows/{film}/signoff", page="/flows", name="Cléo").status_code == 409
    say(cleo, film, "yes", "unsure", "yes")
    end = cleo.get(f"/flows/{film}")
    assert "an engineer will look at it" in end.text
    assert cleo.submit(f"/flows/{film}/signoff", page="/flows", name="Cléo").status_code == 409
    assert store.signoff_of(film) is None
    assert "Something is wrong" in cleo.get("/flows").text


def test_a_name_and_a_button_sign_and_the_sheet_can_be_printed(store: Store, film: str, cleo: LintedClient) -> None:
    say(cleo, film, "yes", "yes", "yes")
    here = f"/flows/{film}"
    for name in ("  ", "x" * 101, "a\x07b"):
        answer = cleo.submit(f"{here}/signoff", page=here, name=name)
        assert answer.status_code == 422
        assert "Write your first and last name." in answer.text
    assert cleo.submit(f"{here}/signoff", page=here, name=" Cléo  Marchand ").location == f"{here}/signoff"
    signed = store.signoff_of(film)
    assert signed
    assert (signed.signed_name, signed.signer, signed.application, signed.flow) == (
        "Cléo Marchand", "cleo", APPLICATION, "connexion"
    )  # fmt: skip
    assert [answer["answer"] for answer in signed.answers] == ["right"] * 3
    assert (signed.config_id, signed.profile_version) == (store.active_config().id, 0)
    sheet = cleo.get(f"{here}/signoff").text
    assert "your confirmation is kept" in sheet
    assert "Cléo Marchand" in sheet
    assert "No longer valid" not in sheet
    assert "Confirmed" in cleo.get("/flows").text
    assert audited(store, "flow_signed")


def test_a_signoff_is_void_when_the_configuration_changes(store: Store, film: str, cleo: LintedClient) -> None:
    say(cleo, film, "yes", "yes", "yes")
    cleo.submit(f"/flows/{film}/signoff", page=f"/flows/{film}", name="Cléo")
    change_settings(store)
    for page in (cleo.get("/flows").text, cleo.get(f"/flows/{film}/signoff").text):
        assert "No longer valid" in page
        assert "settings have changed since" in page


def test_a_film_of_other_settings_is_not_offered_first(
    store: Store, film: str, cleo: LintedClient, login: Login
) -> None:
    engineer = login("engineer")
    assert 'class="button primary"' in cleo.get("/flows").text
    assert 'class="button primary"' in engineer.get("/flows").text
    change_settings(store)
    theirs, ours = cleo.get("/flows").text, engineer.get("/flows").text
    assert 'class="button primary"' not in theirs + ours
    assert "once the robot has logged in again" in theirs
    assert "once more before asking" in ours


def test_a_page_that_is_not_a_clinicians_leads_back_to_the_log_ins(cleo: LintedClient) -> None:
    refused = cleo.get("/attempts", headers={"Accept": "text/html"})
    assert refused.status_code == 403
    assert 'class="button" href="/flows"' in refused.text
    assert 'href="/attempts"' not in refused.text


def test_an_objection_after_a_signoff_is_said_everywhere_and_the_next_signoff_settles_it(
    store: Store, film: str, cleo: LintedClient, login: Login
) -> None:
    here, paul = f"/flows/{film}", login("clinician", name="paul")
    say(cleo, film, "yes", "yes", "yes")
    cleo.submit(f"{here}/signoff", page=here, name="Cléo")
    say(paul, film, "yes", "yes", "no")
    assert "an engineer will look at it" in paul.get(here).text
    assert "Something is wrong" in paul.get("/flows").text
    assert "has found something wrong since" in cleo.get(f"{here}/signoff").text
    assert cleo.submit(f"{here}/signoff", page=here, name="Cléo").status_code == 303
    assert "has found something wrong since" not in cleo.get(f"{here}/signoff").text
    assert "This log-in is confirmed" in cleo.get(here).text


def test_a_film_of_former_settings_is_answered_but_not_signed(store: Store, film: str, cleo: LintedClient) -> None:
    change_settings(store)
    say(cleo, film, "yes", "yes", "yes")
    assert "It cannot be confirmed just now" in cleo.get(f"/flows/{film}").text
    assert cleo.submit(f"/flows/{film}/signoff", page="/flows", name="Cléo").status_code == 409
    assert store.signoff_of(film) is None


# --- links ----------------------------------------------------------------------------------------


def make_link(engineer: LintedClient, film: str, **fields: str) -> str:
    page = engineer.submit(f"/flows/{film}/ask", **fields)
    assert page.status_code == 200, page.text
    found = LINK.search(page.text)
    assert found
    return f"/link/{found[1]}"


def test_a_link_for_a_new_clinician_opens_the_film_once_and_nothing_else(
    app: Flask, store: Store, film: str, engineer: LintedClient
) -> None:
    other = add_film(store, name="other")
    link = make_link(engineer, film, name="Cléo Marchand")
    assert audited(store, "flow_link_made")
    cleo = english(app.test_client())
    for _ in range(2):  # looking does not use it up
        assert "Does the robot arrive where you would expect?" in cleo.get(link).text
    assert cleo.submit(link).location == "/"
    assert cleo.get("/").location == f"/flows/{film}"
    assert cleo.get(f"/flows/{film}/1").status_code == 200
    for path in (f"/flows/{other}", f"/flows/{other}/1/after.webp", "/flows", "/flows/opinions", "/attempts",
                 "/password", f"/attempts/{store.flow_steps(film)[0].start.id}"):  # fmt: skip
        answer = cleo.get(path)
        assert answer.status_code == 404, path
        assert "Go to the log-in that you are to check" in answer.text
    user = store.user_by_name("cléo marchand")
    assert user
    assert (user.role, user.applications) == ("clinician", [APPLICATION])


def test_a_link_used_or_expired_says_so_before_one_presses(
    app: Flask, store: Store, film: str, engineer: LintedClient, cleo: LintedClient
) -> None:
    user = store.user_by_name("cleo")
    assert user
    link = make_link(engineer, film, clinician=user.id)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', cleo.get(link).text)
    assert token
    late = english(app.test_client())
    late_page = late.get(link).text
    assert cleo.post(link, data={"csrf_token": token[1]}).status_code == 303
    for again in (english(app.test_client()).get(link), late.post(link, data={"csrf_token": csrf(late_page)})):
        assert again.status_code == 410
        assert "This link no longer works" in again.text
    store.add_one_time_link(user.id, "old", datetime.now(UTC) - timedelta(seconds=1), run_id=film)
    assert english(app.test_client()).get("/link/old").status_code == 410


def csrf(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "fields",
    [{}, {"name": "x" * 101}, {"name": "the engineer"}, {"clinician": "unknown"}, {"clinician": "u", "name": "n"}],
    ids=str,
)
def test_a_link_needs_one_clinician(store: Store, film: str, engineer: LintedClient, fields: dict[str, str]) -> None:
    answer = engineer.submit(f"/flows/{film}/ask", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert store.count_users() == 1


def test_clinicians_and_viewers_ask_nobody(film: str, cleo: LintedClient, login: Login) -> None:
    assert cleo.get(f"/flows/{film}/ask").status_code == 403
    assert login("viewer").get("/flows").status_code == 403


# --- pictures -------------------------------------------------------------------------------------


def test_pictures_are_blurred_by_the_server_and_each_sharp_one_is_on_record(
    store: Store, film: str, cleo: LintedClient
) -> None:
    here = f"/flows/{film}/3/after"
    blurred, sharp = (open_screenshot(cleo.get(f"{here}{end}").data) for end in (".webp", "/sharp.webp"))
    assert blurred.size == sharp.size
    read, hidden = (pytesseract.image_to_string(picture.rgb, lang="fra") for picture in (sharp, blurred))
    names = [name.split()[0] for name, *_ in PATIENTS]
    assert sum(name in read for name in names) > 4
    assert "Patients présents" in hidden
    assert not [name for name in names if name in hidden]
    (event,) = audited(store, "picture_unblurred")
    assert event.object_id == store.flow_steps(film)[2].start.id
    assert event.details == {"picture": "after"}
    user = store.user_by_name("cleo")
    assert user
    assert event.actor == user.id
    cleo.get(f"{here}/sharp.webp")
    assert len(audited(store, "picture_unblurred")) == 2


def test_without_holding_the_sharp_picture_is_a_page_that_goes_back(film: str, cleo: LintedClient) -> None:
    page = cleo.get(f"/flows/{film}/2/after/shown")
    assert page.headers["Refresh"] == f"10; url=/flows/{film}/2"
    assert f"/flows/{film}/2/after/sharp.webp" in page.text
    assert cleo.get(f"/flows/{film}/2/after/shown?from=point").headers["Refresh"].endswith("/2/point")


def test_no_sharp_picture_is_in_any_page_of_the_film(film: str, cleo: LintedClient) -> None:
    say(cleo, film, "no")
    for path in ("/1", "/1/point", "/2"):
        shown = re.findall(r'src="([^"]+webp)"', cleo.get(f"/flows/{film}{path}").text)
        assert len(shown) == 2
        assert not [src for src in shown if "sharp" in src]


def test_the_session_of_a_link_does_not_outlive_the_account(
    app: Flask, store: Store, film: str, cleo: LintedClient
) -> None:
    user = store.user_by_name("cleo")
    assert user
    store.open_session(user.id, "limited", datetime.now(UTC), "127.0.0.1", run_id=film)
    client = english(app.test_client())
    client.set_cookie(SESSION_COOKIE, "limited")
    assert client.get(f"/flows/{film}").status_code == 303
    left = client.submit("/logout", page=f"/flows/{film}/1").text
    assert "you may close this page" in left
    assert 'href="/login"' not in left  # there is no password to log in with
    assert client.get(f"/flows/{film}").location.startswith("/login")
