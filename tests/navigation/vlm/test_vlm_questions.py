"""A question to a model and its answer: what is sent, and the place that is understood."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.errors import VlmInvalidError
from navigation.settings import VlmSettings
from navigation.types import Box, NormBox, NormPoint, Size
from navigation.vlm_answer import Convention, parse_place, reply_text
from navigation.vlm_question import make_question, sent_size
from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm
from tests.navigation.vlm.asking import CONVENTIONS, PIXELS, SENT, propose


def test_the_picture_travels_inside_the_request_in_the_size_that_is_named(fake: FakeVlm) -> None:
    assert propose(fake) is None
    (request,) = fake.requests
    assert fake.paths == ["/v1/chat/completions"]
    assert fake.headers[0]["authorization"] == "Bearer k-canary"
    assert request["model"] == "m"
    image, text = request["messages"][0]["content"]
    kind, data = image["image_url"]["url"].split(",")
    assert kind == "data:image/png;base64"
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    assert f"{width} x {height}" in text["text"]
    assert "le bouton Valider" in text["text"]
    assert width % 28 == height % 28 == 0


def test_environment_proxies_are_not_used(fake: FakeVlm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert propose(fake) is None


@given(st.integers(8, 16_000), st.integers(8, 16_000), st.integers(100, 4000))
def test_the_sent_size_is_a_multiple_of_28_within_the_limit(width: int, height: int, most: int) -> None:
    sent = sent_size(Size(width, height), most)
    assert sent.width % 28 == sent.height % 28 == 0
    assert 28 <= sent.width <= max(most, 28)
    assert 28 <= sent.height <= max(most, 28)


def test_a_full_hd_screen_keeps_its_shape() -> None:
    assert sent_size(Size(1920, 1080), 1568) == Size(1568, 896)


PLACE = {"pixels": [784, 448, 1176, 672], "per_mille": [500, 500, 750, 750], "unit": [0.5, 0.5, 0.75, 0.75]}


@pytest.mark.parametrize("y_first", [False, True], ids=["x first", "y first"])
@pytest.mark.parametrize("unit", PLACE)
@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", "```\n{}\n```", " \n{}\n"], ids=range(4))
def test_every_convention_gives_the_same_box(fake: FakeVlm, unit: str, y_first: bool, fence: str) -> None:
    numbers = PLACE[unit]
    if y_first:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    fake.behave = fake_vlm.saying(fence.replace("{}", json.dumps({"box": numbers})))
    settings = VlmSettings(base_url=fake.url, model="m", convention=unit, y_first=y_first)
    assert propose(fake, settings=settings) == Box(960, 540, 480, 270)


def test_a_point_is_a_box_of_one_pixel(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.saying('{"point": [784, 448]}')
    assert propose(fake) == Box(960, 540, 1, 1)


def test_a_point_on_the_far_edge_stays_inside(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.saying('{"point": [1568, 896]}')
    assert propose(fake) == Box(1919, 1079, 1, 1)


@pytest.mark.parametrize("text", ["null", "[]", '{"box": null}', "```json\nnull\n```", '{"point_2d": null}'])
def test_not_there_is_none(text: str) -> None:
    assert parse_place(text, PIXELS, SENT) is None


@pytest.mark.parametrize(
    "text",
    ['{"bbox_2d": [0, 0, 784, 448]}', '[{"bbox_2d": [0, 0, 784, 448], "label": "x"}]', '{"box": [0, 0, 784, 448.0]}'],
)
def test_names_that_known_models_use_are_taken(text: str) -> None:
    assert parse_place(text, PIXELS, SENT) == NormBox(0, 0, 0.5, 0.5)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("It is at the top left.", id="prose"),
        pytest.param('Here you are: {"box": [1, 2, 3, 4]}', id="prose around"),
        pytest.param("<html></html>", id="html"),
        pytest.param("true", id="true"),
        pytest.param("42", id="number"),
        pytest.param("[1, 2, 3, 4]", id="bare numbers"),
        pytest.param('{"box": [1, 2, 3]}', id="three numbers"),
        pytest.param('{"box": ["1", "2", "3", "4"]}', id="strings"),
        pytest.param('{"box": [true, 0, 3, 4]}', id="booleans"),
        pytest.param('{"box": [NaN, 2, 3, 4]}', id="NaN"),
        pytest.param('{"box": [1, 2, Infinity, 4]}', id="Infinity"),
        pytest.param('{"box": [1, 2, 1e400, 4]}', id="overflow"),
        pytest.param('{"box": [1, 2, 1569, 4]}', id="off the right"),
        pytest.param('{"box": [-1, 2, 3, 4]}', id="off the left"),
        pytest.param('{"box": [3, 2, 3, 4]}', id="no width"),
        pytest.param('{"box": [5, 2, 3, 4]}', id="turned round"),
        pytest.param('{"point": [99999, 5]}', id="point off the screen"),
        pytest.param('[{"point": [1, 2]}, {"point": [3, 4]}]', id="two places"),
        pytest.param('{"box": [1, 2, 3, 4], "point": [1, 2]}', id="box and point"),
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_what_is_not_one_place_on_the_picture_is_invalid(text: str) -> None:
    with pytest.raises(VlmInvalidError):
        parse_place(text, PIXELS, SENT)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"<html>", b"\xff\xfe", b'{"choices": []}', b'{"choices": [{"message": {}}]}',
     b'{"choices": [{"message": {"content": null}}]}', b'{"choices": [{"message": {"content": 7}}]}'],
    ids=range(10),
)  # fmt: skip
def test_what_is_not_a_chat_completion_is_invalid(body: bytes) -> None:
    with pytest.raises(VlmInvalidError):
        reply_text(body)


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_answer_is_a_place_inside_none_or_invalid(text: str) -> None:
    try:
        place = parse_place(text, PIXELS, SENT)
    except VlmInvalidError:
        return
    assert place is None or (0 <= place.x <= 1 and 0 <= place.y <= 1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_a_unit_point_comes_back_as_it_is(point: list[float]) -> None:
    assert parse_place(json.dumps({"point": point}), Convention("unit"), SENT) == NormPoint(*point)


@given(
    st.sampled_from(CONVENTIONS), st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 0.1), st.floats(0.02, 0.1),
    st.integers(200, 4000), st.integers(200, 4000),
)  # fmt: skip
def test_a_place_written_in_any_convention_comes_back(
    convention: tuple[str, bool], x: float, y: float, w: float, h: float, width: int, height: int
) -> None:
    unit, y_first = convention
    question = make_question(VlmSettings(model="m", convention=unit, y_first=y_first), Size(width, height), "x")
    full = Convention(unit).scale(question.sent)
    sides = [side * full[index % 2] for index, side in enumerate((x, y, x + w, y + h))]
    written = [sides[index ^ 1] for index in range(4)] if y_first else sides
    found = question.place(json.dumps({"box": written}))
    assert found is not None
    assert abs(found.x - x * width) <= 1
    assert abs(found.y - y * height) <= 1
    assert abs(found.w - w * width) <= 2
    assert abs(found.h - h * height) <= 2


def test_a_question_s_key_tells_apart_all_that_the_answer_depends_on() -> None:
    settings = VlmSettings(model="m")
    variants = [
        make_question(settings, Size(1920, 1080), "Valider"),
        make_question(settings, Size(1920, 1080), "Annuler"),
        make_question(settings, Size(1366, 768), "Valider"),
        make_question(replace(settings, model="n"), Size(1920, 1080), "Valider"),
        make_question(replace(settings, convention="unit"), Size(1920, 1080), "Valider"),
        make_question(replace(settings, y_first=True), Size(1920, 1080), "Valider"),
        make_question(replace(settings, max_side=1024), Size(1920, 1080), "Valider"),
    ]
    assert len({question.key for question in variants}) == len(variants)
    assert make_question(settings, Size(1920, 1080), "Valider").key == variants[0].key
