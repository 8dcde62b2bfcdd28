"""Every value survives the way to JSON and back, through real JSON text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation import codec
from navigation.reasons import Reason
from navigation.types import (
    AnchorCheck,
    Box,
    Candidate,
    Control,
    Grounding,
    NormBox,
    NormPoint,
    Page,
    Phrase,
    Point,
    Screen,
    Size,
    Target,
    Verification,
    Word,
)

pixels = st.integers(0, 40_000)
unit = st.floats(0, 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
boxes = st.builds(Box, pixels, pixels, pixels, pixels)
norm_boxes = st.builds(NormBox, unit, unit, unit, unit)
timings = st.dictionaries(texts, st.floats(0, 1e6), max_size=3)
reasons = st.builds(Reason, texts, st.dictionaries(texts, texts | st.integers() | unit, max_size=3))
inks = st.none() | st.tuples(*[st.integers(0, 255)] * 3)
words = st.builds(Word, texts, boxes, unit, st.integers(0, 99), inks)
phrases = st.builds(Phrase, texts, boxes, unit, texts)
controls = st.builds(Control, boxes, st.sampled_from(["button", "field", "box"]), st.none() | st.booleans())
methods = st.sampled_from(["cache", "ocr", "vlm"])
candidates = st.builds(Candidate, texts, boxes, boxes, unit, unit, methods, texts)
anchors = st.builds(
    AnchorCheck, texts, st.sampled_from(["present", "absent"]), st.booleans(), unit, st.none() | boxes, texts
)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


pages = st.builds(
    Page,
    st.builds(Size, pixels, pixels),
    some(words),
    some(phrases),
    some(controls),
    texts,
    texts,
    texts,
    st.floats(0, 1e5),
)
targets = st.builds(
    Target, texts, st.sampled_from(["clickable", "field"]), some(texts), st.none() | norm_boxes,
    st.none() | texts | st.builds(NormPoint, unit, unit), st.none() | st.integers(1, 99), st.none() | texts,
)  # fmt: skip
screens = st.builds(
    Screen, some(texts), some(texts), texts, st.dictionaries(texts, texts, max_size=2), st.none() | norm_boxes
)
groundings = st.builds(
    Grounding, st.sampled_from(["found", "absent", "ambiguous"]), reasons, st.none() | st.builds(NormPoint, unit, unit),
    st.none() | st.builds(Point, pixels, pixels), st.none() | boxes, st.none() | unit, st.none() | unit,
    st.none() | methods, some(candidates), timings,
)  # fmt: skip
verifications = st.builds(
    Verification, st.sampled_from(["passed", "failed", "ambiguous", "error"]), some(anchors), reasons,
    st.none() | st.sampled_from(["landed", "unchanged", "error_message", "another_screen"]), texts, timings,
)  # fmt: skip


def through_text(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


@given(pages)
def test_a_page_comes_back_equal(page: Page) -> None:
    assert codec.page_from_json(through_text(codec.page_to_json(page))) == page


@given(targets)
def test_a_target_comes_back_equal(target: Target) -> None:
    assert codec.target_from_json(through_text(codec.target_to_json(target))) == target


@given(screens)
def test_a_screen_comes_back_equal(screen: Screen) -> None:
    assert codec.screen_from_json(through_text(codec.screen_to_json(screen))) == screen


@given(groundings)
def test_a_grounding_comes_back_equal(grounding: Grounding) -> None:
    assert codec.grounding_from_json(through_text(codec.grounding_to_json(grounding))) == grounding


@given(verifications)
def test_a_verification_comes_back_equal(verification: Verification) -> None:
    assert codec.verification_from_json(through_text(codec.verification_to_json(verification))) == verification


def test_a_target_writes_only_what_was_given() -> None:
    assert codec.target_to_json(Target("Ouvrir")) == {"text": "Ouvrir", "kind": "clickable"}


def test_keys_of_a_newer_version_are_ignored() -> None:
    value = codec.grounding_to_json(Grounding("absent", Reason("absent", {"target": "Ouvrir"}))) | {"new": 1}
    assert codec.grounding_from_json(value).reason.code == "absent"


@pytest.mark.parametrize("box", [[1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, "4"], [1, 2, 3, True], "abcd", 7])
def test_a_box_of_another_shape_is_refused(box: Any) -> None:
    with pytest.raises(ValueError, match="4 numbers"):
        codec.box_from_json(box)


def test_words_are_written_compactly() -> None:
    page = Page(Size(9, 9), (Word("Oui", Box(1, 2, 3, 4), 0.5, 7),), (), (), "fake", "id", "key")
    assert codec.page_to_json(page)["words"] == [["Oui", 1, 2, 3, 4, 0.5, 7]]
