from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from navconsole.attempts.forms import ERRORS, AttemptQuery, parse_query, to_filter
from navigation.records import User
from navigation.types import Outcome

PARIS = ZoneInfo("Europe/Paris")


def reader(*applications: str) -> User:
    rights = {"applications": list(applications) or None, "language": None, "must_change_password": False}
    return User("ann", "ann", "engineer", **rights, is_active=True, password_hash=None, created_at=datetime.now(UTC))  # type: ignore[arg-type]


def query(*pairs: tuple[str, str]) -> AttemptQuery:
    return parse_query(MultiDict(list(pairs)))


def test_an_empty_address_filters_nothing() -> None:
    found = query()
    assert not found.is_filtered
    assert to_filter(found, zone=PARIS, user=reader()).outcomes == ()


def test_filters_become_what_the_store_takes() -> None:
    found = query(
        ("outcome", "ok"),
        ("outcome", "absent"),
        ("q", " Valider "),
        ("application", "dpi"),
        ("method", "ocr"),
        ("score_min", "87,5"),
        ("score_max", "100"),
    )
    where = to_filter(found, zone=PARIS, user=reader("dpi"))
    assert where.outcomes == (Outcome.OK, Outcome.ABSENT)
    assert ([t.text for t in where.terms], where.application, where.method) == (["Valider"], "dpi", "ocr")
    assert (where.score_min, where.score_max) == (0.875, 1.0)
    assert where.applications == ["dpi"]


def test_days_begin_and_end_in_the_readers_zone() -> None:
    where = to_filter(query(("since", "2026-03-29"), ("until", "2026-03-29")), zone=PARIS, user=reader())
    assert where.since == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert where.until == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_under_way_stands_alone() -> None:
    assert to_filter(query(("outcome", "running")), zone=PARIS, user=reader()).is_running is True
    mixed = query(("outcome", "running"), ("outcome", "ok"))
    assert mixed.outcomes == ("ok",)
    assert "outcome=running" in query(("outcome", "ok")).toggled("outcome", "running")
    assert "ok" not in query(("outcome", "ok")).toggled("outcome", "running")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("outcome", "great", "choice"),
        ("method", "magic", "choice"),
        ("run", "../../etc", "choice"),
        ("score_min", "nan", "percent"),
        ("score_min", "101", "percent"),
        ("score_max", "1e309", "percent"),
        ("score_max", "abc", "percent"),
        ("since", "yesterday", "date"),
        ("until", "0001-01-01", "date"),
        ("q", "x" * 1001, "long"),
        ("label", "great", "choice"),
        ("sort", "fastest", "choice"),
        ("config", "two", "number"),
        ("margin_min", "<5", "percent"),
        ("application", "x" * 201, "text"),
    ],
)
def test_what_is_no_filter_is_named(name: str, value: str, error: str) -> None:
    found = query((name, value))
    assert found.errors == {name: error}
    assert error in ERRORS


def test_a_range_the_wrong_way_round_is_named() -> None:
    assert query(("score_min", "90"), ("score_max", "80")).errors == {"score_max": "order"}
    assert query(("since", "2026-02-02"), ("until", "2026-02-01")).errors == {"until": "order"}


def test_a_range_of_one_value_or_one_day_is_a_range() -> None:
    assert query(("score_min", "90"), ("score_max", "90")).errors == {}
    assert query(("since", "2026-02-02"), ("until", "2026-02-02")).errors == {}


def test_a_filter_given_twice_is_named() -> None:
    assert query(("q", "a"), ("q", "b")).errors == {"q": "twice"}


def test_toggling_an_outcome_twice_gives_the_address_back() -> None:
    found = query(("outcome", "ok"), ("q", "a b"))
    there = query(*parse_qsl(urlsplit(found.toggled("outcome", "absent")).query))
    assert there.outcomes == ("ok", "absent")
    assert there.toggled("outcome", "absent") == found.address()


def test_a_changed_filter_starts_at_the_first_page() -> None:
    found = query(("cursor", "abc"), ("q", "a"))
    assert "cursor" not in found.toggled("outcome", "ok")
    assert found.address(cursor="next") == "/attempts?q=a&cursor=next"


@given(st.dictionaries(st.sampled_from(["q", "application", "screen"]), st.text(max_size=60)))
def test_any_text_survives_the_address(values: dict[str, str]) -> None:
    first = query(*values.items())
    again = query(*parse_qsl(urlsplit(first.address()).query, errors="surrogatepass"))
    assert again.values == first.values
