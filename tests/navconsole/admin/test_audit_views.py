"""The audit log: filtered, paged, exported, and its reading on record."""

from __future__ import annotations

import csv
import html
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from navconsole.admin import audit_views
from navconsole.admin.audit_export import HEAD, as_text, csv_lines
from navconsole.admin.audit_query import parse_audit_query, to_audit_filter
from navigation.records import AuditEntry, AuditEvent, AuditFilter
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def admin(login: Login) -> LintedClient:
    return login("admin")


@pytest.fixture
def logged(store: Store) -> str:
    """Five events of a person; their id."""
    paul = store.add_user(name="paul", role="viewer", password_hash=None)
    for day in range(5):
        event = AuditEvent(paul.id, "picture_viewed", "attempt", f"attempt-{day}", "10.0.0.1")
        store.audit(event, NOW + timedelta(days=day))
    store.audit(AuditEvent("-", "login", source="10.6.6.6", result="refused"), NOW)
    return paul.id


def test_events_are_said_in_words_with_names(admin: LintedClient, logged: str) -> None:
    page = admin.get("/admin/audit").text
    assert page.count("<td>paul</td>") == 5
    assert "Picture viewed" in page
    assert "10.6.6.6" in page
    assert "not logged in" in page


def test_filters_hold_together(admin: LintedClient, logged: str) -> None:
    page = admin.get(f"/admin/audit?who={logged}&what=picture_viewed&since=2026-04-01&until=2026-04-03").text
    assert [f"attempt-{n}" in page for n in range(5)] == [False, True, True, True, False]
    assert "attempt-2" in admin.get("/admin/audit?object=attempt-2").text
    assert "Nothing on record fits" in admin.get("/admin/audit?object=none").text


def test_reading_and_exporting_are_on_record_with_the_filter(admin: LintedClient, store: Store, logged: str) -> None:
    admin.get("/admin/audit?what=login")
    admin.get("/admin/audit.csv?object=attempt-1")
    told = [(e.action, dict(e.details)) for _, e in store.audit_events(limit=2)]
    assert told == [("audit_exported", {"object": "attempt-1"}), ("audit_read", {"what": "login"})]


def test_pages_follow_without_gap_or_double(admin: LintedClient, logged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_views, "PAGE", 2)
    seen, address = [], f"/admin/audit?who={logged}"
    for _ in range(3):
        page = admin.get(address).text
        seen += [n for n in range(5) if f"attempt-{n}" in page]
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in page else ""
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert address == ""


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=yesterday", "A date, such as"),
        ("since=2026-04-02&until=2026-04-01", "The first is later"),
        ("what=DROP TABLE", "Not one of the choices."),
        ("object=" + "x" * 101, "At most 100 characters."),
        ("who=a&who=b", "Given more than once."),
        ("before=-1", "A filter needs correcting"),
    ],
)
def test_a_senseless_filter_is_said_and_searches_nothing(
    admin: LintedClient, store: Store, logged: str, query: str, said: str
) -> None:
    before = len(store.audit_events())
    answer = admin.get(f"/admin/audit?{query}")
    assert answer.status_code == 422
    assert said in answer.text
    assert admin.get(f"/admin/audit.csv?{query}").status_code == 400
    assert len(store.audit_events()) == before


def test_details_are_in_the_readers_language(admin: LintedClient, store: Store) -> None:
    store.audit(AuditEvent("-", "picture_viewed", details={"a": "left", "picture": "before"}), NOW)
    page = html.unescape(admin.get("/admin/audit?lang=fr").text)
    assert "a\xa0: left · image\xa0: avant" in page
    assert "a: left · picture: before" in admin.get("/admin/audit?lang=en").text


def test_the_export_is_whole_whatever_its_batches(
    admin: LintedClient, logged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_views, "BATCH", 2)
    answer = admin.get(f"/admin/audit.csv?who={logged}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert tuple(head) == HEAD
    assert [row[6] for row in rows] == [f"attempt-{n}" for n in (4, 3, 2, 1, 0)]
    assert {row[3] for row in rows} == {"paul"}


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", 'a"b,c\nd', "'x"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_spreadsheet_takes_no_cell_for_a_formula(text: str) -> None:
    entry = AuditEntry(1, NOW, AuditEvent("-", "login", object_id=text, details={"x": text}))
    _, line = csv_lines([entry], {"-": text})
    (row,) = csv.reader(io.StringIO(line, newline=""))
    assert not any(cell[:1] in "=+-@\t\r\n＝" for cell in row if cell)
    assert row[6].removeprefix("'") == text.removeprefix("'")


@given(st.text())
def test_every_text_comes_back_but_for_the_apostrophe(text: str) -> None:
    assert as_text(text) in (text, f"'{text}")


def test_days_are_the_readers() -> None:
    query = parse_audit_query(MultiDict({"since": "2026-04-01", "until": "2026-04-01"}))
    paris = ZoneInfo("Europe/Paris")
    wanted = AuditFilter(since=datetime(2026, 3, 31, 22, tzinfo=UTC), until=datetime(2026, 4, 1, 22, tzinfo=UTC))
    assert to_audit_filter(query, paris) == wanted
