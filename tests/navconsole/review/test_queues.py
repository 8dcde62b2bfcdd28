"""Triage, samples for the audit, agreement."""

from __future__ import annotations

import re

import pytest

from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.conftest import LintedClient, Login
from tests.navconsole.review.sending import first, label, send
from tests.navigation.store.making import a_sample

SAMPLE = {"name": "March", "by": "outcome", "size": "5", "double": "100"}


def case_in(location: str) -> str:
    found = re.match(r"/attempts/([0-9a-f-]+)", location)
    assert found, location
    return found[1]


# --- triage ---------------------------------------------------------------------------------------


def test_the_worst_comes_first_and_says_why(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    page = engineer.get("/review/triage").text
    assert "11 failures without a label" in page
    assert page.index("Wrong patient") < page.index("Several fit") < page.index("Reader too slow")
    assert "a wrong press or patient, this target fails 100% of the time" in page
    start = send(engineer, "/review/triage")
    assert case_in(start.location) == first(store, Outcome.WRONG_PATIENT)
    assert start.location.endswith("?queue=triage")
    assert "of 100:" in engineer.get(start.location).text


def test_two_people_are_given_different_cases(login: Login, attempts: list[str]) -> None:
    ann, bob = login(name="ann"), login(name="bob")
    one, other = send(ann, "/review/triage").location, send(bob, "/review/triage").location
    assert case_in(one) != case_in(other)


def test_a_queue_is_gone_through_to_its_end(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    location = send(engineer, "/review/triage?application=dpi-urgences").location
    seen = []
    while location.startswith("/attempts/"):
        seen.append(case_in(location))
        assert location.endswith("?application=dpi-urgences&queue=triage")
        location = label(engineer, seen[-1], query="?application=dpi-urgences&queue=triage", answer="unsure").location
    assert location == "/review/triage?application=dpi-urgences"
    failures = [row.id for row in store.list_attempts(AttemptFilter()).rows if row.outcome is not Outcome.OK]
    assert sorted(seen) == sorted(failures)
    assert "Nothing waits" in engineer.get("/review/triage").text


def test_a_group_is_opened_by_its_button_and_filters_hold(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    group = store.group_of(first(store, Outcome.AMBIGUOUS))
    assert group
    assert case_in(send(engineer, "/review/triage", group=str(group.id)).location) == group.last_id
    assert send(engineer, "/review/triage", group="999999").location == "/review/triage"
    only = engineer.get("/review/triage?outcome=absent").text
    assert "1 failure without a label" in only


def test_ones_own_applications_alone_are_queued(login: Login, attempts: list[str]) -> None:
    assert "Nothing waits" in login("engineer", applications=["pacs"]).get("/review/triage").text


# --- audit ----------------------------------------------------------------------------------------


def drawn(client: LintedClient, store: Store, **fields: str) -> str:
    answer = send(client, "/review/audit", **{**SAMPLE, **fields})
    assert answer.status_code == 303
    return store.samples()[0].id


def test_a_sample_is_drawn_and_shown_with_its_chances(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    sample_id = drawn(engineer, store, by="none", size="17")
    page = engineer.get(f"/review/audit/{sample_id}").text
    assert "100%" in page
    assert str(store.samples()[0].seed) in page
    assert ">March<" in engineer.get("/review/audit").text
    assert store.audit_events()[0][1].action == "sample_drawn"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": " "}, "A name of 1 to 100 characters."),
        ({"size": "0"}, "A number from 1 to 2000."),
        ({"size": "many"}, "A number from 1 to 2000."),
        ({"double": "101"}, "A number from 0 to 100."),
        ({"double": "nan"}, "A number from 0 to 100."),
        ({"application": "none such"}, "there is nothing to draw"),
    ],
    ids=["name", "none", "no number", "share", "not a number", "nothing fits"],
)
def test_a_sample_that_cannot_be_drawn_says_why_and_keeps_what_was_typed(
    engineer: LintedClient, store: Store, attempts: list[str], fields: dict[str, str], message: str
) -> None:
    answer = send(engineer, "/review/audit", **{**SAMPLE, "size": "7", **fields})
    assert answer.status_code == 422
    assert message in answer.text
    assert fields.get("size", "7") in answer.text
    assert store.samples() == []


def test_two_people_answer_blind_and_a_third_settles_what_they_disagree_on(
    login: Login, store: Store, attempts: list[str]
) -> None:
    ann, bob, eve = (login(name=name) for name in ("ann", "bob", "eve"))
    sample_id = drawn(ann, store, size="3")
    location = send(ann, f"/review/audit/{sample_id}").location
    cases = []
    while location.startswith("/attempts/"):
        cases.append(case_in(location))
        location = label(ann, cases[-1], query=f"?queue={sample_id}", answer="right", note="of ann").location
    assert location == "/review/audit"
    assert len(cases) == 3
    # Bob sees nothing of it, wherever he looks from, until he has answered.
    for query in (f"?queue={sample_id}", ""):
        page = bob.get(f"/attempts/{cases[0]}{query}").text
        assert "of ann" not in page
        assert "once you have given yours" in page
    for case, answer in zip(cases, ("right", "right", "wrong"), strict=True):
        assert label(bob, case, query=f"?queue={sample_id}", answer=answer).status_code == 303
    assert "of ann" in bob.get(f"/attempts/{cases[0]}").text
    agreement = eve.get("/review/agreement").text
    assert "67%" in agreement
    assert f"/attempts/{cases[2]}?queue=disputed" in agreement
    assert f"/attempts/{cases[0]}?queue=disputed" not in agreement
    last = store.settled(cases[2]).last
    assert last
    label(eve, cases[2], query="?queue=disputed", answer="right", seen=last.id)
    assert store.settled(cases[2]).state == "adjudicated"
    assert "Nothing to settle" in eve.get("/review/agreement").text
    assert {given.source for given in store.labels_of(cases[0])} == {"blind"}


def test_a_sample_of_targets_is_shown_with_its_chances(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    asked = {"filter": [], "by": "unit", "size": 3}
    sample = store.add_unit_sample(a_sample(asked=asked), application="", screen="", size=3)
    assert "each as likely" in engineer.get("/review/audit").text
    assert sample.strata[0].population > 3
    assert f'<td class="num">{sample.strata[0].population}</td>' in engineer.get(f"/review/audit/{sample.id}").text


def test_a_sample_of_hidden_applications_does_not_exist(login: Login, store: Store, attempts: list[str]) -> None:
    sample_id = drawn(login(name="ann"), store)
    other = login("engineer", applications=["pacs"], name="other")
    assert other.get(f"/review/audit/{sample_id}").status_code == 404
    assert send(other, f"/review/audit/{sample_id}").status_code == 404
    assert ">March<" not in other.get("/review/audit").text
    assert other.get("/review/audit/nonsense").status_code == 404


def test_nothing_labelled_twice_is_said(engineer: LintedClient, attempts: list[str]) -> None:
    assert "Nothing was labelled twice yet" in engineer.get("/review/agreement").text
