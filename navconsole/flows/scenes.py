"""One attempt as a clinician sees it: pictures, where the robot pressed, what is asked. No word of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from navconsole.attempts.evidence import Evidence, read_evidence
from navigation.geometry import contains, grow, intersection, to_pixel_box, to_pixel_point, union
from navigation.records import AttemptDetail
from navigation.store.protocol import AttemptStore
from navigation.textfold import fold
from navigation.types import AnchorCheck, Box, NormBox, Point, Size, Verification, Word

Which = Literal["before", "after"]
Asked = Literal["page", "place", "nowhere"]

RING_GAP_PX = 8
DOT = Size(44, 44)  # what is ringed when only a point is known
UNKNOWN_SIZE = Size(1366, 768)


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot by its addresses: `src` is blurred, `sharp` not, `shown` is a page with the sharp one."""

    which: Which
    size: Size
    src: str
    sharp: str
    shown: str


@dataclass(frozen=True, slots=True)
class Scene:
    """`asked`: whether the page is the expected one, the press in the right place, or where it should have been.

    `ring` is what the robot pressed, in pixels of the picture before.
    """

    attempt_id: str
    asked: Asked
    target: str
    is_field: bool
    pictures: Sequence[Picture]
    ring: Box | None

    def picture(self, which: str) -> Picture | None:
        return next((picture for picture in self.pictures if picture.which == which), None)

    @property
    def last(self) -> Picture:
        return self.pictures[-1]


def build_scene(store: AttemptStore, attempt: AttemptDetail, base: str, *, has_after: bool) -> Scene:
    """An attempt's scene; its pictures stand below the address `base`. Without `has_after` only the press is asked."""
    evidence = read_evidence(attempt)
    shown: list[Which] = ["before"]
    if has_after and image_of(attempt, "after"):
        shown.append("after")
    pictures = [_picture(store, attempt, which, base) for which in shown]
    ring = ring_of(evidence, pictures[0].size)
    asked: Asked = "page" if len(pictures) > 1 else "place" if ring else "nowhere"
    start = attempt.start
    return Scene(start.id, asked, start.target_text, start.target_kind == "field", pictures, ring)


def image_of(attempt: AttemptDetail, which: str) -> str | None:
    """The id of one of the two pictures."""
    return attempt.start.before_id if which == "before" else attempt.finish.after_id if attempt.finish else None


def pressed_box(evidence: Evidence, size: Size) -> Box | None:
    """What was pressed, in pixels: the control that was found, or a spot around the press."""
    if evidence.click is None:
        return None
    if evidence.grounding and evidence.grounding.box_px:
        return evidence.grounding.box_px
    return around(to_pixel_point(evidence.click, size), size)


def around(point: Point, size: Size) -> Box:
    """A spot around a point, within the picture."""
    return grow(Box(point.x, point.y, 1, 1), DOT.width // 2, DOT.height // 2, size)


def ring_of(evidence: Evidence, size: Size) -> Box | None:
    pressed = pressed_box(evidence, size)
    return grow(pressed, RING_GAP_PX, RING_GAP_PX, size) if pressed else None


def kept_sharp(attempt: AttemptDetail, which: str, size: Size, words: Sequence[Word]) -> list[Box]:
    """What of a picture may be shown sharp: the expected texts that were read and, before, the control pressed.

    Not what lies in the patient's banner, and no text with a digit in it: those are numbers and dates of people. Of a
    text read together with others, only its own words.
    """
    evidence = read_evidence(attempt)
    is_before = which == "before"
    banner = evidence.banner_before if is_before else evidence.banner_after
    boxes = _anchors(evidence.before if is_before else evidence.after, words)
    pressed = pressed_box(evidence, size) if is_before else None
    return [box for box in (*boxes, *([pressed] if pressed else ())) if not _is_in(box, banner, size)]


def _anchors(verification: Verification | None, words: Sequence[Word]) -> list[Box]:
    checks = verification.anchors if verification else ()
    boxes = [_own_place(check, words) for check in checks if not any(c.isdigit() for c in check.text)]
    return [box for box in boxes if box]


def _own_place(check: AnchorCheck, words: Sequence[Word]) -> Box | None:
    """Where exactly the text stands; None when what was read is more or other, and its own words are not among it."""
    wanted = fold(check.text)
    if check.box is None or fold(check.read_text) == wanted:
        return check.box
    line = sorted((word for word in words if contains(check.box, word.box, slack=2)), key=lambda word: word.box.x)
    runs = (line[start:end] for start in range(len(line)) for end in range(start + 1, len(line) + 1))
    found = next((run for run in runs if fold(" ".join(word.text for word in run)) == wanted), None)
    return union(word.box for word in found) if found else None


def _is_in(box: Box, banner: NormBox | None, size: Size) -> bool:
    return banner is not None and intersection(box, to_pixel_box(banner, size)) is not None


def _picture(store: AttemptStore, attempt: AttemptDetail, which: Which, base: str) -> Picture:
    meta = store.screenshot(image_of(attempt, which) or "")
    size = Size(meta.width, meta.height) if meta else UNKNOWN_SIZE
    return Picture(which, size, f"{base}/{which}.webp", f"{base}/{which}/sharp.webp", f"{base}/{which}/shown")
