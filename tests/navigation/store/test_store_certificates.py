"""Plans, looks and certificates in the store; what attempts had found; samples of units."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from navigation.cache import screen_signature
from navigation.certificates import Declared
from navigation.codec import grounding_to_json, target_to_json
from navigation.errors import ConflictError, StoreError
from navigation.evidence import Unit
from navigation.grounding import ground_page
from navigation.records import AttemptFilter
from navigation.sampling import Sample
from navigation.settings import Thresholds
from navigation.store import SqlStore
from navigation.types import Outcome, Size, Target
from navigation.would_press import seen_of
from tests.navigation.pages import page_of
from tests.navigation.store.making import (
    NOW,
    a_certificate,
    a_decision,
    a_finish,
    a_label,
    a_look,
    a_meta,
    a_plan,
    a_run,
    a_sample,
    a_start,
    finished,
    png,
    sha,
    stored_picture,
)

LIMITS = Thresholds(margin=0.05)
ASKED = Target("Valider", occurrence=2)
FOUND = ground_page(page_of(("Valider", 40, 60), ("Valider", 40, 100), ("Valid", 40, 200)), ASKED, LIMITS)


def sought(store: SqlStore, run_id: str, **given: Any) -> str:
    """An attempt whose record is that of a real search."""
    versions = {"reading": "tesserocr/5", "score": LIMITS.score, "margin": LIMITS.margin, "vlm": ""}
    start = a_start(run_id, **{"action": {"target": target_to_json(ASKED)}, "versions": versions} | given)
    store.start_attempt(start)
    store.decide_attempt(start.id, a_decision(grounding=grounding_to_json(FOUND)), finish=a_finish())
    return start.id


# --- plans, looks, certificates -----------------------------------------------------------------------


def test_plans_are_given_back_as_they_were_declared(store: SqlStore) -> None:
    older, newer = a_plan(), a_plan(created_at=NOW + timedelta(hours=1), alpha_absent=None)
    store.add_plan(older)
    store.add_plan(newer)
    assert store.plans() == [newer, older]
    assert store.plan(older.id) == older
    assert store.plan("unknown") is None


def test_a_look_and_its_certificate_are_given_back_whole(store: SqlStore) -> None:
    store.add_plan(a_plan(id="plan"))
    look, certificate = a_look(id="look"), a_certificate()
    store.add_look(look, certificate, known=0)
    assert store.looks() == [look]
    assert store.certificates() == [certificate]


def test_what_a_certificate_says_of_its_declaration_is_kept(store: SqlStore) -> None:
    store.add_plan(a_plan(id="plan"))
    certificate = a_certificate()
    told = replace(certificate, promise=replace(certificate.promise, declared=Declared(90, 120)))
    store.add_look(a_look(id="look"), told, known=0)
    assert store.certificates() == [told]


def test_certificates_come_newest_first_and_a_look_need_not_give_one(store: SqlStore) -> None:
    store.add_plan(a_plan(id="plan"))
    for number in range(3):
        at = NOW + timedelta(days=number)
        certificate = a_certificate(id=str(number), look_id=f"look {number}", at=at)
        store.add_look(a_look(id=f"look {number}", at=at), None if number == 1 else certificate, known=number)
    assert [certificate.id for certificate in store.certificates()] == ["2", "0"]
    assert [look.id for look in store.looks()] == ["look 0", "look 1", "look 2"]


def test_two_looks_at_once_do_not_spend_the_same_share(store: SqlStore) -> None:
    store.add_plan(a_plan(id="plan"))
    store.add_look(a_look(), None, known=0)
    with pytest.raises(ConflictError, match="meanwhile"):
        store.add_look(a_look(id="look"), a_certificate(), known=0)
    assert len(store.looks()) == 1
    assert store.certificates() == []


def test_a_look_of_an_unknown_plan_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="Declare one"):
        store.add_look(a_look(plan_id="unknown"), None, known=0)


@pytest.mark.parametrize("table", ["certificate_plan", "certificate_look", "certificate"])
def test_what_was_declared_is_never_edited(store: SqlStore, table: str) -> None:
    store.add_plan(a_plan(id="plan"))
    store.add_look(a_look(id="look"), a_certificate(), known=0)
    with (
        pytest.raises(DatabaseError, match="added, never edited"),
        store._db.writing() as session,
    ):
        session.connection().exec_driver_sql(f"UPDATE {table} SET author = 'somebody else'")


# --- what attempts had found --------------------------------------------------------------------------


def test_searches_come_in_chunks_and_say_what_decides(store: SqlStore, run_id: str) -> None:
    ids = [sought(store, run_id) for _ in range(3)]
    finished(store, run_id, application="other")
    first = store.searches("dpi", limit=2)
    rest = store.searches("dpi", after=first[-1].seq)
    assert (len(first), len(rest)) == (2, 1)
    assert [one.seq for one in (*first, *rest)] == [store.attempt(id).seq for id in ids]  # type: ignore[union-attr]
    expected = seen_of(grounding_to_json(FOUND), target_to_json(ASKED), score=0.9, margin=0.05)
    assert first[0].seen() == expected
    assert len(store.searches("")) == 4


def test_attempts_that_never_looked_are_no_searches(store: SqlStore, run_id: str) -> None:
    start = a_start(run_id)
    store.start_attempt(start)
    store.decide_attempt(start.id, a_decision(outcome=Outcome.WRONG_SCREEN, grounding=None), finish=a_finish())
    assert store.searches("") == []


def test_audited_attempts_bring_their_labels_and_what_they_ran_with(store: SqlStore, run_id: str) -> None:
    ids = [sought(store, run_id) for _ in range(5)]
    store.add_sample(a_sample(id="sample"), AttemptFilter(), by="none", size=4)
    first, *_ = found = store.audited("sample")
    store.add_labels([a_label(first.attempt_id, sample_id="sample"), a_label(first.attempt_id, answer="right")])
    again = store.audited("sample", limit=2)
    assert [one.position for one in found] == [0, 1, 2, 3]
    assert {one.attempt_id for one in found} < set(ids)
    assert [label.answer for label in again[0].labels] == ["wrong", "right"]
    assert [one.position for one in store.audited("sample", after=again[-1].position)] == [2, 3]
    assert first.unit == Unit("dpi", "login", screen_signature("login", ()), "Se connecter", "clickable")
    assert (first.score, first.margin, first.reading, first.size) == (0.9, 0.05, "tesserocr/5", Size(40, 30))
    assert first.chance == 4 / 5
    assert first.grounding == grounding_to_json(FOUND)


def test_audited_attempts_are_those_of_the_screen_and_time_asked_for(store: SqlStore, run_id: str) -> None:
    later = NOW + timedelta(days=1)
    sought(store, run_id)
    sought(store, run_id, screen="board")
    sought(store, run_id, application="other")
    new = sought(store, run_id, started_at=later, expires_at=later)
    store.add_sample(a_sample(id="sample"), AttemptFilter(), by="none", size=9)
    assert len(store.audited("sample")) == 4
    assert len(store.audited("sample", application="dpi")) == 3
    assert len(store.audited("sample", application="dpi", screen="board")) == 1
    assert [one.attempt_id for one in store.audited("sample", since=later)] == [new]


def test_readings_and_sizes_since_a_time(store: SqlStore, run_id: str) -> None:
    later = NOW + timedelta(days=1)
    store.add_screenshot(a_meta(sha("large"), width=1920, height=1080))
    sought(store, run_id, versions={"reading": "old"})
    for versions in ({"reading": "new"}, {"reading": "new", "vlm": "seer"}, {"reader": "tesserocr"}):
        sought(store, run_id, started_at=later, expires_at=later, versions=versions, before_id=sha("large"))
    assert store.seen_since("dpi", "", later) == ({"new", "new+seer"}, {Size(1920, 1080)})
    assert store.seen_since("dpi", "login", NOW)[0] == {"old", "new", "new+seer"}
    assert store.seen_since("dpi", "board", NOW) == (frozenset(), frozenset())
    assert store.seen_since("other", "", NOW) == (frozenset(), frozenset())


# --- samples of units ---------------------------------------------------------------------------------


def draw(store: SqlStore, size: int, *, application: str = "dpi", seed: int = 4) -> Sample:
    sample = a_sample(seed=seed, double_share=0.5)
    return store.add_unit_sample(sample, application=application, screen="", size=size)


def test_units_are_drawn_alike_however_often_they_were_met(store: SqlStore, run_id: str) -> None:
    for number in range(4):
        for _ in range(1 + 3 * (number == 0)):
            sought(store, run_id, target_text=f"target {number}")
    sample = draw(store, 2)
    found = store.audited(sample.id)
    assert [(s.population, s.drawn) for s in sample.strata] == [(4, 2)]
    assert len({one.unit for one in found}) == 2
    assert {one.chance for one in found} == {0.5}
    assert store.sample_progress(sample.id, None).wanted == 3


def test_an_attempts_own_chance_is_its_units_shared_by_all_attempts(store: SqlStore, run_id: str) -> None:
    for _ in range(4):
        sought(store, run_id)
    sample = draw(store, 1)
    with store._db.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT probability, unit_probability FROM audit_item").all()
    assert [tuple(row) for row in rows] == [(0.25, 1.0)]
    assert sample.strata[0].drawn == 1
    assert [one.chance for one in store.audited(sample.id)] == [1.0]


def test_no_unit_is_drawn_twice_nor_one_that_was_never_looked_for(store: SqlStore, run_id: str) -> None:
    for number in range(3):
        sought(store, run_id, target_text=f"target {number}")
    finished(store, run_id, Outcome.WRONG_SCREEN, target_text="never sought")
    sought(store, run_id, application="other", target_text="elsewhere")
    first, second = draw(store, 2), draw(store, 2)
    units = [one.unit.target_text for sample in (first, second) for one in store.audited(sample.id)]
    assert sorted(units) == ["target 0", "target 1", "target 2"]
    with pytest.raises(StoreError, match="none to draw"):
        draw(store, 1)
    assert store.audited(draw(store, 9, application="other").id)[0].unit.target_text == "elsewhere"


def test_units_of_an_attempt_sample_are_not_drawn_again(store: SqlStore, run_id: str) -> None:
    sought(store, run_id)
    store.add_sample(a_sample(), AttemptFilter(), by="none", size=1)
    sought(store, run_id)
    with pytest.raises(StoreError):
        draw(store, 1)


def test_which_units_are_drawn_follows_from_the_seed(store: SqlStore, run_id: str) -> None:
    for number in range(30):
        for application in ("dpi", "twin"):
            sought(store, run_id, target_text=f"target {number}", application=application)
    drawn = [
        {one.unit.target_text for one in store.audited(draw(store, 5, application=application, seed=seed).id)}
        for application, seed in (("dpi", 1), ("twin", 1), ("dpi", 1))
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0].isdisjoint(drawn[2])
    assert len(drawn[2]) == 5


def test_pictures_are_named_once_in_order_and_their_searches_found_by_them(store: SqlStore, run_id: str) -> None:
    other = store.create_run(a_run(application="labo")).id
    first, second = sorted(stored_picture(store, png(colour=colour)) for colour in ("red", "blue"))
    for picture in (second, first, first):
        finished(store, run_id, before_id=picture)
    finished(store, other, application="labo", before_id=second)
    assert store.searched_pictures("") == [first, second]
    assert store.searched_pictures("", limit=1) == [first]
    assert store.searched_pictures("", after=first) == [second]
    assert store.searched_pictures("labo") == [second]
    found = store.searches("", image_id=first)
    assert len(found) == 2
    assert store.searches("", limit=1) == store.searches("")[:1]
