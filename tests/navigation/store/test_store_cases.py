"""Cases in the store: made, gathered, re-opened, exported, and brought in by the thousand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from navigation.case_records import BroughtCase, CaseCheck, CaseExport, CaseFilter, CaseSet, Import, StoredCase
from navigation.errors import ConflictError, StoreError
from navigation.ids import derived_id, new_id
from navigation.records import AttemptFilter, AuditEvent
from navigation.sampling import Sample, Stratum
from navigation.store import SqlStore, summaries
from navigation.types import Box, Outcome
from tests.navigation.store.making import NOW, a_decision, a_finish, a_label, a_meta, a_run, a_start, finished, sha
from tests.navigation.store.test_store_lists import _derived

EVENT = AuditEvent("ann", "case_made", "case", "x")
LATER = NOW + timedelta(hours=1)


def a_case(attempt_id: str, **given: Any) -> StoredCase:
    case_id = given.get("id") or new_id()
    values = {
        "id": case_id, "attempt_id": attempt_id, "application": "dpi", "screen": "login",
        "target_text": "Se connecter", "body": json.dumps({"id": case_id}, separators=(",", ":")), "label_id": None,
        "source": "label", "state": "new", "is_outdated": False, "author_id": "ann", "author": "Ann",
        "created_at": NOW,
    }  # fmt: skip
    return StoredCase(**values | given)


def a_check(case_id: str, *, is_right: bool = False, **given: Any) -> CaseCheck:
    values = {"outcome": "absent", "pack": "p.zip", "reading": "tesserocr/5", "picture_id": None, "checked_at": LATER}
    return CaseCheck(case_id, is_right, **values | given)


def an_export(**given: Any) -> CaseExport:
    values = {"id": new_id(), "author_id": "ann", "author": "Ann", "form": "pack", "pictures": "masked", "reason": "",
              "asked": {"set": ""}, "state": "asked", "created_at": NOW}  # fmt: skip
    return CaseExport(**values | given)


@pytest.fixture
def case_id(store: SqlStore, run_id: str) -> str:
    attempt_id = finished(store, run_id)
    store.add_labels([a_label(attempt_id, id="given")])
    return store.put_case(a_case(attempt_id, label_id="given"), event=EVENT).id


def stored(store: SqlStore, case_id: str) -> StoredCase:
    case = store.case(case_id)
    assert case is not None
    return case


def test_a_case_is_kept_with_who_made_it(store: SqlStore, case_id: str) -> None:
    case = stored(store, case_id)
    assert (case.author, case.state, case.is_outdated) == ("Ann", "new", False)
    assert store.case_of_attempt(case.attempt_id) == case
    assert store.audit_events()[0][1] == EVENT


def test_a_case_made_anew_keeps_its_id_also_in_its_body(store: SqlStore, case_id: str) -> None:
    attempt_id = stored(store, case_id).attempt_id
    store.add_labels([a_label(attempt_id, id="other", replaces="given")], seen="given")
    store.add_checks([a_check(case_id)])
    assert (stored(store, case_id).state, stored(store, case_id).is_outdated) == ("reopened", True)
    kept = store.put_case(a_case(attempt_id, label_id="other", author="Bob", created_at=LATER))
    assert (kept.id, kept.author, kept.state, kept.is_outdated) == (case_id, "Bob", "new", False)
    assert json.loads(kept.body) == {"id": case_id}
    assert store.count_cases(CaseFilter())["new"] == 1


def test_a_case_of_an_unknown_attempt_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError):
        store.put_case(a_case("none"))


def test_a_case_is_outdated_while_its_label_does_not_stand(store: SqlStore, case_id: str) -> None:
    attempt_id = stored(store, case_id).attempt_id
    store.add_labels([a_label(attempt_id, id="other", answer="right", replaces="given")], seen="given")
    assert stored(store, case_id).is_outdated
    assert store.case_bodies(CaseFilter()) == []
    assert store.outdated_cases(CaseFilter()) == [case_id]
    assert store.count_cases(CaseFilter())["outdated"] == 1
    store.undo_last(author_id="ann", author="Ann", now=LATER)
    assert not stored(store, case_id).is_outdated
    assert store.case_bodies(CaseFilter()) == [(case_id, stored(store, case_id).body)]


def test_a_disputed_label_makes_its_case_outdated(store: SqlStore, case_id: str) -> None:
    attempt_id = stored(store, case_id).attempt_id
    store.add_labels([a_label(attempt_id, author_id="bob", answer="right")], seen="given")
    assert stored(store, case_id).is_outdated


def test_a_case_taken_back_leaves_its_sets(store: SqlStore, case_id: str) -> None:
    named = store.add_case_set(CaseSet(new_id(), "login", "ann", "Ann", NOW))
    store.put_in_set(named.id, [case_id])
    store.add_checks([a_check(case_id)])
    assert store.remove_case(case_id)
    assert not store.remove_case(case_id)
    assert store.case(case_id) is None
    assert [one.cases for one in store.case_sets(None)] == [0]


def test_sets_hold_cases_under_a_name(store: SqlStore, case_id: str) -> None:
    named = store.add_case_set(CaseSet(new_id(), "login", "ann", "Ann", NOW))
    assert store.add_case_set(CaseSet(new_id(), "login", "bob", "Bob", LATER)).id == named.id
    assert store.put_in_set(named.id, [case_id, case_id]) == 1
    assert [c.id for c in store.cases(CaseFilter(set_id=named.id))] == [case_id]
    assert [(one.name, one.cases) for one in store.case_sets(["labo"])] == [("login", 0)]
    assert store.take_out_of_set(named.id, case_id)
    assert not store.take_out_of_set(named.id, case_id)
    assert store.delete_case_set(named.id)
    assert not store.delete_case_set(named.id)
    assert store.case(case_id) is not None


def test_a_set_takes_no_unknown_case(store: SqlStore, case_id: str) -> None:
    named = store.add_case_set(CaseSet(new_id(), "login", "ann", "Ann", NOW))
    with pytest.raises(StoreError):
        store.put_in_set(named.id, [case_id, "none"])
    assert store.case_sets(None)[0].cases == 0
    with pytest.raises(StoreError):
        store.put_in_set("none", [case_id])


def test_a_wrong_run_reopens_a_case_with_its_picture_once(store: SqlStore, case_id: str) -> None:
    store.add_screenshot(a_meta(sha("drawn")))
    check = a_check(case_id, picture_id=sha("drawn"))
    assert store.add_checks([check, a_check("unknown")], event=EVENT) == [case_id]
    case = stored(store, case_id)
    assert (case.state, case.said, case.picture_id) == ("reopened", "absent", sha("drawn"))
    assert store.add_checks([check]) == []
    assert len(store.checks_of(case_id)) == 1


def test_an_older_run_changes_nothing_and_a_right_one_turns_green(store: SqlStore, case_id: str) -> None:
    store.add_checks([a_check(case_id)])
    store.add_checks([a_check(case_id, is_right=True, checked_at=NOW)])
    assert stored(store, case_id).state == "reopened"
    assert not store.close_case("none")
    assert store.close_case(case_id)
    assert stored(store, case_id).state == "new"
    store.add_checks([a_check(case_id, is_right=True, outcome="ok", checked_at=LATER + timedelta(hours=1))])
    assert stored(store, case_id).state == "green"
    assert not store.close_case(case_id)


def test_reopened_cases_come_first_and_pages_follow_each_other(store: SqlStore, run_id: str) -> None:
    ids = [store.put_case(a_case(finished(store, run_id))).id for _ in range(5)]
    store.add_checks([a_check(ids[1])])
    wanted = [ids[1], ids[4], ids[3], ids[2], ids[0]]
    assert [c.id for c in store.cases(CaseFilter())] == wanted
    first = store.cases(CaseFilter(), limit=2)
    rest = store.cases(CaseFilter(), after=first[-1].id, limit=9)
    assert [c.id for c in (*first, *rest)] == wanted
    assert [c.id for c in store.cases(CaseFilter(ids=[ids[0]]))] == [ids[0]]
    assert store.cases(CaseFilter(applications=["labo"])) == []
    assert store.cases(CaseFilter(state="green")) == []


def test_an_export_goes_from_state_to_state(store: SqlStore) -> None:
    export = an_export()
    store.add_export(export, event=EVENT)
    prepared = replace(export, state="prepared", cases=2, left=[{"id": "x", "why": "changed", "text": ""}])
    store.change_export(prepared, was="asked")
    assert store.export(export.id) == prepared
    assert [e.id for e in store.exports(states=["prepared"])] == [export.id]
    assert store.exports(states=["made"]) == []
    with pytest.raises(ConflictError):
        store.change_export(prepared, was="asked")


# --- imports --------------------------------------------------------------------------------------


def brought(number: int, run_id: str, **given: Any) -> BroughtCase:
    case_id = given.pop("id", f"case-{number}")
    attempt_id = derived_id(f"dpi/{case_id}")
    text = given.pop("text", f"Bouton {number % 3}")
    action = {"type": "navigate", "target": {"text": text}, "verify_before": {"name": "login", "present": ["A", "B"]}}
    verified = {"anchors": [{"text": "A", "expected": "present", "is_met": True, "score": 0.99},
                            {"text": "B", "expected": "present", "is_met": False, "score": 0.4}]}  # fmt: skip
    start = a_start(run_id, id=attempt_id, target_text=text, action=action, versions={"import": case_id},
                    started_at=NOW + timedelta(days=number % 2), expires_at=NOW + timedelta(days=2))  # fmt: skip
    decision = a_decision(verify_before=verified, grounding=None) if number % 4 else None
    outcome = (Outcome.OK, Outcome.ABSENT, Outcome.NOT_LANDED)[number % 3]
    label = a_label(attempt_id, answer=("right", "wrong")[number % 2], place="box", box=Box(1, 2, 3, 4), **given)
    return BroughtCase(case_id, start, decision, a_finish(outcome), label, json.dumps({"id": case_id}))


def an_import(store: SqlStore, count: int = 30, **given: Any) -> Import:
    run = a_run(agent="import", workflow="file")
    cases = [brought(number, run.id) for number in range(count)]
    values = {"runs": [run], "pictures": [a_meta()], "cases": cases, "author_id": "ann", "author": "Ann", "at": NOW}
    return Import(**values | given)


def test_an_import_adds_attempts_labels_and_cases(store: SqlStore) -> None:
    store.ensure_config({"score": 0.9}, "a", "b")
    assert store.bring_in(an_import(store), event=EVENT) == 30
    assert store.count_cases(CaseFilter())["new"] == 30
    case = stored(store, "case-7")
    assert (case.source, case.target_text) == ("import", "Bouton 1")
    attempt = store.attempt(case.attempt_id)
    assert attempt is not None
    assert attempt.state == "finished"
    run = store.run(attempt.start.run_id)
    assert run is not None
    assert run.agent == "import"
    (label,) = store.labels_of(case.attempt_id)
    assert (label.author, label.source, label.sample_id) == ("Ann", "pointed", None)
    assert store.known_cases(["case-1", "none"]) == {"case-1": '{"id": "case-1"}'}
    assert store.known_pictures([sha("image"), sha("none")]) == {sha("image")}
    assert store.audit_events()[0][1] == EVENT


def test_lists_and_counts_after_an_import_are_those_of_the_evidence(store: SqlStore, run_id: str) -> None:
    finished(store, run_id)
    store.bring_in(an_import(store), event=EVENT)
    kept = _derived(store)
    with store._db.writing() as session:
        assert summaries.rebuild(session) == 31
    assert _derived(store) == kept


def test_a_second_import_adds_to_the_groups_and_counts_of_the_first(store: SqlStore, run_id: str) -> None:
    store.bring_in(an_import(store), event=EVENT)
    finished(store, run_id)
    run = a_run(agent="import")
    more = [brought(number, run.id) for number in range(30, 75)]
    assert store.bring_in(an_import(store, runs=[run], cases=more), event=EVENT) == 45
    kept = _derived(store)
    with store._db.writing() as session:
        assert summaries.rebuild(session) == 76
    assert _derived(store) == kept


def test_an_import_is_all_or_nothing(store: SqlStore) -> None:
    store.ensure_config({"score": 0.9}, "a", "b")
    store.bring_in(an_import(store, 3), event=EVENT)
    before = store.count_attempts(AttemptFilter()).total, len(store.audit_events())
    run = a_run(agent="import")
    again = [brought(50, run.id), brought(1, run.id)]
    with pytest.raises(ConflictError):
        store.bring_in(an_import(store, runs=[run], cases=again, pictures=[a_meta(sha("new"))]), event=EVENT)
    assert (store.count_attempts(AttemptFilter()).total, len(store.audit_events())) == before
    assert store.known_pictures([sha("new")]) == frozenset()
    assert store.run(run.id) is None


def test_attempts_after_an_import_go_on_counting(store: SqlStore, run_id: str) -> None:
    store.bring_in(an_import(store, 3), event=EVENT)
    later = finished(store, run_id)
    rows = store.list_attempts(AttemptFilter()).rows
    assert rows[0].id == later
    assert [row.seq for row in rows] == [4, 3, 2, 1]


def test_a_simulated_audit_is_a_sample_that_says_so(store: SqlStore) -> None:
    store.ensure_config({"score": 0.9}, "a", "b")
    run = a_run(agent="import")
    asked = {"simulated": True, "filter": [], "by": "none", "size": 2, "applications": ["dpi"]}
    sample = Sample(new_id(), "corpus", asked, (Stratum("", 2, 2),), 0, 0.0, "Ann", NOW)
    cases = [brought(n, run.id, source="blind", sample_id=sample.id) for n in range(2)]
    store.bring_in(an_import(store, runs=[run], cases=cases, sample=sample), event=EVENT)
    assert store.samples()[0].asked["simulated"] is True
    progress = store.sample_progress(sample.id, None)
    assert (progress.cases, progress.wanted, progress.given) == (2, 2, 2)
