from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from navconsole.inbox.context import build_inbox, waited
from navigation.oversight import RunStep, WaitingRun, run_state
from navigation.types import Outcome

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
RUN = WaitingRun(
    "run", "dpi", "Admission", "poste", "attempt", "Connexion", "Valider", {"code": "needs_human", "values": {}},
    NOW - timedelta(minutes=12), "waiting", None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (timedelta(seconds=-5), (0, "minutes")),
        (timedelta(seconds=59), (0, "minutes")),
        (timedelta(minutes=59, seconds=59), (59, "minutes")),
        (timedelta(hours=1), (1, "hours")),
        (timedelta(hours=47), (47, "hours")),
        (timedelta(hours=48), (2, "days")),
    ],
)
def test_a_wait_is_told_in_its_largest_unit(time: timedelta, expected: tuple[int, str]) -> None:
    assert waited(time) == expected


def test_runs_in_somebodys_hands_stand_apart() -> None:
    step = RunStep("run", "attempt", "taken_over", "ann", "Ann", "Je m'en occupe", NOW)
    held = replace(RUN, run_id="held", state="taken_over", last_step=step)
    under_way = replace(held, run_id="under way", reason=None)
    inbox = build_inbox([held, RUN, under_way], NOW, user_id="ann", translate=str.upper)
    assert [case.run.run_id for case in inbox.waiting] == ["run"]
    assert [case.run.run_id for case in inbox.held] == ["held", "under way"]
    (case,) = inbox.waiting
    assert case.sentence == "THE SCREEN ASKS FOR SOMETHING THAT ONLY A PERSON MAY DO."
    assert (case.waited, case.is_mine, case.steps) == ((12, "minutes"), False, ["taken_over", "resumed", "abandoned"])
    assert inbox.held[0].is_mine
    assert inbox.held[0].steps == ["resumed", "abandoned"]
    assert not build_inbox([held], NOW, user_id="bob", translate=str).held[0].is_mine


@pytest.mark.parametrize(
    ("outcome", "last_step", "is_newer", "expected"),
    [
        (None, None, False, "going"),
        (Outcome.OK, None, False, "going"),
        (Outcome.NEEDS_HUMAN, None, False, "waiting"),
        (Outcome.NEEDS_HUMAN, "taken_over", False, "taken_over"),
        (Outcome.ABSENT, "taken_over", True, "taken_over"),
        (Outcome.NEEDS_HUMAN, "resumed", False, "resumed"),
        (Outcome.NEEDS_HUMAN, "resumed", True, "waiting"),
        (Outcome.OK, "resumed", True, "going"),
        (None, "resumed", True, "going"),
        (Outcome.NEEDS_HUMAN, "abandoned", True, "abandoned"),
    ],
)
def test_how_a_run_stands(outcome, last_step, is_newer: bool, expected: str) -> None:  # type: ignore[no-untyped-def]
    assert run_state(outcome, last_step, is_newer=is_newer) == expected
