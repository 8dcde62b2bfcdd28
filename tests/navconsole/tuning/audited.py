"""Attempts with the record of a real search, drawn into an audit and labelled."""

from __future__ import annotations

from typing import Any

from navigation.codec import grounding_to_json, target_to_json
from navigation.grounding import ground_page
from navigation.settings import Thresholds
from navigation.store.protocol import Store
from navigation.types import Page, Target
from tests.navigation.pages import page_of
from tests.navigation.store.making import a_decision, a_finish, a_label, a_start, seeded

LIMITS = Thresholds()
VERSIONS = {"reading": "tesserocr/5", "score": LIMITS.score, "margin": LIMITS.margin, "vlm": ""}
PAGE = page_of(("Valider", 40, 60), ("Annuler", 40, 120))


def ready(store: Store) -> str:
    """A store with a run to add attempts to; gives its id."""
    run_id = seeded(store)
    store.ensure_config({}, "tests", "as it ran")
    return run_id


def sought(store: Store, run_id: str, number: int, *, page: Page = PAGE, asked: str = "Valider", **given: Any) -> str:
    """An attempt at a target of its own, that found (or did not) what it asked for on the page."""
    target = Target(asked)
    config = store.active_config().id
    values = {
        "target_text": f"target {number}",
        "action": {"target": target_to_json(target)},
        "versions": VERSIONS,
        "config_id": config,
    }
    start = a_start(run_id, **values | given)
    store.start_attempt(start)
    found = grounding_to_json(ground_page(page, target, LIMITS))
    store.decide_attempt(start.id, a_decision(grounding=found, method=found["method"]), finish=a_finish())
    return start.id


def label_all(store: Store, sample_id: str, answer: str = "right") -> int:
    """Give every attempt of a sample the same answer; how many there were."""
    attempts = store.audited(sample_id, limit=5000)
    store.add_labels([a_label(one.attempt_id, answer=answer, sample_id=sample_id) for one in attempts])
    return len(attempts)
