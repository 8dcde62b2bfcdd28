"""A configuration put into use in the console counts from the next attempt, and after a restart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from navconsole.configured import ConfiguredEngine
from navigation import Engine, Settings
from navigation.configurations import Limits, limits_of, with_limits
from navigation.records import AttemptDetail
from navigation.settings import CachePolicy, Thresholds
from navigation.store.protocol import Store
from tests.navconsole.api.conftest import BOARD, Api

NEARLY_BOARD = {"name": "board", "present": ["MARTIN Jeanine"]}
"""A letter short of what stands there: alike enough by default."""


def _choose(store: Store, **thresholds: float) -> int:
    active = store.active_config()
    limits = Limits(Thresholds(**thresholds), CachePolicy())
    chosen = store.add_config(with_limits(active.body, limits), "Ann", "trial")
    store.activate_config(chosen.id, seen=active.id, author="Ann", reason="trial")
    return chosen.id


def _stored(store: Store, answer: Any) -> AttemptDetail:
    detail = store.attempt(answer.json["id"])
    assert detail is not None
    return detail


def test_the_next_attempt_is_decided_by_the_new_limits_and_says_so(api: Api, store: Store) -> None:
    before = _stored(store, api.send(api.action("Se conecter")))
    number = _choose(store, score=0.75)
    after = _stored(store, api.send(api.action("Se conecter")))
    assert before.decision is not None
    assert after.decision is not None
    assert before.decision.outcome != "ok"
    assert after.decision.outcome == "ok"
    assert after.start.config_id == number != before.start.config_id
    assert (before.start.versions["score"], after.start.versions["score"]) == (0.9, 0.75)


def test_an_attempt_is_finished_by_the_limits_it_was_decided_by(api: Api, store: Store) -> None:
    pressed = api.send(api.action(verify_after=NEARLY_BOARD)).json
    _choose(store, anchor=1.0)
    assert api.after(pressed["id"], BOARD).json["outcome"] == "ok"
    pressed = api.send(api.action(verify_after=NEARLY_BOARD)).json
    assert api.after(pressed["id"], BOARD).json["outcome"] == "not_landed"


def test_after_a_restart_the_limits_a_person_chose_stand(store: Store, engine: Engine) -> None:
    ConfiguredEngine(store, engine)
    number = _choose(store, score=0.97)
    restarted = ConfiguredEngine(store, engine)
    assert restarted.in_use()[0] == number
    assert restarted.in_use()[1].settings.thresholds.score == 0.97
    assert len(store.configs()) == 2


def test_other_readers_at_a_restart_are_a_new_number_with_the_chosen_limits(store: Store, engine: Engine) -> None:
    ConfiguredEngine(store, engine)
    number = _choose(store, score=0.97)
    other = Engine(replace(Settings(), language="eng"), reader=engine.pages.reader)
    in_use, _ = ConfiguredEngine(store, other).in_use()
    newest = store.active_config()
    assert in_use == newest.id == number + 1
    assert (newest.body["language"], limits_of(newest.body).thresholds.score, newest.author) == ("eng", 0.97, "server")


def test_without_a_persons_choice_the_environment_decides_at_each_start(store: Store, engine: Engine) -> None:
    ConfiguredEngine(store, engine)
    stricter = Engine(replace(Settings(), thresholds=Thresholds(score=0.95)), reader=engine.pages.reader)
    assert ConfiguredEngine(store, stricter).in_use()[1].settings.thresholds.score == 0.95


def test_configurations_share_what_was_read_and_remembered(store: Store, engine: Engine) -> None:
    configured = ConfiguredEngine(store, engine)
    _, usual = configured.in_use()
    _choose(store, score=0.97)
    _, stricter = configured.in_use()
    assert stricter is not usual
    assert (stricter.pages, stricter.cache, stricter.page_of("none")) == (usual.pages, usual.cache, None)
    stricter.remember(page := usual.read(_blank()), _blank())
    assert usual.page_of(page.image_id) is page


def _blank() -> Any:
    return np.full((200, 300, 3), 255, np.uint8)
