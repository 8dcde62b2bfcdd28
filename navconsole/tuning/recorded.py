"""A stored attempt as a trial of cache policies needs it."""

from __future__ import annotations

from navconsole.attempts.detail import page_of
from navconsole.steps import result_of
from navconsole.whatif.context import own_limits
from navigation.actions import NavigateAction, parse_action
from navigation.cache_trial import Recorded, Truth
from navigation.errors import BadActionError
from navigation.labels import Settled
from navigation.records import AttemptDetail
from navigation.remembered import CacheScope
from navigation.store.protocol import Store
from navigation.types import NavigateResult, Outcome, Size, Verification


def recorded_of(store: Store, detail: AttemptDetail) -> Recorded | None:
    """None for an attempt that asked no memory: without a named screen, or stopped before it looked for its target."""
    action = action_of(detail)
    if action is None or action.before is None or not action.before.name or detail.decision is None:
        return None
    result = result_of(detail)
    if result.grounding is None:
        return None
    meta = store.screenshot(detail.start.before_id)
    if meta is None:
        return None
    return Recorded(
        id=detail.start.id,
        target=action.target,
        scope=scope_of(detail, action, result.before),
        size=Size(meta.width, meta.height),
        page=page_of(store, detail.start.before_id, detail),
        limits=own_limits(store, detail),
        grounding=result.grounding,
        has_landed=has_landed(detail),
        truth=truth_of(detail, result, store.settled(detail.start.id)),
        at=detail.decision.decided_at,
        verified_at=detail.finish.finished_at if detail.finish else detail.decision.decided_at,
    )


def scope_of(detail: AttemptDetail, action: NavigateAction, verified: Verification | None) -> CacheScope:
    """Where the attempt's place is remembered, as the server says it; the action names its screen."""
    assert action.before is not None, "asked of an action that names its screen"
    return CacheScope.of(detail.start.application, action.before, verified)


def has_landed(detail: AttemptDetail) -> bool | None:
    """Whether the press landed; None when nothing was verified, or something else came of it (a refused log-in)."""
    verified = detail.finish.verify_after if detail.finish else None
    if detail.finish is None or verified is None:
        return None
    if verified.get("status") == "passed":
        return True
    return False if detail.finish.outcome is Outcome.NOT_LANDED else None


def truth_of(detail: AttemptDetail, result: NavigateResult, settled: Settled) -> Truth:
    """Where the target is, as far as anybody knows: people first, then the verification after the press.

    A press that landed nowhere was on the wrong place; one that met a refused log-in or the like says nothing.
    """
    pressed = result.grounding.box_px if result.grounding else None
    label = settled.last if settled.answer in ("right", "wrong") else None
    if label is not None:
        if label.place == "absent":
            return Truth(is_absent=True)
        if label.box is not None:
            return Truth(right=label.box)
        return Truth(right=pressed) if label.answer == "right" else Truth(wrong=pressed)
    if settled.answer is not None or detail.finish is None:
        return Truth()
    if has_landed(detail):
        return Truth(right=pressed)
    return Truth(wrong=pressed) if detail.finish.outcome is Outcome.NOT_LANDED else Truth()


def action_of(detail: AttemptDetail) -> NavigateAction | None:
    """What was asked; None where the record does not read as an action any more."""
    try:
        return parse_action(detail.start.action)
    except BadActionError:
        return None
