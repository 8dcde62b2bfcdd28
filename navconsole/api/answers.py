"""What the API answers about an attempt, made from its record and nothing else."""

from __future__ import annotations

from typing import Any

from navconsole.i18n import translator
from navconsole.steps import awaits_after
from navigation.codec import box_from_json, reason_from_json
from navigation.oversight import RunStanding
from navigation.records import AttemptDetail
from navigation.types import Box


def attempt_answer(detail: AttemptDetail) -> dict[str, Any]:
    """The JSON form of an attempt; the same record gives the same answer."""
    decision, last = detail.decision, detail.finish or detail.decision
    point = None
    if decision is not None and decision.point_x_norm is not None:
        point = {"x": decision.point_x_norm, "y": decision.point_y_norm}
    return {
        "id": detail.start.id,
        "state": detail.state,
        "outcome": last.outcome.value if last else None,
        "reason": _reason(last.reason) if last else None,
        "point": point,
        "box": _box(detail) if point else None,
        "score": decision.score if decision else None,
        "margin": decision.margin if decision else None,
        "method": decision.method if decision else None,
        "awaits_after": awaits_after(detail),
        "timings": {**(decision.timings if decision else {}), **(detail.finish.timings if detail.finish else {})},
    }


def run_answer(standing: RunStanding) -> dict[str, Any]:
    """The JSON form of how a run stands. Who stopped robots is not for them."""
    stop = standing.stop
    told = {"application": stop.application, "reason": stop.reason, "since": stop.at.isoformat()} if stop else None
    return {
        "id": standing.run_id,
        "state": standing.state,
        "may_press": standing.halt is None,
        "stop": told,
    }


def _reason(value: Any) -> dict[str, Any]:
    reason = reason_from_json(value)
    return {
        "code": reason.code,
        "values": dict(reason.values),
        "fr": reason.sentence(translator("fr")),
        "en": reason.sentence(translator("en")),
    }


def _box(detail: AttemptDetail) -> dict[str, int] | None:
    grounding = detail.decision.grounding if detail.decision else None
    box = box_from_json(grounding.get("box_px")) if grounding else None
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h} if isinstance(box, Box) else None
