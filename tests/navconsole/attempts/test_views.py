import io
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markupsafe import escape
from PIL import Image
from werkzeug.test import TestResponse

from navconsole.attempts import listing
from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.seeding import LIMITS, Story, add_attempt, add_run, add_running, stories

ROW = re.compile(r'class="row-link" href="/attempts/([0-9a-f-]{36})')
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{ 1337*3 }}",
    "' hx-get='/x",
    "%(n)s {target} {0.__class__}",
    "\u202eevil",
]


def rows(answer: TestResponse) -> list[str]:
    return ROW.findall(answer.text)


def by_outcome(store: Store, outcome: Outcome) -> str:
    return store.list_attempts(AttemptFilter(outcomes=[outcome])).rows[0].id


def add_more(store: Store, *outcomes: Outcome) -> None:
    """One attempt more of each outcome named."""
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=_now())
    for outcome in outcomes:
        story = next(s for s in stories() if s.outcome == outcome)
        add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=_now())


# --- the list -------------------------------------------------------------------------------------


def test_an_empty_installation_says_what_to_do(engineer: LintedClient) -> None:
    page = engineer.get("/attempts").text
    assert "No attempts yet" in page
    assert "navconsole tokens add" in page


def test_the_list_shows_the_newest_first(engineer: LintedClient, attempts: list[str]) -> None:
    assert rows(engineer.get("/attempts")) == attempts[::-1]


def test_a_fragment_is_the_list_alone(engineer: LintedClient, attempts: list[str]) -> None:
    answer = engineer.get("/attempts", headers=HTMX)
    assert "<html" not in answer.text
    assert answer.text.lstrip().startswith('<section id="results"')
    assert rows(answer) == attempts[::-1]


def test_a_restored_history_entry_gets_the_whole_page(engineer: LintedClient) -> None:
    assert "<html" in engineer.get("/attempts", headers={**HTMX, "HX-History-Restore-Request": "true"}).text


@pytest.mark.parametrize("outcome", [o.value for o in (Outcome.OK, Outcome.AMBIGUOUS, Outcome.WRONG_PATIENT)])
def test_outcomes_filter(engineer: LintedClient, store: Store, attempts: list[str], outcome: str) -> None:
    found = rows(engineer.get(f"/attempts?outcome={outcome}"))
    wanted = store.list_attempts(AttemptFilter(outcomes=[Outcome(outcome)])).rows
    assert found == [row.id for row in wanted]
    assert found


def test_the_bar_counts_every_outcome_that_the_other_filters_let_through(
    engineer: LintedClient, attempts: list[str]
) -> None:
    page = engineer.get("/attempts?outcome=ambiguous&screen=Tableau").text
    assert "<strong>1</strong> attempt<" in page
    assert re.search(r"Wrong screen</span><b>1</b>", page)
    assert 'href="/attempts?outcome=ambiguous&amp;outcome=wrong_screen&amp;screen=Tableau"' in page
    assert 'href="/attempts?screen=Tableau"' in page


def test_search_and_filters_are_in_the_address_and_in_the_form(engineer: LintedClient, attempts: list[str]) -> None:
    page = engineer.get("/attempts?q=identif&score_min=90&outcome=ok")
    assert len(rows(page)) == 1
    assert 'value="outcome:ok score&gt;=0.9 identif"' in page.text
    assert 'name="outcome" value="ok"' in page.text
    assert "q=identif" in rows_href(page)


def rows_href(answer: TestResponse) -> str:
    found = re.search(r'class="row-link" href="([^"]+)"', answer.text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "bad", ["outcome=great", "score_min=nan", "since=monday", "q=a&q=b", "reviewer=nobody", f"q={'x' * 1001}"]
)
def test_a_bad_filter_is_said_and_nothing_is_searched(engineer: LintedClient, attempts: list[str], bad: str) -> None:
    page = engineer.get(f"/attempts?{bad}")
    fragment = engineer.get(f"/attempts?{bad}", headers=HTMX)
    assert page.status_code == fragment.status_code == 422
    assert "needs correcting" in page.text
    assert "needs correcting" in fragment.text
    assert "<html" not in fragment.text
    assert rows(page) == []


def test_a_cursor_that_was_not_given_out_is_refused(engineer: LintedClient, attempts: list[str]) -> None:
    assert engineer.get("/attempts?cursor=zzz").status_code == 422


def test_pages_follow_each_other_without_loss(
    engineer: LintedClient, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 9)
    first = engineer.get("/attempts")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link
    second = engineer.get(link[1].replace("&amp;", "&"))
    assert rows(first) + rows(second) == attempts[::-1]
    back = re.search(r'rel="prev" href="([^"]+)"', second.text)
    assert back
    assert rows(engineer.get(back[1].replace("&amp;", "&"))) == rows(first)


def test_new_attempts_are_counted_and_nothing_moves(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    page = engineer.get("/attempts?outcome=ok").text
    news = re.search(r'id="news"[^>]*hx-get="([^"]+)"', page)
    assert news
    address = news[1].replace("&amp;", "&")
    assert "news-button" not in engineer.get(address).text
    add_more(store, Outcome.OK, Outcome.OK, Outcome.ABSENT)
    assert "2 new attempts" in engineer.get(address).text
    assert "<html" not in engineer.get(address).text


def test_the_search_line_and_the_facets_show_one_state(engineer: LintedClient, attempts: list[str]) -> None:
    typed = engineer.get("/attempts?q=issue:ambiguous+écran:Tableau+ouvrir").text
    chosen = engineer.get("/attempts?outcome=ambiguous&screen=Tableau&q=ouvrir").text
    for page in (typed, chosen):
        assert 'value="outcome:ambiguous screen:Tableau ouvrir"' in page
        assert re.search(r'id="pick-outcome-ambiguous"[^>]*aria-current="true"', page, re.DOTALL)
        assert 'href="/attempts?screen=Tableau&amp;q=ouvrir"' in page  # what the chosen facet takes away


def test_a_word_that_is_not_understood_is_shown_with_what_may_stand_there(
    engineer: LintedClient, attempts: list[str]
) -> None:
    page = engineer.get("/attempts?q=outcome:great+ouvrir")
    assert page.status_code == 422
    assert "<mark>outcome:great</mark>" in page.text
    assert "<code>ambiguous</code>" in page.text
    assert 'value="outcome:great ouvrir"' in page.text
    typing = engineer.get("/attempts?q=outcome:great", headers={**HTMX, "HX-Trigger": "search"})
    assert (typing.status_code, typing.headers["HX-Reswap"]) == (422, "none")
    assert 'id="note"' in typing.text
    assert 'id="results"' not in typing.text


def test_a_fragment_brings_the_search_line_unless_it_is_being_typed(
    engineer: LintedClient, attempts: list[str]
) -> None:
    by_facet = engineer.get("/attempts?outcome=absent", headers={**HTMX, "HX-Trigger": "pick-outcome-absent"})
    assert 'value="outcome:absent"' in by_facet.text
    by_typing = engineer.get("/attempts?q=issue:absent", headers={**HTMX, "HX-Trigger": "search"})
    assert 'id="q"' not in by_typing.text
    assert by_typing.headers["HX-Push-Url"] == by_facet.headers["HX-Push-Url"] == "/attempts?outcome=absent"


def test_reasons_are_searched_in_both_languages(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    locked = by_outcome(store, Outcome.ACCOUNT_LOCKED)
    for words in ("says that the account is locked", "le compte est verrouillé"):
        assert locked in rows(engineer.get("/attempts", query_string={"q": f'"{words}"'}))


@pytest.mark.parametrize("order", ["oldest", "score", "margin", "duration"])
def test_an_order_is_kept_by_pages_and_by_the_attempts_opened(
    engineer: LintedClient, store: Store, attempts: list[str], monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 9)
    first = engineer.get(f"/attempts?sort={order}")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link
    found = rows(first) + rows(engineer.get(link[1].replace("&amp;", "&")))
    assert found == [row.id for row in store.list_attempts(AttemptFilter(order=order)).rows]  # type: ignore[arg-type]
    assert (
        f'rel="next" href="/attempts/{found[1]}?sort={order}"'
        in engineer.get(f"/attempts/{found[0]}?sort={order}").text
    )


def test_a_facet_that_is_shut_is_opened_by_the_address(engineer: LintedClient, attempts: list[str]) -> None:
    assert "pick-target-" not in engineer.get("/attempts").text
    page = engineer.get("/attempts?facet=target&facet=application").text
    assert 'id="pick-target-Se%20connecter"' in page
    assert "pick-application-" not in page


def test_a_label_is_listed_counted_and_found_by_who_gave_it(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    person = store.user_by_name("the engineer")
    assert person
    label = Label(new_id(), attempts[4], person.id, person.name, "wrong", _now(), cause="popup", note="Étiquette")
    store.add_labels([label])
    for query in ("label=wrong", "cause=popup", "reviewer=the+engineer", "q=etiquette", "label=wrong&label=right"):
        assert rows(engineer.get(f"/attempts?{query}")) == [attempts[4]], query
    assert len(rows(engineer.get("/attempts?label=none"))) == len(attempts) - 1
    assert 'id="pick-reviewer-the%20engineer"' in engineer.get("/attempts?facet=reviewer").text


# --- groups ---------------------------------------------------------------------------------------


def test_groups_are_of_failures_and_open_their_list(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    add_more(store, Outcome.ABSENT, Outcome.ABSENT)
    page = engineer.get("/attempts?view=groups&application=dpi-urgences").text
    assert ">3<" in page
    assert "0 of 3" in page
    group = next(g for g in store.groups(AttemptFilter(outcomes=[Outcome.ABSENT])))
    href = f"/attempts?application=dpi-urgences&amp;group={group.id}"
    assert f'class="row-link" href="{href}"' in page
    opened = engineer.get(href.replace("&amp;", "&"))
    assert len(rows(opened)) == 3
    assert "Clôturer le passage · Not on the screen" in opened.text
    assert 'href="/attempts?application=dpi-urgences&amp;view=groups"' in opened.text
    assert len(store.groups(AttemptFilter(outcomes=[Outcome.OK]))) > 0
    assert "Succeeded</span></span>" not in page


def test_a_group_of_another_application_tells_nothing(login: Login, store: Store, attempts: list[str]) -> None:
    (group, *_) = store.groups(AttemptFilter(outcomes=[Outcome.ABSENT]))
    page = login("viewer", applications=["another"]).get(f"/attempts?group={group.id}")
    assert rows(page) == []
    assert group.target_text not in page.text


# --- saved views ----------------------------------------------------------------------------------


def test_a_view_is_saved_shared_and_removed(login: Login, store: Store, attempts: list[str]) -> None:
    anne, bob = login("engineer", name="anne"), login("viewer", name="bob")
    address = "?outcome=absent&sort=score"
    saved = anne.submit("/attempts/views", "/attempts", name="Missing", address=address, shared="1")
    assert (saved.status_code, saved.location) == (303, "/attempts" + address)
    assert 'href="/attempts?outcome=absent&amp;sort=score"' in bob.get("/attempts").text
    assert "shared by anne" in bob.get("/attempts").text
    person = store.user_by_name("anne")
    assert person
    (view,) = store.saved_views(person.id)
    assert store.audit_events(object_id=view.id)[0][1].action == "view_saved"
    assert bob.submit(f"/attempts/views/{view.id}/delete", "/attempts", address="").status_code == 404
    assert anne.submit(f"/attempts/views/{view.id}/delete", "/attempts", address=address).status_code == 303
    assert store.saved_views(person.id) == []


def test_a_viewer_keeps_views_but_does_not_share_them(login: Login, store: Store) -> None:
    bob = login("viewer", name="bob")
    bob.submit("/attempts/views", "/attempts", name="Mine", address="?outcome=ok", shared="1")
    person = store.user_by_name("bob")
    assert person
    assert [view.is_shared for view in store.saved_views(person.id)] == [False]


def test_a_shared_view_of_another_application_is_not_shown(login: Login) -> None:
    anne = login("engineer", name="anne")
    for name, address in (("Secret", "?application=secret"), ("All", ""), ("Ours", "?application=dpi-urgences")):
        anne.submit("/attempts/views", "/attempts", name=name, address=address, shared="1")
    page = login("viewer", applications=["dpi-urgences"]).get("/attempts").text
    assert "Ours" in page
    assert "Secret" not in page


@pytest.mark.parametrize(
    "form", [{"name": ""}, {"name": "x" * 61}, {"name": "x", "address": "?outcome=great"}, {"address": "?"}], ids=str
)
def test_a_view_that_cannot_be_kept_is_refused(engineer: LintedClient, form: dict[str, str]) -> None:
    assert engineer.submit("/attempts/views", "/attempts", **form).status_code == 400


@pytest.mark.parametrize("after", ["", "-1", "1e9", "9" * 40, "x"])
def test_news_after_nonsense_is_refused(engineer: LintedClient, after: str) -> None:
    assert engineer.get(f"/attempts/news?after={after}").status_code == 400


def test_an_attempt_under_way_is_shown_as_such(engineer: LintedClient, store: Store) -> None:
    running = add_running(store)
    assert rows(engineer.get("/attempts?outcome=running")) == [running]
    page = engineer.get(f"/attempts/{running}")
    assert page.status_code == 200
    assert "Under way" in page.text


# --- one attempt ----------------------------------------------------------------------------------


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
    run_id = add_run(store, "labo", has_patient=False, at=_now())
    hidden = add_attempt(store, stories()[2], run_id=run_id, application="labo", config_id=config.id, at=_now())
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
    run_id = add_run(store, text, has_patient=False, at=_now())
    story = Story(Outcome.OK, "Examens", text, screens.record, screens.record, present=("Synthèse",))
    attempt_id = add_attempt(store, story, run_id=run_id, application=text, config_id=config.id, at=_now(), target=text)
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
    run_id = add_run(store, "dpi", has_patient=False, at=_now())
    attempt_id = add_attempt(store, story, run_id=run_id, application="dpi", config_id=config.id, at=_now())
    assert f"<dt>Press</dt><dd>{said}</dd>" in engineer.get(f"/attempts/{attempt_id}").text


# --- what may be seen -----------------------------------------------------------------------------


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


# --- pictures -------------------------------------------------------------------------------------


def test_a_picture_is_sent_so_that_nothing_can_run_or_keep_it(engineer: LintedClient, attempts: list[str]) -> None:
    answer = engineer.get(f"/attempts/{attempts[2]}/after.webp")
    assert answer.status_code == 200
    assert answer.mimetype in ("image/webp", "image/png")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="after.')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_each_full_view_is_on_record_and_thumbnails_are_not(login: Login, store: Store, attempts: list[str]) -> None:
    client = login("viewer", name="anne")
    anne = store.user_by_name("anne")
    client.get(f"/attempts/{attempts[2]}/thumb")
    client.get(f"/attempts/{attempts[2]}/screen")
    assert store.audit_events(object_id=attempts[2]) == []
    client.get(f"/attempts/{attempts[2]}/before.webp")
    ((_, event),) = store.audit_events(object_id=attempts[2])
    assert anne
    assert (event.actor, event.action, event.source) == (anne.id, "picture_viewed", "127.0.0.1")


def test_a_thumbnail_is_small_and_private(engineer: LintedClient, attempts: list[str]) -> None:
    answer = engineer.get(f"/attempts/{attempts[0]}/thumb")
    assert answer.mimetype == "image/webp"
    assert len(answer.data) < 20_000
    assert Image.open(io.BytesIO(answer.data)).size == (336, 112)
    assert Image.open(io.BytesIO(engineer.get(f"/attempts/{attempts[0]}/screen").data)).width == 416
    assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_missing_or_damaged_picture_is_a_tile_that_says_so(
    engineer: LintedClient,
    store: Store,
    attempts: list[str],
    settings,
    damage: str,
) -> None:
    detail = store.attempt(attempts[0])
    assert detail
    for path in _files_of(settings.data, detail.start.before_id):
        path.unlink() if damage == "missing" else path.write_bytes(path.read_bytes()[:200])
    answer = engineer.get(f"/attempts/{attempts[0]}/before.webp")
    assert answer.status_code == 410
    assert answer.mimetype == "image/svg+xml"
    assert engineer.get(f"/attempts/{attempts[0]}/thumb").status_code == 410
    assert engineer.get(f"/attempts/{attempts[0]}").status_code == 200


def test_nothing_pressed_has_no_picture_after(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    assert engineer.get(f"/attempts/{by_outcome(store, Outcome.ABSENT)}/after.webp").status_code == 404


def _files_of(folder: Path, image_id: str) -> list[Path]:
    return [path for path in folder.rglob(f"*{image_id[4:]}*") if path.is_file()]


def _without_reference(text: str) -> str:
    text = re.sub(r"<code>[0-9a-f]{8}</code>", "", text)
    text = re.sub(r'value="[^"]+"', "", text)
    return text


def _now() -> datetime:
    return datetime.now(UTC)


def test_people_go_on_reading_while_the_database_is_locked(
    engineer: LintedClient, attempts: list[str], settings: ConsoleSettings
) -> None:
    engineer.get("/attempts")
    with closing(sqlite3.connect(settings.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for path in ("/attempts", f"/attempts/{attempts[3]}", f"/attempts/{attempts[3]}/thumb"):
            assert engineer.get(path).status_code == 200
        other.execute("ROLLBACK")
