"""A stored attempt's JSON parts back as the engine's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from navigation.codec import grounding_from_json, reason_from_json, verification_from_json
from navigation.reasons import Reason
from navigation.records import AttemptDetail, Json
from navigation.types import Grounding, NormBox, NormPoint, Verification


@dataclass(frozen=True, slots=True)
class Evidence:
    """`click` is where a press was allowed; `banner_*` where the patient's identity is expected."""

    reason: Reason | None
    before: Verification | None
    grounding: Grounding | None
    after: Verification | None
    click: NormPoint | None
    banner_before: NormBox | None
    banner_after: NormBox | None


def read_evidence(attempt: AttemptDetail) -> Evidence:
    """The engine's values of whichever steps the attempt has reached."""
    decision, finish = attempt.decision, attempt.finish
    last = finish or decision
    return Evidence(
        reason=reason_from_json(last.reason) if last else None,
        before=verification_from_json(decision.verify_before) if decision and decision.verify_before else None,
        grounding=grounding_from_json(decision.grounding) if decision and decision.grounding else None,
        after=verification_from_json(finish.verify_after) if finish and finish.verify_after else None,
        click=_click(decision.point_x_norm, decision.point_y_norm) if decision else None,
        banner_before=_banner(attempt.start.action, "verify_before"),
        banner_after=_banner(attempt.start.action, "verify_after"),
    )


def _click(x: float | None, y: float | None) -> NormPoint | None:
    return NormPoint(x, y) if x is not None and y is not None else None


def _banner(action: Json, step: str) -> NormBox | None:
    screen: Any = action.get(step)
    sides: Any = screen.get("patient_banner") if isinstance(screen, Mapping) else None
    if isinstance(sides, Mapping):
        sides = [sides.get(side) for side in ("x", "y", "w", "h")]
    if not isinstance(sides, Sequence) or len(sides) != 4 or not all(isinstance(s, (int, float)) for s in sides):
        return None
    return NormBox(*map(float, sides))
