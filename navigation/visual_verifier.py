"""Is this the screen it should be, and did the press land? Anchored on what was read, fuzzy within limits. Pure."""

from __future__ import annotations

from navigation.reasons import Reason
from navigation.settings import Thresholds
from navigation.types import AnchorCheck, Change, Page, Screen, Verification, VerifyStatus
from navigation.verdicts import ERROR_NOTICES, check_screen, find_notice, is_unsure, new_texts

UNCHANGED_SHARE = 0.0004  # of the pixels; a blinking caret in 1366x768 is under 0.0001, a focus ring more


def verify_before(page: Page, screen: Screen, limits: Thresholds) -> Verification:
    """Whether the page shows the screen: every `present` text found and no `absent` one.

    "ambiguous" when the only texts missing were nearly read. A screen without any text to recognise it by fails:
    nothing is better than a guess.
    """
    anchors = check_screen(page, screen, limits)
    status, reason = _judge(anchors, limits)
    return Verification(status, anchors, reason)


def verify_after(
    before: Page, after: Page, screen: Screen, limits: Thresholds, *, changed_share: float
) -> Verification:
    """Whether a press led to the screen, and what it led to otherwise.

    Args:
        before: the page the press was decided on.
        after: the page read after it.
        screen: what should be there now.
        limits: the anchor limit in force.
        changed_share: share (0..1) of the pixels that differ between the two pictures.

    Returns:
        A verification with `change`: "landed", "unchanged", "error_message" (its text in `notice`) or
        "another_screen". An unchanged picture is never a pass, even where it shows every expected text: it cannot
        tell a press that landed from one that did nothing. A change as small as one line of text counts when it
        brought the expected screen about.
    """
    anchors = check_screen(after, screen, limits)
    status, reason = _judge(anchors, limits)
    if changed_share < UNCHANGED_SHARE and not (status == "passed" and _is_new(before, screen, limits)):
        kept: VerifyStatus = "ambiguous" if status == "passed" else "failed"
        return Verification(kept, anchors, Reason("unchanged"), change="unchanged")
    if status == "passed":
        return Verification(status, anchors, Reason("landed"), change="landed")
    message = find_notice(new_texts(before, after), ERROR_NOTICES)
    if message is not None:
        values = Reason("error_message", {"notice": message.text})
        return Verification(status, anchors, values, change="error_message", notice=message.text)
    change: Change = "another_screen"
    missing = _first_missing(anchors)
    if missing is not None and reason.code == "screen_missing":
        reason = Reason("another_screen", {"anchor": missing.text})
    return Verification(status, anchors, reason, change=change)


def _judge(anchors: tuple[AnchorCheck, ...], limits: Thresholds) -> tuple[VerifyStatus, Reason]:
    if not anchors:
        return "failed", Reason("screen_unspecified")
    forbidden = next((a for a in anchors if a.expected == "absent" and not a.is_met), None)
    if forbidden is not None:
        return "failed", Reason("screen_forbidden", {"anchor": forbidden.text})
    missing = [a for a in anchors if a.expected == "present" and not a.is_met]
    if not missing:
        return "passed", Reason("screen_passed", {"count": len(anchors)})
    if all(is_unsure(a, limits) for a in missing):
        return "ambiguous", Reason("screen_unsure", {"anchor": missing[0].text, "read": missing[0].read_text})
    certain = next(a for a in missing if not is_unsure(a, limits))
    return "failed", Reason("screen_missing", {"anchor": certain.text})


def _is_new(before: Page, screen: Screen, limits: Thresholds) -> bool:
    """Whether the page before surely did not show the screen yet."""
    return _judge(check_screen(before, screen, limits), limits)[0] == "failed"


def _first_missing(anchors: tuple[AnchorCheck, ...]) -> AnchorCheck | None:
    return next((a for a in anchors if a.expected == "present" and not a.is_met), None)
