"""Cases: attempts whose right answer people have settled, in the form that fixtures keep. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from navigation.actions import NavigateAction
from navigation.labels import Label
from navigation.types import Box, Outcome, Size

CASE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Ids become file names and parts of test names."""

REFUSALS: Final = (Outcome.ABSENT, Outcome.LOW_CONFIDENCE, Outcome.AMBIGUOUS)
"""Ways of not finding a target; which of them is a matter of limits, and each is as safe as the others."""
PRESSED: Final = frozenset({Outcome.OK, Outcome.NOT_LANDED, Outcome.LOGIN_REFUSED})
_BY_CIRCUMSTANCES: Final = frozenset(
    {
        Outcome.OCR_UNAVAILABLE, Outcome.OCR_TIMEOUT, Outcome.OCR_FAILED, Outcome.VLM_UNAVAILABLE, Outcome.VLM_INVALID,
        Outcome.TIMEOUT, Outcome.INTERRUPTED, Outcome.ERROR,
    }
)  # fmt: skip

_HALTS: Final = frozenset({"stopped", "run_taken_over", "run_abandoned"})

NoCase = Literal["unlabelled", "disputed", "unsure", "place", "circumstances", "patient", "halted", "model"]
"""Why a labelled attempt is no case: nobody has labelled it, people disagree, the label does not say what is right, or
where; the outcome came of circumstances, of whose record was open, of people's stop, or of a model's proposal."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the engine must answer: one of `outcomes` and, when it presses, a point in one of `boxes` (pixels)."""

    outcomes: tuple[Outcome, ...]
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture by the SHA-256 of its decoded RGB pixels, and its size."""

    id: str
    size: Size


@dataclass(frozen=True, slots=True)
class EngineSaid:
    """What the engine answered when the attempt was made; `point` in pixels."""

    outcome: Outcome
    method: str | None = None
    score: float | None = None
    margin: float | None = None
    point: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class NavCase:
    """One question to the engine with its right answer; boxes are in pixels of `picture`.

    `picture_after` is what the screen showed after the press, for a case that asks whether the press landed.
    `answer` and `cause` are of the label it was made from; `engine` is None where no engine has answered yet.
    """

    id: str
    application: str
    screen: str
    action: NavigateAction
    picture: PictureRef
    expected: Expected
    picture_after: PictureRef | None = None
    answer: str = ""
    cause: str | None = None
    engine: EngineSaid | None = None

    @property
    def pictures(self) -> tuple[PictureRef, ...]:
        return (self.picture,) if self.picture_after is None else (self.picture, self.picture_after)


def expected_of(
    label: Label,
    outcome: Outcome | None,
    pressed: Box | None,
    *,
    has_screen: bool,
    method: str | None = None,
    reason: str = "",
) -> Expected | NoCase:
    """What a label says that the engine must answer, or why it does not say enough.

    Args:
        label: the one that speaks for the attempt.
        outcome: how the attempt ended.
        pressed: the box of the control that the engine pressed, or would have.
        has_screen: whether the action says what screen it expects.
        method: how the engine had found the target.
        reason: the code of the reason it ended for.
    """
    if label.answer == "unsure":
        return "unsure"
    if label.answer == "wrong":
        if label.is_screen_right is False and has_screen:
            return Expected((Outcome.WRONG_SCREEN,))
        if label.place == "absent":
            return Expected(REFUSALS)
        return Expected((Outcome.OK,), (label.box,)) if label.box else "place"
    if outcome is None or outcome in _BY_CIRCUMSTANCES or reason == "changed_before_press":
        return "circumstances"
    if reason in _HALTS:
        return "halted"
    if outcome is Outcome.WRONG_PATIENT:
        return "patient"
    if method == "vlm":
        return "model"
    return _as_it_was(label, outcome, pressed)


def _as_it_was(label: Label, outcome: Outcome, pressed: Box | None) -> Expected | NoCase:
    if outcome in REFUSALS:
        return Expected(REFUSALS)
    box = label.box or pressed
    if outcome in (Outcome.OK, Outcome.NOT_LANDED) and label.has_landed is not None:
        outcome = Outcome.OK if label.has_landed else Outcome.NOT_LANDED
    if outcome in PRESSED and box is None:
        return "place"
    return Expected((outcome,), (box,) if box and pressed is not None else ())
