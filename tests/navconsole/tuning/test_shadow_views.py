"""The page of shadow mode: begin and end of a trial, what differs, and who sees what."""

from __future__ import annotations

import pytest

from navigation.configurations import body_of
from navigation.records import AttemptFilter, AttemptSummary
from navigation.settings import Settings
from navigation.shadow import ShadowVerdict
from navigation.store.protocol import Store
from navigation.types import NormPoint, Outcome
from tests.navconsole.conftest import LintedClient, Login

PAGE = "/tuning/shadow"
REFUSES = ShadowVerdict("refuses", Outcome.AMBIGUOUS, 0.97, 0.03, None)
PRESSES = ShadowVerdict("presses", Outcome.OK, 0.81, 0.2, NormPoint(0.5, 0.5))
ELSEWHERE = ShadowVerdict("elsewhere", Outcome.OK, 0.99, 0.2, NormPoint(0.5, 0.5))

pytestmark = pytest.mark.usefixtures("attempts")


@pytest.fixture(autouse=True)
def candidate(store: Store) -> int:
    """A configuration that is not in use."""
    body = {**body_of(Settings()), "thresholds": {"score": 0.8, "margin": 0.08, "anchor": 0.88}}
    return store.add_config(body, "Ann", "Plus lâche").id


def begin(client: LintedClient, config: int, reason: str = "Avant lundi") -> int:
    return client.submit(PAGE, config=str(config), reason=reason).status_code


def lines(store: Store) -> list[AttemptSummary]:
    return list(store.list_attempts(AttemptFilter()).rows)


def test_a_trial_is_begun_shows_what_differs_and_is_ended(engineer: LintedClient, store: Store, candidate: int) -> None:
    assert "No configuration was on trial yet" in engineer.get(PAGE).text
    assert begin(engineer, candidate) == 303
    trial = store.running_shadow()
    assert trial is not None
    assert (trial.config_id, trial.author, trial.reason) == (candidate, "the engineer", "Avant lundi")
    assert "No attempt was judged yet" in engineer.get(PAGE).text
    newest, second, *_ = lines(store)
    store.add_verdict(trial.id, newest.id, REFUSES)
    store.add_verdict(trial.id, second.id, PRESSES)
    page = engineer.get(PAGE).text
    assert page.index(f'href="/attempts/{newest.id}"') < page.index(f'href="/attempts/{second.id}"')
    assert "/whatif?score=80.0&amp;" in page
    only = engineer.get(f"{PAGE}?trial={trial.id}&difference=presses").text
    assert f'href="/attempts/{second.id}"' in only
    assert f'href="/attempts/{newest.id}"' not in only
    assert engineer.submit(f"{PAGE}/{trial.id}/end", PAGE).status_code == 303
    assert store.running_shadow() is None
    assert "ended" in engineer.get(PAGE).text
    assert [event.action for _, event in store.audit_events(limit=2)] == ["trial_ended", "trial_begun"]


def test_agreement_on_everything_is_said(engineer: LintedClient, store: Store, candidate: int) -> None:
    begin(engineer, candidate)
    store.add_verdict(1, lines(store)[0].id, ShadowVerdict("same", Outcome.OK, 0.9, 0.2, NormPoint(0.1, 0.1)))
    assert "Nothing would have been answered otherwise" in engineer.get(PAGE).text


def test_more_than_a_page_is_paged(
    engineer: LintedClient, store: Store, candidate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navconsole.tuning.shadow.SHOWN", 2)
    begin(engineer, candidate)
    rows = lines(store)[:3]
    for row in rows:
        store.add_verdict(1, row.id, ELSEWHERE)
    first = engineer.get(PAGE).text
    assert f"before={rows[1].seq}" in first
    assert f'href="/attempts/{rows[2].id}"' not in first
    second = engineer.get(f"{PAGE}?before={rows[1].seq}").text
    assert f'href="/attempts/{rows[2].id}"' in second
    assert f'href="/attempts/{rows[0].id}"' not in second


@pytest.mark.parametrize(("config", "reason"), [("", "x"), ("abc", "x"), ("²", "x"), ("{}", ""), ("{}", "x" * 501)])
def test_what_is_missing_is_told(
    engineer: LintedClient, store: Store, candidate: int, config: str, reason: str
) -> None:
    answer = engineer.submit(PAGE, config=config.format(candidate), reason=reason)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert store.shadows() == []


def test_a_configuration_that_is_not_there_is_told(engineer: LintedClient, store: Store) -> None:
    answer = engineer.submit(PAGE, config="99", reason="x")
    assert answer.status_code == 422
    assert "No configuration with this number" in answer.text


def test_a_second_trial_and_a_second_end_are_refused(engineer: LintedClient, store: Store, candidate: int) -> None:
    begin(engineer, candidate)
    token = engineer.get(PAGE).text.split('name="csrf_token" value="')[1].split('"')[0]
    again = engineer.post(PAGE, data={"csrf_token": token, "config": str(candidate), "reason": "x"})
    assert again.status_code == 409
    engineer.submit(f"{PAGE}/1/end", PAGE)
    assert engineer.post(f"{PAGE}/1/end", data={"csrf_token": token}).status_code == 409


def test_who_sees_some_applications_sees_their_attempts_and_may_change_nothing(
    engineer: LintedClient, login: Login, store: Store, candidate: int
) -> None:
    begin(engineer, candidate)
    for row in lines(store)[:4]:
        store.add_verdict(1, row.id, REFUSES)
    some = login("engineer", applications=["nowhere"], name="some")
    page = some.get(PAGE).text
    assert 'href="/attempts/' not in page.split("<main", 1)[1]
    assert "End the trial" not in page
    token = some.get("/attempts").text.split('name="csrf_token" value="')[1].split('"')[0]
    assert some.post(f"{PAGE}/1/end", data={"csrf_token": token}).status_code == 403
    assert some.post(PAGE, data={"csrf_token": token, "config": "1", "reason": "x"}).status_code == 403
    assert store.running_shadow() is not None
