"""Second opinions: what is due is asked once, blind, and answered by a press in the right place."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from navconsole.flows.opinions import box_at
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.labels import Label
from navigation.store import SqlStore
from navigation.store.models.review import SampleItemRow, SampleRow
from navigation.store.protocol import Store
from navigation.types import Box, Control, Page, Phrase, Point, Size
from tests.navconsole.conftest import LintedClient, Login
from tests.navconsole.flows.films import add_film

SIZE = Size(1366, 768)


@pytest.fixture
def due(store: Store) -> list[str]:
    """Two attempts drawn for a sample: one that pressed, one that found nothing; their ids."""
    from tests.seeding import seed

    ids = seed(store)
    rows = {row: store.attempt(row) for row in ids}
    pressed = store.flow_steps(add_film(store))[2].start.id
    absent = next(i for i, a in rows.items() if a and a.finish and a.finish.outcome == "absent")
    assert isinstance(store, SqlStore)
    with store._db.writing() as session:
        now = datetime.now(UTC)
        session.add(
            SampleRow(id="sample", name="s", asked={}, strata=[], seed=1, double_share=0, author="a", created_at=now)
        )
        session.flush()
        for position, attempt_id in enumerate((pressed, absent)):
            attempt = store.attempt(attempt_id)
            assert attempt
            values = {"attempt_seq": attempt.seq, "stratum": "", "probability": 0.5, "wanted": 1}
            session.add(SampleItemRow(sample_id="sample", position=position, **values))
    return [pressed, absent]


@pytest.fixture
def cleo(login: Login) -> LintedClient:
    return login("clinician", name="cleo")


def given(store: Store, attempt_id: str) -> Label:
    label = store.settled(attempt_id).last
    assert label
    return label


def test_nothing_due_is_said(store: Store, cleo: LintedClient) -> None:
    assert "Nothing waits for your opinion" in cleo.get("/flows/opinions").text


def test_yes_names_the_pressed_control_as_the_place(store: Store, due: list[str], cleo: LintedClient) -> None:
    here = f"/flows/opinions/{due[0]}"
    assert cleo.get("/flows/opinions").location == here
    assert "some are waiting for you" in cleo.get("/flows").text
    page = cleo.get(here).text
    assert "The robot wanted to press “Se connecter”." in page
    assert page.count("webp") < 4  # the page after is not shown: only the place is asked
    assert cleo.submit(here, answer="yes").location == "/flows/opinions"
    label = given(store, due[0])
    assert (label.answer, label.place, label.source, label.sample_id) == ("right", "box", "blind", "sample")
    assert cleo.get(f"{here}").status_code == 404  # answered once
    assert cleo.get("/flows/opinions").location == f"/flows/opinions/{due[1]}"


def test_elsewhere_is_kept_then_pointed_at(store: Store, due: list[str], cleo: LintedClient) -> None:
    here = f"/flows/opinions/{due[0]}"
    assert cleo.submit(here, answer="no").location == f"{here}/point"
    assert given(store, due[0]).answer == "wrong"
    cleo.submit(f"{here}/point", **{"before.x": "300", "before.y": "300", "shown": "1366"})
    label = given(store, due[0])
    assert (label.answer, label.place, label.sample_id) == ("wrong", "box", "sample")
    assert label.box
    assert cleo.submit(f"{here}/point", done="1").location == "/flows/opinions"
    assert given(store, due[0]) == label


def test_nowhere_confirms_an_answer_that_nothing_was_there(store: Store, due: list[str], cleo: LintedClient) -> None:
    cleo.submit(f"/flows/opinions/{due[0]}", answer="unsure")
    here = f"/flows/opinions/{due[1]}"
    page = cleo.get(here).text
    assert "pressed nothing" in page
    assert 'value="yes"' not in page
    assert cleo.submit(here, answer="yes").status_code == 400
    cleo.submit(here, answer="absent")
    assert [(given(store, one).answer, given(store, one).place) for one in due] == [
        ("unsure", None),
        ("right", "absent"),
    ]


def test_what_others_said_is_not_shown_and_does_not_hold_up(store: Store, due: list[str], cleo: LintedClient) -> None:
    store.add_labels([Label(new_id(), due[0], "ann", "Annabelle", "wrong", datetime.now(UTC), note="Tout faux")])
    page = cleo.get(f"/flows/opinions/{due[0]}").text
    assert not re.search("Annabelle|Tout faux", page)
    assert cleo.submit(f"/flows/opinions/{due[0]}", answer="yes").status_code == 303


def test_what_is_not_due_is_404(store: Store, due: list[str], cleo: LintedClient, login: Login) -> None:
    for path in ("", "/point", "/before.webp", "/before/sharp.webp", "/before/shown"):
        assert cleo.get(f"/flows/opinions/{due[1]}{path}").status_code == 404  # not yet
        assert cleo.get(f"/flows/opinions/unknown{path}").status_code == 404
    assert cleo.get(f"/flows/opinions/{due[0]}/before.webp").mimetype == "image/webp"
    other = login("clinician", name="other", applications=["other"])
    assert "Nothing waits" in other.get("/flows/opinions").text
    assert other.get(f"/flows/opinions/{due[0]}").status_code == 404
    assert login("engineer").get("/flows/opinions").status_code == 403


def test_pictures_are_blurred_here_too_and_a_sharp_one_is_on_record(
    store: Store, due: list[str], cleo: LintedClient
) -> None:
    shown, sharp = (cleo.get(f"/flows/opinions/{due[0]}/{name}.webp") for name in ("before", "before/sharp"))
    details = [np.ptp(open_screenshot(picture.data).rgb[60:], axis=(1, 2)).mean() for picture in (shown, sharp)]
    assert details[0] < 0.8 * details[1]
    assert [event.object_id for _, event in store.audit_events() if event.action == "picture_unblurred"] == [due[0]]
    assert cleo.get(f"/flows/opinions/{due[0]}/before/shown").headers["Refresh"].endswith(due[0])


def test_a_point_names_the_smallest_thing_that_holds_it() -> None:
    text, button = Box(110, 110, 60, 14), Box(100, 100, 200, 40)
    page = Page(SIZE, (), (Phrase("Ouvrir", text, 0.9),), (Control(button, "button"),), "r", "i", "k")
    assert box_at(Point(120, 115), page, SIZE) == text
    assert box_at(Point(250, 115), page, SIZE) == button
    assert box_at(Point(0, 0), page, SIZE) == box_at(Point(0, 0), None, SIZE) == Box(0, 0, 23, 23)
