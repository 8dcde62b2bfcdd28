"""A look at a store's labels: what counts, what it costs, what comes of it, and when that ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from navconsole.tuning.looking import Taken, audited_for, draw_for, samples_for, standings, take_look
from navigation.certificates import Declared, Plan
from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Size
from tests.navconsole.tuning.audited import VERSIONS, label_all, ready, sought
from tests.navigation.store.making import NOW, a_label, a_plan, a_sample

LATER = NOW + timedelta(days=1)


def declared(store: Store, **given: Any) -> Plan:
    plan = a_plan(**{"alpha_absent": None, "mode": "growing", "scores": (0.9,), "margins": (0.08,)} | given)
    store.add_plan(plan)
    return plan


def looked(store: Store, plan: Plan) -> Taken:
    return take_look(store, plan, audited_for(store, plan.application, plan.screen), author="ann", now=NOW)


def labelled(store: Store, count: int, *, start: int = 0, answer: str = "right", run_id: str = "") -> str:
    """So many attempts drawn whole into a sample and labelled; gives the run's id."""
    run_id = run_id or ready(store)
    for number in range(start, start + count):
        sought(store, run_id, number)
    plan = a_plan()
    sample = draw_for(store, plan, count, author="ann", now=NOW)
    assert label_all(store, sample.id, answer) == count
    return run_id


def test_enough_right_labels_give_a_certificate_that_is_kept(store: Store) -> None:
    labelled(store, 72)  # one setting, named beforehand, at half of delta
    taken = looked(store, declared(store))
    assert taken.certificate is not None
    assert store.certificates() == [taken.certificate]
    assert [(look.number, look.spent, look.is_certified) for look in store.looks()] == [(1, 0.025, True)]
    assert taken.certificate.readings == ("tesserocr/5",)
    assert taken.certificate.sizes == (Size(40, 30),)
    assert taken.certificate.profiles == {"dpi": 0}
    assert taken.certificate.promise.present.n == 72


@pytest.mark.parametrize(("hours", "before"), [(-1, 80), (1, 0)], ids=["before the labels", "after them"])
def test_a_certificate_says_before_how_many_of_its_labels_it_was_declared(
    store: Store, hours: int, before: int
) -> None:
    labelled(store, 80)
    taken = looked(store, declared(store, created_at=NOW + timedelta(hours=hours)))
    assert taken.certificate is not None
    assert taken.certificate.promise.declared == Declared(before, 80)


def test_a_label_given_again_after_the_declaration_was_known_before_it(store: Store) -> None:
    labelled(store, 80)
    attempts = list(audited_for(store, "dpi", ""))
    for one in attempts[:10]:
        (label,) = one.labels
        again = a_label(one.attempt_id, answer="right", sample_id=one.sample_id, replaces=label.id, created_at=LATER)
        store.add_labels([again], seen=label.id)
    taken = looked(store, declared(store, created_at=NOW + timedelta(hours=1)))
    assert taken.certificate is not None
    assert taken.certificate.promise.declared == Declared(0, 80)


def test_too_few_labels_are_not_looked_at_and_cost_nothing(store: Store) -> None:
    labelled(store, 71)
    taken = looked(store, declared(store))
    assert (taken.look, taken.certificate) == (None, None)
    assert taken.finding is not None
    assert taken.finding.needed is not None
    assert taken.finding.needed.draw == 1
    assert store.looks() == []


def test_the_same_labels_are_not_paid_for_twice(store: Store) -> None:
    labelled(store, 80)
    plan = declared(store)
    first, again = looked(store, plan), looked(store, plan)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.certificate == first.certificate
    assert len(store.looks()) == 1


def test_a_frozen_plan_looks_once_and_the_next_one_only_at_what_is_new(store: Store) -> None:
    run_id = labelled(store, 60)
    first = declared(store, mode="frozen")
    assert looked(store, first).certificate is not None
    labelled(store, 30, start=100, run_id=run_id)
    assert not looked(store, first).is_new
    second = looked(store, declared(store, mode="frozen"))
    assert second.finding is not None
    assert second.finding.present == 30
    assert second.look is None


def test_wrong_labels_certify_nothing_and_say_how_many_more(store: Store) -> None:
    run_id = labelled(store, 100)
    labelled(store, 20, start=200, answer="wrong", run_id=run_id)
    taken = looked(store, declared(store))
    assert taken.certificate is None
    assert taken.look is not None
    assert taken.look.needed is not None
    assert taken.look.needed.draw > 200
    assert store.looks() == [taken.look]


def test_only_samples_of_the_whole_count(store: Store) -> None:
    run_id = ready(store)
    for number in range(4):
        sought(store, run_id, number)
    for name, filters in (("all", []), ("failures", [["outcome", "absent"]]), ("screen", [["screen", "login"]])):
        store.add_sample(a_sample(id=name, asked={"filter": filters}), AttemptFilter(), by="none", size=2)
    assert {sample.id for sample in samples_for(store, "dpi", "")} == {"all"}
    assert {sample.id for sample in samples_for(store, "dpi", "login")} == {"all", "screen"}
    assert len(list(audited_for(store, "dpi", ""))) == 2


def test_a_simulated_audit_certifies_nothing_and_counts_for_nothing_kept(store: Store) -> None:
    run_id = ready(store)
    for number in range(200):
        sought(store, run_id, number)
    simulated = a_sample(id="simulated", asked={"simulated": True, "filter": [], "by": "none", "size": 200})
    store.add_sample(simulated, AttemptFilter(), by="none", size=200)
    label_all(store, "simulated")
    taken = looked(store, declared(store))
    assert taken.finding is not None
    assert (taken.finding.present, taken.look, taken.certificate) == (0, None, None)
    assert (store.looks(), store.certificates()) == ([], [])
    assert [one.id for one in samples_for(store, "dpi", "", simulated=True)] == ["simulated"]
    assert len(list(audited_for(store, "dpi", "", simulated=True))) == 200


def test_a_simulated_audit_never_ends_a_certificate_nor_joins_a_real_one(store: Store) -> None:
    run_id = labelled(store, 80)
    looked(store, declared(store))
    for number in range(500, 520):
        sought(store, run_id, number, started_at=LATER, expires_at=LATER)
    asked = {"simulated": True, "filter": [], "by": "none", "size": 100}
    store.add_sample(a_sample(id="simulated", asked=asked), AttemptFilter(), by="none", size=100)
    label_all(store, "simulated", "wrong")
    assert standings(store)[0].ended == ()
    assert len(samples_for(store, "dpi", "")) == 1


def test_labels_given_outside_of_an_audit_do_not_count(store: Store) -> None:
    run_id = ready(store)
    ids = [sought(store, run_id, number) for number in range(80)]
    draw_for(store, a_plan(), 80, author="ann", now=NOW)
    store.add_labels([a_label(attempt_id, answer="right") for attempt_id in ids])
    taken = looked(store, declared(store))
    assert taken.finding is not None
    assert taken.finding.present == 0
    assert taken.finding.unused == {"triage": 80}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, ()),
        ({"versions": {**VERSIONS, "reading": "tesserocr/6"}}, ("reader",)),
        ({"versions": {**VERSIONS, "vlm": "seer"}}, ("reader",)),
        ({"application": "other", "versions": {**VERSIONS, "reading": "tesserocr/6"}}, ()),
    ],
    ids=["as before", "another reader", "a model too", "on another application"],
)
def test_a_certificate_ends_when_something_else_reads(
    store: Store, given: dict[str, Any], why: tuple[str, ...]
) -> None:
    run_id = labelled(store, 80)
    looked(store, declared(store))
    sought(store, run_id, 900, started_at=LATER, expires_at=LATER, **given)
    assert [standing.ended for standing in standings(store)] == [why]


def test_a_certificate_ends_when_audits_since_show_wrong_presses(store: Store) -> None:
    run_id = labelled(store, 80)
    looked(store, declared(store))
    for number in range(500, 520):
        sought(store, run_id, number, started_at=LATER, expires_at=LATER)
    sample = draw_for(store, a_plan(), 20, author="ann", now=LATER)
    assert standings(store)[0].ended == ()
    label_all(store, sample.id, "wrong")
    assert standings(store)[0].ended == ("live",)


def test_what_is_drawn_for_a_plan_counts_for_it(store: Store) -> None:
    run_id = ready(store)
    for number in range(5):
        sought(store, run_id, number)
        sought(store, run_id, number, application="other")
    plan = declared(store, screen="login")
    sample = draw_for(store, plan, 3, author="ann", now=NOW)
    assert [one.id for one in samples_for(store, plan.application, plan.screen)] == [sample.id]
    assert {one.unit.application for one in audited_for(store, plan.application, plan.screen)} == {"dpi"}
    assert samples_for(store, plan.application, "") == []


@pytest.mark.parametrize(
    ("given", "name"),
    [({"note": "x" * 300}, "x" * 100), ({"note": ""}, "dpi"), ({"note": "", "application": ""}, "plan")],
)
def test_a_drawn_sample_has_a_name(store: Store, given: dict[str, Any], name: str) -> None:
    sought(store, ready(store), 1)
    assert draw_for(store, declared(store, id="plan", **given), 1, author="ann", now=NOW).name == name
