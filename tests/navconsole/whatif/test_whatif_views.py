import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask

from navconsole.app import create_app
from navconsole.other_readers import Readers
from navconsole.settings import ConsoleSettings
from navigation.ids import new_id
from navigation.records import AttemptFilter
from navigation.settings import Settings
from navigation.store import SqlStore
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.navconsole.conftest import CSRF, HTMX, LintedClient, Login
from tests.navigation.store.making import a_start, png, stored_picture
from tests.seeding import LIMITS, Story, add_attempt, add_run

ANSWER = {**HTMX, "HX-Target": "whatif-answer"}


@pytest.fixture
def near_tie(store: Store) -> str:
    """An attempt at one of two buttons whose texts differ by a letter."""
    return add_near_tie(store)


def add_near_tie(store: Store) -> str:
    def draw() -> screens.Screen:
        screen = screens.record()
        screen.button(620, 640, 200, "Valider l'acte")
        screen.button(860, 640, 200, "Valider l'acre")
        return screen

    now = datetime.now(UTC)
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    story = Story(Outcome.AMBIGUOUS, "Valider l'acte", "Dossier", draw, present=("Synthèse",))
    return add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=now)


def status(page: str) -> str:
    found = re.search(r'class="whatif-said.*?verdict-status">.*?</svg>(.*?)</p>', page, re.DOTALL)
    assert found
    return found[1]


def test_without_a_change_the_answer_is_the_stored_one(engineer: LintedClient, near_tie: str) -> None:
    page = engineer.get(f"/attempts/{near_tie}/whatif").text
    assert "<html" in page
    assert status(page) == "uncertain"
    assert "The same answer as the stored one." in page


def test_a_smaller_margin_finds_it_and_says_what_it_was(engineer: LintedClient, near_tie: str) -> None:
    fragment = engineer.get(f"/attempts/{near_tie}/whatif?margin=2", headers=ANSWER).text
    assert "<form" not in fragment
    assert status(fragment) == "found"
    assert "The stored answer was: uncertain." in fragment
    assert fragment.count("<rect") >= 2
    assert "<circle" in fragment
    assert status(engineer.get(f"/attempts/{near_tie}/whatif?margin=8", headers=ANSWER).text) == "uncertain"


def test_the_panel_alone_is_what_the_button_brings(engineer: LintedClient, near_tie: str) -> None:
    panel = engineer.get(f"/attempts/{near_tie}/whatif?margin=2&outcome=ambiguous", headers=HTMX).text
    assert panel.lstrip().startswith('<section class="whatif"')
    assert 'name="margin" min="0" max="40" step="0.5" value="2"' in panel
    assert '<input type="hidden" name="outcome" value="ambiguous">' in panel
    assert f'href="/attempts/{near_tie}?outcome=ambiguous"' in panel


def test_another_text_is_looked_for(engineer: LintedClient, near_tie: str) -> None:
    page = engineer.get(f"/attempts/{near_tie}/whatif?text=Examens", headers=ANSWER).text
    assert status(page) == "found"
    assert "“Examens” was read" in page


@pytest.mark.parametrize("bad", ["score=x", "margin=200", "reader=none", "text=" + "x" * 201])
def test_a_bad_setting_is_said_and_the_answer_stays(engineer: LintedClient, near_tie: str, bad: str) -> None:
    fragment = engineer.get(f"/attempts/{near_tie}/whatif?{bad}", headers=ANSWER)
    assert fragment.status_code == engineer.get(f"/attempts/{near_tie}/whatif?{bad}").status_code == 422
    assert "field-error" in fragment.text
    assert status(fragment.text) == "uncertain"


def test_another_stored_reading_is_asked(engineer: LintedClient, store: Store, near_tie: str) -> None:
    attempt = store.attempt(near_tie)
    assert attempt
    (page,) = store.pages_of(attempt.start.before_id)
    store.put_page(replace(page, phrases=page.phrases[:3], settings_key="pytesseract/5.3.0/fra/cells2x-2"))
    answer = engineer.get(f"/attempts/{near_tie}/whatif?reader=pytesseract/5.3.0/fra/cells2x-2", headers=ANSWER)
    assert status(answer.text) == "not found"
    assert ">pytesseract</option>" in engineer.get(f"/attempts/{near_tie}/whatif").text


def test_a_remembered_place_is_said_not_to_be_a_reading(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    cached = store.list_attempts(AttemptFilter(method="cache")).rows[0].id
    assert "came from the remembered place" in engineer.get(f"/attempts/{cached}/whatif").text


def test_a_picture_that_was_never_read_says_so(engineer: LintedClient, store: Store) -> None:
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "dpi", has_patient=False, at=datetime.now(UTC))
    start = a_start(run_id, before_id=stored_picture(store, png()), config_id=config.id)
    store.start_attempt(start)
    answer = engineer.get(f"/attempts/{start.id}/whatif")
    assert answer.status_code == 200
    assert "never read as a whole" in answer.text


def test_nothing_is_stored(engineer: LintedClient, store: Store, near_tie: str) -> None:
    before, counts = store.attempt(near_tie), rows(store)
    engineer.get(f"/attempts/{near_tie}/whatif?margin=1&text=Examens")
    assert store.attempt(near_tie) == before
    assert rows(store) == counts


def rows(store: Store) -> dict[str, int]:
    """How many each table has."""
    assert isinstance(store, SqlStore)
    with store._db.looking() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names}


def test_what_may_not_be_seen_has_no_what_if(login: Login, stranger: LintedClient, near_tie: str) -> None:
    assert login("engineer", applications=["another"]).get(f"/attempts/{near_tie}/whatif").status_code == 404
    assert login("viewer").get(f"/attempts/{new_id()}/whatif").status_code == 404
    assert stranger.get(f"/attempts/{near_tie}/whatif", headers=HTMX).status_code == 401


# --- another reader -------------------------------------------------------------------------------


@pytest.fixture
def app(settings: ConsoleSettings, store: Store) -> Flask:
    """A console that can read with the readers of this machine."""
    made = create_app(settings, store=store, navigator=None, readers=Readers(Settings(), store))
    made.testing = True
    made.test_client_class = LintedClient
    return made


def test_another_reader_reads_the_picture_and_its_page_is_kept(
    engineer: LintedClient, store: Store, near_tie: str
) -> None:
    page = engineer.get(f"/attempts/{near_tie}/whatif?outcome=ambiguous").text
    assert 'form="read-again" name="with" value="pytesseract"' in page
    answer = engineer.submit(
        f"/attempts/{near_tie}/whatif/reading", page=f"/attempts/{near_tie}/whatif", **{"with": "pytesseract"}
    )
    assert answer.status_code == 303
    assert f"/attempts/{near_tie}/whatif?reader=pytesseract" in answer.location
    read = engineer.get(answer.location).text
    assert re.search(r'<option value="pytesseract/[^"]+" selected>pytesseract', read)
    assert 'value="pytesseract">Read with' not in read
    assert [event.action for _, event in store.audit_events(object_id=near_tie)] == ["picture_read"]


@pytest.mark.parametrize("reader", ["", "unknown", "../x"])
def test_a_reader_that_is_not_here_is_refused(engineer: LintedClient, near_tie: str, reader: str) -> None:
    path = f"/attempts/{near_tie}/whatif"
    assert engineer.submit(f"{path}/reading", page=path, **{"with": reader}).status_code == 400


def test_a_picture_that_is_gone_cannot_be_read(
    engineer: LintedClient, store: Store, settings: ConsoleSettings, near_tie: str
) -> None:
    attempt = store.attempt(near_tie)
    assert attempt
    for path in settings.data.rglob(f"*{attempt.start.before_id[4:]}*"):
        path.unlink()
    path = f"/attempts/{near_tie}/whatif"
    answer = engineer.submit(f"{path}/reading", page=path, **{"with": "pytesseract"})
    assert answer.status_code == 422
    assert "could not read this picture" in answer.text


def test_one_picture_is_read_at_a_time(engineer: LintedClient, app: Flask, near_tie: str) -> None:
    path = f"/attempts/{near_tie}/whatif"
    readers: Readers = app.extensions["navconsole"].readers
    with readers._admission.enter("another picture"):
        assert engineer.submit(f"{path}/reading", page=path, **{"with": "pytesseract"}).status_code == 503


def test_a_viewer_is_not_offered_to_read(login: Login, near_tie: str) -> None:
    client = login("viewer")
    page = client.get(f"/attempts/{near_tie}/whatif").text
    assert "Read with" not in page
    token = CSRF.search(page)
    assert token
    sent = client.post(f"/attempts/{near_tie}/whatif/reading", data={"csrf_token": token[1], "with": "pytesseract"})
    assert sent.status_code == 403
