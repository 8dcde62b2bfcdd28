"""What the API answers about an attempt, made from its record and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from navconsole.i18n import translator
from navconsole.steps import awaits_after
from navigation.codec import box_from_json, reason_from_json
from navigation.oversight import RunStanding
from navigation.records import AttemptDetail
from navigation.types import Box
from navigation.workflow_records import Answered
from navigation.workflows.model import AskHuman, Navigate

if TYPE_CHECKING:  # the engine and its libraries are there only where attempts are carried out
    from navconsole.conductor import Opened, Out


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


def opened_answer(opened: Opened) -> dict[str, Any]:
    """The JSON form of a run whose steps are handed out."""
    run = opened.run
    return {
        "id": run.run_id,
        "stream": {
            "token": run.token,
            "lease_s": opened.lease_s,
            "status": run.status,
            "number": run.number,
            "workflow_version": opened.workflow_version,
            "profile_version": opened.profile_version,
        },
    }


def instruction_answer(out: Out) -> dict[str, Any]:
    """The JSON form of an instruction; `deed` holds what its type needs."""
    instruction, step = out.instruction, out.instruction.step
    return {
        "number": instruction.number,
        "id": out.told.id,
        "type": instruction.type,
        "step": step.name if step else "",
        "pause_s": instruction.pause_s,
        "limit_s": step.limit_s if step else 0.0,
        "deed": _deed(out),
    }


def result_answer(answered: Answered) -> dict[str, Any]:
    return {
        "number": answered.number,
        "outcome": answered.outcome.value,
        "reason": _reason(answered.reason),
        "pressed": answered.was_pressed,
    }


def _deed(out: Out) -> dict[str, Any]:
    step = out.instruction.step
    if step is None or out.bound is None:
        outcome = out.state.outcome.value if out.state.outcome else None
        return {"state": out.run.status, "outcome": outcome}
    if out.attempt is None:
        question = {"question": step.deed.question} if isinstance(step.deed, AskHuman) else {}
        return out.bound.deed_json(step) | question
    banner, answer = out.bound.banner_before(step), attempt_answer(out.attempt)
    return {
        "press": step.deed.press if isinstance(step.deed, Navigate) else "single",
        "attempt_id": out.attempt.start.id,
        "point": answer["point"],
        "box": answer["box"],
        "banner": None if banner is None else [banner.x, banner.y, banner.w, banner.h],
        "is_field": out.attempt.start.target_kind == "field",
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
