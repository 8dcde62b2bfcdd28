"""The list of attempts over HTTP: filters, orders, pages, news, groups."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from werkzeug.test import TestResponse

from navconsole.attempts import listing
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.attempts.finding import add_more, by_outcome, rows
from tests.navconsole.conftest import HTMX, LintedClient, Login, console, english
from tests.seeding import LIMITS, add_attempt, add_run, add_running, stories


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
    assert 'class="news-button" href="/attempts?outcome=ok"' in engineer.get(address).text
    assert "<html" not in engineer.get(address).text


def test_new_attempts_are_counted_in_every_order_and_on_the_first_page_only(
    engineer: LintedClient, store: Store, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 9)
    monkeypatch.setattr(listing, "NEWS_LIMIT", 5)  # fewer than there are, so that the first of the order are old ones
    page = engineer.get("/attempts?sort=oldest").text
    news = re.search(r'id="news"[^>]*hx-get="([^"]+)"', page)
    assert news
    address = news[1].replace("&amp;", "&")
    assert "news-button" not in engineer.get(address).text
    add_more(store, *[Outcome.OK] * 2)
    assert "2 new attempts" in engineer.get(address).text
    link = re.search(r'rel="next" href="([^"]+)"', page)
    assert link
    assert "/attempts/news" not in engineer.get(link[1].replace("&amp;", "&")).text


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


@pytest.mark.parametrize(
    ("order", "column", "direction"),
    [
        ("", "newest", "descending"),
        ("oldest", "newest", "ascending"),
        ("score", "score", "ascending"),
        ("margin", "margin", "ascending"),
        ("duration", "duration", "descending"),
    ],
)
def test_a_column_says_how_the_list_is_ordered(
    engineer: LintedClient, attempts: list[str], order: str, column: str, direction: str
) -> None:
    page = engineer.get(f"/attempts?sort={order}").text
    assert re.findall(r'c-(\w+)" aria-sort="(\w+)"', page) == [(column, direction)]


def test_a_page_that_is_swapped_in_stands_in_the_address(
    engineer: LintedClient, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 9)
    link = re.search(r'rel="next" href="([^"]+)"', engineer.get("/attempts").text)
    assert link
    assert engineer.get(link[1], headers=HTMX).headers["HX-Push-Url"] == link[1]


def test_days_begin_and_end_where_the_installation_is(login: Login, store: Store, settings: ConsoleSettings) -> None:
    client = login("engineer")
    at = datetime(2026, 3, 1, 20, tzinfo=UTC)  # five o'clock of the next day in Tokyo
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "dpi", has_patient=False, at=at)
    attempt_id = add_attempt(store, stories()[0], run_id=run_id, application="dpi", config_id=config.id, at=at)
    in_tokyo = english(console(replace(settings, timezone="Asia/Tokyo"), store).test_client())
    cookie = client.get_cookie(SESSION_COOKIE)
    assert cookie
    in_tokyo.set_cookie(SESSION_COOKIE, cookie.value)
    second = "/attempts?since=2026-03-02&until=2026-03-02"
    assert rows(in_tokyo.get(second)) == [attempt_id]
    assert rows(client.get(second)) == []


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
    label = Label(
        new_id(), attempts[4], person.id, person.name, "wrong", datetime.now(UTC), cause="popup", note="Étiquette"
    )
    store.add_labels([label])
    for query in ("label=wrong", "cause=popup", "reviewer=the+engineer", "q=etiquette", "label=wrong&label=right"):
        assert rows(engineer.get(f"/attempts?{query}")) == [attempts[4]], query
    assert len(rows(engineer.get("/attempts?label=none"))) == len(attempts) - 1
    assert 'id="pick-reviewer-the%20engineer"' in engineer.get("/attempts?facet=reviewer").text


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


@pytest.mark.parametrize("after", ["", "-1", "1e9", "9" * 40, "x"])
def test_news_after_nonsense_is_refused(engineer: LintedClient, after: str) -> None:
    assert engineer.get(f"/attempts/news?after={after}").status_code == 400


def test_an_attempt_under_way_is_shown_as_such(engineer: LintedClient, store: Store) -> None:
    running = add_running(store)
    assert rows(engineer.get("/attempts?outcome=running")) == [running]
    page = engineer.get(f"/attempts/{running}")
    assert page.status_code == 200
    assert "Under way" in page.text


def test_people_go_on_reading_while_the_database_is_locked(
    engineer: LintedClient, attempts: list[str], settings: ConsoleSettings
) -> None:
    engineer.get("/attempts")
    with closing(sqlite3.connect(settings.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for path in ("/attempts", f"/attempts/{attempts[3]}", f"/attempts/{attempts[3]}/thumb"):
            assert engineer.get(path).status_code == 200
        other.execute("ROLLBACK")
