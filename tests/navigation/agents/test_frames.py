"""Comparing drawn screens: what counts as a change, what is only a caret, and how a veil follows a typed text."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from navigation.agents.frames import changed_share, changes, decode, encode, find_patch, is_same, is_untouched
from navigation.agents.surface import AgentError
from navigation.agents.veil import VEIL_COLOUR, Veil
from navigation.protocols import RgbImage
from navigation.types import Box

FIELD = Box(40, 60, 200, 30)


def screen(
    *, text: str = "", at: tuple[int, int] = (48, 68), caret: bool = False, message: bool = False, shade: int = 250
) -> RgbImage:
    """A form of one field on a 400 x 300 screen, with what was typed and, above it, a message."""
    image = Image.new("RGB", (400, 300), (shade, shade, shade))
    draw = ImageDraw.Draw(image)
    left, top = at[0] - 8, at[1] - 8
    draw.rectangle((left, top, left + 199, top + 29), fill="white", outline=(120, 120, 120))
    draw.text(at, text, fill=(20, 20, 20))
    if caret:
        draw.rectangle((at[0] + 100, at[1] - 3, at[0] + 101, at[1] + 15), fill="black")
    if message:
        draw.rectangle((10, 10, 380, 40), fill=(250, 200, 200))
    return np.asarray(image).copy()


def is_grey(frame: RgbImage, box: Box) -> bool:
    return bool((frame[box.y : box.bottom, box.x : box.right] == VEIL_COLOUR).all())


# --- frames ---------------------------------------------------------------------------------------


def test_a_picture_survives_encoding() -> None:
    frame = screen(text="abc")
    assert np.array_equal(decode(encode(frame)), frame)


def test_a_damaged_screenshot_is_said() -> None:
    with pytest.raises(AgentError, match="take it again"):
        decode(b"not a picture")


def test_a_blinking_caret_is_no_change() -> None:
    assert is_same(screen(text="abc"), screen(text="abc", caret=True))


def test_one_more_letter_is_a_change() -> None:
    assert not is_same(screen(text="abc"), screen(text="abcd"))


def test_a_change_elsewhere_leaves_a_part_the_same() -> None:
    before, after = screen(), screen(message=True)
    assert not is_same(before, after)
    assert is_same(before, after, FIELD)


def test_screens_of_different_size_are_not_the_same() -> None:
    frame = screen()
    assert not is_same(frame, frame[:-1])
    assert changed_share(frame, frame[:-1]) == 1.0


def test_changes_far_apart_are_told_apart() -> None:
    found = changes(screen(), screen(text="abc", message=True))
    assert len(found) == 2
    assert Box(10, 10, 371, 31) in found


def test_what_is_left_out_does_not_count() -> None:
    before, after = screen(), screen(message=True)
    assert changed_share(before, after) > 0.05
    assert changed_share(before, after, outside=[Box(0, 0, 400, 50)]) == 0.0


def test_a_patch_is_found_where_it_moved_to() -> None:
    patch = screen(text="secret")[64:84, 46:90].copy()
    found = find_patch(screen(text="secret", at=(108, 168)), patch, likeness=0.9)
    assert len(found) == 1
    assert abs(found[0].x - 106) <= 2
    assert abs(found[0].y - 164) <= 2


def test_a_patch_that_is_not_there_is_not_found() -> None:
    patch = screen(text="secret")[64:84, 46:90].copy()
    assert find_patch(screen(text="......"), patch, likeness=0.8) == []
    assert find_patch(screen()[:10, :10], patch, likeness=0.8) == []


# --- the veil -------------------------------------------------------------------------------------

TYPED = screen(text="s3cret-typed")


def veil() -> Veil:
    return Veil.over(FIELD, screen(), TYPED)


def test_a_veil_covers_the_field_and_a_little_more() -> None:
    covered = veil().cover(TYPED)
    assert is_grey(covered, Box(FIELD.x - 4, FIELD.y - 4, FIELD.w + 8, FIELD.h + 8))
    assert np.array_equal(covered[150:], TYPED[150:])


def test_a_veil_covers_what_went_astray() -> None:
    astray = screen(text="s3cret-typed", at=(48, 208))
    before = screen(text="", at=(48, 208))
    covered = Veil.over(FIELD, before, astray).cover(astray)
    assert not np.array_equal(covered[200:230, 40:130], astray[200:230, 40:130])
    assert is_grey(covered, Box(50, 212, 40, 6))


def test_typing_elsewhere_leaves_the_veil_where_it_is() -> None:
    second = TYPED.copy()
    second[200:210, 40:100] = 0
    assert veil().on_next(TYPED, second) is not None


def test_another_screen_lifts_the_veil() -> None:
    assert veil().on_next(TYPED, screen(message=True)) is None


def test_a_veil_follows_a_text_that_moved() -> None:
    moved = screen(text="s3cret-typed", at=(48, 168), message=True)
    left = veil().on_next(TYPED, moved)
    assert left is not None
    covered = left.cover(moved)
    assert is_grey(covered, Box(48, 170, 60, 8))
    assert not is_grey(covered, Box(FIELD.x, 62, 10, 10))


def test_a_veil_over_nothing_typed_is_lifted_by_another_screen_and_finds_nothing() -> None:
    empty = Veil.over(FIELD, screen(), screen())
    assert empty.ink is None
    assert is_grey(empty.cover(screen()), FIELD)
    assert empty.on_next(screen(), screen(message=True)) is None


def test_a_field_that_only_lost_its_hint_is_no_text_to_look_for() -> None:
    assert Veil.over(FIELD, screen(text="hint"), screen()).ink is None


def test_a_veil_outside_the_screen_does_no_harm() -> None:
    assert Veil.over(Box(900, 900, 10, 10), screen(), TYPED).cover(TYPED).shape == TYPED.shape


@pytest.mark.parametrize(("one", "other"), [("3", "8"), ("5", "6"), ("1", "7"), ("80012345", "80012845")])
@pytest.mark.parametrize("size", [13, 16, 24])
def test_a_digit_with_one_stroke_more_is_touched(one: str, other: str, size: int) -> None:
    before, after = (_written(text, size) for text in (one, other))
    assert not is_untouched(before, after, Box(0, 0, 200, 40))
    assert is_untouched(before, before.copy(), Box(0, 0, 200, 40))
    assert is_untouched(before, after, Box(150, 0, 50, 40))


@pytest.mark.parametrize(("one", "other"), [("Miche", "Michel"), ("Danie", "Daniel"), ("MARTIN", "MARTIN I")])
def test_a_letter_that_looks_like_a_caret_is_touched(one: str, other: str) -> None:
    before, after = (_written(text, 16) for text in (one, other))
    assert is_same(before, after)  # taken for a caret: so a banner is not compared in this way
    assert not is_untouched(before, after, Box(0, 0, 200, 40))


def test_a_screen_of_another_size_is_touched() -> None:
    assert not is_untouched(_written("3", 16), _written("3", 16)[:30], Box(0, 0, 20, 20))


def _written(text: str, size: int) -> RgbImage:
    image = Image.new("RGB", (200, 40), (255, 243, 205))
    ImageDraw.Draw(image).text((10, 8), text, font=ImageFont.truetype("DejaVuSans.ttf", size), fill=(25, 28, 36))
    return np.asarray(image)
