"""An attempt as a case to judge: its evidence in the terms of `navigation.judging`, and labels made from a form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from navconsole.attempts.evidence import read_evidence
from navconsole.review.forms import YES_NO, LabelForm
from navigation.codec import target_from_json
from navigation.geometry import contains_point
from navigation.ids import new_id
from navigation.judging import Case, Proposal, propose
from navigation.labels import Label, Settled
from navigation.records import AttemptDetail, User
from navigation.store.protocol import AttemptStore
from navigation.types import Box, Outcome, Page, Size

UNKNOWN_SIZE = Size(99_999, 99_999)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person has before them: the case, its picture's size, and what follows from what they said so far."""

    case: Case
    size: Size
    form: LabelForm
    proposal: Proposal


def case_of(store: AttemptStore, attempt: AttemptDetail, form: LabelForm) -> Case:
    """The attempt's case; what was read is looked up where the form or the outcome has use for it."""
    evidence = read_evidence(attempt)
    start = attempt.start
    is_ok = attempt.finish is not None and attempt.finish.outcome is Outcome.OK
    needs_page = not is_ok or form.box is not None or form.point is not None
    return Case(
        outcome=attempt.finish.outcome if attempt.finish else None,
        texts=_texts(attempt),
        page=page_of(store, start.before_id) if needs_page else None,
        before=evidence.before,
        grounding=evidence.grounding,
        after=evidence.after,
        spent=_spent(attempt),
    )


def page_of(store: AttemptStore, image_id: str) -> Page | None:
    """The newest reading of a picture."""
    pages = store.pages_of(image_id)
    return pages[-1] if pages else None


def size_of(store: AttemptStore, image_id: str) -> Size:
    """The picture's size; one that lets any place through when the picture is not known."""
    meta = store.screenshot(image_id)
    return Size(meta.width, meta.height) if meta else UNKNOWN_SIZE


def see(case: Case, size: Size, form: LabelForm) -> Seen:
    """The form with its point turned into the box that stands there, and what follows from it."""
    if form.point is not None and form.place is None:
        form = replace(form, place="box", box=case.thing_at(form.point, size).box)
    return Seen(case, size, form, propose(case, form.place, form.box, form.answer))


def label_of(
    seen: Seen, attempt_id: str, author: User, settled: Settled, samples: list[str], now: datetime
) -> Label | None:
    """The label that the form comes to; None when neither it nor the place says whether the engine was right.

    The first of `samples` that want the author's answer gets it, given blind. Who had no part in a dispute ends it.
    """
    form, proposal = seen.form, seen.proposal
    if proposal.answer is None:
        return None
    place, box = form.place, form.box
    if place is None and proposal.answer == "right":
        box = _pressed_box(seen.case)
        place = "box" if box else None
    own = next((label for label in settled.standing if label.author_id == author.id), None)
    is_dispute = settled.state == "disputed" and own is None
    return Label(
        id=new_id(),
        attempt_id=attempt_id,
        author_id=author.id,
        author=author.name,
        answer=proposal.answer,
        created_at=now,
        source="blind" if samples else "adjudicated" if is_dispute else "pointed",
        sample_id=samples[0] if samples else None,
        place=place,
        box=box,
        is_screen_right=YES_NO[form.screen] if form.screen else proposal.is_screen_right,
        has_landed=YES_NO[form.landed] if form.landed else proposal.has_landed,
        cause=form.cause or proposal.cause,
        note=form.note,
        replaces=own.id if own else None,
    )


def _pressed_box(case: Case) -> Box | None:
    """The control the engine pressed: what a person means who says no more than that it was right."""
    box = case.grounding.box_px if case.grounding else None
    return box if box and case.pressed and contains_point(box, case.pressed) else None


def _texts(attempt: AttemptDetail) -> tuple[str, ...]:
    try:
        target = target_from_json(attempt.start.action["target"])
    except (KeyError, TypeError, ValueError):
        return (attempt.start.target_text,)
    return (target.text, *target.synonyms)


def _spent(attempt: AttemptDetail) -> float:
    """The share of the time allowed that had passed when it was decided."""
    allowed = (attempt.start.expires_at - attempt.start.started_at).total_seconds()
    ended = attempt.decision.decided_at if attempt.decision else attempt.start.started_at
    return (ended - attempt.start.started_at).total_seconds() / allowed if allowed > 0 else 0.0
