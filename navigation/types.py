"""Plain values that every layer shares: geometry, what was read, what was asked, what was concluded.

No I/O, no clock, no configuration. Origin top left, x right, y down; right and bottom edges excluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from navigation.reasons import Reason

# --- geometry -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, in that order (a numpy image's shape is height first)."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Point:
    """A place in pixels of one screenshot."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in integer pixels; the right and bottom edges are excluded."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def area(self) -> int:
        return self.w * self.h

    @property
    def center(self) -> Point:
        return Point(self.x + self.w // 2, self.y + self.h // 2)


@dataclass(frozen=True, slots=True)
class NormPoint:
    """A place as fractions 0..1 of the full screenshot."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class NormBox:
    """A rectangle as fractions 0..1 of the full screenshot."""

    x: float
    y: float
    w: float
    h: float


# --- what was read --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One OCR word. `confidence` is how sure the reader is, 0..1; `line` numbers the reader's own lines.

    `ink` and `ground` are the colours (RGB) of its letters and of what they stand on, None where the picture was
    not at hand; `is_underlined` says that a rule no longer than the text stands right under it.
    """

    text: str
    box: Box
    confidence: float
    line: int = 0
    ink: tuple[int, int, int] | None = None
    ground: tuple[int, int, int] | None = None
    is_underlined: bool = False


SECOND = "second"
"""What `Phrase.source` starts with where the second reader read it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words of one control, regrouped from OCR lines.

    `source`: "page" for words on a line, "lines" for lines joined, "part" for what wider gaps or dashes part
    from the rest of its line, "piece" for what only commas and brackets do; with "second " before it when the
    second reader read it.
    """

    text: str
    box: Box
    confidence: float
    source: str = "page"


ControlKind = Literal["button", "field", "box", "lens"]


@dataclass(frozen=True, slots=True)
class Control:
    """A rectangle drawn on the screen that looks as if it could be pressed or typed into.

    `kind`: "button" (filled), "field" (outlined and mostly empty), "box" (anything else with a border), "lens" (a
    magnifying glass, which stands in or before a search input).
    `is_disabled` is None where the picture does not tell.
    """

    box: Box
    kind: ControlKind
    is_disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Everything read from one screenshot; the neutral input of matching and verification.

    `image_id` is the SHA-256 of the decoded RGB pixels (see `imaging.pixel_sha256`), `settings_key`
    names the readers, their versions and settings: together they key a stored page. `second_words` is what a
    second reader read of places where the first was unsure; phrases are made of either, never of both. `overlay` is
    a window in front of a dimmed screen: what stands outside it cannot be pressed.
    """

    size: Size
    words: tuple[Word, ...]
    phrases: tuple[Phrase, ...]
    controls: tuple[Control, ...]
    reader: str
    image_id: str
    settings_key: str
    read_ms: float = 0.0
    second_words: tuple[Word, ...] = ()
    overlay: Box | None = None


# --- what is asked --------------------------------------------------------------------------------

TargetKind = Literal["clickable", "field"]
PressKind = Literal["single", "double", "right"]


@dataclass(frozen=True, slots=True)
class Target:
    """What to press or type into, by the text a person would name it with.

    `kind="field"`: the input that belongs to the label `text` (beside it, under it, or holding it as
    placeholder). `region`, `near` and `occurrence` (from 1, reading order) are the only tie-breaks. A control
    that looks disabled is refused unless `allow_disabled`.
    """

    text: str
    kind: TargetKind = "clickable"
    synonyms: tuple[str, ...] = ()
    region: NormBox | None = None
    near: str | NormPoint | None = None
    occurrence: int | None = None
    instruction: str | None = None
    allow_disabled: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen as the texts that must be on it and the texts that must not.

    `present` may hold parameters, `{ipp}`, filled from `parameters`. `patient_banner` is where the
    patient's identity stands on this screen. A screen that shows no patient says so: `is_without_patient`; in a run
    about a patient nothing is pressed on a screen that says neither.
    """

    present: Sequence[str] = ()
    absent: Sequence[str] = ()
    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    patient_banner: NormBox | None = None
    is_without_patient: bool = False


# --- what was concluded ---------------------------------------------------------------------------


class Outcome(StrEnum):
    """How an attempt ended; see the design's table of outcomes."""

    OK = "ok"
    WRONG_SCREEN = "wrong_screen"
    WRONG_PATIENT = "wrong_patient"
    ABSENT = "absent"
    LOW_CONFIDENCE = "low_confidence"
    AMBIGUOUS = "ambiguous"
    DISABLED = "disabled"
    NOT_LANDED = "not_landed"
    LOGIN_REFUSED = "login_refused"
    ACCOUNT_LOCKED = "account_locked"
    SESSION_EXPIRED = "session_expired"
    NEEDS_HUMAN = "needs_human"
    OCR_UNAVAILABLE = "ocr_unavailable"
    OCR_TIMEOUT = "ocr_timeout"
    OCR_FAILED = "ocr_failed"
    VLM_UNAVAILABLE = "vlm_unavailable"
    VLM_INVALID = "vlm_invalid"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    ERROR = "error"


GroundingOutcome = Literal[
    "found", "absent", "low_confidence", "ambiguous", "disabled", "vlm_unavailable", "vlm_invalid"
]
Method = Literal["cache", "ocr", "vlm"]
VerifyStatus = Literal["passed", "failed", "ambiguous", "error"]
Change = Literal["landed", "unchanged", "error_message", "another_screen"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible place. `box` is what would be pressed, `text_box` where the text was read.

    `score` is text similarity 0..1; `confidence` the reader's own, 0..1. `rejected` is empty for the
    winner and otherwise a short code: "lower_score", "overlaps", "outside_region", "not_a_control"…
    `source` is that of the phrase it was read as.
    """

    text: str
    box: Box
    text_box: Box
    score: float
    confidence: float
    method: Method = "ocr"
    rejected: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Grounding:
    """Where the target is, or why there is no answer. When not "found", the three places are None.

    `margin` is the winner's score less that of the best candidate elsewhere (1.0 when there is none).
    `timings` maps a stage's name to milliseconds.
    """

    outcome: GroundingOutcome
    reason: Reason
    point: NormPoint | None = None
    point_px: Point | None = None
    box_px: Box | None = None
    score: float | None = None
    margin: float | None = None
    method: Method | None = None
    candidates: tuple[Candidate, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnchorCheck:
    """One anchor looked for: `expected` says whether it should be there; `box` is where it was read."""

    text: str
    expected: Literal["present", "absent"]
    is_met: bool
    score: float
    box: Box | None = None
    read_text: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a screenshot shows the expected screen; `change` is filled by `verify_after` only."""

    status: VerifyStatus
    anchors: tuple[AnchorCheck, ...]
    reason: Reason
    change: Change | None = None
    notice: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NavigateResult:
    """What became of one `navigate` action. `outcome` is "ok" only when every asked check passed."""

    outcome: Outcome
    reason: Reason
    point: NormPoint | None = None
    point_px: Point | None = None
    box_px: Box | None = None
    before: Verification | None = None
    grounding: Grounding | None = None
    after: Verification | None = None
    was_pressed: bool = False
    timings: Mapping[str, float] = field(default_factory=dict)
