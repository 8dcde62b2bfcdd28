"""The label panel and its forms, without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Box, Outcome
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.navconsole.review.sending import first, label, send
from tests.seeding import seed

NOWHERE = "01a208bc-eb62-71f0-815f-d6af5f678ccb"


@pytest.fixture
def pressed(store: Store, attempts: list[str]) -> str:
    """An attempt that pressed and succeeded."""
    (found,) = [
        row for row in store.list_attempts(AttemptFilter(outcomes=[Outcome.OK])).rows if row.target_text == "Ouvrir"
    ]
    return found.id


def box_of(store: Store, attempt_id: str) -> Box:
    attempt = store.attempt(attempt_id)
    assert attempt
    assert attempt.decision
    assert attempt.decision.grounding
    return Box(*attempt.decision.grounding["box_px"])


def boxed(box: Box) -> str:
    return f"{box.x},{box.y},{box.w},{box.h}"


# --- the panel ------------------------------------------------------------------------------------


def test_an_engineer_is_asked_and_a_viewer_sees_the_labels_only(
    login: Login, engineer: LintedClient, store: Store, pressed: str
) -> None:
    assert "Was it right to press there?" in engineer.get(f"/attempts/{pressed}").text
    label(engineer, pressed, answer="right", note="as it should be")
    page = login("viewer").get(f"/attempts/{pressed}").text
    assert 'id="label-form"' not in page
    assert "as it should be" in page


def test_the_question_tells_what_the_engine_did(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    for outcome, question in (
        (Outcome.AMBIGUOUS, "Was it right not to press?"),
        (Outcome.WRONG_SCREEN, "Was it right not to press?"),
        (Outcome.NOT_LANDED, "Was it right to press there?"),
    ):
        assert question in engineer.get(f"/attempts/{first(store, outcome)}").text


def test_pointing_tells_whether_it_was_right(engineer: LintedClient, store: Store, pressed: str) -> None:
    box = box_of(store, pressed)
    inside = engineer.get(f"/review/verdict/{pressed}?place=box&box={boxed(box)}", headers=HTMX).text
    assert 'data-answer="right"' in inside
    elsewhere = engineer.get(f"/review/verdict/{pressed}?place=box&box=0,0,9,9", headers=HTMX).text
    assert 'data-answer="wrong"' in elsewhere
    assert "Proposed: text not read" in elsewhere


def test_a_picture_pressed_without_scripts_leads_back_with_what_stands_there(
    engineer: LintedClient, store: Store, pressed: str
) -> None:
    page = engineer.get(f"/review/point/{pressed}?queue=triage").text
    assert 'type="image" name="at"' in page
    assert 'name="queue" value="triage"' in page
    box = box_of(store, pressed)
    back = engineer.get(f"/attempts/{pressed}?at.x={box.center.x}&at.y={box.center.y}").text
    found = re.search(r'name="box" value="(\d+),(\d+),(\d+),(\d+)"', back)
    assert found
    assert 'data-answer="right"' in back


def test_the_part_for_scripts_is_no_page_of_its_own(engineer: LintedClient, pressed: str) -> None:
    answer = engineer.get(f"/review/verdict/{pressed}?queue=triage")
    assert (answer.status_code, answer.location) == (303, f"/attempts/{pressed}?queue=triage")


# --- a label --------------------------------------------------------------------------------------


def test_right_means_the_place_that_was_pressed_and_brings_the_older_case(
    engineer: LintedClient, store: Store, pressed: str
) -> None:
    answer = label(engineer, pressed, query="?outcome=ok", answer="right")
    older = store.neighbours(pressed, AttemptFilter(outcomes=[Outcome.OK]))[1]
    assert (answer.status_code, answer.location) == (303, f"/attempts/{older}?outcome=ok")
    (given,) = store.labels_of(pressed)
    assert (given.answer, given.place, given.box) == ("right", "box", box_of(store, pressed))
    assert given.is_screen_right is True
    assert given.cause is None
    assert store.audit_events(object_id=pressed)[0][1].action == "labelled"


def test_absent_is_an_answer_of_its_own(engineer: LintedClient, store: Store, attempts: list[str]) -> None:
    refused = first(store, Outcome.ABSENT)
    label(engineer, refused, place="absent")
    assert [(given.answer, given.place) for given in store.labels_of(refused)] == [("right", "absent")]


def test_what_was_corrected_wins_over_what_follows(engineer: LintedClient, store: Store, pressed: str) -> None:
    label(engineer, pressed, answer="wrong", cause="layout_changed", screen="no", landed="yes", note=" moved ")
    (given,) = store.labels_of(pressed)
    assert (given.cause, given.is_screen_right, given.has_landed, given.note) == (
        "layout_changed",
        False,
        True,
        "moved",
    )


def test_for_the_script_the_next_address_comes_with_the_last_label(
    engineer: LintedClient, store: Store, pressed: str
) -> None:
    answer = label(engineer, pressed, is_fragment=True, answer="wrong")
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"].startswith("/attempts/")
    assert 'data-act="undo"' in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Say whether the engine"),
        ({"answer": "perhaps"}, "Say whether the engine"),
        ({"answer": "wrong", "place": "box", "box": "1,2,3"}, "This is no place on the picture."),
        ({"answer": "wrong", "place": "box", "box": "1,2,99999,3"}, "This is no place on the picture."),
        ({"answer": "wrong", "place": "nowhere"}, "This is no place on the picture."),
        ({"answer": "wrong", "note": "n" * 2001}, "A note has at most 2000 characters."),
    ],
    ids=["nothing said", "no answer", "half a box", "outside", "no place", "long note"],
)
@pytest.mark.parametrize("is_fragment", [True, False], ids=["fragment", "page"])
def test_what_cannot_be_used_is_said_beside_what_was_typed(
    engineer: LintedClient, store: Store, pressed: str, fields: dict[str, str], message: str, is_fragment: bool
) -> None:
    answer = label(engineer, pressed, is_fragment=is_fragment, **{"note": "kept", **fields})
    assert answer.status_code == 422
    assert message in answer.text
    assert "kept" in answer.text or "nnnn" in answer.text
    assert ("<html" in answer.text) is not is_fragment
    assert store.labels_of(pressed) == []


def test_an_unknown_cause_is_refused(engineer: LintedClient, store: Store, pressed: str) -> None:
    assert label(engineer, pressed, answer="wrong", cause="gremlins").status_code == 422
    assert store.labels_of(pressed) == []


def test_a_viewer_cannot_label_and_nobody_what_they_may_not_see(login: Login, store: Store, pressed: str) -> None:
    assert label(login("viewer"), pressed, answer="right").status_code == 403
    assert label(login("clinician"), pressed, answer="right").status_code == 403
    elsewhere = login("engineer", applications=["pacs"], name="other")
    assert label(elsewhere, pressed, answer="right").status_code == 404
    assert label(elsewhere, NOWHERE, answer="right").status_code == 404
    for path in ("verdict", "point", "like"):
        assert elsewhere.get(f"/review/{path}/{pressed}").status_code == 404
    assert store.labels_of(pressed) == []


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_fragment", [True, False], ids=["fragment", "page"])
def test_the_second_of_two_sees_both_answers_and_decides(
    login: Login, store: Store, pressed: str, is_fragment: bool
) -> None:
    ann, bob = login(name="ann"), login(name="bob")
    label(ann, pressed, answer="right", note="it is there")
    answer = label(bob, pressed, is_fragment=is_fragment, answer="wrong", cause="popup", note="my own words")
    assert answer.status_code == 409
    assert ("<html" in answer.text) is not is_fragment
    for text in ("it is there", "my own words", "You, not saved yet", "window in front"):
        assert text in answer.text
    assert len(store.labels_of(pressed)) == 1
    seen = re.search(r'name="seen" value="([^"]+)"', answer.text)
    assert seen
    assert label(bob, pressed, answer="wrong", cause="popup", seen=seen[1]).status_code == 303
    assert store.settled(pressed).state == "disputed"
    assert {given.author for given in store.labels_of(pressed)} == {"ann", "bob"}


def test_a_third_person_settles_a_dispute_and_a_party_only_changes_their_mind(
    login: Login, store: Store, pressed: str
) -> None:
    ann, bob, eve = (login(name=name) for name in ("ann", "bob", "eve"))
    label(ann, pressed, answer="right")
    label(bob, pressed, answer="wrong", seen=newest(store, pressed))
    label(bob, pressed, answer="unsure", seen=newest(store, pressed))
    assert store.settled(pressed).state == "disputed"
    label(eve, pressed, answer="right", seen=newest(store, pressed))
    assert (store.settled(pressed).state, store.settled(pressed).answer) == ("adjudicated", "right")


def test_who_settles_is_brought_from_dispute_to_dispute(login: Login, store: Store, attempts: list[str]) -> None:
    ann, bob, eve = (login(name=name) for name in ("ann", "bob", "eve"))
    oldest, last = attempts[0], attempts[-1]
    for case in (oldest, last):
        label(ann, case, answer="right")
        label(bob, case, answer="wrong", seen=newest(store, case))
    onward = label(eve, last, query="?queue=disputed", answer="right", seen=newest(store, last))
    assert onward.location == f"/attempts/{oldest}?queue=disputed"
    onward = label(eve, oldest, query="?queue=disputed", answer="right", seen=newest(store, oldest))
    assert onward.location == "/review/agreement"


def newest(store: Store, attempt_id: str) -> str:
    last = store.settled(attempt_id).last
    return last.id if last else ""


# --- undoing --------------------------------------------------------------------------------------


def test_undo_takes_back_the_last_label_and_shows_its_case(engineer: LintedClient, store: Store, pressed: str) -> None:
    label(engineer, pressed, answer="wrong")
    answer = send(engineer, "/review/undo?queue=triage")
    assert (answer.status_code, answer.location) == (303, f"/attempts/{pressed}?queue=triage")
    assert store.settled(pressed).state == "open"
    assert "taken back: wrong" in engineer.get(f"/attempts/{pressed}").text
    assert send(engineer, "/review/undo?queue=triage").location == "/review/triage"


# --- like ones ------------------------------------------------------------------------------------


@pytest.fixture
def alike(store: Store, attempts: list[str]) -> list[str]:
    """Three attempts that ended alike, newest first."""
    seed(store, rounds=2)
    return [row.id for row in store.list_attempts(AttemptFilter(outcomes=[Outcome.AMBIGUOUS])).rows]


def test_one_label_settles_its_like_in_one_go_and_one_undo(
    engineer: LintedClient, store: Store, alike: list[str]
) -> None:
    one, *others = alike
    label(engineer, one, answer="wrong", place="box", box="1,2,3,4", cause="ambiguous", note="mine alone")
    preview = engineer.get(f"/review/like/{one}?here={others[0]}&queue=triage", headers=HTMX)
    assert "Settle 2" in preview.text
    assert "<html" in engineer.get(f"/review/like/{one}").text
    assert store.settled(others[0]).state == "open"
    answer = send(engineer, f"/review/like/{one}?here={others[0]}&queue=triage")
    assert answer.status_code == 303
    assert answer.location.startswith("/attempts/")
    assert others[0] not in answer.location
    for attempt_id in others:
        (given,) = store.labels_of(attempt_id)
        assert (given.answer, given.cause, given.source, given.note) == ("wrong", "ambiguous", "settled", "")
    assert store.audit_events(object_id=one)[0][1].action == "like_settled"
    send(engineer, "/review/undo")
    assert [store.settled(attempt_id).state for attempt_id in alike] == ["single", "open", "open"]


def test_only_the_unlabelled_that_nobody_has_open_follow(
    login: Login, engineer: LintedClient, store: Store, alike: list[str]
) -> None:
    bob = login(name="bob")
    label(bob, alike[1], answer="right")
    send(bob, f"/review/claim/{alike[2]}", is_fragment=True)
    label(engineer, alike[0], answer="wrong")
    preview = engineer.get(f"/review/like/{alike[0]}", headers=HTMX).text
    assert "Nothing like it is left" in preview
    send(engineer, f"/review/like/{alike[0]}")
    assert store.settled(alike[1]).answer == "right"
    assert store.settled(alike[2]).state == "open"


def test_without_a_label_of_ones_own_there_is_nothing_to_follow(engineer: LintedClient, alike: list[str]) -> None:
    assert engineer.get(f"/review/like/{alike[0]}").status_code == 404
    assert send(engineer, f"/review/like/{alike[0]}?here=nonsense").status_code == 404


def test_who_has_a_case_open_is_said_to_others_for_ten_minutes(login: Login, store: Store, alike: list[str]) -> None:
    ann, bob = login(name="ann"), login(name="bob")
    assert "has this case open" not in send(ann, f"/review/claim/{alike[0]}", is_fragment=True).text
    assert "ann has this case open" in send(bob, f"/review/claim/{alike[0]}", is_fragment=True).text
    assert "ann has this case open" in bob.get(f"/attempts/{alike[0]}").text
    for minutes, is_held in ((9, True), (11, False)):
        held = store.claim_on(alike[0], datetime.now(UTC) + timedelta(minutes=minutes))
        assert (held is not None) == is_held, "so long after ann was last heard of"
