"""Plain values to JSON-shaped dicts and back, for the store, the API and fixtures. Pure.

What the engine makes is written with short, fixed keys; boxes are [x, y, w, h] and points [x, y], of pixels or of
fractions as their type says. Reading accepts what writing gives, and ignores keys it does not know, so that evidence
written by a newer version can still be shown. A value that is missing or of the wrong shape is a KeyError, TypeError
or ValueError: stored evidence that does not decode is a fault, not a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from navigation.reasons import Reason
from navigation.records import Json
from navigation.types import (
    AnchorCheck,
    Box,
    Candidate,
    Control,
    Grounding,
    NormBox,
    NormPoint,
    Page,
    Phrase,
    Point,
    Screen,
    Size,
    Target,
    Verification,
    Word,
)

__all__ = [
    "box_from_json",
    "box_to_json",
    "candidate_from_json",
    "candidate_to_json",
    "grounding_from_json",
    "grounding_to_json",
    "page_from_json",
    "page_to_json",
    "reason_from_json",
    "reason_to_json",
    "screen_from_json",
    "screen_to_json",
    "target_from_json",
    "target_to_json",
    "verification_from_json",
    "verification_to_json",
]

# --- geometry -------------------------------------------------------------------------------------


def box_to_json(box: Box | NormBox | None) -> list[Any] | None:
    return None if box is None else [box.x, box.y, box.w, box.h]


def box_from_json(value: Any) -> Box | None:
    return None if value is None else Box(*_numbers(value, 4, int))


def norm_box_from_json(value: Any) -> NormBox | None:
    return None if value is None else NormBox(*_numbers(value, 4, float))


def _point_to_json(point: Point | NormPoint | None) -> list[Any] | None:
    return None if point is None else [point.x, point.y]


def _box(value: Any) -> Box:
    return Box(*_numbers(value, 4, int))


def _numbers(value: Any, count: int, kind: type[Any]) -> list[Any]:
    if not isinstance(value, (list, tuple)) or len(value) != count:
        raise ValueError(f"expected {count} numbers")
    if any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in value):
        raise ValueError(f"expected {count} numbers")
    return [kind(number) for number in value]


# --- what was read --------------------------------------------------------------------------------


def page_to_json(page: Page) -> dict[str, Any]:
    """A page with its words, phrases and controls as lists.

    A word is [text, x, y, w, h, confidence, line, ink, ground, is underlined]; what is empty at the end is left out.
    """
    return {
        "size": [page.size.width, page.size.height],
        "words": [_word_to_json(word) for word in page.words],
        "phrases": [[p.text, p.box.x, p.box.y, p.box.w, p.box.h, p.confidence, p.source] for p in page.phrases],
        "controls": [[c.kind, c.box.x, c.box.y, c.box.w, c.box.h, c.is_disabled] for c in page.controls],
        "reader": page.reader,
        "image_id": page.image_id,
        "settings_key": page.settings_key,
        "read_ms": page.read_ms,
        **({"overlay": box_to_json(page.overlay)} if page.overlay else {}),
        **({"second_words": [_word_to_json(word) for word in page.second_words]} if page.second_words else {}),
    }


def page_from_json(value: Json) -> Page:
    return Page(
        size=Size(*_numbers(value["size"], 2, int)),
        words=tuple(_word_from_json(*word) for word in value["words"]),
        phrases=tuple(
            Phrase(text, Box(x, y, w, h), sure, source) for text, x, y, w, h, sure, source in value["phrases"]
        ),
        controls=tuple(Control(Box(x, y, w, h), kind, off) for kind, x, y, w, h, off in value["controls"]),
        reader=value["reader"],
        image_id=value["image_id"],
        settings_key=value["settings_key"],
        read_ms=float(value["read_ms"]),
        overlay=_box(value["overlay"]) if value.get("overlay") else None,
        second_words=tuple(_word_from_json(*word) for word in value.get("second_words", ())),
    )


def _word_to_json(word: Word) -> list[Any]:
    look = [word.ink and list(word.ink), word.ground and list(word.ground), word.is_underlined]
    while look and not look[-1]:
        look.pop()
    return [word.text, word.box.x, word.box.y, word.box.w, word.box.h, word.confidence, word.line, *look]


def _word_from_json(
    text: str, x: int, y: int, w: int, h: int, confidence: float, line: int,
    ink: list[int] | None = None, ground: list[int] | None = None, is_underlined: bool = False,
) -> Word:  # fmt: skip
    return Word(text, Box(x, y, w, h), confidence, line, _colour(ink), _colour(ground), is_underlined)


def _colour(channels: list[int] | None) -> tuple[int, int, int] | None:
    return None if channels is None else (channels[0], channels[1], channels[2])


# --- what is asked --------------------------------------------------------------------------------


def target_to_json(target: Target) -> dict[str, Any]:
    """Only what was given besides the text and the kind is written."""
    near = _point_to_json(target.near) if isinstance(target.near, NormPoint) else target.near
    optional = {
        "synonyms": list(target.synonyms),
        "region": box_to_json(target.region),
        "near": near,
        "occurrence": target.occurrence,
        "instruction": target.instruction,
        **({"allow_disabled": True} if target.allow_disabled else {}),
    }
    return {"text": target.text, "kind": target.kind} | {k: v for k, v in optional.items() if v not in (None, [])}


def target_from_json(value: Json) -> Target:
    near = value.get("near")
    return Target(
        text=value["text"],
        kind=value.get("kind", "clickable"),
        synonyms=tuple(value.get("synonyms", ())),
        region=norm_box_from_json(value.get("region")),
        near=near if near is None or isinstance(near, str) else NormPoint(*_numbers(near, 2, float)),
        occurrence=value.get("occurrence"),
        instruction=value.get("instruction"),
        allow_disabled=value.get("allow_disabled", False),
    )


def screen_to_json(screen: Screen) -> dict[str, Any]:
    return {
        "name": screen.name,
        "present": list(screen.present),
        "absent": list(screen.absent),
        "parameters": dict(screen.parameters),
        "patient_banner": box_to_json(screen.patient_banner),
        "is_without_patient": screen.is_without_patient,
    }


def screen_from_json(value: Json) -> Screen:
    return Screen(
        present=tuple(value.get("present", ())),
        absent=tuple(value.get("absent", ())),
        name=value.get("name", ""),
        parameters=dict(value.get("parameters", {})),
        patient_banner=norm_box_from_json(value.get("patient_banner")),
        is_without_patient=value.get("is_without_patient", False),
    )


# --- what was concluded ---------------------------------------------------------------------------


def reason_to_json(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "values": dict(reason.values)}


def reason_from_json(value: Json) -> Reason:
    return Reason(value["code"], dict(value.get("values", {})))


def candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    return {
        "text": candidate.text,
        "box": box_to_json(candidate.box),
        "text_box": box_to_json(candidate.text_box),
        "score": candidate.score,
        "confidence": candidate.confidence,
        "method": candidate.method,
        "rejected": candidate.rejected,
        **({"source": candidate.source} if candidate.source else {}),
    }


def candidate_from_json(value: Json) -> Candidate:
    return Candidate(
        text=value["text"],
        box=_box(value["box"]),
        text_box=_box(value["text_box"]),
        score=float(value["score"]),
        confidence=float(value["confidence"]),
        method=value.get("method", "ocr"),
        rejected=value.get("rejected", ""),
        source=value.get("source", ""),
    )


def grounding_to_json(grounding: Grounding) -> dict[str, Any]:
    return {
        "outcome": grounding.outcome,
        "reason": reason_to_json(grounding.reason),
        "point": _point_to_json(grounding.point),
        "point_px": _point_to_json(grounding.point_px),
        "box_px": box_to_json(grounding.box_px),
        "score": grounding.score,
        "margin": grounding.margin,
        "method": grounding.method,
        "candidates": [candidate_to_json(candidate) for candidate in grounding.candidates],
        "timings": dict(grounding.timings),
    }


def grounding_from_json(value: Json) -> Grounding:
    point, point_px = value.get("point"), value.get("point_px")
    return Grounding(
        outcome=value["outcome"],
        reason=reason_from_json(value["reason"]),
        point=None if point is None else NormPoint(*_numbers(point, 2, float)),
        point_px=None if point_px is None else Point(*_numbers(point_px, 2, int)),
        box_px=box_from_json(value.get("box_px")),
        score=value.get("score"),
        margin=value.get("margin"),
        method=value.get("method"),
        candidates=tuple(candidate_from_json(candidate) for candidate in value.get("candidates", ())),
        timings=_timings(value.get("timings", {})),
    )


def verification_to_json(verification: Verification) -> dict[str, Any]:
    return {
        "status": verification.status,
        "anchors": [_anchor_to_json(anchor) for anchor in verification.anchors],
        "reason": reason_to_json(verification.reason),
        "change": verification.change,
        "notice": verification.notice,
        "timings": dict(verification.timings),
    }


def verification_from_json(value: Json) -> Verification:
    return Verification(
        status=value["status"],
        anchors=tuple(_anchor_from_json(anchor) for anchor in value["anchors"]),
        reason=reason_from_json(value["reason"]),
        change=value.get("change"),
        notice=value.get("notice", ""),
        timings=_timings(value.get("timings", {})),
    )


def _anchor_to_json(anchor: AnchorCheck) -> dict[str, Any]:
    return {
        "text": anchor.text,
        "expected": anchor.expected,
        "is_met": anchor.is_met,
        "score": anchor.score,
        "box": box_to_json(anchor.box),
        "read_text": anchor.read_text,
    }


def _anchor_from_json(value: Json) -> AnchorCheck:
    return AnchorCheck(
        text=value["text"],
        expected=value["expected"],
        is_met=value["is_met"],
        score=float(value["score"]),
        box=box_from_json(value.get("box")),
        read_text=value.get("read_text", ""),
    )


def _timings(value: Mapping[str, Any]) -> dict[str, float]:
    return {stage: float(ms) for stage, ms in value.items()}
