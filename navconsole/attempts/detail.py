"""What the page of one attempt needs, as plain values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from navconsole.attempts.around import Around, build_around
from navconsole.attempts.evidence import Evidence, read_evidence
from navconsole.attempts.forms import AttemptQuery
from navconsole.attempts.outcomes import METHOD_NAMES, REJECTIONS, VERDICTS, OutcomeView, outcome_view
from navconsole.attempts.overlay import LAYERS, Overlay, build_overlay, is_near
from navconsole.attempts.plots import ScorePlot, TimePart, plot_scores, plot_timings, runner_up
from navigation.reasons import Reason
from navigation.records import AttemptDetail, AttemptFilter, Json, RunStart
from navigation.settings import thresholds_of
from navigation.store.protocol import Store
from navigation.types import Box, Candidate, Grounding, Page, Size, Verification

MAX_CANDIDATES = 40
DEFAULT_SIZE = Size(1366, 768)


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot with what is drawn on it; `missing` lists expected texts that were not read; `purged_at` since when
    its file is gone, its time being over.

    `which`: "before", "after", or "earlier" for that of an attempt it is compared with.
    """

    which: str
    src: str
    overlay: Overlay
    missing: Sequence[str] = ()
    purged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    rank: int
    text: str
    score: float
    confidence: float
    box: Box
    method: str
    note: str
    is_winner: bool
    is_runner_up: bool


@dataclass(frozen=True, slots=True)
class AnchorLine:
    text: str
    is_met: bool
    should_be_there: bool
    read: str
    score: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A card: what one step concluded. `family` colours it like the outcomes."""

    step: str
    status: str
    family: str
    sentence: str
    anchors: Sequence[AnchorLine] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    id: str
    outcome: OutcomeView
    sentence: str
    target: str
    kind: str
    screen: str
    application: str
    method: str
    score: float | None
    margin: float | None
    started_at: datetime
    finished_at: datetime | None
    duration_ms: float
    run: RunStart | None
    pictures: Sequence[Picture]
    candidates: Sequence[CandidateRow]
    hidden_candidates: int
    verdicts: Sequence[Verdict]
    timings: Sequence[TimePart]
    plot: ScorePlot | None
    asked: Json
    limits: Mapping[str, Any]
    versions: Sequence[tuple[str, str]]
    newer_href: str | None
    older_href: str | None
    back_href: str
    whatif_href: str
    reading_href: str
    around: Around

    @property
    def layers(self) -> Sequence[tuple[int, str]]:
        """Layers that have something to show on either picture, each with its key, the same on every page."""
        shown = {name for name in LAYERS if any(p.overlay.has(name) for p in self.pictures)}
        return [(key, name) for key, name in enumerate(LAYERS, start=1) if name in shown]

    @property
    def rival(self) -> CandidateRow | None:
        return next((row for row in self.candidates if row.is_runner_up), None)


def build_detail(
    store: Store,
    attempt: AttemptDetail,
    query: AttemptQuery,
    where: AttemptFilter,
    translate: Callable[[str], str],
    *,
    compare: AttemptDetail | None = None,
) -> Detail:
    """Everything about one attempt in the reader's language, beside an earlier one when it is to be compared."""
    evidence = read_evidence(attempt)
    config = store.config(attempt.start.config_id)
    limits = thresholds_of(config.body if config else {}, attempt.start.versions)
    grounding = evidence.grounding
    candidates = candidate_rows(evidence, limits, translate)
    newer, older = store.neighbours(attempt.start.id, where)
    ended = attempt.finish or attempt.decision
    return Detail(
        id=attempt.start.id,
        outcome=outcome_view(
            attempt.finish.outcome if attempt.finish else None, evidence.reason.code if evidence.reason else ""
        ),
        sentence=say(evidence.reason, translate) if evidence.reason else "",
        target=attempt.start.target_text,
        kind=attempt.start.target_kind,
        screen=attempt.start.screen,
        application=attempt.start.application,
        method=METHOD_NAMES.get((attempt.decision.method if attempt.decision else None) or "", ""),
        score=attempt.decision.score if attempt.decision else None,
        margin=attempt.decision.margin if attempt.decision else None,
        started_at=attempt.start.started_at,
        finished_at=attempt.finish.finished_at if attempt.finish else None,
        duration_ms=sum(part.ms for part in timings_of(attempt)) if ended else 0.0,
        run=store.run(attempt.start.run_id),
        pictures=pictures_of(store, attempt, evidence, compare),
        candidates=candidates[:MAX_CANDIDATES],
        hidden_candidates=max(0, len(candidates) - MAX_CANDIDATES),
        verdicts=verdicts_of(evidence, translate),
        timings=timings_of(attempt),
        plot=plot_scores(grounding, score_limit=limits.get("score"), margin_limit=limits.get("margin"))
        if grounding
        else None,
        asked=attempt.start.action,
        limits=limits,
        versions=flat({"config": attempt.start.config_id, **attempt.start.versions}),
        newer_href=query.address(f"/attempts/{newer}") if newer else None,
        older_href=query.address(f"/attempts/{older}") if older else None,
        back_href=query.address(),
        whatif_href=query.address(f"/attempts/{attempt.start.id}/whatif"),
        reading_href=query.address(f"/attempts/{attempt.start.id}/whatif/reading"),
        around=build_around(store, attempt, query, compare),
    )


# --- parts ----------------------------------------------------------------------------------------


def say(reason: Reason, translate: Callable[[str], str]) -> str:
    """The reason's sentence; one written by a later version is shown by its code."""
    try:
        return reason.sentence(translate).replace(" %", "\u00a0%")
    except (KeyError, IndexError, ValueError):
        return reason.code


def pictures_of(
    store: Store, attempt: AttemptDetail, evidence: Evidence, compare: AttemptDetail | None
) -> list[Picture]:
    """The picture before and the one after, or the earlier attempt's and the one before; each with its layers."""
    before = picture_before(store, attempt, evidence)
    if compare is not None:
        earlier = picture_before(store, compare, read_evidence(compare))
        return [replace(earlier, which="earlier", missing=()), before]
    after = picture_after(store, attempt, evidence)
    return [before, after] if after else [before]


def picture_before(store: Store, attempt: AttemptDetail, evidence: Evidence) -> Picture:
    grounding, image_id = evidence.grounding, attempt.start.before_id
    page = page_of(store, image_id, attempt)
    overlay = build_overlay(
        size_of(store, image_id, page),
        phrases=page.phrases if page else (),
        controls=page.controls if page else (),
        anchors=evidence.before.anchors if evidence.before else (),
        candidates=ranked(grounding.candidates)[:MAX_CANDIDATES] if grounding else (),
        winner=grounding.box_px if grounding and grounding.outcome == "found" else None,
        click=evidence.click,
        banner=evidence.banner_before,
    )
    src = f"/attempts/{attempt.start.id}/before.webp"
    return Picture("before", src, overlay, missing_texts(evidence.before), purged_at(store, image_id))


def picture_after(store: Store, attempt: AttemptDetail, evidence: Evidence) -> Picture | None:
    image_id = attempt.finish.after_id if attempt.finish else None
    if image_id is None:
        return None
    page = page_of(store, image_id, attempt)
    overlay = build_overlay(
        size_of(store, image_id, page),
        phrases=page.phrases if page else (),
        controls=page.controls if page else (),
        anchors=evidence.after.anchors if evidence.after else (),
        click=evidence.click,
        banner=evidence.banner_after,
    )
    src = f"/attempts/{attempt.start.id}/after.webp"
    return Picture("after", src, overlay, missing_texts(evidence.after), purged_at(store, image_id))


def page_of(store: Store, image_id: str, attempt: AttemptDetail) -> Page | None:
    """The reading that the attempt went by; the newest of the picture where the record does not name one."""
    named = store.page(image_id, str(attempt.start.versions.get("reading", "")))
    if named is not None:
        return named
    pages = store.pages_of(image_id)
    return pages[-1] if pages else None


def purged_at(store: Store, image_id: str) -> datetime | None:
    meta = store.screenshot(image_id)
    return meta.purged_at if meta else None


def size_of(store: Store, image_id: str, page: Page | None) -> Size:
    if page is not None:
        return page.size
    meta = store.screenshot(image_id)
    return Size(meta.width, meta.height) if meta else DEFAULT_SIZE


def missing_texts(verification: Verification | None) -> list[str]:
    anchors = verification.anchors if verification else ()
    return [a.text for a in anchors if a.expected == "present" and not a.is_met]


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The winner first, then by score."""
    return sorted(candidates, key=lambda c: (bool(c.rejected), -c.score))


def candidate_rows(
    evidence: Evidence, limits: Mapping[str, float], translate: Callable[[str], str]
) -> list[CandidateRow]:
    grounding = evidence.grounding
    if grounding is None:
        return []
    rival = runner_up(grounding)
    return [
        CandidateRow(
            rank=rank,
            text=c.text,
            score=c.score,
            confidence=c.confidence,
            box=c.box,
            method=METHOD_NAMES.get(c.method, c.method),
            note=translate(REJECTIONS.get(code, code)) if (code := why_not(c, grounding, limits)) else "",
            is_winner=not c.rejected and grounding.outcome == "found",
            is_runner_up=c is rival,
        )
        for rank, c in enumerate(ranked(grounding.candidates), start=1)
    ]


def why_not(candidate: Candidate, grounding: Grounding, limits: Mapping[str, float]) -> str:
    """A key of REJECTIONS for a candidate that was not chosen; "" for the chosen one.

    When nothing was chosen, the engine gives one reason for all; which limit each one missed is told here.
    """
    if candidate.rejected or grounding.outcome == "found":
        return candidate.rejected
    if candidate.score < limits.get("score", 0.0):
        return "below_limit"
    best = max(c.score for c in grounding.candidates)
    return "tie" if best - candidate.score < limits.get("margin", 0.0) else "lower_score"


FAMILIES = {"passed": "good", "found": "good", "failed": "held", "absent": "held", "error": "fault"}


def verdicts_of(evidence: Evidence, translate: Callable[[str], str]) -> list[Verdict]:
    """Cards for the steps that were taken, in their order."""
    cards = []
    if evidence.before:
        cards.append(_verification_card("before", evidence.before, translate))
    if evidence.grounding:
        outcome = evidence.grounding.outcome
        family = FAMILIES.get(outcome, "fault" if outcome.startswith("vlm") else "held")
        sentence = say(evidence.grounding.reason, translate)
        cards.append(Verdict("ground", translate(VERDICTS.get(outcome, outcome)), family, sentence))
    if evidence.after:
        cards.append(_verification_card("after", evidence.after, translate))
    return cards


def _verification_card(step: str, found: Verification, translate: Callable[[str], str]) -> Verdict:
    family = FAMILIES.get(found.status, "held")
    if step == "after" and family == "held":
        family = "danger"
    anchors = [
        AnchorLine(a.text, a.is_met, a.expected == "present", a.read_text if is_near(a) else "", a.score)
        for a in found.anchors
    ]
    return Verdict(step, translate(VERDICTS[found.status]), family, say(found.reason, translate), anchors)


def timings_of(attempt: AttemptDetail) -> list[TimePart]:
    return plot_timings(
        attempt.decision.timings if attempt.decision else {}, attempt.finish.timings if attempt.finish else {}
    )


def flat(value: Json, prefix: str = "") -> list[tuple[str, str]]:
    """Nested values as "a.b" lines."""
    lines: list[tuple[str, str]] = []
    for key, item in value.items():
        if isinstance(item, Mapping):
            lines += flat(item, f"{prefix}{key}.")
        elif isinstance(item, (list, tuple)):
            lines.append((f"{prefix}{key}", ", ".join(map(str, item))))
        else:
            lines.append((f"{prefix}{key}", str(item)))
    return lines


def raw_json(attempt: AttemptDetail) -> str:
    """The record as it is stored, without the hashes that only guard against sending twice."""
    record = asdict(attempt)
    record["start"].pop("body_hash", None)
    if record["finish"]:
        record["finish"].pop("after_body_hash", None)
    return json.dumps(record, ensure_ascii=False, indent=2, default=str)
