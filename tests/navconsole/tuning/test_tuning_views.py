"""The tuning page: pictures of labelled cases, sliders, a plan, its look, the draw, the report; who sees what."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from navconsole.tuning.labelled import Labelled
from navigation.certificates import Declared
from navigation.configurations import SERVER, Limits, body_of, with_limits
from navigation.ids import new_id
from navigation.records import AttemptFilter, AttemptStart
from navigation.sampling import Sample
from navigation.settings import CachePolicy, Settings, Thresholds
from navigation.store.protocol import Store
from navigation.types import Box, Outcome
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.navigation.store.making import NOW, a_decision, a_finish, a_label, a_run, a_start, png, stored_picture

PAGE = "/tuning"
BOX = {"x": 10, "y": 10, "w": 20, "h": 10}
PLAN = {"alpha": "30", "alpha_absent": "", "delta": "20", "mode": "frozen", "note": "Avant mars"}


def attempt(
    store: Store, run_id: str, image: str, number: int, score: float = 0.97, at: datetime = NOW, screen: str = "login"
) -> str:
    """A press on a target of its own, at the middle of BOX."""
    start: AttemptStart = a_start(
        run_id, before_id=image, target_text=f"Cible {number}", action={"target": {"text": f"Cible {number}"}},
        screen=screen, wants_after=False, started_at=at, expires_at=at + timedelta(minutes=5),
    )  # fmt: skip
    store.start_attempt(start)
    box = [BOX["x"], BOX["y"], BOX["w"], BOX["h"]]
    candidate = {"text": "Cible", "box": box, "text_box": box, "score": score, "confidence": 0.9}
    grounding = {
        "outcome": "found", "reason": {"code": "found_alone"}, "score": score, "margin": 1.0, "method": "ocr",
        "point_px": [20, 15], "box_px": box, "candidates": [candidate],
    }  # fmt: skip
    decision = a_decision(grounding=grounding, score=score, margin=1.0)
    store.decide_attempt(start.id, decision, finish=a_finish(Outcome.OK, after_id=None))
    return start.id


def label(store: Store, attempt_id: str, sample: Sample, answer: str) -> None:
    box = Box(10, 10, 20, 10) if answer == "right" else Box(0, 0, 3, 3)
    given = a_label(attempt_id, id=new_id(), answer=answer, sample_id=sample.id, place="box", box=box)
    store.add_labels([given])


def audited(store: Store, right: int, wrong: int = 0, *, double: float = 0.0) -> list[str]:
    """So many targets that audits labelled; their attempts."""
    store.ensure_config(body_of(Settings()), SERVER, "settings at start")
    run_id = store.create_run(a_run()).id
    image = stored_picture(store, png())
    ids = [attempt(store, run_id, image, number, 0.97 if number < right else 0.85) for number in range(right + wrong)]
    asked = {"filter": [], "by": "none", "size": len(ids), "applications": None}
    drawn = Sample(new_id(), "Audit", asked, (), 1, double, "Ann", datetime.now(UTC))
    sample = store.add_sample(drawn, AttemptFilter(), by="none", size=len(ids))
    for number, attempt_id in enumerate(ids):
        label(store, attempt_id, sample, "right" if number < right else "wrong")
    return ids


def counts(page: str) -> list[tuple[str, str]]:
    """Of each line of the table: before, after."""
    table = page.split('<table class="counts">', 1)[1].split("</table>", 1)[0]
    return re.findall(r"<td>(\d+)</td><td><b>(\d+)</b>", table)


@pytest.fixture(autouse=True)
def unkept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence is gathered anew for each request."""
    monkeypatch.setattr("navconsole.tuning.labelled.KEPT_S", -1.0)


def test_without_labels_the_page_says_what_to_do(engineer: LintedClient, store: Store) -> None:
    page = engineer.get(PAGE).text
    assert "No case was labelled in an audit yet" in page
    assert 'href="/review/audit"' in page


def test_the_page_counts_the_labelled_cases_at_both_settings(engineer: LintedClient, store: Store) -> None:
    ids = audited(store, right=5, wrong=2)
    page = engineer.get(f"{PAGE}?score=80&margin=8").text
    assert counts(page) == [("5", "5"), ("0", "2"), ("2", "0"), ("0", "0")]
    assert "2 new wrong presses on labelled cases" in page
    assert page.count('class="flip fam-danger"') == 2
    assert f"/attempts/{ids[5]}/whatif?score=80.0&amp;margin=8.0" in page
    assert "7 targets of screens, from 7 labelled cases" in page


def test_the_sliders_ask_for_the_answer_alone(engineer: LintedClient, store: Store) -> None:
    audited(store, right=3)
    part = engineer.get(f"{PAGE}?score=99&margin=8", headers=HTMX).text
    assert "<html" not in part
    assert counts(part) == [("3", "0"), ("0", "0"), ("0", "3"), ("0", "0")]
    assert "No new wrong press" in part


def test_a_part_is_drawn_alone_and_named_with_a_warning_where_the_whole_hides_it(
    engineer: LintedClient, store: Store
) -> None:
    audited(store, right=60, wrong=1)
    run_id, image = store.list_attempts(AttemptFilter()).rows[0].run_id, stored_picture(store, png())
    start = attempt(store, run_id, image, 900, screen="board")
    asked = {"filter": [], "by": "none", "size": 1, "applications": None}
    (other,) = [store.add_sample(Sample(new_id(), "B", asked, (), 1, 0.0, "Ann", datetime.now(UTC)),
                                 AttemptFilter(screen="board"), by="none", size=1)]  # fmt: skip
    label(store, start, other, "wrong")
    engineer.submit(f"{PAGE}/plans", PAGE, **PLAN | {"alpha": "9"})
    page = engineer.get(PAGE).text
    assert "Under 9% as a whole, yet perhaps not everywhere" in page
    assert counts(page)[1] == ("1", "1")
    link = re.search(r'href="([^"]*part=screen%3A[^"]*board[^"]*)"', page)
    assert link is not None
    part = engineer.get(link[1].replace("&amp;", "&"))
    assert counts(part.text) == [("0", "0"), ("1", "1"), ("0", "0"), ("0", "0")]
    assert '<option value="screen:dpi / board" selected>' in part.text
    assert "Drawn and counted:" in part.text
    assert counts(engineer.get(f"{PAGE}?part=screen:dpi / board", headers=HTMX).text) == counts(part.text)
    assert counts(engineer.get(f"{PAGE}?part=nonsense").text) == counts(page)


def test_two_configurations_are_compared_by_their_numbers(engineer: LintedClient, store: Store) -> None:
    audited(store, right=5, wrong=2)
    loose = store.add_config(with_limits(store.active_config().body, Limits(Thresholds(score=0.8), CachePolicy())),
                             "Ann", "looser").id  # fmt: skip
    (first, second) = (store.active_config().id, loose)
    chooser = engineer.get(f"{PAGE}/configurations").text
    assert f'<option value="{first}" selected>' in chooser.split('id="compare-beside"')[1].split("</select>")[0]
    assert f'<option value="{second}" selected>' in chooser.split('id="compare-config"')[1].split("</select>")[0]
    assert f"/tuning?beside={first}&amp;config={second}" in chooser
    page = engineer.get(f"{PAGE}?beside={first}&config={second}").text
    assert counts(page)[:3] == [("5", "5"), ("0", "2"), ("2", "0")]
    assert f"configuration {first}<br>" in page
    assert f"configuration {second}<br>" in page


@pytest.mark.parametrize("address", ["?score=abc", "?score=900", "?margin=-3", "?beside=77", "?config=x"])
def test_an_address_that_says_nothing_usable_is_the_setting_in_use(
    engineer: LintedClient, store: Store, address: str
) -> None:
    audited(store, right=2)
    assert counts(engineer.get(PAGE + address).text)[0] == ("2", "2")


def test_a_plan_is_declared_looked_at_and_certified(engineer: LintedClient, store: Store) -> None:
    audited(store, right=40)
    assert engineer.submit(f"{PAGE}/plans", PAGE, **PLAN).status_code == 303
    (plan,) = store.plans()
    assert (plan.alpha, plan.alpha_absent, plan.delta, plan.note, plan.author) == (
        0.3,
        None,
        0.2,
        "Avant mars",
        "the engineer",
    )
    answer = engineer.submit(f"{PAGE}/plans/{plan.id}/look", PAGE)
    (certificate,) = store.certificates()
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/certificates/{certificate.id}")
    report = engineer.get(answer.location).text
    assert certificate.case_set in report
    assert "0 of 40; at most 30% was asked for" in report
    assert "Holds at" in report
    page = engineer.get(PAGE).text
    assert f'href="{PAGE}/certificates/{certificate.id}"' in page
    assert "spot-certified" in page
    assert page.count('class="spot-passed"') == 2 * len(certificate.promise.region) > 0
    assert "spot-certified" in engineer.get(f"{PAGE}?score=80", headers=HTMX).text
    assert [event.action for _, event in store.audit_events(limit=2)] == ["certificate_looked", "certificate_planned"]


@pytest.mark.parametrize("is_first", [True, False])
def test_the_page_and_the_report_say_whether_the_plan_came_before_the_labels(
    engineer: LintedClient, store: Store, is_first: bool
) -> None:
    """The labels of these audits were given in spring; the other plan is declared on the page, that is, now."""
    audited(store, right=40)
    assert "40 labels on it are given already" in engineer.get(PAGE).text
    engineer.submit(f"{PAGE}/plans", PAGE, **PLAN)
    plan = store.plans()[0]
    if is_first:
        plan = replace(plan, id=new_id(), created_at=NOW - timedelta(days=1), note="Before")
        store.add_plan(plan)
    report = engineer.get(engineer.submit(f"{PAGE}/plans/{plan.id}/look", PAGE).location).text
    (certificate,) = store.certificates()
    assert certificate.promise.declared == Declared(40 if is_first else 0, 40)
    said = "before all of its 40 labels." if is_first else "before 0 of its 40 labels; the others could be seen"
    assert said in report
    assert f"declared before {40 if is_first else 0} of 40 labels" in engineer.get(PAGE).text


def test_a_certificate_that_holds_no_more_is_not_drawn(engineer: LintedClient, store: Store) -> None:
    audited(store, right=40)
    engineer.submit(f"{PAGE}/plans", PAGE, **PLAN)
    engineer.submit(f"{PAGE}/plans/{store.plans()[0].id}/look", PAGE)
    run_id = store.create_run(a_run()).id
    attempt(store, run_id, stored_picture(store, png(50, 40)), 99, at=datetime.now(UTC))  # a size no evidence is of
    page = engineer.get(PAGE).text
    assert "holds no more" in page
    assert "screenshots of another size" in page
    assert "spot-certified" not in page
    assert "spot-passed" not in page


def test_a_certificate_is_drawn_only_where_its_screen_is_shown(engineer: LintedClient, store: Store) -> None:
    audited(store, right=40)
    engineer.submit(f"{PAGE}/plans?application=dpi&screen=login", f"{PAGE}?application=dpi&screen=login", **PLAN)
    engineer.submit(f"{PAGE}/plans/{store.plans()[0].id}/look", PAGE)
    assert len(store.certificates()) == 1
    for address, is_drawn in (("", True), ("?application=dpi&screen=login", True), ("?application=dpi&screen=x", False),
                              ("?application=imagerie", False)):  # fmt: skip
        part = engineer.get(PAGE + address, headers=HTMX).text
        assert ("spot-passed" in part, "spot-certified" in part) == (is_drawn, is_drawn), address


def test_cases_that_wait_for_ones_blind_answer_are_not_listed(engineer: LintedClient, store: Store) -> None:
    audited(store, right=5, wrong=2, double=1.0)
    page = engineer.get(f"{PAGE}?score=80&margin=8").text
    assert counts(page)[1] == ("0", "2")
    assert 'class="flip ' not in page


def test_too_few_labels_say_how_many_more_and_draw_exactly_those(engineer: LintedClient, store: Store) -> None:
    audited(store, right=3)
    run_id = store.create_run(a_run()).id
    image = stored_picture(store, png(50, 40))
    for number in range(100, 130):
        attempt(store, run_id, image, number)
    engineer.submit(f"{PAGE}/plans", PAGE, **PLAN)
    (plan,) = store.plans()
    page = engineer.submit(f"{PAGE}/plans/{plan.id}/look", PAGE).text
    assert "Too few labels for any answer" in page
    found = re.search(r"Label (\d+) more", page)
    assert found
    size = int(found[1])
    assert size > 0
    assert store.looks() == []
    answer = engineer.submit(f"{PAGE}/plans/{plan.id}/draw", PAGE, size=str(size))
    assert answer.status_code == 303
    sample = store.samples()[0]
    assert answer.location == f"/review/audit/{sample.id}"
    assert store.sample_progress(sample.id, None).cases == size


@pytest.mark.parametrize("size", ["", "0", "-3", "abc", "9999999"])
def test_a_size_that_is_none_is_refused(engineer: LintedClient, store: Store, size: str) -> None:
    audited(store, right=1)
    engineer.submit(f"{PAGE}/plans", PAGE, **PLAN)
    plan = store.plans()[0]
    assert engineer.submit(f"{PAGE}/plans/{plan.id}/draw", PAGE, size=size).status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [("alpha", "0"), ("alpha", "100"), ("alpha", "x"), ("alpha_absent", "120"), ("delta", ""), ("note", "x" * 501)],
)  # fmt: skip
def test_what_is_no_rate_is_told(engineer: LintedClient, store: Store, name: str, value: str) -> None:
    audited(store, right=1)
    answer = engineer.submit(f"{PAGE}/plans", PAGE, **{**PLAN, name: value})
    assert answer.status_code == 422
    assert store.plans() == []


def test_other_applications_are_not_seen(engineer: LintedClient, login: Login, store: Store) -> None:
    audited(store, right=40)
    engineer.submit(f"{PAGE}/plans?application=dpi", PAGE, **PLAN)
    (plan,) = store.plans()
    engineer.submit(f"{PAGE}/plans/{plan.id}/look", PAGE)
    (certificate,) = store.certificates()
    other = login("engineer", applications=["other"], name="other")
    assert other.get(f"{PAGE}?application=dpi").status_code == 404
    assert other.get(f"{PAGE}/certificates/{certificate.id}").status_code == 404
    assert "Cible" not in other.get(PAGE).text
    for act in ("look", "draw"):
        assert other.submit(f"{PAGE}/plans/{plan.id}/{act}", PAGE, size="1").status_code == 404
    assert (len(store.samples()), len(store.looks())) == (1, 1)
    own = login("engineer", applications=["dpi"], name="own")
    assert own.get(f"{PAGE}/certificates/{certificate.id}").status_code == 200


def test_a_certificate_that_is_not_there_is_not_found(engineer: LintedClient) -> None:
    assert engineer.get(f"{PAGE}/certificates/none").status_code == 404


def test_the_report_speaks_french(engineer: LintedClient, store: Store) -> None:
    audited(store, right=40)
    engineer.submit(f"{PAGE}/plans", PAGE, **PLAN)
    answer = engineer.submit(f"{PAGE}/plans/{store.plans()[0].id}/look", PAGE)
    report = engineer.get(answer.location, headers={"Accept-Language": "fr"}).text
    assert "Ce qui est promis" in report


def test_a_configuration_is_made_of_what_was_chosen(engineer: LintedClient, store: Store) -> None:
    audited(store, right=1)
    assert 'value="83"' in engineer.get("/tuning/configurations?score=83&margin=11").text


def test_evidence_is_gathered_once_for_a_while(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navconsole.tuning.labelled.KEPT_S", 60.0)
    audited(store, right=2)
    labelled = Labelled()
    first = labelled.of(store, "", "")
    assert labelled.of(store, "", "") is first
    assert labelled.of(store, "dpi", "") is not first
    labelled.forget()
    assert labelled.of(store, "", "") is not first


@pytest.mark.parametrize("path", ["", "/configurations", "/shadow", "/replays", "/places"])
def test_each_page_of_tuning_is_marked_in_the_bar(engineer: LintedClient, path: str) -> None:
    assert '<a href="/tuning" aria-current="page">' in engineer.get(PAGE + path).text
