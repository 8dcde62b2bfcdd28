"""What the tests of the attempts' pages look for, and add."""

import re
from datetime import UTC, datetime

from werkzeug.test import TestResponse

from navigation.records import AttemptFilter
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.seeding import LIMITS, add_attempt, add_run, stories

ROW = re.compile(r'class="row-link" href="/attempts/([0-9a-f-]{36})')


def rows(answer: TestResponse) -> list[str]:
    return ROW.findall(answer.text)


def by_outcome(store: Store, outcome: Outcome) -> str:
    return store.list_attempts(AttemptFilter(outcomes=[outcome])).rows[0].id


def add_more(store: Store, *outcomes: Outcome) -> None:
    """One attempt more of each outcome named."""
    now = datetime.now(UTC)
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=now)
    for outcome in outcomes:
        story = next(s for s in stories() if s.outcome == outcome)
        add_attempt(store, story, run_id=run_id, application="dpi-urgences", config_id=config.id, at=now)
