"""A case made of a labelled attempt, or why that is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from navconsole.attempts.evidence import read_evidence
from navconsole.auth.permissions import blind_reader
from navigation.actions import NavigateAction, parse_action
from navigation.case_records import StoredCase
from navigation.cases import EngineSaid, Expected, NavCase, NoCase, PictureRef, expected_of
from navigation.errors import BadActionError
from navigation.geometry import to_pixel_point
from navigation.ids import new_id
from navigation.labels import Label, settle, shown_to
from navigation.packs.archive import compact
from navigation.packs.format import case_to_json
from navigation.records import AttemptDetail, User
from navigation.store.protocol import Store
from navigation.types import NormPoint, Outcome, Size

JUDGED_AFTER = frozenset(
    {Outcome.OK, Outcome.NOT_LANDED, Outcome.LOGIN_REFUSED, Outcome.ACCOUNT_LOCKED, Outcome.SESSION_EXPIRED,
     Outcome.NEEDS_HUMAN}
)  # fmt: skip
"""Outcomes that a picture after the press may have told."""


def case_for(store: Store, attempt: AttemptDetail, user: User, now: datetime) -> StoredCase | NoCase:
    """The case that an attempt's label makes; its id is kept where the attempt has a case already.

    Labels that the person has still to answer blind make none.
    """
    reader = blind_reader(user)
    kept = store.kept_from(reader, [attempt.start.id])
    settled = settle(shown_to(reader, store.labels_of(attempt.start.id), kept))
    label = settled.last
    if label is None:
        return "unlabelled"
    if settled.state == "disputed":
        return "disputed"
    known = store.case_of_attempt(attempt.start.id)
    made = _navcase(store, attempt, label, known.id if known else new_id())
    if not isinstance(made, NavCase):
        return made
    return StoredCase(
        id=made.id,
        attempt_id=attempt.start.id,
        application=made.application,
        screen=made.screen,
        target_text=made.action.target.text,
        body=compact(case_to_json(made)).decode(),
        label_id=label.id,
        source="label",
        state="new",
        is_outdated=False,
        author_id=user.id,
        author=user.name,
        created_at=now,
    )


def _navcase(store: Store, attempt: AttemptDetail, label: Label, case_id: str) -> NavCase | NoCase:
    start, decision, finish = attempt.start, attempt.decision, attempt.finish
    evidence = read_evidence(attempt)
    grounding = evidence.grounding
    pressed = grounding.box_px if grounding and grounding.outcome == "found" else None
    try:
        action = parse_action(start.action)
    except BadActionError:
        return "circumstances"
    expected = expected_of(
        label,
        finish.outcome if finish else None,
        pressed,
        has_screen=action.before is not None,
        method=decision.method if decision else None,
        reason=evidence.reason.code if evidence.reason else "",
    )
    picture = picture_of(store, start.before_id)
    if not isinstance(expected, Expected):
        return expected
    if picture is None:
        return "circumstances"
    after = _after(store, attempt, label, action, expected)
    return NavCase(
        id=case_id,
        application=start.application,
        screen=start.screen,
        action=action if after else replace(action, after=None),
        picture=picture,
        picture_after=after,
        expected=expected,
        answer=label.answer,
        cause=label.cause,
        engine=_said(attempt, picture.size),
    )


def picture_of(store: Store, image_id: str | None) -> PictureRef | None:
    meta = store.screenshot(image_id) if image_id else None
    return PictureRef(meta.id, Size(meta.width, meta.height)) if meta else None


def _after(
    store: Store, attempt: AttemptDetail, label: Label, action: NavigateAction, expected: Expected
) -> PictureRef | None:
    """The picture after the press, where it was that press whose effect is to be judged."""
    finish = attempt.finish
    is_judged = (
        label.answer == "right"
        and action.after is not None
        and bool(expected.boxes)
        and set(expected.outcomes) <= JUDGED_AFTER
    )
    return picture_of(store, finish.after_id) if is_judged and finish else None


def _said(attempt: AttemptDetail, size: Size) -> EngineSaid | None:
    decision, finish = attempt.decision, attempt.finish
    if decision is None or finish is None:
        return None
    x, y, point = decision.point_x_norm, decision.point_y_norm, None
    if x is not None and y is not None:
        spot = to_pixel_point(NormPoint(x, y), size)
        point = (spot.x, spot.y)
    return EngineSaid(finish.outcome, decision.method, decision.score, decision.margin, point)
