"""Between what the engine concluded and what the store keeps of an attempt's steps. Pure but for the time."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from navigation.codec import (
    grounding_from_json,
    grounding_to_json,
    reason_from_json,
    reason_to_json,
    verification_from_json,
    verification_to_json,
)
from navigation.reasons import Reason
from navigation.records import AttemptDecision, AttemptDetail, AttemptFinish
from navigation.types import NavigateResult, NormPoint, Outcome


def awaits_after(detail: AttemptDetail) -> bool:
    """Whether the robot is to press now and then to send what the screen shows."""
    return detail.state == "decided" and detail.start.wants_after


def decision_of(result: NavigateResult) -> AttemptDecision:
    grounding = result.grounding
    return AttemptDecision(
        outcome=result.outcome,
        reason=reason_to_json(result.reason),
        verify_before=verification_to_json(result.before) if result.before else None,
        grounding=grounding_to_json(grounding) if grounding else None,
        method=grounding.method if grounding else None,
        score=grounding.score if grounding else None,
        margin=grounding.margin if grounding else None,
        point_x_norm=result.point.x if result.point else None,
        point_y_norm=result.point.y if result.point else None,
        timings=dict(result.timings),
        decided_at=utc_now(),
    )


def finish_of(result: NavigateResult, *, after_id: str | None = None, body_hash: str | None = None) -> AttemptFinish:
    return AttemptFinish(
        outcome=result.outcome,
        reason=reason_to_json(result.reason),
        after_id=after_id,
        after_body_hash=body_hash,
        verify_after=verification_to_json(result.after) if result.after else None,
        timings=dict(result.after.timings) if result.after else {},
        finished_at=utc_now(),
    )


def unpressed() -> NavigateResult:
    return NavigateResult(Outcome.WRONG_SCREEN, Reason("changed_before_press"))


def halted(code: str) -> NavigateResult:
    """Nothing may be pressed: robots were stopped, or a person has the run."""
    return NavigateResult(Outcome.NEEDS_HUMAN, Reason(code))


def withheld(result: NavigateResult, code: str) -> NavigateResult:
    """What was concluded, without the press it would have allowed."""
    return replace(result, outcome=Outcome.NEEDS_HUMAN, reason=Reason(code), point=None, point_px=None, box_px=None)


class Stopwatch:
    """Milliseconds of one stage after another, by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage], self._since = (now - self._since) * 1000, now


def timed(result: NavigateResult, before: Mapping[str, float]) -> NavigateResult:
    """The result with the stages that came before the engine's, which its total counts too."""
    timings = {**before, **result.timings}
    if "total" in result.timings:
        timings["total"] += sum(before.values())
    return replace(result, timings=timings)


def result_of(detail: AttemptDetail) -> NavigateResult:
    """What the engine had concluded, from the record."""
    decision = detail.decision
    assert decision is not None, "only a decided attempt waits for a picture"
    grounding = grounding_from_json(decision.grounding) if decision.grounding else None
    point = None
    if decision.point_x_norm is not None and decision.point_y_norm is not None:
        point = NormPoint(decision.point_x_norm, decision.point_y_norm)
    return NavigateResult(
        decision.outcome,
        reason_from_json(decision.reason),
        point=point,
        point_px=grounding.point_px if grounding else None,
        box_px=grounding.box_px if grounding else None,
        before=verification_from_json(decision.verify_before) if decision.verify_before else None,
        grounding=grounding,
    )


def attempt_hash(run_id: str, body: Mapping[str, Any], picture: bytes) -> str:
    """What tells an attempt sent again from another one with the same id."""
    sent = {"run": run_id, "action": body, "picture": hashlib.sha256(picture).hexdigest()}
    return hashlib.sha256(canonical(sent)).hexdigest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def utc_now() -> datetime:
    return datetime.now(UTC)
