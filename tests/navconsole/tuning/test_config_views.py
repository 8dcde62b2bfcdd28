"""The page of configurations: what is in use, a new one, one put into use, and who may."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.tuning.config_forms import as_written, number_of
from navconsole.tuning.configs import changes, spot_of
from navigation.configurations import SERVER, Limits, body_of, limits_of
from navigation.settings import CachePolicy, Settings, Thresholds
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login

PAGE = "/tuning/configurations"
FIELDS = {"score": "92,5", "margin": "8", "anchor": "88", "agreement": "88", "max_age_days": "90", "window_px": "160"}
DEFAULT = Limits.of(Settings())
BODY = body_of(replace(Settings(), readers=("tesserocr",)))


@pytest.fixture(autouse=True)
def in_use(store: Store) -> int:
    return store.ensure_config(BODY, SERVER, "settings at start").id


def add(client: LintedClient, **fields: str) -> int:
    return client.submit(PAGE, **{**FIELDS, "note": "Moins d'ex aequo", **fields}).status_code


def put_into_use(client: LintedClient, number: int, *, seen: int, reason: str = "Essai") -> int:
    return client.submit(f"{PAGE}/{number}/use", PAGE, seen=str(seen), reason=reason).status_code


def test_a_new_configuration_waits_until_it_is_put_into_use(engineer: LintedClient, store: Store, in_use: int) -> None:
    assert add(engineer) == 303
    newest = store.configs()[0]
    assert limits_of(newest.body).thresholds == Thresholds(score=0.925)
    assert (newest.author, newest.note, newest.body["readers"]) == ("the engineer", "Moins d'ex aequo", ["tesserocr"])
    assert store.active_config().id == in_use
    page = engineer.get(PAGE).text
    assert "Score" in page
    assert "92.5%" in page
    assert "stricter" in page
    assert put_into_use(engineer, newest.id, seen=in_use) == 303
    assert store.active_config().id == newest.id
    assert [entry.action for _, entry in store.audit_events()] == ["config_activated", "config_added"]
    page = engineer.get(PAGE).text
    assert page.index("in use") < page.index(f"Configuration {newest.id}") < page.index(f"Configuration {in_use}")
    assert "Essai" in page
    assert "looser" in page


def test_going_back_is_putting_an_older_one_into_use(engineer: LintedClient, store: Store, in_use: int) -> None:
    add(engineer)
    newest = store.configs()[0].id
    put_into_use(engineer, newest, seen=in_use)
    assert put_into_use(engineer, in_use, seen=newest, reason="Retour") == 303
    assert store.active_config().id == in_use
    assert len(store.configs()) == 2


def test_older_limits_come_into_use_on_the_readers_of_today(engineer: LintedClient, store: Store, in_use: int) -> None:
    today = store.ensure_config(
        body_of(replace(Settings(), thresholds=Thresholds(score=0.95), language="eng")), SERVER, "start"
    ).id
    assert "It ran with tesserocr, fra" in engineer.get(PAGE).text
    assert put_into_use(engineer, in_use, seen=today) == 303
    active = store.active_config()
    assert active.id not in (in_use, today)
    assert (active.body["language"], limits_of(active.body).thresholds.score) == ("eng", 0.9)


def test_of_two_at_once_the_later_one_is_told(engineer: LintedClient, store: Store, in_use: int) -> None:
    add(engineer)
    first = store.configs()[0].id
    add(engineer, score="99")
    second = store.configs()[0].id
    put_into_use(engineer, first, seen=in_use)
    answer = engineer.submit(f"{PAGE}/{second}/use", PAGE, seen=str(in_use), reason="La mienne")
    assert answer.status_code == 409
    assert "meanwhile" in answer.text
    assert 'value="La mienne"' in answer.text
    assert store.active_config().id == first


@pytest.mark.parametrize(
    ("name", "value"),
    [("score", "120"), ("score", "abc"), ("score", ""), ("margin", "-1"), ("agreement", "50"), ("window_px", "500"),
     ("max_age_days", "nan"), ("anchor", "1_0"), ("note", "  "), ("note", "x" * 501)],
)  # fmt: skip
def test_what_is_no_limit_is_told_and_what_was_typed_stays(
    engineer: LintedClient, store: Store, name: str, value: str
) -> None:
    answer = engineer.submit(PAGE, **{**FIELDS, "note": "Pourquoi", name: value})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert 'value="92,5"' in answer.text or name == "score"
    assert len(store.configs()) == 1


def test_a_reason_is_needed(engineer: LintedClient, store: Store, in_use: int) -> None:
    add(engineer)
    assert put_into_use(engineer, store.configs()[0].id, seen=in_use, reason=" ") == 422
    assert store.active_config().id == in_use


def test_who_sees_some_applications_only_may_look_and_not_change(login: Login, store: Store, in_use: int) -> None:
    add(login("engineer"))
    some = login("engineer", applications=["dpi"], name="some")
    page = some.get(PAGE).text
    assert "ask somebody who sees all" in page
    assert "Put into use" not in page
    token = some.get("/attempts").text.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"csrf_token": token, "seen": str(in_use), "reason": "x", **FIELDS, "note": "x"}
    assert some.post(PAGE, data=fields).status_code == 403
    assert some.post(f"{PAGE}/{store.configs()[0].id}/use", data=fields).status_code == 403
    assert len(store.configs()) == 2
    assert store.active_config().id == in_use


def test_an_unknown_number_is_not_found(engineer: LintedClient, in_use: int) -> None:
    assert put_into_use(engineer, 99, seen=in_use) == 404


def test_the_form_starts_from_the_asked_configuration(engineer: LintedClient, store: Store) -> None:
    add(engineer, margin="21")
    number = store.configs()[0].id
    assert 'value="21"' not in engineer.get(PAGE).text
    assert 'value="21"' in engineer.get(f"{PAGE}?from={number}").text


@pytest.mark.parametrize(
    ("text", "number"), [("0,9", 0.9), ("90 %", 90), ("1\u202f200", 1200), (" 5 ".strip(), 5), ("5.25", 5.25)]
)
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert number_of(text) == number


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_picture_has_room_for_every_limit_and_the_stricter_further_up_and_right(
    score: float, margin: float
) -> None:
    across, down = spot_of(Thresholds(score=score, margin=margin))
    assert 0 <= across <= 1
    assert 0 <= down <= 1
    stricter = spot_of(Thresholds(score=min(1, score + 0.1), margin=min(1, margin + 0.1)))
    assert stricter[0] >= across
    assert stricter[1] <= down


def test_each_change_says_whether_more_or_less_is_let_through() -> None:
    other = Limits(Thresholds(score=0.95, margin=0.05), CachePolicy(max_age_days=10, window_px=200, max_entries=5))
    sides = {change.name: change.side for change in changes(other, DEFAULT)}
    assert sides == {
        "score": "stricter",
        "margin": "looser",
        "max_age_days": "stricter",
        "window_px": "looser",
        "max_entries": "other",
    }
    assert changes(DEFAULT, DEFAULT) == []


def test_the_form_is_filled_with_what_it_reads_back() -> None:
    written = as_written(DEFAULT, lambda value: f"{value:.2f}".replace(".", ","))
    assert {name: number_of(text) for name, text in written.items()}["agreement"] == 88
    assert set(written) == set(FIELDS)
