"""The start-up self-test, against a model that really looks for the mark in the picture it received."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from navigation.deadline import Deadline
from navigation.errors import VlmInvalidError, VlmUnavailableError
from navigation.settings import VlmSettings
from navigation.types import NormBox
from navigation.vlm import HttpVlm
from navigation.vlm_proof import ProvenVlm
from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm, mark_on

SCREEN = np.full((1080, 1920, 3), 230, np.uint8)
CONVENTIONS = [(unit, y_first) for unit in ("pixels", "per_mille", "unit") for y_first in (False, True)]


@pytest.fixture
def fake() -> Iterator[FakeVlm]:
    with fake_vlm.running() as fake:
        yield fake


def proven(settings: VlmSettings, now: list[float] | None = None) -> ProvenVlm:
    return ProvenVlm(settings, HttpVlm(settings), clock=lambda: (now or [0.0])[0])


def ask(model: ProvenVlm) -> object:
    return model.propose(SCREEN, "Valider", deadline=Deadline.after(5))


@pytest.mark.parametrize(("unit", "y_first"), CONVENTIONS)
def test_a_model_that_speaks_the_settings_convention_is_proven_once(fake: FakeVlm, unit: str, y_first: bool) -> None:
    model = proven(fake_vlm.speaking(fake, unit, y_first))
    model.prove(deadline=Deadline.after(5))
    assert ask(model) is None
    assert ask(model) is None
    assert len(fake.requests) == 3  # the proof and two questions


@pytest.mark.parametrize(("unit", "y_first"), CONVENTIONS)
def test_a_model_that_speaks_any_other_convention_is_found_out_and_never_asked(
    fake: FakeVlm, unit: str, y_first: bool
) -> None:
    """Every convention but its own is tried as the setting."""
    spoken = fake_vlm.speaking(fake, unit, y_first)
    for other_unit, other_first in CONVENTIONS:
        if (other_unit, other_first) == (unit, y_first):
            continue
        model, asked = proven(replace(spoken, convention=other_unit, y_first=other_first)), len(fake.requests)
        for _ in range(3):
            with pytest.raises(VlmInvalidError):
                ask(model)
        assert model.is_refuted
        assert len(fake.requests) == asked + 1, "only the proof was asked"


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95])
def test_a_model_that_answers_in_pixels_of_its_own_smaller_picture_is_found_out(fake: FakeVlm, share: float) -> None:
    """It would pass on a small picture that it does not resize."""
    fake.sees_mark = False

    def resizing(handler: fake_vlm.Handler) -> None:
        picture = cv2.resize(handler.picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        mark = mark_on(picture)
        assert mark is not None
        height, width = picture.shape[:2]
        sides = [mark.x * width, mark.y * height, (mark.x + mark.w) * width, (mark.y + mark.h) * height]
        handler.say(f'{{"box": {[round(side) for side in sides]}}}')

    fake.behave = resizing
    with pytest.raises(VlmInvalidError, match="RPA_VLM_CONVENTION"):
        proven(VlmSettings(base_url=fake.url, model="m")).prove(deadline=Deadline.after(5))


@pytest.mark.parametrize("text", ["null", "over there", '{"point": [0, 0]}'])
def test_a_model_that_does_not_see_the_mark_is_not_used(fake: FakeVlm, text: str) -> None:
    fake.sees_mark, fake.behave = False, fake_vlm.saying(text)
    model = proven(VlmSettings(base_url=fake.url, model="m"))
    with pytest.raises(VlmInvalidError):
        model.prove(deadline=Deadline.after(5))
    with pytest.raises(VlmInvalidError, match="known mark"):
        ask(model)
    assert len(fake.requests) == 1


def test_a_refuted_model_is_proven_anew_after_ten_minutes(fake: FakeVlm) -> None:
    now = [0.0]
    fake.sees_mark = False
    model = proven(VlmSettings(base_url=fake.url, model="m"), now)
    with pytest.raises(VlmInvalidError):
        ask(model)
    fake.sees_mark = True
    now[0] = 599
    with pytest.raises(VlmInvalidError):
        ask(model)
    now[0] = 601
    assert ask(model) is None
    assert not model.is_refuted


def test_a_model_that_starts_later_is_proven_at_the_first_question(fake: FakeVlm) -> None:
    model = proven(VlmSettings(base_url=fake.url, model="m"))
    fake.behave, fake.sees_mark = fake_vlm.hanging_up, False
    with pytest.raises(VlmUnavailableError):
        model.prove(deadline=Deadline.after(5))
    assert not model.is_refuted  # that it does not answer proves nothing
    fake.behave, fake.sees_mark = fake_vlm.pointing(NormBox(0.5, 0.5, 0.1, 0.1)), True
    assert ask(model) is not None


def test_proof_and_question_share_one_deadline(fake: FakeVlm) -> None:
    fake.behave = fake_vlm.hanging
    model = proven(VlmSettings(base_url=fake.url, model="m", timeout_s=0.3))
    with pytest.raises(VlmUnavailableError, match=r"longer than allowed|no time was left"):
        ask(model)
