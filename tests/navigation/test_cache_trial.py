"""What a policy would have done: the engine's own answers for the policy in use, and what another one changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navigation.cache import MemoryCache
from navigation.cache_trial import (
    KINDS,
    Kind,
    Recorded,
    Truth,
    Walk,
    counts_from_json,
    counts_to_json,
    text_in,
)
from navigation.geometry import contains_point
from navigation.protocols import RgbImage
from navigation.reasons import Reason
from navigation.remembered import CacheScope, key_of, learn, recall
from navigation.settings import CachePolicy, Thresholds
from navigation.types import Box, Candidate, Grounding, Page, Phrase, Point, Size, Target
from tests.navigation.placing import NOW
from tests.navigation.screens import Drawing

SIZE = Size(1366, 768)
TITLE = Box(20, 140, 210, 20)
SCOPE = CacheScope("dpi", "prescriptions", anchor_boxes=(TITLE,))
TARGET = Target("Valider")
DAY = timedelta(days=1)
IN_USE = CachePolicy()
STRICT = CachePolicy(agreement=0.99)


def drawn(x: int = 400, y: int = 300, text: str = "Valider") -> RgbImage:
    drawing = Drawing().text("Prescriptions en cours", 20, 140, size=18).button(text, x, y)
    return np.asarray(drawing.image)


def in_few_colours(rgb: RgbImage) -> RgbImage:
    """As a remote screen of 16-bit colour shows it: the same for the policy in use, in doubt for a strict one."""
    return rgb & np.uint8(0xF8)


def button(x: int = 400, y: int = 300) -> Box:
    return Box(x, y, 92, 37)


def page(x: int = 400, y: int = 300, text: str = "Valider") -> Page:
    phrases = (Phrase("Prescriptions en cours", TITLE, 0.95), Phrase(text, Box(x + 18, y + 11, 56, 14), 0.95))
    return Page(SIZE, (), phrases, (), "tests", "image", "tests", 1.0)


def found(x: int = 400, y: int = 300) -> Grounding:
    text = Box(x + 18, y + 11, 56, 14)
    winner = Candidate("Valider", button(x, y), text, 1.0, 0.9)
    return Grounding(
        "found", Reason("found"), box_px=button(x, y), point_px=text.center, method="ocr", candidates=(winner,)
    )


REFUSED = Grounding("absent", Reason("absent", {"target": "Valider"}))


def attempt(
    number: int, grounding: Grounding | None = None, *, days: float = 0, landed: bool | None = True, **given: object
) -> Recorded:
    grounding = grounding or found()
    truth = Truth(right=grounding.box_px) if landed else Truth(wrong=grounding.box_px) if landed is False else Truth()
    at = NOW + days * DAY
    values = {"id": str(number), "target": TARGET, "scope": SCOPE, "size": SIZE, "page": page(), "limits": Thresholds()}
    made = Recorded(**values, grounding=grounding, has_landed=landed, truth=truth, at=at, verified_at=at)  # type: ignore[arg-type]
    return replace(made, **given)  # type: ignore[arg-type]


def walked(policy: CachePolicy, story: list[tuple[Recorded, RgbImage]]) -> list[Kind | None]:
    walk = Walk(policy)
    kinds = []
    for recorded, rgb in story:
        assert walk.needs_picture(recorded) or recorded.has_landed is not True
        kinds.append(walk.step(recorded, rgb))
    assert sum(walk.counts().kinds.values()) == len([kind for kind in kinds if kind])
    return kinds


# --- one kind of each ---------------------------------------------------------------------------------


def test_a_second_reading_of_the_same_screen_would_have_been_saved() -> None:
    story = [(attempt(1), drawn()), (attempt(2), drawn())]
    assert walked(IN_USE, story) == ["read", "gained"]
    assert walked(CachePolicy(max_age_days=0), story) == ["read", "read"]


def test_an_age_decides_whether_an_old_place_is_used() -> None:
    story = [(attempt(1), drawn()), (attempt(2, days=40), drawn())]
    assert walked(CachePolicy(max_age_days=41), story) == ["read", "gained"]
    assert walked(CachePolicy(max_age_days=39), story) == ["read", "read"]


def test_a_window_decides_whether_a_moved_control_is_found() -> None:
    moved = attempt(2, found(440), page=page(440))
    story = [(attempt(1), drawn()), (moved, drawn(440))]
    assert walked(IN_USE, story) == ["read", "gained"]
    assert walked(CachePolicy(window_px=10), story) == ["read", "read"]


def remembered(grounding: Grounding) -> Grounding:
    return replace(grounding, method="cache")


def test_a_stale_place_that_was_pressed_wrongly_is_caught_by_a_stricter_agreement() -> None:
    wrong = attempt(2, remembered(found()), landed=False, page=None)
    story = [(attempt(1), drawn()), (wrong, in_few_colours(drawn()))]
    assert walked(IN_USE, story) == ["read", "wrong"]
    assert walked(STRICT, story) == ["read", "caught"]


def test_a_right_press_that_a_stricter_agreement_would_have_refused_is_lost() -> None:
    few = in_few_colours(drawn())
    blind = attempt(2, remembered(found()), page=None)
    assert walked(IN_USE, [(attempt(1), drawn()), (blind, few)]) == ["read", "kept"]
    assert walked(STRICT, [(attempt(1), drawn()), (blind, few)]) == ["read", "lost"]


def test_a_doubtful_place_is_read_on_the_stored_page() -> None:
    few = in_few_colours(drawn())
    walk = Walk(STRICT)
    walk.step(attempt(1), drawn())
    assert walk.step(attempt(2), few) == "gained"
    assert walk.counts().doubtful == 1
    assert text_in(page(), button()) == "Valider"
    assert text_in(page(), Box(0, 0, 10, 10)) == text_in(None, button()) == ""


def test_a_place_where_the_target_is_not_is_pressed_wrongly() -> None:
    known = attempt(1)
    gone = attempt(2, REFUSED, landed=None, truth=Truth(is_absent=True), page=None)
    moved = attempt(3, REFUSED, landed=None, truth=Truth(right=button(900)), page=None)
    nobody = attempt(4, REFUSED, landed=None, page=None)
    for last, kind in ((gone, "wrong"), (moved, "wrong"), (nobody, "unproven")):
        assert walked(IN_USE, [(known, drawn()), (last, drawn())]) == ["read", kind]


def test_a_failed_press_of_the_memory_puts_it_aside_as_it_does_live() -> None:
    failed = attempt(2, remembered(found()), landed=False, page=None)
    story = [(attempt(1), drawn()), (failed, drawn()), (attempt(3), drawn()), (attempt(4), drawn())]
    assert walked(IN_USE, story) == ["read", "wrong", "read", "gained"]


def test_the_memory_believes_the_verification_and_the_verdict_believes_people() -> None:
    """A press that landed is remembered although somebody says, later, that the place was wrong."""
    blamed = Truth(wrong=button())
    story = [(attempt(1, truth=blamed), drawn()), (attempt(2), drawn()), (attempt(3, truth=blamed), drawn())]
    assert walked(IN_USE, story) == ["read", "gained", "wrong"]


def test_what_the_memory_lost_is_learned_from_what_the_page_says() -> None:
    """A policy that refuses the remembered place reads the screen then, and remembers it anew from there."""
    few = in_few_colours(drawn())
    second = attempt(2, remembered(found()), page=replace(page(), phrases=page().phrases[:1]))
    third = attempt(3, remembered(found()))
    assert walked(STRICT, [(attempt(1), drawn()), (second, few), (third, few)]) == ["read", "lost", "kept"]


def test_a_target_that_is_never_remembered_does_not_count() -> None:
    near = attempt(1, target=Target("Valider", near="MARTIN"))
    walk = Walk(IN_USE)
    assert not walk.needs_picture(near)
    assert walk.step(near, None) is None
    assert sum(walk.counts().kinds.values()) == 0


def test_counts_are_kept_whole() -> None:
    walk = Walk(IN_USE)
    for number in range(60):
        walk.step(attempt(number), drawn())
    counts = walk.counts()
    assert (counts.kinds["read"], counts.kinds["gained"], counts.hits) == (1, 59, 59)
    assert counts.named["gained"][:2] == ("1", "2")
    assert len(counts.named["gained"]) == 40
    assert counts_from_json(counts_to_json(counts)) == counts
    assert set(counts.kinds) == set(KINDS)


# --- the policy in use gives its own answers ----------------------------------------------------------

PICTURES = {
    "here": drawn(), "moved": drawn(430), "far": drawn(900, 500), "few": in_few_colours(drawn()),
    "another": drawn(text="Annuler"),
}  # fmt: skip
PAGES = {
    "here": page(), "moved": page(430), "far": page(900, 500), "few": page(), "another": page(text="Annuler"),
}  # fmt: skip
READ = {"here": found(), "moved": found(430), "far": found(900, 500), "few": found(), "another": REFUSED}


@dataclass
class Robot:
    """Presses under a policy as the engine does, and keeps the record of it."""

    policy: CachePolicy
    cache: MemoryCache = field(default_factory=MemoryCache)
    record: list[tuple[Recorded, RgbImage]] = field(default_factory=list)

    def press(self, look: str, at: datetime, lands: bool | None) -> None:
        rgb, seen = PICTURES[look], PAGES[look]
        recalled = recall(
            self.cache, rgb, TARGET, SCOPE, page=seen, read_line=lambda box: text_in(seen, box), policy=self.policy,
            limits=Thresholds(), now=at,
        )  # fmt: skip
        grounding = recalled or READ[look]
        box = grounding.box_px
        landed = lands if box is not None else None
        truth = Truth() if landed is None else Truth(right=box) if landed else Truth(wrong=box)
        made = Recorded(
            str(len(self.record)), TARGET, SCOPE, SIZE, seen, Thresholds(), grounding, landed, truth, at, at
        )  # fmt: skip
        self.record.append((made, rgb))
        if landed:
            learn(self.cache, rgb, TARGET, grounding, SCOPE, now=at)
        elif landed is False and grounding.method == "cache":
            key = key_of(TARGET, SCOPE, SIZE)
            assert key is not None
            self.cache.contradict(key, at)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(PICTURES)), st.floats(0, 60), st.sampled_from([True, True, False, None])),
        min_size=2,
        max_size=8,
    ),
    st.sampled_from([IN_USE, STRICT, CachePolicy(max_age_days=20, window_px=5)]),
)
def test_the_policy_in_use_gives_the_answers_it_gave(
    story: list[tuple[str, float, bool | None]], policy: CachePolicy
) -> None:
    robot, at = Robot(policy, MemoryCache(policy)), NOW
    for look, days, lands in story:
        at += days * DAY
        robot.press(look, at, lands)
    walk = Walk(policy)
    for recorded, rgb in robot.record:
        kind = walk.step(recorded, rgb if walk.needs_picture(recorded) else None)
        was_remembered = recorded.grounding.method == "cache"
        assert (kind in ("kept", "wrong", "unproven")) == was_remembered, (kind, recorded.grounding.method)
        assert kind not in ("gained", "caught", "lost")


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (Truth(), None),
        (Truth(is_absent=True), False),
        (Truth(right=Box(0, 0, 10, 10)), True),
        (Truth(right=Box(20, 20, 5, 5)), False),
        (Truth(wrong=Box(0, 0, 10, 10)), False),
        (Truth(wrong=Box(20, 20, 5, 5)), None),
    ],
)
def test_what_is_known_of_a_target_says_whether_a_press_is_right(truth: Truth, expected: bool | None) -> None:
    assert truth.of(Point(5, 5)) is expected
    assert contains_point(Box(0, 0, 10, 10), Point(5, 5))
