"""What people say about an attempt, and what their labels come to together. Pure.

Labels are only ever added. One may replace an earlier one, and a withdrawal takes one back, so that what it had
replaced counts again. What is left of different people is compared: alike, it is agreed; else it is disputed until
somebody adjudicates.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from navigation.geometry import contains_point
from navigation.types import Box, Point

Answer = Literal["right", "wrong", "unsure", "withdrawn"]
Place = Literal["box", "absent"]
Source = Literal["pointed", "settled", "blind", "adjudicated"]
State = Literal["open", "single", "agreed", "disputed", "adjudicated"]

ANSWERS: Final = ("right", "wrong", "unsure", "withdrawn")
PLACES: Final = ("box", "absent")
SOURCES: Final = ("pointed", "settled", "blind", "adjudicated")
SETTLED: Final = ("right", "wrong", "unsure", "disputed")
CAUSES: Final = (
    "ocr_missed",
    "misread",
    "ambiguous",
    "stale_cache",
    "wrong_screen",
    "popup",
    "layout_changed",
    "timing",
    "vlm_wrong",
    "too_strict",
    "too_loose",
    "other",
)


@dataclass(frozen=True, slots=True)
class Pointed:
    """Where a finger was put on one of an attempt's two pictures, in its pixels, to say: this is wrong."""

    on: Literal["before", "after"]
    at: Point


@dataclass(frozen=True, slots=True)
class Label:
    """One person's word on one attempt.

    Attributes:
        answer: whether what the engine did was right; "withdrawn" takes back the label `replaces`.
        place: where the target is on the picture before: in `box` (pixels), or nowhere; None when it was not said.
        is_screen_right, has_landed: whether it was the expected screen, and whether the press landed; None: not said.
        pointed: what the person found wrong, which need not be where the target is.
        source: "settled" came with a like one, "blind" without sight of others' labels, "adjudicated" ends a dispute.
    """

    id: str
    attempt_id: str
    author_id: str
    author: str
    answer: Answer
    created_at: datetime
    source: Source = "pointed"
    sample_id: str | None = None
    place: Place | None = None
    box: Box | None = None
    is_screen_right: bool | None = None
    has_landed: bool | None = None
    cause: str | None = None
    note: str = ""
    replaces: str | None = None
    batch_id: str | None = None
    pointed: Pointed | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has a case open, until when; then anybody may take it."""

    user_id: str
    user_name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What an attempt's labels come to: `answer` is one of SETTLED, None while nobody has said anything.

    `standing` are the labels that still count, oldest first; of them, the last one speaks for all unless disputed.
    """

    state: State
    answer: str | None
    standing: tuple[Label, ...]

    @property
    def last(self) -> Label | None:
        return self.standing[-1] if self.standing else None


def settle(labels: Sequence[Label]) -> Settled:
    """What these labels of one attempt, in the order they were given, come to together."""
    standing = _standing(labels)
    if not standing:
        return Settled("open", None, ())
    last = standing[-1]
    if last.source == "adjudicated":
        return Settled("adjudicated", last.answer, standing)
    if len(standing) == 1:
        return Settled("single", last.answer, standing)
    if all(is_alike(one, last) for one in standing[:-1]):
        return Settled("agreed", last.answer, standing)
    return Settled("disputed", "disputed", standing)


def shown_to(reader: str, labels: Sequence[Label], kept: Collection[str]) -> list[Label]:
    """The labels that a person may see: on an attempt that is `kept` from them (its id), their own alone."""
    return [label for label in labels if label.author_id == reader or label.attempt_id not in kept]


def is_alike(one: Label, other: Label) -> bool:
    """Whether two labels say the same: same answer, and, where both name a place, the same place.

    Boxes name the same place when the centre of either lies in the other.
    """
    if one.answer != other.answer:
        return False
    if one.place is None or other.place is None:
        return True
    if one.box is None or other.box is None:
        return one.place == other.place
    return contains_point(one.box, other.box.center) and contains_point(other.box, one.box.center)


def _standing(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Labels neither withdrawn nor replaced; an adjudication ends all before it, a person's newer label their older."""
    if len(labels) == 1 and labels[0].answer != "withdrawn":
        return (labels[0],)  # most attempts have one
    withdrawn: set[str | None] = set()
    for label in reversed(labels):
        if label.answer == "withdrawn" and label.id not in withdrawn:
            withdrawn.add(label.replaces)
    alive = [label for label in labels if label.answer != "withdrawn" and label.id not in withdrawn]
    adjudicated = max((at for at, label in enumerate(alive) if label.source == "adjudicated"), default=0)
    alive = alive[adjudicated:]
    replaced = {label.replaces for label in alive}
    last_of = {label.author_id: label.id for label in alive}
    return tuple(label for label in alive if label.id not in replaced and last_of[label.author_id] == label.id)
