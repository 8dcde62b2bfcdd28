"""Log-in flows, what clinicians said of them, sign-offs, links for one flow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from navigation.errors import StoreError
from navigation.flows import LoginFlow, Terms
from navigation.ids import new_id
from navigation.labels import Pointed
from navigation.store import SqlStore, summaries
from navigation.store.models.review import SampleItemRow, SampleRow
from navigation.types import Outcome, Point
from tests.navigation.store.making import NOW, a_label, a_run, a_signoff, finished

LOGIN = {"target": {"text": "Se connecter"}, "flow": "login"}
IDLE = timedelta(minutes=30)


def logged_in(store: SqlStore, outcome: Outcome = Outcome.OK, **given: Any) -> tuple[str, list[str]]:
    """A run that fills a field, logs in and goes on; its id and its attempts'."""
    run_id = store.create_run(a_run(**given)).id
    steps = [{}, {"action": LOGIN, "outcome": outcome}, {}]
    return run_id, [finished(store, run_id, application=given.get("application", "dpi"), **step) for step in steps]


def clinician(store: SqlStore, name: str = "cleo") -> dict[str, Any]:
    user = store.add_user(name=name, role="clinician", password_hash=None)
    return {"author_id": user.id, "author": user.name, "source": "blind"}


def test_a_flow_shows_its_newest_run_that_came_to_its_end(store: SqlStore, run_id: str) -> None:
    finished(store, run_id)
    logged_in(store, workflow="login")
    newest, _ = logged_in(store, workflow="login")
    logged_in(store, Outcome.LOGIN_REFUSED, workflow="login")
    logged_in(store, Outcome.LOGIN_REFUSED, workflow="never")
    expected = [LoginFlow("dpi", "login", newest, NOW, Terms(1, 0)), LoginFlow("dpi", "never")]
    assert store.login_flows(None) == expected
    assert store.login_flows(["dpi"]) == expected
    assert store.login_flows(["other"]) == []
    with store._db.writing() as session:
        summaries.rebuild(session)
    assert store.login_flows(None) == expected


def test_the_film_ends_where_the_run_logged_in(store: SqlStore, run_id: str) -> None:
    done, steps = logged_in(store)
    refused, _ = logged_in(store, Outcome.LOGIN_REFUSED)
    assert [step.start.id for step in store.flow_steps(done)] == steps[:2]
    assert store.login_flow(done) == LoginFlow("dpi", "tour", done, NOW, Terms(1, 0))
    for other in (run_id, refused, "unknown"):
        assert store.login_flow(other) is None
        assert store.flow_steps(other) == []


def test_the_profile_of_a_film_is_the_one_of_its_time(store: SqlStore, run_id: str) -> None:
    done, _ = logged_in(store)
    with store._db.writing() as session:
        for version, hours in ((1, -2), (2, -1), (3, 1)):
            at = (NOW + timedelta(hours=hours)).replace(tzinfo=None).isoformat(" ", "microseconds")
            row = {"a": "dpi", "v": version, "at": at}
            session.execute(text("INSERT INTO app_profile VALUES (NULL, :a, :v, x'', 'ann', :at)"), row)
    film = store.login_flow(done)
    assert film is not None
    assert film.terms == Terms(1, 2)
    assert store.profile_version("dpi") == 3
    assert store.profile_version("other") == 0


def test_answers_are_clinicians_and_the_last_of_each(store: SqlStore, run_id: str) -> None:
    done, steps = logged_in(store)
    cleo = clinician(store)
    first = a_label(steps[0], **cleo, answer="wrong")
    second = a_label(steps[0], **cleo, replaces=first.id, pointed=Pointed("after", Point(7, 9)), note="Le bandeau")
    for label in (first, second, a_label(steps[1], author_id="ann", source="blind")):
        store.add_labels([label])
    assert store.flow_answers(done) == [second]
    assert store.objections("dpi", "tour") == [second]
    assert store.objections("dpi", "other") == []
    yes = a_label(steps[0], **cleo, answer="right", replaces=second.id)
    store.add_labels([yes])
    assert store.flow_answers(done) == [yes]
    assert store.objections("dpi", "tour") == []


def test_of_a_form_sent_twice_the_last_answer_counts(store: SqlStore, run_id: str) -> None:
    done, steps = logged_in(store)
    cleo = clinician(store)
    no, yes = (a_label(steps[0], **cleo, answer=answer) for answer in ("wrong", "right"))
    store.add_labels([no])
    store.add_labels([yes])
    assert store.flow_answers(done) == [yes]
    assert store.objections("dpi", "tour") == []


def test_signoffs_are_kept_newest_first_and_never_edited(store: SqlStore, run_id: str) -> None:
    done, _ = logged_in(store)
    old = a_signoff(done)
    new = a_signoff(done, signed_at=NOW + timedelta(days=1))
    store.add_signoff(new)
    store.add_signoff(old)
    assert store.last_signoff("dpi", "tour") == new
    assert store.signoff_of(done) == new
    assert store.last_signoff("dpi", "other") is None
    with pytest.raises(DatabaseError, match="never edited"), store._db.writing() as session:
        session.execute(text("UPDATE signoff SET signed_name = 'x'"))
    with pytest.raises(StoreError):
        store.add_signoff(a_signoff("unknown"))


def test_an_answer_for_a_sample_is_no_objection_to_a_flow(store: SqlStore, run_id: str) -> None:
    attempt_id = finished(store, run_id)
    sample_id = _sample(store, [(attempt_id, 1)])
    store.add_labels([a_label(attempt_id, **clinician(store), sample_id=sample_id)])
    assert store.objections("dpi", "tour") == []


def _sample(store: SqlStore, wanted: list[tuple[str, int]]) -> str:
    sample_id = new_id()
    with store._db.writing() as session:
        session.add(
            SampleRow(id=sample_id, name="s", asked={}, strata=[], seed=1, double_share=0.5, author="a", created_at=NOW)
        )
        session.flush()
        for position, (attempt_id, count) in enumerate(wanted):
            seq = session.execute(text("SELECT seq FROM attempt WHERE id = :id"), {"id": attempt_id}).scalar_one()
            values = {"attempt_seq": seq, "stratum": "", "probability": 0.5, "wanted": count}
            session.add(SampleItemRow(sample_id=sample_id, position=position, **values))
    return sample_id


def test_a_link_may_be_for_one_flow_and_is_looked_at_without_being_used(store: SqlStore, run_id: str) -> None:
    user = store.add_user(name="cleo", role="clinician", password_hash=None)
    store.add_one_time_link(user.id, "link", NOW + IDLE, run_id=run_id)
    for _ in range(2):
        link = store.one_time_link("link", NOW)
        assert link is not None
        assert (link.user_id, link.run_id) == (user.id, run_id)
    assert store.one_time_link("link", NOW + IDLE) is None
    assert store.use_one_time_link("link", NOW) == user
    assert store.one_time_link("link", NOW) is None
    assert store.use_one_time_link("link", NOW) is None


def test_a_session_keeps_the_flow_it_is_for(store: SqlStore, run_id: str) -> None:
    user = store.add_user(name="cleo", role="clinician", password_hash=None)
    store.open_session(user.id, "limited", NOW, "source", run_id=run_id)
    store.open_session(user.id, "whole", NOW, "source")
    found = [store.session(secret, NOW, idle=IDLE, absolute=IDLE) for secret in ("limited", "whole")]
    assert [web.run_id for web in found if web] == [run_id, None]
