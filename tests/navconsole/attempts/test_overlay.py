from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.attempts.overlay import LAYERS, build_overlay
from navigation.types import AnchorCheck, Box, Candidate, Control, NormBox, NormPoint, Phrase, Size

SIZE = Size(1000, 500)


def candidate(x: int, *, score: float = 0.9, rejected: str = "") -> Candidate:
    return Candidate("Valider", Box(x, 100, 80, 30), Box(x + 5, 105, 60, 20), score, 0.9, rejected=rejected)


def test_each_layer_holds_its_own() -> None:
    overlay = build_overlay(
        SIZE,
        phrases=[Phrase("Motif", Box(10, 10, 50, 12), 0.93)],
        controls=[Control(Box(5, 5, 60, 22), "button")],
        anchors=[
            AnchorCheck("Motif", "present", True, 1.0, Box(10, 10, 50, 12), "Motif"),
            AnchorCheck("Erreur", "absent", False, 1.0, Box(10, 40, 50, 12), "Erreur"),
            AnchorCheck("Posologie", "present", False, 0.3),
        ],
        candidates=[candidate(300), candidate(600, score=0.7, rejected="lower_score")],
        winner=Box(300, 100, 80, 30),
        click=NormPoint(0.34, 0.23),
        banner=NormBox(0, 0.1, 1, 0.1),
    )
    assert [(s.text, s.confidence) for s in overlay.layer("phrases")] == [("Motif", 0.93)]
    assert overlay.outline("phrases") == "M10 10h50v12h-50z"
    assert [s.style for s in overlay.layer("controls")] == ["button"]
    assert [s.style for s in overlay.layer("anchors")] == ["met", "unmet"]
    assert [(s.rank, s.label) for s in overlay.layer("candidates")] == [(1, "1 · 90"), (2, "2 · 70")]
    assert overlay.layer("banner")[0].box == Box(0, 50, 1000, 50)
    assert overlay.click == (340, 115)
    assert overlay.has("click")
    assert overlay.winner == Box(297, 97, 86, 36)
    assert not overlay.has("cache")


def test_nothing_seen_gives_no_layer() -> None:
    overlay = build_overlay(SIZE)
    assert not any(overlay.has(name) for name in LAYERS)


@pytest.mark.parametrize("method", ["cache", "vlm"])
def test_a_place_that_was_remembered_or_proposed_has_a_layer_of_its_own(method: str) -> None:
    overlay = build_overlay(SIZE, candidates=[replace(candidate(300), method=method)])
    assert overlay.layer(method)[0].box == Box(300, 100, 80, 30)
    assert overlay.has("candidates")


def test_the_pointer_is_told_each_shape_on_a_line_of_its_own() -> None:
    hostile = Phrase("a\tb\nc\u2028d", Box(1, 2, 3, 4), 0.5, "page")
    overlay = build_overlay(SIZE, phrases=[hostile], candidates=[candidate(300, score=0.876)])
    assert overlay.spots.split("\n") == [
        "phrases\t1\t2\t3\t4\ta b c d\t\t50\tpage\t",
        "candidates\t300\t100\t80\t30\tValider\t88\t90\t\t1",
    ]


def test_labels_stand_beside_their_box_inside_the_picture() -> None:
    left, right = build_overlay(SIZE, candidates=[candidate(5), candidate(900)]).layer("candidates")
    assert left.label_at[0] > 85
    assert left.label_at[2] == "start"
    assert right.label_at[0] < 900
    assert right.label_at[2] == "end"


def test_the_nearest_text_of_an_expected_one_is_drawn_only_when_it_resembles_it() -> None:
    box = Box(10, 10, 50, 12)
    far = AnchorCheck("Antécédents", "present", False, 0.4, box, "Patient")
    near = AnchorCheck("Antécédents", "present", False, 0.8, box, "Antecedeuts")
    forbidden = AnchorCheck("Erreur", "absent", False, 0.9, box, "Erreur")
    assert not build_overlay(SIZE, anchors=[far]).has("anchors")
    assert [s.style for s in build_overlay(SIZE, anchors=[near, forbidden]).shapes] == ["unmet", "unmet"]


@given(
    st.builds(Box, *[st.integers(-3000, 3000)] * 2, *[st.integers(1, 3000)] * 2),
    st.builds(NormPoint, *[st.floats(-1, 2)] * 2),
)
def test_nothing_is_drawn_outside_the_picture(box: Box, click: NormPoint) -> None:
    overlay = build_overlay(SIZE, phrases=[Phrase("x", box, 1)], click=click)
    for shape in overlay.shapes:
        assert shape.box.x < SIZE.width
        assert shape.box.right > 0
    if overlay.click:
        assert 0 <= overlay.click[0] < SIZE.width
        assert 0 <= overlay.click[1] < SIZE.height
