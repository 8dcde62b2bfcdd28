"""The cache rung of the ladder: when a remembered place may be pressed again, and what is remembered of a press.

A place is used only when the picture shows the screen it belongs to, the control stands there (or near) as it did,
stands nowhere else near, and, in doubt, reads as the target. Everything else is a miss, and the screen is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from navigation.cache import CacheKey, CoordinateCache, Place
from navigation.geometry import contains, contains_point, grow, to_norm_point, union
from navigation.grounding import ground_page
from navigation.landmarks import anchor_boxes, is_same_screen, view_of
from navigation.matching import LOOK_ALIKE, best_text_score
from navigation.patches import TINT, Likeness, drawn_alike, is_plain, likeness, places_of
from navigation.protocols import RgbImage
from navigation.reasons import Reason
from navigation.settings import CachePolicy, Thresholds
from navigation.types import Box, Candidate, Grounding, Page, Point, Screen, Size, Target, Verification
from navigation.vision import crop

ReadLine = Callable[[Box], str]
_DOUBT: tuple[Likeness, ...] = ("same", "doubtful", "other")  # the least of it first
_MARGIN = 4  # px around a control; its border belongs to what is compared
_BORDER = 4  # px of an input's edge that are compared; what lies inside is data


@dataclass(frozen=True, slots=True)
class CacheScope:
    """Where a remembered place is valid: this application, on this screen as it is defined.

    `anchors` is the definition's texts, `anchor_boxes` where they were read on the picture that is learned from
    (in pixels; not needed to look a place up). `scale` is the display's, where the caller knows it.
    """

    application: str
    screen: str
    anchors: tuple[str, ...] = ()
    anchor_boxes: tuple[Box, ...] = ()
    profile_version: int = 0
    scale: float = 1.0

    @classmethod
    def of(cls, application: str, screen: Screen, verified: Verification | None = None) -> CacheScope:
        """The scope of a named screen; with its passed verification places can be learned from the picture."""
        boxes = anchor_boxes(screen, verified) if verified is not None else ()
        return cls(application, screen.name, (*screen.present, "", *screen.absent), boxes)


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the control stands now, as steps from where it stood."""

    dx: int
    dy: int
    how: Likeness

    def moved(self, box: Box) -> Box:
        return Box(box.x + self.dx, box.y + self.dy, box.w, box.h)


def key_of(target: Target, scope: CacheScope, size: Size) -> CacheKey | None:
    """The key of a target's place; None for a target that is told from its like by `near`, `region` or `occurrence`.

    Such a place depends on what else is on the screen, which is data: it is never remembered.
    """
    if target.near is not None or target.region is not None or target.occurrence is not None:
        return None
    return CacheKey(
        application=scope.application,
        screen=scope.screen,
        target=target.text,
        kind=target.kind,
        size=size,
        anchors=scope.anchors,
        synonyms=target.synonyms,
        instruction=target.instruction or "",
        profile_version=scope.profile_version,
        scale=scope.scale,
    )


def recall(
    cache: CoordinateCache,
    rgb: RgbImage,
    target: Target,
    scope: CacheScope,
    *,
    page: Page | None,
    read_line: ReadLine,
    policy: CachePolicy,
    limits: Thresholds,
    now: datetime,
) -> Grounding | None:
    """The remembered place of a target if it still holds, else None; counts which.

    Args:
        page: what was read on this picture, if it was: the place must not contradict it.
        read_line: reads one place of the picture; asked only in doubt. Its OcrError passes through.
    """
    key = key_of(target, scope, _size(rgb))
    entry = cache.get(key) if key is not None else None
    if key is None or entry is None or not entry.is_usable(policy, now):
        return None
    found = _where_now(entry.place, rgb, target, read_line, policy)
    if found is not None and page is not None:
        found = found if _agrees(ground_page(page, target, limits), found.moved(entry.place.box)) else None
    cache.count(key, hit=found is not None)
    return _grounding(target, entry.place, found, _size(rgb)) if found is not None else None


def learn(
    cache: CoordinateCache, rgb: RgbImage, target: Target, grounding: Grounding, scope: CacheScope, *, now: datetime
) -> None:
    """Remember where a target was, once a press there was verified; a place that held is only noted as verified."""
    key = key_of(target, scope, _size(rgb))
    if key is None or grounding.outcome != "found" or grounding.box_px is None or grounding.point_px is None:
        return
    known = cache.get(key) if grounding.method == "cache" else None
    if known is not None and known.place.box == grounding.box_px:
        cache.confirm(key, now)
        return
    place = place_from(rgb, target, grounding, scope)
    if place is not None:
        cache.put(key, place, now)


def place_from(rgb: RgbImage, target: Target, grounding: Grounding, scope: CacheScope) -> Place | None:
    """What is kept of a place that was found on this picture; None where there is nothing to recognise it by again."""
    if grounding.outcome != "found" or grounding.box_px is None or grounding.point_px is None:
        return None
    place = place_of(rgb, target, grounding.box_px, grounding.point_px, _text_box(grounding), scope)
    return None if is_plain(crop(place.patch, _within(place.text, place.frame))) else place


def place_of(rgb: RgbImage, target: Target, box: Box, point: Point, text: Box, scope: CacheScope) -> Place:
    """What is kept of a place: the control with its text, and enough around to see that nothing was added to it."""
    size = _size(rgb)
    frame = union([grow(box, _MARGIN, _MARGIN, size), grow(text, max(8, text.h), _MARGIN, size)])
    is_input = target.kind == "field" and not contains(box, text, slack=1)
    hollow = _inside(box) if is_input else None
    patch = _hollowed(crop(rgb, frame), hollow, frame)
    return Place(point, box, frame, grow(text, 2, 2, size), patch, hollow, view_of(rgb, scope.anchor_boxes))


def _where_now(place: Place, rgb: RgbImage, target: Target, read_line: ReadLine, policy: CachePolicy) -> _Found | None:
    """Where the control stands, on the screen it belongs to, if it surely is the one or reads as the target."""
    found = _find(place, rgb, policy)
    if found is None or not is_same_screen(place.view, rgb, window_px=policy.window_px, sure_from=policy.agreement):
        return None
    is_certain = found.how == "same" and (found.dx, found.dy) == (0, 0)
    return found if is_certain or _reads_as(target, read_line(found.moved(place.text))) else None


def _find(place: Place, rgb: RgbImage, policy: CachePolicy) -> _Found | None:
    """Where the control stands: where it stood, else at the one place in the window; None for none or several.

    One that is drawn alike anywhere on the screen counts against it, one that looks otherwise only in the window.
    """
    piece = crop(place.patch, _within(place.text, place.frame))
    near = places_of(rgb, piece, grow(place.text, policy.window_px, policy.window_px, _size(rgb)))
    here = _Found(0, 0, _likeness_at(place, rgb, 0, 0, policy))
    if here.how != "other":
        found, text = here, place.text
    elif len(near) == 1:
        dx, dy = near[0].x - place.text.x, near[0].y - place.text.y
        found, text = _Found(dx, dy, _likeness_at(place, rgb, dx, dy, policy)), near[0]
    else:
        return None
    is_alone = found.how != "other" and all(_is_near(box, text) for box in [*near, *drawn_alike(rgb, piece)])
    return found if is_alone else None


def _likeness_at(place: Place, rgb: RgbImage, dx: int, dy: int, policy: CachePolicy) -> Likeness:
    """How the picture, `dx` and `dy` pixels from the remembered place, compares with the remembered patch."""
    step = _Found(dx, dy, "other")
    frame, hollow = step.moved(place.frame), step.moved(place.hollow) if place.hollow else None
    size = _size(rgb)
    if frame.x < 0 or frame.y < 0 or frame.right > size.width or frame.bottom > size.height:
        return "other"
    now = _hollowed(crop(rgb, frame), hollow, frame)
    if hollow is not None and _differs(now, place.patch, _within(hollow, frame)):
        return "other"  # an input that is greyed takes nothing, whatever its label looks like
    text = _within(place.text, place.frame)
    # By itself, too: what else the frame shows may be so strong that a dimmed text beside it makes no difference.
    parts = ((now, place.patch), (crop(now, text), crop(place.patch, text)))
    found = [likeness(ours, theirs, sure_from=policy.agreement) for ours, theirs in parts]
    return max(found, key=_DOUBT.index)


def _differs(now: RgbImage, then: RgbImage, hollow: Box) -> bool:
    """Whether the inside of an input, which both have in one colour, has changed its colour."""
    return bool(cv2.absdiff(now[hollow.y, hollow.x], then[hollow.y, hollow.x]).max() > TINT)


def _reads_as(target: Target, text: str) -> bool:
    """Whether a doubtful place says the target's text to the letter, but for those that readers confuse."""
    return best_text_score((target.text, *target.synonyms), text) >= LOOK_ALIKE


def _agrees(read: Grounding, box: Box) -> bool:
    """Whether what was read on the page leaves a remembered place standing.

    A second control with the same text, or the target read elsewhere, makes the place one of several. A target
    that was not read at all does not: the picture of the control is still there.
    """
    if read.outcome == "found" and read.point_px is not None:
        return contains_point(box, read.point_px)
    return read.outcome in ("absent", "low_confidence")


def _grounding(target: Target, place: Place, found: _Found, size: Size) -> Grounding:
    box = found.moved(place.box)
    point = Point(place.point.x + found.dx, place.point.y + found.dy)
    candidate = Candidate(target.text, box, found.moved(place.text), 1.0, 1.0, method="cache")
    return Grounding(
        "found",
        Reason("found_cache", {"target": target.text}),
        point=to_norm_point(point, size),
        point_px=point,
        box_px=box,
        score=1.0,
        margin=1.0,
        method="cache",
        candidates=(candidate,),
    )


def _text_box(grounding: Grounding) -> Box:
    """Where the winner's text was read."""
    winner = next((c for c in grounding.candidates if c.box == grounding.box_px and not c.rejected), None)
    box = winner.text_box if winner else grounding.box_px
    assert box is not None, "asked of a place that was found"
    return box


def _inside(box: Box) -> Box | None:
    inner = Box(box.x + _BORDER, box.y + _BORDER, box.w - 2 * _BORDER, box.h - 2 * _BORDER)
    return inner if inner.w > 0 and inner.h > 0 else None


def _hollowed(piece: RgbImage, hollow: Box | None, frame: Box) -> RgbImage:
    """A copy of a piece of the screen with the inside of its input in one colour, the most usual there."""
    copy = piece.copy()
    if hollow is not None:
        inside = crop(copy, _within(hollow, frame))
        inside[:] = np.median(inside.reshape(-1, 3), axis=0).astype(np.uint8)
    return copy


def _within(box: Box, frame: Box) -> Box:
    """A box that lies in a frame, in the frame's own pixels."""
    return Box(box.x - frame.x, box.y - frame.y, box.w, box.h)


def _is_near(a: Box, b: Box) -> bool:
    return abs(a.x - b.x) <= 2 and abs(a.y - b.y) <= 2


def _size(rgb: RgbImage) -> Size:
    return Size(rgb.shape[1], rgb.shape[0])
