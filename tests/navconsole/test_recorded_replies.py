"""A model's replies are stored with the attempt's picture, and a replay from them is exact and offline."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from navconsole.asked import AttemptAsked, RunAsked
from navconsole.navigator import Navigator
from navconsole.settings import ConsoleSettings
from navigation.actions import parse_action
from navigation.agents.frames import encode
from navigation.codec import grounding_from_json, grounding_to_json
from navigation.engine import Engine
from navigation.errors import StoreBusyError, StoreError
from navigation.ids import new_id
from navigation.imaging import open_screenshot, pixel_sha256
from navigation.records import AttemptDetail, VlmReply
from navigation.settings import Settings, VlmSettings
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Grounding, Outcome
from navigation.vlm import HttpVlm
from navigation.vlm_proof import ProvenVlm, proof_picture
from navigation.vlm_recorded import RecordedVlm, RecordingVlm
from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm
from tests.navigation.test_proposing import ONE, VALIDER, blind

PICTURE = encode(np.asarray(ONE))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(ConsoleSettings(data=tmp_path, secret_key="k" * 40).database)
    yield opened
    opened.close()


@pytest.fixture
def fake() -> Iterator[FakeVlm]:
    with fake_vlm.running() as fake:
        fake.behave = fake_vlm.pointing(VALIDER)
        yield fake


@pytest.fixture(scope="module")
def reading() -> Engine:
    return Engine(Settings())


class Robot:
    """Sends attempts on one screen, of which the reader misses the button, to a server with a model."""

    def __init__(self, store: Store, fake: FakeVlm, reading: Engine) -> None:
        self.store, self.vlm = store, fake_vlm.speaking(fake, "per_mille", False)
        http = HttpVlm(self.vlm)
        client = RecordingVlm(self.vlm, ProvenVlm(self.vlm, http), store)
        self.engine = Engine(replace(Settings(), vlm=self.vlm), reader=reading.pages.reader, vlm=client)
        blind(self.engine, ONE)
        self.navigator = Navigator(store, self.engine, key=b"k" * 32, closing=[http.close])
        self.run_id = new_id()
        self.navigator.create_run(RunAsked(self.run_id, "dpi", "w", "a", None), may_use=lambda _: True)

    def send(self, text: str = "Valider") -> AttemptDetail:
        body: dict[str, Any] = {"type": "navigate", "target": {"text": text}}
        asked = AttemptAsked(new_id(), self.run_id, parse_action(body), body, PICTURE)
        return self.navigator.navigate(asked, may_use=lambda _: True)

    def replay(self, attempt: AttemptDetail, *, vlm: VlmSettings | None = None) -> Grounding:
        """The same question to a fresh engine that knows stored values only."""
        stored = grounding_of(attempt)
        settings = replace(Settings(), vlm=vlm or self.vlm)
        client = RecordedVlm(settings.vlm, self.store, grounding=stored)
        engine = Engine(settings, reader=self.engine.pages.reader, vlm=client)
        shot = open_screenshot(self.store.blobs.read(attempt.start.before_id)[0])
        page = self.store.page(shot.image_id, engine.pages.settings_key)
        assert page is not None
        engine.remember(page, shot.rgb)
        return engine.ground(shot, parse_action(attempt.start.action).target)


@pytest.fixture
def robot(store: Store, fake: FakeVlm, reading: Engine) -> Iterator[Robot]:
    robot = Robot(store, fake, reading)
    yield robot
    robot.navigator.close()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on any connection is a failed test."""

    def refuse(*_args: object, **_named: object) -> None:
        raise AssertionError("a replay opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def grounding_of(attempt: AttemptDetail) -> Grounding:
    assert attempt.decision is not None
    assert attempt.decision.grounding is not None
    return grounding_from_json(attempt.decision.grounding)


def as_stored(grounding: Grounding) -> str:
    return json.dumps(grounding_to_json(replace(grounding, timings={})), sort_keys=True)


def test_a_replay_of_a_stored_attempt_is_exact_and_offline(robot: Robot, request: pytest.FixtureRequest) -> None:
    attempt = robot.send()
    assert grounding_of(attempt).method == "vlm"
    request.getfixturevalue("offline")
    assert as_stored(robot.replay(attempt)) == as_stored(grounding_of(attempt))


def test_the_reply_is_kept_as_it_was_written(robot: Robot, fake: FakeVlm, store: Store) -> None:
    written = '```json\n{"box": [439, 521, 512, 568]}\n```'
    fake.behave = fake_vlm.saying(written)
    attempt = robot.send()
    (kept,) = store.vlm_replies_of(attempt.start.before_id)
    assert (kept.text, kept.model) == (written, "m")


def test_the_same_question_about_the_same_picture_is_asked_once(robot: Robot, fake: FakeVlm) -> None:
    first = robot.send()
    asked = len(fake.requests)
    fake.behave = fake_vlm.saying("null")
    assert as_stored(grounding_of(robot.send())) == as_stored(grounding_of(first))
    assert len(fake.requests) == asked
    robot.send("Signer")
    assert len(fake.requests) == asked + 1


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [(fake_vlm.hanging_up, Outcome.VLM_UNAVAILABLE), (fake_vlm.saying("over there"), Outcome.VLM_INVALID),
     (fake_vlm.sending(b"<html>"), Outcome.VLM_INVALID), (fake_vlm.saying("null"), Outcome.ABSENT)],
    ids=["down", "nonsense", "no completion", "not there"],
)  # fmt: skip
def test_a_failure_is_replayed_as_it_was_whatever_was_answered_since(
    robot: Robot, fake: FakeVlm, request: pytest.FixtureRequest, behave: fake_vlm.Behaviour, outcome: Outcome
) -> None:
    fake.behave = behave
    failed = robot.send()
    assert failed.decision is not None
    assert failed.decision.outcome is outcome
    fake.behave = fake_vlm.pointing(VALIDER)
    robot.send()
    request.getfixturevalue("offline")
    assert as_stored(robot.replay(failed)) == as_stored(grounding_of(failed))


def test_a_question_that_was_never_asked_is_an_outcome_and_no_call(
    robot: Robot, request: pytest.FixtureRequest
) -> None:
    attempt = robot.send()
    request.getfixturevalue("offline")
    replayed = robot.replay(attempt, vlm=replace(robot.vlm, convention="unit"))
    assert (replayed.outcome, replayed.point) == ("vlm_unavailable", None)
    assert replayed.reason.values["detail"] == "no reply of it is recorded for this question"


class Full:
    """Replies of a store that cannot write."""

    def vlm_reply(self, image_id: str, request_key: str) -> None:
        return None

    def put_vlm_reply(self, reply: VlmReply) -> VlmReply:
        raise StoreBusyError("the database is locked")


def test_a_reply_that_cannot_be_kept_is_not_used(robot: Robot) -> None:
    engine = Engine(robot.engine.settings, reader=robot.engine.pages.reader)
    engine.vlm = RecordingVlm(robot.vlm, HttpVlm(robot.vlm), Full())
    found = engine.ground(blind(engine, ONE), parse_action({"type": "navigate", "target": {"text": "Valider"}}).target)
    assert (found.outcome, found.point) == ("vlm_unavailable", None)
    assert found.reason.values["detail"] == "its reply could not be stored"


# --- the store alone --------------------------------------------------------------------------------


def test_an_earlier_reply_to_the_same_question_stands(robot: Robot, store: Store) -> None:
    (first,) = store.vlm_replies_of(robot.send().start.before_id)
    assert store.put_vlm_reply(replace(first, text="another")) == first
    assert store.vlm_reply(first.image_id, first.request_key) == first
    assert store.vlm_reply(first.image_id, "0" * 64) is None


def test_a_reply_about_a_picture_that_is_not_stored_is_refused(robot: Robot, store: Store) -> None:
    (reply,) = store.vlm_replies_of(robot.send().start.before_id)
    with pytest.raises(StoreError, match="picture that is not stored"):
        store.put_vlm_reply(replace(reply, image_id="f" * 64))


def test_the_picture_of_the_proof_is_not_stored(robot: Robot, fake: FakeVlm, store: Store) -> None:
    robot.send()
    assert len(fake.requests) == 2
    assert store.screenshot(pixel_sha256(proof_picture())) is None
    assert list(store.vlm_replies_of(pixel_sha256(proof_picture()))) == []
