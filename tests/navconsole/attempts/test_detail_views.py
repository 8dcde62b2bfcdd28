"""The page of one attempt over HTTP, and who may see it."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from markupsafe import escape

from navigation.ids import new_id
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.attempts.finding import add_more, by_outcome, rows
from tests.navconsole.conftest import LintedClient, Login
from tests.seeding import LIMITS, Story, add_attempt, add_run, stories

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{ 1337*3 }}",
    "' hx-get='/x",
    "%(n)s {target} {0.__class__}",
    "\u202eevil",
]


def test_every_kind_of_attempt_has_its_page_in_both_languages(engineer: LintedClient, attempts: list[str]) -> None:
    for attempt_id in attempts:
        for language in ("fr", "en"):
            page = engineer.get(f"/attempts/{attempt_id}?lang={language}")
            assert page.status_code == 200
            assert f'<html lang="{language}"' in page.text


def test_the_reason_is_said_in_the_readers_language(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    attempt_id = by_outcome(store, Outcome.AMBIGUOUS)
    assert "“Ouvrir” fits 7 places on the screen" in engineer.get(f"/attempts/{attempt_id}").text
    french = engineer.get(f"/attempts/{attempt_id}?lang=fr").text
    assert "«\xa0Ouvrir\xa0» correspond à 7 endroits" in french
    assert "jamais tranchée au hasard" in french


def test_pictures_carry_their_layers(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    page = engineer.get(f"/attempts/{by_outcome(store, Outcome.NOT_LANDED)}").text
    assert page.count('<svg class="overlay" viewBox="0 0 1366 768"') == 2
    for layer in ("phrases", "anchors", "candidates", "click", "banner"):
        assert f'id="layer-{layer}"' in page
    assert "Expected after the press and not read" in page
    assert "Expected before the press and not read" not in page
    assert "Choisir un médicament" in page
    assert "g-click" in page


def test_what_was_refused_has_no_press_on_its_picture(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    page = engineer.get(f"/attempts/{by_outcome(store, Outcome.WRONG_PATIENT)}").text
    assert "g-click" not in page
    assert 'id="layer-banner"' in page


def test_the_record_is_given_as_it_is_stored(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    answer = engineer.get(f"/attempts/{attempts[2]}/record.json")
    assert answer.mimetype == "application/json"
    assert answer.get_json()["start"]["id"] == attempts[2]
    assert "body_hash" not in answer.text


def test_the_runner_up_and_why_it_lost_stand_beside_the_reason(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    page = engineer.get(f"/attempts/{by_outcome(store, Outcome.AMBIGUOUS)}").text
    rival = re.search(r'<table class="rival">.*?</table>', page, re.DOTALL)
    assert rival
    assert "Ouvrir" in rival[0]
    assert "as good as another" in rival[0]


def test_the_strip_shows_the_run_and_marks_this_attempt(engineer: LintedClient, attempts: list[str]) -> None:
    page = engineer.get(f"/attempts/{attempts[2]}?outcome=ok").text
    strip = re.search(r'<ol class="strip".*?</ol>', page, re.DOTALL)
    assert strip
    shown = re.findall(r'<a href="/attempts/([0-9a-f-]{36})\?outcome=ok"( aria-current="step")?>', strip[0])
    assert [attempt for attempt, _ in shown] == attempts[:15]
    assert [attempt for attempt, is_here in shown if is_here] == [attempts[2]]
    assert f'href="/attempts/{attempts[3]}?outcome=ok" data-key="."' in page
    assert f'href="/attempts/{attempts[1]}?outcome=ok" data-key=","' in page


def test_the_last_good_attempt_at_the_target_can_stand_beside_this_one(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    add_more(store, Outcome.NOT_LANDED)
    older, newer = (row.id for row in store.list_attempts(AttemptFilter(outcomes=[Outcome.NOT_LANDED])).rows[::-1])
    assert f'href="/attempts/{newer}?compare={older}" data-key="e"' in engineer.get(f"/attempts/{newer}").text
    page = engineer.get(f"/attempts/{newer}?compare={older}").text
    assert re.findall(r'data-which="(\w+)"', page) == ["earlier", "before"]
    assert f'src="/attempts/{older}/before.webp"' in page
    assert "Pressed without effect" in page[page.index('class="compared"') :]


@pytest.mark.parametrize("other", ["x", "01a208bc-eb62-71f0-815f-d6af5f678ccb"])
def test_what_cannot_be_compared_is_left_out(engineer: LintedClient, attempts: list[str], other: str) -> None:
    page = engineer.get(f"/attempts/{attempts[2]}?compare={other}")
    assert page.status_code == 200
    assert 'data-which="earlier"' not in page.text


def test_another_application_is_not_compared(login: Login, store: Store, attempts: list[str]) -> None:
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "labo", has_patient=False, at=datetime.now(UTC))
    hidden = add_attempt(
        store, stories()[2], run_id=run_id, application="labo", config_id=config.id, at=datetime.now(UTC)
    )
    page = login("viewer", applications=["dpi-urgences"]).get(f"/attempts/{attempts[2]}?compare={hidden}")
    assert hidden not in page.text.replace(f"compare={hidden}", "")


def test_newer_and_older_keep_the_filter(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    add_more(store, Outcome.ABSENT)
    both = [row.id for row in store.list_attempts(AttemptFilter(outcomes=[Outcome.ABSENT])).rows]
    page = engineer.get(f"/attempts/{both[0]}?outcome=absent").text
    assert f'rel="next" href="/attempts/{both[1]}?outcome=absent"' in page
    assert 'rel="prev"' not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_screens_and_targets_is_shown_as_text(engineer: LintedClient, store: Store, text: str) -> None:
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, text, has_patient=False, at=datetime.now(UTC))
    story = Story(Outcome.OK, "Examens", text, screens.record, screens.record, present=("Synthèse",))
    attempt_id = add_attempt(
        store, story, run_id=run_id, application=text, config_id=config.id, at=datetime.now(UTC), target=text
    )
    for path in ("/attempts", f"/attempts/{attempt_id}", f"/attempts/{attempt_id}?q={text}"):
        page = engineer.get(path)
        assert page.status_code in (200, 422)
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "<svg onload" not in page.text
        assert "4011" not in page.text
        assert escape(text) in page.text or path.endswith(text)


@pytest.mark.parametrize(("press", "said"), [("double", "twice"), ("right", "with the right button")])
def test_another_press_than_a_single_one_is_said(engineer: LintedClient, store: Store, press: str, said: str) -> None:
    story = replace(next(s for s in stories() if s.outcome == Outcome.OK), extra={"press": press})
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "dpi", has_patient=False, at=datetime.now(UTC))
    attempt_id = add_attempt(store, story, run_id=run_id, application="dpi", config_id=config.id, at=datetime.now(UTC))
    assert f"<dt>Press</dt><dd>{said}</dd>" in engineer.get(f"/attempts/{attempt_id}").text


@pytest.mark.parametrize("path", ["", "/before.webp", "/after.webp", "/thumb", "/screen"])
def test_what_belongs_to_another_application_does_not_exist(
    login: Login, store: Store, attempts: list[str], path: str
) -> None:
    stranger_here = login("viewer", applications=["another"])
    unknown = stranger_here.get(f"/attempts/{new_id()}{path}")
    hidden = stranger_here.get(f"/attempts/{attempts[2]}{path}")
    assert hidden.status_code == unknown.status_code == 404
    assert _without_reference(hidden.text) == _without_reference(unknown.text)
    assert rows(stranger_here.get("/attempts")) == []
    assert "dpi-urgences" not in stranger_here.get("/attempts").text


def test_someone_of_the_application_sees_it(login: Login, attempts: list[str]) -> None:
    client = login("viewer", applications=["dpi-urgences"])
    assert client.get(f"/attempts/{attempts[2]}").status_code == 200
    assert client.get(f"/attempts/{attempts[2]}/before.webp").status_code == 200


@pytest.mark.parametrize("attempt_id", ["x", "..%2f..", "01A208BC-EB62-71F0-815F-D6AF5F678CCB", "0" * 36])
def test_what_is_no_id_is_not_found(engineer: LintedClient, attempt_id: str) -> None:
    assert engineer.get(f"/attempts/{attempt_id}").status_code == 404


@pytest.mark.parametrize("path", ["/before.webp", "/thumb", "/screen", "/news?after=1"])
def test_parts_of_a_page_are_bare_refusals_without_a_session(stranger: LintedClient, path: str) -> None:
    assert stranger.get(f"/attempts/{new_id()}{path}").status_code in (401, 404)


def test_a_page_without_a_session_comes_back_after_the_login(stranger: LintedClient) -> None:
    answer = stranger.get("/attempts?q=a")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/attempts?q%3Da"


def _without_reference(text: str) -> str:
    text = re.sub(r"<code>[0-9a-f]{8}</code>", "", text)
    text = re.sub(r'value="[^"]+"', "", text)
    return text
