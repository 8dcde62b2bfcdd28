"""No page tells a person who has still to answer blind what others said of the case."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from navigation.ids import new_id
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.conftest import LintedClient, Login
from tests.navconsole.pages import EXAMPLES
from tests.navconsole.review.sending import first, label, send
from tests.navigation.store.making import a_label, a_sample
from tests.seeding import add_attempt, add_run, stories

NOTE = "zzyzx remarque cachée"


@pytest.fixture
def case(login: Login, store: Store, attempts: list[str]) -> str:
    """Of a sample that asks everything twice; Ann has called it wrong, misread, with a note."""
    ann = login(name="ann")
    send(ann, "/review/audit", name="March", by="outcome", size="17", double="100")
    attempt_id = first(store, Outcome.AMBIGUOUS)
    label(ann, attempt_id, answer="wrong", cause="misread", note=NOTE)
    assert store.labels_of(attempt_id)[0].source == "blind"
    return attempt_id


@pytest.fixture
def bob(login: Login, case: str) -> LintedClient:
    return login(name="bob")


def test_no_page_that_bob_may_open_shows_the_note_or_finds_by_it(
    app: Flask, bob: LintedClient, login: Login, store: Store, case: str
) -> None:
    """Every address without an argument or about this case, and the list by all that Ann said."""
    run_id = store.attempt(case).start.run_id  # type: ignore[union-attr]
    sample_id = store.samples()[0].id
    values = {name: make(store) for name, make in EXAMPLES.items()}
    values |= {"attempt_id": case, "run_id": run_id, "sample_id": sample_id}
    pages = set()
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static" and not rule.rule.startswith("/api"):
            with app.test_request_context():
                pages.add(
                    app.url_map.bind("localhost").build(rule.endpoint, {name: values[name] for name in rule.arguments})
                )
    pages |= {"/attempts?view=groups", "/attempts?facet=reviewer&facet=cause", f"/attempts/{case}?queue=triage"}
    for path in sorted(pages):
        assert NOTE.encode() not in bob.get(path).data, path


@pytest.mark.parametrize("asked", ["label=wrong", "label=disputed", "cause=misread", "reviewer=ann", "q=zzyzx"])
def test_the_list_does_not_find_it_by_what_ann_said(bob: LintedClient, case: str, asked: str) -> None:
    assert f"/attempts/{case}" not in bob.get(f"/attempts?{asked}").text
    assert f"/attempts/{case}" in bob.get("/attempts?label=none").text


def test_row_facets_and_groups_say_nothing(bob: LintedClient, login: Login, case: str) -> None:
    page = bob.get("/attempts?facet=reviewer&facet=cause").text
    assert "label-mark" not in page
    assert ">ann<" not in page
    assert "0 of 1" in bob.get("/attempts?view=groups&outcome=ambiguous").text
    ann = login(name="eve")  # a third person, once two have answered, sees all of it
    label(bob, case, answer="wrong", cause="misread")
    assert "label-mark is-wrong" in ann.get("/attempts").text
    assert "label-mark is-wrong" in bob.get("/attempts").text


def test_the_panel_says_the_same_whether_somebody_answered_or_not(bob: LintedClient, store: Store, case: str) -> None:
    other = first(store, Outcome.ABSENT)

    def history(attempt_id: str) -> str:
        page = bob.get(f"/attempts/{attempt_id}").text
        return page[page.index('class="history"') : page.index("</section>", page.index('class="history"'))]

    assert history(case) == history(other)
    assert "once you have given yours" in history(case)
    seen = re.search(r'name="seen" value="([^"]*)"', bob.get(f"/attempts/{case}").text)
    assert seen
    assert seen[1] == ""


def test_settling_leaves_alone_what_waits_for_a_blind_answer(login: Login, store: Store, attempts: list[str]) -> None:
    now, config = datetime.now(UTC), store.active_config()
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    story = next(one for one in stories() if one.outcome is Outcome.ABSENT)
    where = {"run_id": run_id, "application": "dpi-urgences", "config_id": config.id, "at": now}
    like = [add_attempt(store, story, target="Pareil", **where) for _ in range(5)]  # type: ignore[arg-type]
    sample = store.add_sample(a_sample(double_share=1.0), AttemptFilter(target="Pareil"), by="none", size=2)
    asked = [one for one in like if store.due_in_samples(one, "anybody")]
    store.add_labels([a_label(asked[0], source="blind", sample_id=sample.id)])
    (own, *free) = [one for one in like if one not in asked]
    bob = login(name="bob")
    label(bob, own, answer="wrong")
    page = bob.get(f"/review/like/{own}").text
    assert set(re.findall(r'href="/attempts/([0-9a-f-]{36})" target', page)) == set(free)
    assert "2 alike" in bob.get(f"/attempts/{own}").text


def test_a_case_of_it_is_not_there_before_ones_own_answer(login: Login, store: Store, attempts: list[str]) -> None:
    ann, bob = login(name="ann"), login(name="bob")
    send(ann, "/review/audit", name="March", by="outcome", size="17", double="100")
    attempt_id = first(store, Outcome.ABSENT)
    said = {"answer": "wrong", "place": "box", "box": "10,10,40,20"}
    label(ann, attempt_id, **said)
    assert send(bob, f"/cases/of/{attempt_id}").status_code == 422, "as if nobody had said anything"
    assert send(ann, f"/cases/of/{attempt_id}").status_code == 303
    made = store.case_of_attempt(attempt_id)
    assert made
    here = f"/cases/{made.id}"
    assert bob.get(here).status_code == 404
    for path in ("/cases", f"/attempts/{attempt_id}"):
        assert (here in bob.get(path).text, made.id in bob.get(path).text) == (False, False)
    assert here in ann.get("/cases").text
    label(bob, attempt_id, **said)
    assert bob.get(here).status_code == 200


def test_an_objection_of_a_clinician_waits_too(login: Login, store: Store, attempts: list[str]) -> None:
    from tests.navconsole.flows.films import add_film

    run_id = add_film(store)
    cleo = login("clinician", name="cleo")
    user = store.user_by_name("cleo")
    step = store.flow_steps(run_id)[0].start.id
    assert user
    said = Label(new_id(), step, user.id, "cleo", "wrong", store.attempt(step).start.started_at, "blind", note=NOTE)  # type: ignore[union-attr]
    store.add_labels([said])
    bob = login(name="bob")
    for path in ("/flows", f"/flows/{run_id}"):
        assert NOTE in bob.get(path).text
    size = store.count_attempts(AttemptFilter()).total
    send(bob, "/review/audit", name="March", by="none", size=str(size), double="0")
    for path in ("/flows", f"/flows/{run_id}"):
        assert NOTE not in bob.get(path).text
        assert "cleo" not in bob.get(path).text.replace("clinician", "")
    assert NOTE in cleo.get("/flows").text  # her own
