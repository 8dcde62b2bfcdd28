"""What the film's templates need, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from navconsole.attempts.detail import Verdict, say, verdicts_of
from navconsole.attempts.evidence import read_evidence
from navconsole.attempts.forms import AttemptQuery
from navconsole.attempts.outcomes import OutcomeView, outcome_view
from navconsole.runs.timeline import Step, build_timeline
from navigation.records import AttemptDetail, RunStart
from navigation.store.protocol import AttemptStore

PART = 100
"""Steps on one page of the film; a longer run has several."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One attempt of the film. `press` is where the robot pressed, as fractions of the picture before.

    `events` is the step's line of time as "what at even" triples; `x` where it begins on the scrub bar, in per cent.
    """

    id: str
    number: int
    href: str
    thumb: str
    before: str
    after: str | None
    target: str
    screen: str
    outcome: OutcomeView
    sentence: str
    verdicts: Sequence[Verdict]
    press: tuple[float, float] | None
    started_at: datetime
    took_ms: int
    events: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Film:
    run: RunStart
    scenes: Sequence[Scene]
    length_ms: int
    even_ms: int
    list_href: str
    next_href: str | None


def build_film(store: AttemptStore, run: RunStart, after_seq: int, translate: Callable[[str], str]) -> Film:
    """A part of a run: the attempts stored after `after_seq`, up to `PART` of them."""
    attempts = store.run_attempts(run.id, after_seq=after_seq, limit=PART + 1)
    shown = attempts[:PART]
    steps = build_timeline(shown)
    whole = max(1, steps[-1].ends.even_ms) if steps else 1
    return Film(
        run=run,
        scenes=[
            _scene(number, attempt, step, whole, translate)
            for number, (attempt, step) in enumerate(zip(shown, steps, strict=True), start=1)
        ],
        length_ms=steps[-1].ends.at_ms if steps else 0,
        even_ms=steps[-1].ends.even_ms if steps else 0,
        list_href=AttemptQuery({"run": run.id}).address(),
        next_href=f"/runs/{run.id}?after={shown[-1].seq}" if len(attempts) > PART else None,
    )


def part_with(store: AttemptStore, run_id: str, attempt_id: str) -> int:
    """After which number the film's part begins that shows this attempt; 0 for the first."""
    attempt = store.attempt(attempt_id)
    around = store.run_around(run_id, attempt.seq, each_side=PART - 1) if attempt else ()
    place = next((at for at, line in enumerate(around) if line.id == attempt_id), 0)
    return around[place - PART // 2].seq if place == PART - 1 else 0


def _scene(number: int, attempt: AttemptDetail, step: Step, whole_ms: int, translate: Callable[[str], str]) -> Scene:
    start, decision, finish = attempt.start, attempt.decision, attempt.finish
    evidence = read_evidence(attempt)
    return Scene(
        id=start.id,
        number=number,
        href=f"/attempts/{start.id}",
        thumb=f"/attempts/{start.id}/screen",
        before=f"/attempts/{start.id}/before.webp",
        after=f"/attempts/{start.id}/after.webp" if finish and finish.after_id else None,
        target=start.target_text,
        screen=start.screen,
        outcome=outcome_view(finish.outcome if finish else None, evidence.reason.code if evidence.reason else ""),
        sentence=say(evidence.reason, translate) if evidence.reason else "",
        verdicts=verdicts_of(evidence, translate),
        press=(evidence.click.x, evidence.click.y) if evidence.click and decision else None,
        started_at=start.started_at,
        took_ms=step.ends.at_ms - step.begins.at_ms,
        events=" ".join(f"{event.what} {event.at_ms} {event.even_ms}" for event in step.events),
        x=round(100 * step.begins.even_ms / whole_ms, 3),
        width=round(100 * (step.ends.even_ms - step.begins.even_ms) / whole_ms, 3),
    )
